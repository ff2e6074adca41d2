import Contracts
import Deciding
import Ledger
import Pipeline
import Testing
import Vocabulary
import Wire

/// The log of a lane grows with what is decided in it, and with nothing else.
@Suite struct LedgerStepTests {
    private static let now = Instant(microseconds: 1_780_000_000_000_000)
    private static let place = TopicPartition(topic: Topic.portalIn, partition: 0)

    private func messages(_ numbers: Range<Int>) -> [RawMessage] {
        numbers.map { number in
            // Every fifth is refused after its key was admitted.
            let data = number % 5 == 4 ? "{}" : "{\"add\":\(number)}"
            var event = CloudEvent(id: "\(number)", source: "s", type: "add", data: Array(data.utf8))
            event.subject = "key\(number % 3)"
            return RawMessage(
                topic: Topic.portalIn, partition: 0, offset: Int64(number), key: Array("key".utf8), value: event.data,
                headers: event.binaryHeaders())
        }
    }

    /// Twenty messages in batches that end where `ends` says.
    private func store(batchesEndingAt ends: [Int]) throws -> MemoryStore {
        let store = MemoryStore()
        var cache = StateCache<Toy.State>()
        var book = store.takeUp(topics: [Topic.portalIn], lanes: 1)
        var start = 0
        for end in ends {
            let result = try Step(decider: Toy(isLogging: true), lanes: 1).run(
                InputBatch(messages: messages(start..<end)), book: book, cache: &cache, catalog: .empty, at: Self.now, loading: store)
            try store.commit(result.write)
            book = result.book
            start = end
        }
        return store
    }

    @Test func `the log is the same wherever its batches end, and what is refused is no leaf`() throws {
        let whole = try store(batchesEndingAt: [20])
        let leaves = try #require(whole.leaves[0])
        #expect(leaves.count == 16)
        #expect(leaves.first == Toy.leaf("key0", 0) && leaves[1] == Toy.leaf("key1", 1) && leaves[3] == Toy.leaf("key0", 3))
        var tree = MerkleTree()
        for leaf in leaves { tree.append(leaf: leaf.hash) }
        #expect(whole.ledgers[0]?.tree == tree)
        for ends in [[1, 20], Array(1...20), [7, 8, 19, 20]] {
            let parts = try store(batchesEndingAt: ends)
            #expect(parts.leaves == whole.leaves && parts.ledgers == whole.ledgers)
        }
    }

    @Test func `what is decided again after a crash appends the same leaves once`() throws {
        let store = MemoryStore()
        let step = Step(decider: Toy(isLogging: true), lanes: 1)
        var cache = StateCache<Toy.State>()
        let book = store.takeUp(topics: [Topic.portalIn], lanes: 1)
        func decide(_ book: LaneBook) throws -> StepResult {
            try step.run(
                InputBatch(messages: messages(0..<10)), book: book, cache: &cache, catalog: .empty, at: Self.now, loading: store)
        }
        let lost = try decide(book)
        #expect(throws: StoreFault.self) { try store.commit(lost.write, ending: .brokenBefore) }
        #expect(store.leaves.isEmpty)
        cache = StateCache()
        let again = try decide(store.takeUp(topics: [Topic.portalIn], lanes: 1))
        #expect(again.write.ledgers == lost.write.ledgers)
        // It took effect and nobody heard: what is decided on the old book is turned away, and after reading there is nothing to do.
        #expect(throws: StoreFault.self) { try store.commit(again.write, ending: .brokenAfter) }
        #expect(throws: StoreFault.self) { try store.commit(again.write) }
        cache = StateCache()
        let after = try decide(store.takeUp(topics: [Topic.portalIn], lanes: 1))
        #expect(after.write.ledgers.isEmpty)
        #expect(store.leaves[0]?.count == 8)
        #expect(try self.store(batchesEndingAt: [10]).leaves == store.leaves)
    }

    @Test func `a checkpoint is made a minute after the first leaf that waits, and none while none does`() throws {
        let house = house(lanes: 1, isLogging: true)
        func told() -> [Int64?] { house.messages(on: Topic.governanceCheckpoints).map { $0.body?["size"]?.int } }
        house.add(1, to: "a", id: "1")
        try house.advance(to: house.now + .seconds(40))
        house.add(2, to: "a", id: "2")
        try house.advance(to: house.now + .seconds(19))
        #expect(told() == [])
        try house.advance(to: house.now + .seconds(1))
        #expect(told() == [2])
        try house.advance(to: house.now + .seconds(3_600))
        #expect(told() == [2])
        house.add(3, to: "a", id: "3")
        try house.advance(to: house.now + .seconds(61))
        #expect(told() == [2, 3])
        let head = try #require(house.store(of: .ingestion)?.ledgers[0])
        #expect(house.messages(on: Topic.governanceCheckpoints).last?.body?["root"]?.string == head.tree.root.hex)
        #expect(head.signedSize == 3 && head.unsignedSince == nil)
        // A checkpoint is nobody's state.
        #expect(house.store(of: .ingestion)?.states.keys.map(\.key) == ["a"])
    }

    @Test func `without anybody who signs there are leaves and no timer`() throws {
        struct Silent: Decider {
            typealias State = Toy.State
            let toy = Toy(isLogging: true)
            var service: ServiceName { toy.service }
            func admit(_ message: Message, catalog: Catalog) -> Admission { toy.admit(message, catalog: catalog) }
            func decide(_ input: Input, key: String, on state: inout State, at now: Instant, catalog: Catalog, effects: inout Effects) {
                toy.decide(input, key: key, on: &state, at: now, catalog: catalog, effects: &effects)
            }
        }
        let house = MemoryHouse(lanes: 1, now: Self.now)
        house.add(Silent()) { _ in [Topic.portalIn] }
        house.add(1, to: "a", id: "1")
        try house.settle()
        #expect(house.store(of: .ingestion)?.leaves[0]?.count == 1)
        #expect(house.store(of: .ingestion)?.timers.isEmpty == true)
    }

    @Test func `a log that does not end where the head says is refused as corrupt`() throws {
        let store = try store(batchesEndingAt: [10])
        var cache = StateCache<Toy.State>()
        var book = store.takeUp(topics: [Topic.portalIn], lanes: 1)
        book.ledgers = [:]
        let result = try Step(decider: Toy(isLogging: true), lanes: 1).run(
            InputBatch(messages: messages(10..<12)), book: book, cache: &cache, catalog: .empty, at: Self.now, loading: store)
        #expect {
            try store.commit(result.write)
        } throws: { error in
            if case StoreFault.corrupt = error { true } else { false }
        }
    }
}
