import Testing
import Vocabulary

@testable import Chassis

struct WatchdogTests {
    /// What the looks say at work that moved last at these seconds.
    private func looks(_ seconds: [Int64]) -> [Bool] {
        var watchdog = Watchdog()
        return seconds.map { watchdog.look(MonotonicInstant(nanoseconds: $0 * 1_000_000_000)) }
    }

    @Test func `work that stands still for two minutes of looks ends the process, and not a look earlier`() {
        #expect(looks(Array(repeating: 7, count: 25)) == Array(repeating: false, count: 24) + [true])
        #expect(Watchdog.interval * Watchdog.looksMax == .seconds(120))
    }

    @Test func `any progress begins the count anew`() {
        #expect(
            looks(Array(repeating: 7, count: 24) + Array(repeating: 8, count: 25)) == Array(repeating: false, count: 48) + [true])
    }

    @Test func `it looks oftener only while the work stands still on purpose`() {
        #expect(Watchdog.pause(isTried: false) == Watchdog.interval)
        #expect(Watchdog.pause(isTried: true) == .milliseconds(50))
    }
}
