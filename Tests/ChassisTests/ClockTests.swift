import Chassis
import Testing
import Vocabulary

struct ClockTests {
    @Test func `the monotonic clock measures lengths`() {
        let start = MonotonicClock.now
        OwnThread.sleep(for: .milliseconds(20))
        let length = MonotonicClock.now - start
        #expect(length >= .milliseconds(20) && length < .seconds(10))
        #expect(start + .seconds(1) > start)
        #expect((start + .seconds(1)).since(start) == .seconds(1))
    }

    @Test func `the wall clock is after this was written and before it rusts`() {
        #expect(WallClock.now.rfc3339 > "2025-01-01" && WallClock.now.rfc3339 < "2100-01-01")
    }

    @Test func `waits double up to the cap, are spread, and start again after a success`() {
        for seed in 0..<200 as Range<UInt64> {
            var backoff = Backoff(initial: .milliseconds(100), cap: .seconds(2), seed: seed)
            for longest in [100, 200, 400, 800, 1600, 2000, 2000, 2000] {
                let wait = backoff.next()
                #expect(wait >= .milliseconds(longest / 2) && wait <= .milliseconds(longest), "seed \(seed)")
            }
            for _ in 0..<200 { #expect(backoff.next() <= .seconds(2)) }
            backoff.reset()
            #expect(backoff.next() <= .milliseconds(100))
        }
        var one = Backoff(seed: 1)
        var same = Backoff(seed: 1)
        var other = Backoff(seed: 2)
        let waits = (0..<5).map { _ in one.next() }
        #expect(waits == (0..<5).map { _ in same.next() })
        #expect(waits != (0..<5).map { _ in other.next() })
    }

    @Test func `absurd limits of a backoff are mended, not fatal`() {
        var backoff = Backoff(initial: .zero, cap: .seconds(-5), seed: 1)
        #expect(backoff.next() > .zero)
        #expect(backoff.next() <= .microseconds(1))
    }
}
