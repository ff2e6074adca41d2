import Glibc
import SwiftOverlayShims

/// A moment on the clock that never jumps. Only differences mean anything; it is not comparable between machines or restarts.
public struct MonotonicInstant: InstantProtocol, Hashable, Sendable {
    /// Nanoseconds since some moment before the process started.
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static func < (a: MonotonicInstant, b: MonotonicInstant) -> Bool { a.nanoseconds < b.nanoseconds }

    public func advanced(by length: Duration) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: nanoseconds &+ length.wholeNanoseconds)
    }

    public func duration(to later: MonotonicInstant) -> Duration { .nanoseconds(later.nanoseconds &- nanoseconds) }

    /// How long from `earlier` to `self`.
    public func since(_ earlier: MonotonicInstant) -> Duration { earlier.duration(to: self) }

    public static func + (moment: MonotonicInstant, length: Duration) -> MonotonicInstant { moment.advanced(by: length) }

    public static func - (later: MonotonicInstant, earlier: MonotonicInstant) -> Duration { earlier.duration(to: later) }
}

/// The clock for timeouts, deadlines and measured lengths. Setting the machine's time does not move it.
public enum MonotonicClock {
    public static var now: MonotonicInstant {
        var reading = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &reading)
        return MonotonicInstant(nanoseconds: Int64(reading.tv_sec) &* 1_000_000_000 &+ Int64(reading.tv_nsec))
    }
}

extension Duration {
    /// The length in whole nanoseconds, rounded towards zero; wraps beyond 292 years.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }

    /// The length in seconds, for metrics and logs only: never for money and never for a deadline.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
