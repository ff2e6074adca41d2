import Glibc
import SwiftOverlayShims
import Vocabulary

/// The time of day. The only place of the suite that reads it: everything else is told `now`.
public enum WallClock {
    /// Now, moved by XINQIAO_CLOCK_OFFSET_SECONDS when a test sets it.
    public static var now: Instant {
        var reading = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &reading)
        let microseconds = Int64(reading.tv_sec) &* 1_000_000 &+ Int64(reading.tv_nsec) / 1_000
        return Instant(microseconds: microseconds &+ offsetMicroseconds)
    }

    /// The environment key that moves the clock, in whole seconds, either sign, at most ten years.
    public static let offsetKey = "XINQIAO_CLOCK_OFFSET_SECONDS"

    // Read once: a clock that could be moved while running would be a clock that jumps.
    private static let offsetMicroseconds = offset(unsafe getenv(offsetKey).map { unsafe String(cString: $0) })

    /// Microseconds for a text of whole seconds; 0 for anything else, which `Environment` reports as a defect.
    static func offset(_ text: String?) -> Int64 {
        guard let text, let seconds = Int64(text), offsetRange.contains(seconds) else { return 0 }
        return seconds * 1_000_000
    }

    static let offsetRange: ClosedRange<Int64> = -315_576_000...315_576_000
}
