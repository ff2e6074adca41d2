import Synchronization

/// What the pipeline says about itself, for `/readyz` and `/livez`. The status server reads copies; it never waits for the pipeline.
///
/// Ready: every check is ok, and at least one was made. Live: the pipeline moved not long ago; this depends on no other machine, since
/// starting again does not mend a broken database.
public final class Health: Sendable {
    /// How one named thing is.
    public enum Check: Hashable, Sendable {
        case ok
        /// With the reason, for people; no secrets.
        case failing(String)

        public var isOK: Bool { self == .ok }
    }

    /// Everything at one moment.
    public struct Snapshot: Sendable {
        /// In the order of their names.
        public let checks: [(name: String, check: Check)]
        public let isReady: Bool
        public let isLive: Bool
        /// How long ago the pipeline last moved.
        public let sinceProgress: Duration

        /// One line for each check: `[+]db ok` or `[-]kafka not ok: reason`.
        public var lines: [String] {
            if checks.isEmpty { return ["[-]start not ok: nothing has been checked yet"] }
            return checks.map { name, check in
                switch check {
                case .ok: "[+]\(name) ok"
                // A reason is often another program's text: it may not start a line of its own.
                case .failing(let reason): "[-]\(name) not ok: " + String(JSONText.quoted(reason, sizeMax: 500).dropFirst().dropLast())
                }
            }
        }
    }

    private let checks: Mutex<[String: Check]>
    private let progressAt: Atomic<Int64>
    private let stuckAfter: Duration
    private let now: @Sendable () -> MonotonicInstant

    /// - Parameters:
    ///   - stuckAfter: how long the pipeline may go without `progress()` before it counts as stuck; longer than the longest batch.
    ///   - expecting: checks that must be made before the process is ready.
    public init(
        stuckAfter: Duration = .seconds(60), expecting: [String] = [],
        now: @escaping @Sendable () -> MonotonicInstant = { MonotonicClock.now }
    ) {
        self.stuckAfter = stuckAfter
        self.now = now
        var checks: [String: Check] = [:]
        for name in expecting { checks[name] = .failing("not checked yet") }
        self.checks = Mutex(checks)
        progressAt = Atomic(now().nanoseconds)
    }

    /// True when that is news.
    @discardableResult
    public func set(_ name: String, _ check: Check) -> Bool { checks.withLock { $0.updateValue(check, forKey: name) } != check }

    /// Forgets a check, for a lane that moved to another instance.
    public func remove(_ name: String) { checks.withLock { $0[name] = nil } }

    /// The pipeline turned once: it polled, or finished a batch, or found nothing to do.
    public func progress() { progressAt.store(now().nanoseconds, ordering: .relaxed) }

    var lastProgress: MonotonicInstant { MonotonicInstant(nanoseconds: progressAt.load(ordering: .relaxed)) }

    public var snapshot: Snapshot {
        let known = checks.withLock { $0 }
        let since = max(.zero, now().since(lastProgress))
        return Snapshot(
            checks: known.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            isReady: !known.isEmpty && known.values.allSatisfy(\.isOK),
            isLive: since <= stuckAfter, sinceProgress: since)
    }
}
