import Chassis
import Contracts
import Foundation
import Pipeline
import Synchronization
import Vocabulary

/// One way for a process to die of SIGKILL.
enum Death: Sendable {
    /// So long after it was started, whatever it is doing then.
    case afterStart(milliseconds: Int)
    case afterReady(milliseconds: Int)
    /// By its own hand, the nth time that it comes to a named place on the path.
    case at(CrashPoints.Place, count: Int)

    /// Every named place equally often, and the rest by the clock.
    static func plan(_ count: Int, from random: inout some RandomNumberGenerator) -> [Death] {
        let places = CrashPoints.Place.allCases
        let rounds = max(1, count * 2 / 5 / places.count)
        var plan: [Death] = (0..<rounds).flatMap { _ in places.map { .at($0, count: Int.random(in: 1...2, using: &random)) } }
        while plan.count < count {
            let milliseconds = Int.random(in: 5...500, using: &random)
            plan.append(plan.count % 2 == 0 ? .afterStart(milliseconds: milliseconds) : .afterReady(milliseconds: milliseconds))
        }
        return plan.shuffled(using: &random)
    }
}

/// Lets services die by plan, all of them at once and each in its own thread, and starts them again.
final class Mortality: @unchecked Sendable {
    struct Tally: Sendable {
        var kills: [ServiceName: Int] = [:]
        var atPlaces: [CrashPoints.Place: Int] = [:]
        /// Named places that the process did not come to in time; it was killed there all the same.
        var notReached: [String] = []
        /// Ends that were not ours: a crash.
        var unexpected: [String] = []
        var threadsLeft = 0
    }

    private let world: FaultWorld
    private let tally = Mutex(Tally())

    init(_ world: FaultWorld) { self.world = world }

    var result: Tally { tally.withLock { $0 } }

    /// Works through the plans; `meanwhile` is called again and again with the share that is done.
    func run(_ plans: [ServiceName: [Death]], within limit: Duration, meanwhile: (Double) -> Void) throws {
        let total = plans.values.reduce(0) { $0 + $1.count }
        tally.withLock { $0.threadsLeft = plans.count }
        let deadline = MonotonicClock.now + limit
        for (service, plan) in plans {
            OwnThread.start(named: "death-\(service)") { [self] in
                for death in plan where MonotonicClock.now < deadline { carryOut(death, on: service) }
                tally.withLock { $0.threadsLeft -= 1 }
            }
        }
        while tally.withLock({ $0.threadsLeft > 0 }) {
            meanwhile(Double(tally.withLock { $0.kills.values.reduce(0, +) }) / Double(max(1, total)))
            OwnThread.sleep(for: .milliseconds(50))
        }
        try world.startAll()
    }

    private func carryOut(_ death: Death, on service: ServiceName) {
        world.end(service, SIGKILL)
        var further: [String: String] = [:]
        if case .at(let place, let count) = death { further["XINQIAO_CRASH_AT"] = "\(place.rawValue):\(count)" }
        guard let process = try? world.start(service, further) else {
            return tally.withLock { $0.unexpected.append("\(service) could not be started") }
        }
        switch death {
        case .afterStart(let milliseconds): OwnThread.sleep(for: .milliseconds(milliseconds))
        case .afterReady(let milliseconds):
            let end = MonotonicClock.now + .seconds(20)
            while process.isRunning, !world.isReady(service), MonotonicClock.now < end { OwnThread.sleep(for: .milliseconds(10)) }
            OwnThread.sleep(for: .milliseconds(milliseconds))
        case .at(let place, _):
            let end = process.wait(atMost: .seconds(10))
            tally.withLock { tally in
                switch end {
                case .signal(SIGKILL)?: tally.atPlaces[place, default: 0] += 1
                case nil: tally.notReached.append("\(service) \(place.rawValue)")
                case let other?: tally.unexpected.append("\(service): \(other)")
                }
            }
        }
        if case .at = death {
        } else if let end = process.isRunning ? nil : process.wait(atMost: .zero) {
            tally.withLock { $0.unexpected.append("\(service): \(end)") }
        }
        process.stop(SIGKILL)
        tally.withLock { $0.kills[service, default: 0] += 1 }
    }
}
