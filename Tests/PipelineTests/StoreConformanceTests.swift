import Contracts
import Deciding
import Ledger
import Pipeline
import Postgres
import Support
import Testing
import Vocabulary
import Wire

/// Memory and PostgreSQL must agree, or the simulator proves nothing.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct StoreConformanceTests {
    @Test func `both stores hold the same after the same batches, and both refuse a lane that was moved`() throws {
        let server = PrivatePostgres.shared
        let conninfo = try server.makeDatabase()
        let admin = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "test"))
        _ = try Migrator.apply(PathMigration.all, schema: "toy", on: admin)
        try admin.script("CREATE TABLE toy.toy_sum (key text PRIMARY KEY, sum int8 NOT NULL, note text NOT NULL)")
        let real = try PostgresStore(PostgresAddress(conninfo: conninfo, applicationName: "test", searchPath: "toy"))
        let memory = MemoryStore()
        let topics = [Topic.portalIn]
        var book = memory.takeUp(topics: topics, lanes: 2)
        for (place, next) in book.nextOffset {
            _ = try admin.execute(
                "INSERT INTO toy.consumer_offset (topic, partition, next_offset) VALUES ($1, $2, $3)",
                [.text(place.topic), .int32(place.partition), .int64(next)])
        }
        var caches = (StateCache<Toy.State>(), StateCache<Toy.State>())
        let step = Step(decider: Toy(isLogging: true), lanes: 2)
        var first: BatchWrite?
        for round in 0..<6 {
            var batch = InputBatch()
            for lane in Int32(0)..<2 {
                for index in 0..<3 {
                    let text =
                        index == 2 && round % 2 == 0
                        ? "{\"broken\":true}" : "{\"add\":\(round + index),\"wait\":\(round == 1),\"note\":\"注 \(round)\"}"
                    var event = CloudEvent(id: "\(round)/\(lane)/\(index)", source: "s", type: "add", data: Array(text.utf8))
                    event.subject = "key\(index)"
                    batch.messages.append(
                        RawMessage(
                            topic: Topic.portalIn, partition: lane, offset: Int64(round * 3 + index), key: Array("key\(index)".utf8),
                            value: event.data, headers: event.binaryHeaders()))
                }
            }
            let now = Instant(microseconds: Int64(round) * 1_000_000)
            let forMemory = try step.run(batch, book: book, cache: &caches.0, catalog: .empty, at: now, loading: memory)
            let forReal = try step.run(batch, book: book, cache: &caches.1, catalog: .empty, at: now, loading: real)
            try memory.commit(forMemory.write)
            try real.commit(forReal.write)
            first = first ?? forReal.write
            book = forReal.book
        }
        let keys = (0..<2).flatMap { lane in (0..<3).map { StateKey(lane: Int32(lane), key: "key\($0)") } }
        #expect(try memory.states(keys) == real.states(keys))
        #expect(try memory.states(keys).count == 6)
        let ids = (0..<6).flatMap { round in (0..<3).map { OutsideID(writer: Topic.portalIn, id: "\(round)/0/\($0)") } }
        #expect(try memory.outsideDigests(ids) == real.outsideDigests(ids))
        func count(_ table: String) throws -> Int64 { try admin.execute("SELECT count(*) FROM toy.\(table)").first?.int64(0) ?? -1 }
        #expect(try count("dead_letter") == Int64(memory.deadLetters.count))
        // A broker that lost the end of its log gives offsets out again: what is at one place then are different messages.
        let lane = TopicPartition(topic: Topic.portalIn, partition: 0)
        for (round, (index, text)) in [(0, "one"), (0, "two"), (0, "two"), (0, "one"), (0, "three"), (1, "four")].enumerated() {
            var write = BatchWrite()
            write.fence = [FenceMove(place: lane, from: Int64(18 + round), to: Int64(19 + round))]
            let place = MessagePlace(topic: Topic.portalIn, partition: 0, offset: 4_711, index: Int32(index))
            write.deadLetters[place] = DeadLetter(
                place: place, refusal: Refusal(code: "c", detail: ""), key: nil, value: Array(text.utf8),
                headers: [("ce_id", Array(text.utf8))])
            try memory.commit(write)
            try real.commit(write)
        }
        let kept = try admin.execute(
            "SELECT index || ' ' || convert_from(value, 'UTF8') FROM toy.dead_letter WHERE \"offset\" = 4711 ORDER BY index"
        ).map { try $0.text(0) }
        #expect(kept == ["0 one", "1 two", "2 three", "4 four"])
        let remembered = memory.deadLetters.values.filter { $0.place.offset == 4_711 }
            .map { "\($0.place.index) \(String(decoding: $0.value ?? [], as: UTF8.self))" }
        #expect(remembered.sorted() == kept)
        #expect(try count("timer") == Int64(memory.timers.count))
        #expect(try count("outbox") == Int64(memory.outbox.count))
        #expect(try count("toy_sum") == Int64(memory.tables[Toy.sums]?.count ?? -1))
        for (link, sequence) in memory.linksOut {
            let row = try admin.execute(
                "SELECT last_seq FROM toy.link_out WHERE lane = $1 AND topic = $2 AND partition = $3",
                [.int32(link.lane), .text(link.place.topic), .int32(link.place.partition)])
            #expect(try row.first?.int64(0) == sequence)
        }
        let heads = try real.ledgerHeads([0, 1])
        #expect(heads == memory.ledgers && heads[0]?.tree.size == 15)
        for lane in Int32(0)..<2 {
            var hashes: [UInt8] = []
            var references: [String] = []
            var ends: UInt64 = 0
            let blocks = try admin.execute(
                "SELECT first_leaf, hashes, ARRAY(SELECT json_array_elements_text(refs)) FROM toy.ledger_block WHERE lane = $1 ORDER BY 1",
                [.int32(lane)])
            for block in blocks {
                #expect(UInt64(try block.int64(0)) == ends)
                hashes += try block.bytes(1)
                references += try block.texts(2)
                ends = UInt64(references.count)
            }
            #expect(blocks.count == 6)
            #expect(hashes == memory.leaves[lane]?.flatMap(\.hash.bytes))
            #expect(references == memory.leaves[lane]?.map(\.reference))
        }
        // Leaves are only ever added, whoever asks.
        #expect(throws: PostgresFault.self) { try admin.script("UPDATE toy.ledger_block SET lane = 7") }
        #expect(throws: PostgresFault.self) { try admin.script("DELETE FROM toy.ledger_block") }
        #expect(throws: PostgresFault.self) { try admin.script("TRUNCATE toy.ledger_block") }
        // The first batch again, from the offsets of then: the fence must turn it away whole.
        let stale = try #require(first)
        #expect(throws: StoreFault.self) { try real.commit(stale) }
        #expect(throws: StoreFault.self) { try memory.commit(stale) }
        #expect(try count("outbox") == Int64(memory.outbox.count))
    }

    @Test func `who takes a lane up turns away what its former owner decided from a timer`() throws {
        let house = try ToyHouse()
        let real = try PostgresStore(PostgresAddress(conninfo: house.conninfo, applicationName: "test", searchPath: "toy"))
        let memory = MemoryStore()
        let before = memory.takeUp(topics: [Topic.portalIn], lanes: 1)
        for place in before.nextOffset.keys {
            _ = try house.owner.execute(
                "INSERT INTO consumer_offset (topic, partition, next_offset) VALUES ($1, $2, 0)",
                [.text(place.topic), .int32(place.partition)])
        }
        let books = (try real.takeUp([0]).book, before)
        #expect(books.0.nextOffset == books.1.nextOffset)

        // The former owner decides, another one takes over, and only then the former one commits. Afterwards nobody would know of its message.
        var batch = InputBatch()
        batch.timers = [LaneTimer(lane: 0, key: "key", timer: DueTimer(name: "later", due: .epoch))]
        var cache = StateCache<Toy.State>()
        let late = try Step(decider: Toy(), lanes: 1).run(
            batch, book: books.0, cache: &cache, catalog: .empty, at: .epoch, loading: memory)
        #expect(late.write.outbox.count == 1)
        let taken = (try real.takeUp([0]).book, memory.takeUp(topics: [Topic.portalIn], lanes: 1))
        #expect(taken.0.nextOffset == taken.1.nextOffset)
        func isFenced(_ fault: any Error) -> Bool { if case StoreFault.fenced = fault { true } else { false } }
        #expect { try real.commit(late.write) } throws: { isFenced($0) }
        #expect { try memory.commit(late.write) } throws: { isFenced($0) }

        cache = StateCache()
        let ours = try Step(decider: Toy(), lanes: 1).run(
            batch, book: taken.0, cache: &cache, catalog: .empty, at: .epoch, loading: memory)
        try real.commit(ours.write)
        try memory.commit(ours.write)
        #expect(memory.outbox.count == 1)
    }
}
