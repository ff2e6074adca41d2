import Vocabulary

/// How long to wait before trying again: doubles each time, never beyond a cap, and is spread so that many processes that failed
/// together do not come back together.
public struct Backoff: Sendable {
    private let initial: Duration
    private let cap: Duration
    private var failures = 0
    private var dice: SplitMix64

    /// - Parameters:
    ///   - initial: the longest first wait; at least one microsecond.
    ///   - cap: the longest wait of all; never less than `initial`.
    ///   - seed: the same seed gives the same waits.
    public init(
        initial: Duration = .milliseconds(100), cap: Duration = .seconds(30), seed: UInt64 = UInt64.random(in: .min ... .max)
    ) {
        self.initial = max(initial, .microseconds(1))
        self.cap = max(cap, self.initial)
        dice = SplitMix64(seed: seed)
    }

    /// The next wait: between half of and the whole of `initial` × 2ⁿ, n the failures so far, cut at `cap`.
    public mutating func next() -> Duration {
        var longest = initial
        // 62 doublings of a microsecond are 146,000 years: the cap is reached long before.
        for _ in 0..<min(failures, 62) where longest < cap { longest = min(cap, longest * 2) }
        failures += 1
        let nanoseconds = longest.wholeNanoseconds
        let half = nanoseconds / 2
        return .nanoseconds(half + Int64(dice.next() % UInt64(nanoseconds - half + 1)))
    }

    /// It worked: the next failure waits briefly again.
    public mutating func reset() { failures = 0 }
}
