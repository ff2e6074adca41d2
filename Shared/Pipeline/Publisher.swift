import Chassis
import Contracts
import Deciding
import Kafka
import Synchronization
import Vocabulary
import Wire

/// Sends what was committed: each link in order, each message to its stored partition, never past a failure.
///
/// The hot path sends from memory. On any failed delivery the producer is dropped, and everything above the last
/// acknowledged sequence of each link is read from the outbox and sent again (go-back-N); receivers apply only the next
/// sequence of a link, so sending again is harmless. Used by one worker thread.
final class Publisher {
    private struct Progress {
        var acked: Int64
        /// Rows not yet handed to the client completely, and how many messages of the first were.
        var rows: [OutboxRow] = []
        var position = 0
        var handedOver: Int64
        /// Set while the destination does not exist: this link waits, the others go on.
        var blocked: (reason: String, until: MonotonicInstant)?
    }

    private let service: ServiceName
    private let settings: KafkaSettings
    private let metrics: PathMetrics
    private let reports = ReportBox()
    private var producer: KafkaProducer?
    private var links: [LinkOut: Progress] = [:]
    private var tags: [UInt64: (link: LinkOut, sequence: Int64)] = [:]
    private var nextTag: UInt64 = 0
    private var changed: Set<LinkOut> = []
    /// True after a failed delivery: the caller must `restart` with what the outbox has.
    private(set) var needsRestart = false

    init(service: ServiceName, settings: KafkaSettings, metrics: PathMetrics) {
        self.service = service
        self.settings = settings
        self.metrics = metrics
    }

    /// Committed messages that the broker has not acknowledged.
    private(set) var pending = 0

    /// Links that wait because their destination is missing, for `/readyz`.
    var blockedLinks: [(link: LinkOut, reason: String)] {
        links.compactMap { link, progress in progress.blocked.map { (link, $0.reason) } }
    }

    /// Begins anew with what the outbox has above the acknowledged sequences.
    func restart(acked: [LinkOut: Int64], rows: [OutboxRow]) {
        producer?.abandon()
        producer = nil
        reports.clear()
        tags.removeAll(keepingCapacity: true)
        links = acked.mapValues { Progress(acked: $0, handedOver: $0) }
        changed.removeAll()
        pending = 0
        needsRestart = false
        publish(rows)
    }

    /// Queues rows just committed, in order, and hands over what fits.
    func publish(_ rows: [OutboxRow]) {
        for row in rows {
            links[row.link, default: Progress(acked: row.firstSequence - 1, handedOver: row.firstSequence - 1)].rows.append(row)
            pending += row.messages.count
        }
        pump()
    }

    /// Serves delivery reports and hands over what waits.
    func serve(wait: Duration) {
        guard !needsRestart else { return }
        producer?.serve(wait: wait)
        settle()
        pump()
    }

    /// Acknowledged sequences that changed since the last call: to be written back to `link_out`.
    func takeAcknowledged() -> [LinkOut: Int64] {
        defer { changed.removeAll(keepingCapacity: true) }
        return Dictionary(uniqueKeysWithValues: changed.compactMap { link in links[link].map { (link, $0.acked) } })
    }

    /// Waits a bounded time for what is in flight, for an orderly stop.
    func drain(_ timeout: Duration) {
        let deadline = MonotonicClock.now + timeout
        while pending > 0, !needsRestart, MonotonicClock.now < deadline { serve(wait: .milliseconds(20)) }
    }

    func close() { producer?.abandon() }

    // MARK: inside

    private func pump() {
        guard !needsRestart else { return }
        let now = MonotonicClock.now
        for link in links.keys {
            guard var progress = links[link], !progress.rows.isEmpty else { continue }
            if let blocked = progress.blocked, blocked.until > now { continue }
            progress.blocked = nil
            let isFull = handOver(&progress, of: link, at: now)
            links[link] = progress
            if needsRestart || isFull { return }
        }
    }

    /// Returns true when the client's queue is full.
    private func handOver(_ progress: inout Progress, of link: LinkOut, at now: MonotonicInstant) -> Bool {
        var done = 0
        defer { progress.rows.removeFirst(done) }
        for row in progress.rows {
            while progress.position < row.messages.count {
                let sequence = row.firstSequence + Int64(progress.position)
                do {
                    try produce(row.messages[progress.position], link, sequence)
                } catch {
                    switch error {
                    case .queueFull: return true
                    case .unknownTopicOrPartition:
                        progress.blocked = ("\(error)", now + .seconds(2))
                        return false
                    default:
                        fail(error)
                        return false
                    }
                }
                progress.position += 1
                progress.handedOver = sequence
            }
            progress.position = 0
            done += 1
        }
        return false
    }

    private func produce(_ entry: OutboxMessage, _ link: LinkOut, _ sequence: Int64) throws(KafkaFault) {
        let producer: KafkaProducer
        if let current = self.producer {
            producer = current
        } else {
            let reports = reports
            producer = try KafkaProducer(settings) { reports.add($0) }
            self.producer = producer
        }
        nextTag &+= 1
        tags[nextTag] = (link, sequence)
        do {
            try producer.produce(
                topic: link.place.topic, partition: link.place.partition, key: Array(entry.message.key.utf8), value: entry.message.value,
                headers: headers(entry, link, sequence), tag: nextTag)
        } catch {
            tags[nextTag] = nil
            throw error
        }
    }

    /// CloudEvents 1.0, Kafka binding, binary mode. The sequence is the link's.
    private func headers(_ entry: OutboxMessage, _ link: LinkOut, _ sequence: Int64) -> [KafkaHeader] {
        func header(_ name: String, _ text: String) -> KafkaHeader { KafkaHeader(name: name, value: Array(text.utf8)) }
        return [
            header("ce_specversion", "1.0"),
            header("ce_id", "\(link.place.topic)/\(link.place.partition)/\(link.lane)/\(sequence)"),
            header("ce_source", Self.source(service, lane: link.lane)),
            header("ce_type", entry.message.type),
            header("ce_subject", entry.message.subject),
            header("ce_time", entry.time.rfc3339),
            header("ce_sequence", String(sequence)),
            header("content-type", "application/json"),
        ]
    }

    /// The CloudEvents source of what a lane of a service sends.
    static func source(_ service: ServiceName, lane: Int32) -> String { "xinqiao/\(service.rawValue)/\(lane)" }

    private func settle() {
        for report in reports.take() {
            guard let (link, sequence) = tags.removeValue(forKey: report.tag), var progress = links[link] else { continue }
            if let fault = report.fault {
                fail(fault)
                return
            }
            guard sequence == progress.acked + 1 else {
                fail(.other(code: 0, name: "order", reason: "acknowledged \(sequence) after \(progress.acked)"))
                return
            }
            progress.acked = sequence
            links[link] = progress
            changed.insert(link)
            pending -= 1
            metrics.published(link.place.topic)
        }
        if let fatal = producer?.fatal { fail(fatal) }
    }

    private func fail(_ fault: KafkaFault) {
        metrics.publishFailed(fault)
        producer?.abandon()
        producer = nil
        needsRestart = true
    }
}

/// Delivery reports on their way from the client's callback to the worker, which are the same thread.
private final class ReportBox: Sendable {
    private let reports = Mutex<[DeliveryReport]>([])

    func add(_ report: DeliveryReport) { reports.withLock { $0.append(report) } }
    func clear() { reports.withLock { $0.removeAll() } }
    func take() -> [DeliveryReport] {
        reports.withLock { reports in
            defer { reports = [] }
            return reports
        }
    }
}
