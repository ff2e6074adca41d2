import Deciding
import Vocabulary

/// What the quotas of the topics let through, and what was fetched beyond that.
///
/// A source that floods waits for itself: what is above its quota is kept here in the order of its partitions, and none of its partitions is
/// fetched from until it has been let go. Everybody else's messages pass at once. What is kept counts as not read, since the book of the
/// lanes has not moved past it; so it may be forgotten at any time and is read again.
public struct QuotaBook: Sendable {
    private var quotas: [String: SourceQuota] = [:]
    private var grants: [String: SourceGrant] = [:]
    private var share: (held: Int, lanes: Int32) = (0, 0)
    private var kept: [String: Queue] = [:]

    /// Messages of one topic, first come first gone.
    private struct Queue {
        var messages: [RawMessage] = []
        var next = 0
        var count: Int { messages.count - next }
    }

    public init() {}

    /// Nothing has a quota, and nothing waits for one: then there is nothing to do.
    public var isEmpty: Bool { quotas.isEmpty && kept.isEmpty }

    /// Topics of which something waits.
    public var slowed: Set<String> { Set(kept.keys) }

    /// The quotas from now on, by topic, of which a worker with `held` of all `lanes` has its share. A topic that is not named is free.
    public mutating func grant(_ granted: [String: SourceGrant], held: Int, of lanes: Int32, at now: Instant) {
        guard granted != grants || share != (held, lanes) else { return }
        grants = granted
        share = (held, lanes)
        quotas = granted.reduce(into: [:]) { all, one in
            var quota = SourceQuota.share(of: one.value, held: held, of: lanes, at: now)
            // What was taken stays taken: whoever takes lanes up again may not begin with another burst.
            if let former = quotas[one.key] { quota.inherit(former, at: now) }
            all[one.key] = quota
        }
    }

    /// What had to wait and may be taken now, at most so many messages; a message that reaches `bytesMax` is the last.
    public mutating func letGo(countMax: Int, bytesMax: Int, at now: Instant) -> [RawMessage] {
        guard !kept.isEmpty else { return [] }
        var gone: [RawMessage] = []
        var bytes = 0
        for topic in kept.keys.sorted() {
            guard var queue = kept[topic] else { continue }
            let allowed = quotas[topic]?.allowance(for: queue.count, at: now) ?? queue.count
            let before = gone.count
            while gone.count - before < allowed, gone.count < countMax, bytes < bytesMax {
                let message = queue.messages[queue.next]
                bytes += (message.value?.count ?? 0) + (message.key?.count ?? 0)
                gone.append(message)
                queue.next += 1
            }
            quotas[topic]?.take(gone.count - before, at: now)
            kept[topic] = queue.count == 0 ? nil : queue
        }
        return gone
    }

    /// Of what was fetched the part that may be taken now; the rest is kept, behind what waits already.
    public mutating func admit(_ fetched: [RawMessage], at now: Instant) -> [RawMessage] {
        var counts: [String: Int] = [:]
        var run: (topic: String, count: Int) = ("", 0)
        for message in fetched {
            if message.topic != run.topic {
                counts[run.topic, default: 0] += run.count
                run = (message.topic, 0)
            }
            run.count += 1
        }
        counts[run.topic, default: 0] += run.count

        var allowed: [String: Int] = [:]
        for (topic, count) in counts where quotas[topic] != nil || kept[topic] != nil {
            let some = kept[topic] == nil ? quotas[topic]?.allowance(for: count, at: now) ?? count : 0
            quotas[topic]?.take(some, at: now)
            if some < count { allowed[topic] = some }
        }
        guard !allowed.isEmpty else { return fetched }

        return fetched.filter { message in
            guard let left = allowed[message.topic] else { return true }
            if left > 0 {
                allowed[message.topic] = left - 1
                return true
            }
            kept[message.topic, default: Queue()].messages.append(message)
            return false
        }
    }

    /// Drops what waits: it will be fetched again.
    public mutating func forgetKept() { kept = [:] }
}
