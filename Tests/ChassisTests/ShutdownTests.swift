import Chassis
import Glibc
import Synchronization
import Testing

/// With requests of their own: the one of the process would end the other tests too.
struct ShutdownTests {
    @Test func `the first request wakes everybody who waits and runs the steps once`() {
        let request = ShutdownRequest(endProcess: { _ in })
        let steps = Atomic<Int>(0)
        request.onMade { steps.add(1, ordering: .relaxed) }
        #expect(request.prepare(deadline: .seconds(3600)))
        #expect(!request.isMade)
        #expect(!request.wait(atMost: .milliseconds(10)))
        request.received(SIGTERM)
        #expect(request.isMade)
        #expect(request.wait(atMost: .seconds(10)))
        request.wait()
        request.onMade { steps.add(10, ordering: .relaxed) }
        for _ in 0..<1_000 where steps.load(ordering: .relaxed) != 11 { OwnThread.sleep(for: .milliseconds(5)) }
        #expect(steps.load(ordering: .relaxed) == 11)
    }

    @Test func `the second request and the deadline end the process by force`() {
        let ends = Atomic<Int>(0)
        let request = ShutdownRequest(endProcess: { code in if code == .fault { ends.add(1, ordering: .relaxed) } })
        #expect(request.prepare(deadline: .milliseconds(50)))
        #expect(!request.prepare(deadline: .milliseconds(50)))
        request.received(SIGINT)
        request.received(SIGINT)
        #expect(ends.load(ordering: .relaxed) >= 1)
        for _ in 0..<1_000 where ends.load(ordering: .relaxed) < 2 { OwnThread.sleep(for: .milliseconds(5)) }
        #expect(ends.load(ordering: .relaxed) == 2)
    }
}
