import Glibc
import Vocabulary

/// Ends a process whose work stands still: compose and systemd start again what has ended, and leave alone what is only unhealthy. What it was
/// working on is then met as after any other unclean end.
public struct Watchdog: Sendable {
    /// How often it looks.
    static let interval = Duration.seconds(5)
    /// Looks without progress after which the process ends: two minutes, twice what makes `/livez` fail.
    static let looksMax = 24

    /// How long until the next look: a hundredth where a fault test has made the work stand still, which nothing that is configured can do to a
    /// process that works.
    static func pause(isTried: Bool) -> Duration { isTried ? interval / 100 : interval }

    private var seen: MonotonicInstant?
    private var looks = 0

    init() {}

    /// Notes when the work moved last. True when that has not changed for too many looks. Looks are counted and not time: a process that was
    /// stopped, with the machine or by itself, has not stood still.
    mutating func look(_ progress: MonotonicInstant) -> Bool {
        looks = progress == seen ? looks + 1 : 0
        seen = progress
        return looks >= Self.looksMax
    }

    /// Watches on a thread of its own until a stop is asked for, which has a time limit of its own.
    /// - Parameter isTried: whether a fault test makes the work stand still now.
    public static func start(_ health: Health, log: Log, isTried: @escaping @Sendable () -> Bool = { false }) {
        OwnThread.start(named: "watchdog") {
            var watchdog = Watchdog()
            while !Shutdown.wait(atMost: pause(isTried: isTried())) {
                guard watchdog.look(health.lastProgress) else { continue }
                log.error("the work stands still; ending, to be started again", event: "standstill")
                // Not `exit`: what runs then may wait for what stands still.
                _exit(ExitCode.fault.rawValue)
            }
        }
    }
}
