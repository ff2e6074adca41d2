import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Which walks of the catalogue a worker plans, from what its store remembers of earlier ones.
@Suite struct WalkTests {
    private let store = MemoryStore()

    @Test func `lanes that are taken up again are walked for what they have not seen, and for nothing else`() throws {
        let first = try catalog(1, [("x", 1), ("y", 1)])
        #expect(try walked(first, lanes: [0, 1]) == ["0 x", "0 y", "1 x", "1 y"])
        #expect(try walked(first, lanes: [0, 1]) == [])
        let second = try catalog(2, [("x", 1), ("y", 2), ("z", 1)])
        #expect(try walked(second, lanes: [0]) == ["0 y", "0 z"])
        #expect(try walked(second, lanes: [0, 1]) == ["1 y", "1 z"])
        // An older version that comes back is another one than what was seen.
        #expect(try walked(try catalog(3, [("x", 1), ("y", 1), ("z", 1)]), lanes: [1]) == ["1 y"])
    }

    @Test func `walks of a kind that is no longer walked count for nothing`() throws {
        let old = try catalog(1, [("x", 1), ("y", 1)], kind: "old")
        #expect(try walked(old, lanes: [0], sweeping: ["old"]) == ["0 x", "0 y"])
        let both = try catalog(2, [("x", 1), ("y", 1)], kind: "old", and: [("p", 1), ("q", 1)])
        #expect(try walked(both, lanes: [0]) == ["0 p", "0 q"])
    }

    /// A new process takes the lanes up and walks until nothing is left: lane and entry of each walk.
    private func walked(_ catalog: Catalog, lanes: Set<Int32>, sweeping: Set<String> = ["toy"]) throws -> [String] {
        let hand = DirectHand(store)
        let tools = LaneTools(store: store, hand: hand, clock: { .epoch })
        let work = LaneWork(decider: Toy(sweptKinds: sweeping), laneCount: 2, bounds: WorkerBounds())
        work.takeUp(lanes, store.takeUp(topics: [], lanes: lanes) { _ in 0 })
        var seen: [String] = []
        while let step = try work.nextSweep(catalog, tools) {
            seen += step.entries.map { "\(step.lane) \($0.id)" }
            var batch = InputBatch()
            batch.sweeps = [step]
            try work.carryOut(batch, catalog, tools)
            try work.settle(tools)
        }
        #expect(work.hasWalked(catalog))
        return seen
    }

    private func catalog(
        _ version: Int64, _ entries: [(id: String, version: Int64)], kind: String = "toy", and more: [(id: String, version: Int64)] = []
    ) throws -> Catalog {
        let body = try JSONDocument(parsing: Array("{}".utf8)).root
        func made(_ entries: [(id: String, version: Int64)], _ kind: String) -> [CatalogEntry] {
            entries.map { CatalogEntry(kind: kind, id: $0.id, version: $0.version, effectiveFrom: .epoch, body: body) }
        }
        return Catalog(version: version, entries: made(entries, kind) + made(more, "toy"))
    }
}

/// Commits in the moment in which it is asked to finish.
private final class DirectHand: WriteHand {
    private let store: MemoryStore
    private var write: BatchWrite?

    init(_ store: MemoryStore) { self.store = store }

    func submit(_ write: BatchWrite) { self.write = write }

    func finish() throws(StoreFault) {
        guard let write else { return }
        self.write = nil
        try store.commit(write)
    }
}
