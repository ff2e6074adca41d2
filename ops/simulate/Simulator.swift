import Contracts
import Pipeline

/// Plays seeds. What does not depend on the seed alone (the catalogue, the calm runs) is made once and kept.
final class Simulator {
    private let catalogue: Catalogue
    /// Databases in which the catalogue's first walks are done, by the number of lanes.
    private var bases: [Int32: [ServiceName: MemoryStore]] = [:]
    private var worlds: [Int: World] = [:]
    private var calmRuns: [Int: Run] = [:]

    init(packs: String) throws { catalogue = try Catalogue(packs: packs) }

    struct Result {
        let violations: [Violation]
        let run: Run
    }

    /// The seed's run and what is wrong with it.
    /// - Parameters:
    ///   - allowed: the faults that may strike; nil for all.
    ///   - without: messages that are not sent.
    func play(_ seed: UInt64, allowed: Set<Chance.Strike>? = nil, without: Set<Int> = []) -> Result {
        let world = world(World.number(ofSeed: seed))
        let calm = calmRun(of: world, without: without)
        let run = Run(
            world, catalogue.base, chance: Chance(seed: seed, isStormy: true, allowed: allowed), stores: base(lanes: world.lanes),
            keepsHistory: true)
        run.play(without: without)
        return Result(violations: Verdict.violations(of: run, calm: calm, without: without), run: run)
    }

    func world(_ number: Int) -> World {
        if let known = worlds[number] { return known }
        let made = World(number: number, catalogue: catalogue)
        worlds[number] = made
        return made
    }

    private func calmRun(of world: World, without: Set<Int>) -> Run {
        if without.isEmpty, let known = calmRuns[world.number] { return known }
        let stores = base(lanes: world.lanes)
        #if MUTANTS
            let mutant = Mutant.current
            Mutant.turnOn(nil)
            defer { Mutant.turnOn(mutant) }
        #endif
        let run = Run(world, catalogue.base, chance: Chance(seed: 0, isStormy: false), stores: stores)
        run.play(without: without)
        if without.isEmpty { calmRuns[world.number] = run }
        return run
    }

    private func base(lanes: Int32) -> [ServiceName: MemoryStore] {
        if let known = bases[lanes] { return known }
        #if MUTANTS
            let mutant = Mutant.current
            Mutant.turnOn(nil)
            defer { Mutant.turnOn(mutant) }
        #endif
        let run = Run(World(lanes: lanes), catalogue.base, chance: Chance(seed: 0, isStormy: false))
        run.play()
        let stores = Dictionary(uniqueKeysWithValues: run.rooms.map { ($0.service, $0.store) })
        bases[lanes] = stores
        return stores
    }

    /// The least of the seed's faults and messages with which it still fails.
    func shrunk(_ seed: UInt64, triesMax: Int = 400) -> (faults: [Chance.Strike], without: Set<Int>, violations: [Violation])? {
        let whole = play(seed)
        guard !whole.violations.isEmpty else { return nil }
        var faults = whole.run.stage.chance.history
        var without: Set<Int> = []
        var violations = whole.violations
        var tries = 0
        func fails(_ faults: [Chance.Strike], _ without: Set<Int>) -> Bool {
            tries += 1
            let found = play(seed, allowed: Set(faults), without: without).violations
            // The same kind of wrong, or the search would follow another one.
            guard found.contains(where: { $0.oracle == whole.violations[0].oracle }) else { return false }
            violations = found
            return true
        }
        guard fails(faults, without) else { return (faults, without, violations) }
        var size = max(1, faults.count / 2)
        while tries < triesMax {
            var start = 0
            var isSmaller = false
            while start < faults.count, tries < triesMax {
                let rest = Array(faults[..<start]) + faults[min(start + size, faults.count)...]
                if fails(rest, without) {
                    faults = rest
                    isSmaller = true
                } else {
                    start += size
                }
            }
            if size == 1, !isSmaller { break }
            if !isSmaller { size = max(1, size / 2) }
        }
        for number in 0..<whole.run.world.messageCount where tries < triesMax {
            if fails(faults, without.union([number])) { without.insert(number) }
        }
        _ = fails(faults, without)
        return (faults, without, violations)
    }
}
