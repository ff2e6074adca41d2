import Vocabulary

/// What a source is granted over all partitions of its topic.
public struct SourceGrant: Hashable, Sendable {
    /// Records a second in the long run.
    public let recordsPerSecond: Int64
    /// Records that may come at once beside that.
    public let burst: Int64

    public init(recordsPerSecond: Int64, burst: Int64) {
        self.recordsPerSecond = recordsPerSecond
        self.burst = burst
    }
}

/// How many messages of a source may be taken now: a bucket that fills at the source's own rate. A source that floods is slowed by its own
/// bucket; nobody else's is touched.
///
/// Pure: the caller says what time it is. Nothing is lost by waiting, since what is not taken stays on the broker.
public struct SourceQuota: Hashable, Sendable {
    /// Messages a second in the long run.
    public let perSecond: Int64
    /// Messages that may be taken at once after a rest.
    public let burst: Int64
    /// Millionths of a message.
    private var level: Int64
    private var asOf: Instant

    /// Full at the beginning. Both numbers are at least one.
    public init(perSecond: Int64, burst: Int64, at now: Instant) {
        self.perSecond = max(1, min(perSecond, 1_000_000))
        self.burst = max(1, min(burst, 10_000_000))
        level = self.burst * 1_000_000
        asOf = now
    }

    /// The part of a source's grant that a worker with `held` of all `lanes` has: as large as its part of the partitions, and at least one
    /// message a second. One bucket for all of them, since a source need not spread its messages evenly.
    public static func share(of grant: SourceGrant, held: Int, of lanes: Int32, at now: Instant) -> SourceQuota {
        let (part, whole) = (Int64(max(0, held)), Int64(max(1, lanes)))
        return SourceQuota(perSecond: grant.recordsPerSecond * part / whole, burst: grant.burst * part / whole, at: now)
    }

    /// Takes over what a former quota of the same source had left, or its debt.
    public mutating func inherit(_ former: SourceQuota, at now: Instant) {
        level = min(burst * 1_000_000, former.filled(at: now))
        asOf = now
    }

    /// How many may be taken, at most `waiting`. Takes nothing: what is taken is said with `take`.
    public func allowance(for waiting: Int, at now: Instant) -> Int { max(0, min(waiting, Int(filled(at: now) / 1_000_000))) }

    /// Notes that so many were taken. More than allowed leaves a debt, so a batch that was larger than asked for is paid back.
    public mutating func take(_ count: Int, at now: Instant) {
        level = filled(at: now) - Int64(max(0, min(count, 100_000_000))) * 1_000_000
        asOf = max(asOf, now)
    }

    /// When at least one may be taken; `now` when it may be already.
    public func next(at now: Instant) -> Instant {
        let lacking = 1_000_000 - filled(at: now)
        return lacking <= 0 ? now : now + .microseconds((lacking + perSecond - 1) / perSecond)
    }

    /// A clock that goes back fills nothing and takes nothing away.
    private func filled(at now: Instant) -> Int64 {
        let passed = max(0, min(now.microseconds &- asOf.microseconds, 3_600_000_000))
        return min(burst * 1_000_000, level + passed * perSecond)
    }
}
