import Chassis
import Synchronization
import Testing

struct HealthTests {
    @Test func `ready means that every check was made and is ok`() {
        let health = Health(expecting: ["kafka"])
        #expect(!health.snapshot.isReady)
        health.set("db", .ok)
        #expect(!health.snapshot.isReady)
        health.set("kafka", .ok)
        #expect(health.snapshot.isReady)
        health.set("db", .failing("no route\n[+]db ok"))
        #expect(!health.snapshot.isReady)
        #expect(health.snapshot.lines == [#"[-]db not ok: no route\n[+]db ok"#, "[+]kafka ok"])
        health.remove("db")
        #expect(health.snapshot.isReady)
    }

    @Test func `a process that has checked nothing is not ready`() {
        #expect(!Health().snapshot.isReady)
    }

    @Test func `live means progress, not readiness`() {
        let time = Time()
        let health = Health(stuckAfter: .seconds(10), now: { time.now })
        health.set("db", .failing("down"))
        #expect(health.snapshot.isLive)
        time.pass(.seconds(10))
        #expect(health.snapshot.isLive)
        time.pass(.nanoseconds(1))
        #expect(!health.snapshot.isLive)
        health.progress()
        #expect(health.snapshot.isLive)
        #expect(health.snapshot.sinceProgress == .zero)
    }

    private final class Time: Sendable {
        private let nanoseconds = Atomic<Int64>(5)
        var now: MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds.load(ordering: .relaxed)) }
        func pass(_ length: Duration) { nanoseconds.add(length.wholeNanoseconds, ordering: .relaxed) }
    }
}
