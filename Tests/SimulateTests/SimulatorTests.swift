import Foundation
import Testing

@testable import simulate

@Suite struct SimulatorTests {
    private static let packs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("packs").path

    @Test func `a seed always plays the same, and its faults are a seed's own`() throws {
        let first = try Simulator(packs: Self.packs)
        let second = try Simulator(packs: Self.packs)
        for seed in [UInt64(3), 4] {
            let one = first.play(seed)
            let other = second.play(seed)
            #expect(one.run.rounds == other.run.rounds)
            #expect(one.run.stage.chance.history == other.run.stage.chance.history)
            #expect(!one.run.stage.chance.history.isEmpty)
            #expect(one.violations.map(\.description) == other.violations.map(\.description))
        }
        #expect(first.play(3).run.stage.chance.history != first.play(4).run.stage.chance.history)
    }

    @Test func `only the faults that are allowed strike`() throws {
        let simulator = try Simulator(packs: Self.packs)
        let all = simulator.play(5).run.stage.chance.history
        let few = Set(all.prefix(3))
        let struck = simulator.play(5, allowed: few).run.stage.chance.history
        #expect(Set(struck).isSubset(of: few))
        #expect(simulator.play(5, allowed: []).run.stage.chance.history.isEmpty)
    }

    @Test func `the numbers of a seed are spread over all faults and worlds`() {
        var worlds: Set<Int> = []
        var struck = Array(repeating: 0, count: Fault.allCases.count)
        for seed in UInt64(0)..<3_000 {
            worlds.insert(World.number(ofSeed: seed))
            var chance = Chance(seed: seed, isStormy: true)
            for fault in Fault.allCases { for _ in 0..<20 where chance.strikes(fault) { struck[fault.rawValue] += 1 } }
        }
        #expect(worlds.count > World.count * 9 / 10)
        #expect(struck.allSatisfy { $0 > 0 })
    }
}
