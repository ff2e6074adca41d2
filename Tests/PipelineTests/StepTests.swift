import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

@Suite struct StepTests {
    @Test func `a message changes its key's state, writes its row and sends what was decided`() throws {
        let house = house()
        house.add(5, to: "a", id: "1")
        house.add(7, to: "a", id: "2")
        try house.settle()
        #expect(house.sums == [5, 12])
        #expect(house.rows(.ingestion, "toy_sum").map { $0["sum"] } == [.int64(12)])
    }

    @Test func `the same id with the same bytes is dropped and with other bytes set aside`() throws {
        let house = house()
        house.add(5, to: "a", id: "1")
        house.add(5, to: "a", id: "1")
        house.add(6, to: "a", id: "1")
        try house.settle()
        house.add(5, to: "a", id: "1")
        try house.settle()
        #expect(house.sums == [5])
        #expect(house.count(.duplicate) == 2)
        #expect(house.store(of: .ingestion)?.deadLetters.values.map(\.refusal.code) == ["id-reuse"])
    }

    @Test func `a refusal leaves the state as it was and keeps the original bytes`() throws {
        let house = house()
        house.add(5, to: "a", id: "1")
        house.send(to: Topic.portalIn, type: "add", id: "2", subject: "a", at: house.now, data: Array("{\"ad\":1}".utf8))
        house.add(5, to: "a", id: "3")
        try house.settle()
        #expect(house.sums == [5, 10])
        let letters = try #require(house.store(of: .ingestion)?.deadLetters.values.map { $0 })
        #expect(letters.map(\.refusal.code) == ["field-missing"])
        #expect(letters.first?.value == Array("{\"ad\":1}".utf8))
        let sent = house.messages(on: Topic.deadLetters("ingestion"))
        #expect(sent.map { $0.body?["reason"]?.string } == ["field-missing"])
        #expect(sent.first?.body?["value"]?.string == "eyJhZCI6MX0=")
    }

    @Test func `what can not be decoded is set aside with a stable code and the lane goes on`() throws {
        let house = house(lanes: 1)
        let sound: [(name: String, value: [UInt8])] = [
            ("ce_specversion", Array("1.0".utf8)), ("ce_id", Array("x".utf8)), ("ce_source", Array("s".utf8)),
            ("ce_type", Array("add".utf8)),
            ("ce_subject", Array("a".utf8)),
        ]
        house.sendRaw(to: Topic.portalIn, key: "a", headers: [], value: Array("{}".utf8))
        house.sendRaw(to: Topic.portalIn, key: "a", headers: sound, value: Array("{\"add\":1".utf8))
        house.sendRaw(to: Topic.portalIn, key: "a", headers: sound, value: Array("{\"add\":1,\"add\":2}".utf8))
        house.sendRaw(to: Topic.portalIn, key: "a", headers: sound, value: Array("{\"add\":\"\\u0000\"}".utf8))
        house.sendRaw(to: Topic.portalIn, key: "a", headers: sound, value: [UInt8](repeating: 0x5B, count: 2_000_000))
        house.sendRaw(to: Topic.portalIn, key: "a", headers: sound, value: [UInt8](repeating: 0x5B, count: 1_000))
        house.add(1, to: "a", id: "good")
        try house.settle()
        let codes = house.store(of: .ingestion)?.deadLetters.sorted { $0.key.offset < $1.key.offset }.map(\.value.refusal.code)
        #expect(codes?[0] == "missing-attribute")
        #expect(codes?[1] == "json-unterminated")
        #expect(codes?[2] == "json-duplicate-key")
        #expect(codes?[3] == "json-nul-in-string")
        #expect(codes?.count == 6)
        #expect(house.sums == [1])
    }

    @Test func `a type that is not for the service is passed over and counted`() throws {
        let house = house()
        house.send(to: Topic.portalIn, type: "ignored", id: "1", subject: "a", at: house.now, data: Array("{}".utf8))
        try house.settle()
        #expect(house.count(.passed) == 1)
        #expect(house.store(of: .ingestion)?.deadLetters.isEmpty == true)
    }

    @Test func `a timer fires once when it is due`() throws {
        let house = house()
        house.add(5, to: "a", id: "1", more: ",\"wait\":true")
        try house.advance(to: house.now + .seconds(59))
        #expect(house.messages(on: Topic.ingestionRecords).map(\.event.type) == ["sum"])
        try house.advance(to: house.now + .seconds(5))
        try house.advance(to: house.now + .seconds(500))
        #expect(house.messages(on: Topic.ingestionRecords).map(\.event.type) == ["sum", "late"])
    }

    @Test func `a catalogue change is shown to every known key once per version`() throws {
        let house = house()
        for key in ["a", "b", "c"] { house.add(1, to: key, id: key) }
        try house.settle()
        func publish(_ version: Int64) throws {
            house.publish([
                CatalogEntry(
                    kind: "toy", id: "x", version: version, effectiveFrom: .epoch, body: try JSONDocument(parsing: Array("{}".utf8)).root)
            ])
            try house.settle()
        }
        func sweeps() -> [Int64] {
            (house.store(of: .ingestion)?.states ?? [:]).values.compactMap { bytes in
                (try? JSONDocument(parsing: bytes))?.root["sweeps"]?.int
            }
        }
        try publish(1)
        #expect(sweeps() == [1, 1, 1])
        try house.settle()
        #expect(sweeps() == [1, 1, 1])
        try publish(2)
        #expect(sweeps() == [2, 2, 2])
    }

    @Test func `what could never be sent is refused with its input, and the state stays as it was`() throws {
        let house = house(lanes: 1)
        house.add(999_999, to: "k", id: "1", more: ",\"wait\":true")
        house.add(1, to: "k", id: "2")
        house.add(2, to: "j", id: "3")
        try house.settle()
        #expect(house.sums == [999_999, 2])
        let letters = house.store(of: .ingestion)?.deadLetters.values.map { $0 } ?? []
        #expect(letters.map(\.refusal.code) == ["output-too-large"] && letters.map(\.key) == [Array("k".utf8)])
        // The sender may go on.
        house.add(-999_000, to: "k", id: "4")
        try house.settle()
        #expect(house.sums == [999_999, 2, 999])
    }

    @Test func `what a timer may not do is counted, and it rings again an hour later`() throws {
        let house = house(lanes: 1)
        house.add(-5, to: "k", id: "1", more: ",\"wait\":true")
        try house.advance(to: house.now + .seconds(120))
        #expect(house.messages(on: Topic.ingestionRecords).map(\.event.type) == ["sum"])
        let store = try #require(house.store(of: .ingestion))
        #expect(store.tallies == [Tally(.effectRefused, ["output-too-large"]): 1])
        #expect(store.timers.count == 1)
        // Then it can be done.
        house.add(7, to: "k", id: "2")
        try house.advance(to: house.now + .seconds(3_700))
        #expect(house.messages(on: Topic.ingestionRecords).map(\.event.type) == ["sum", "sum", "late"])
        #expect(house.store(of: .ingestion)?.timers.isEmpty == true)
    }

    @Test func `a message from outside above 384 KiB is set aside`() throws {
        let house = house(lanes: 1)
        house.add(1, to: "k", id: "1", more: String(repeating: " ", count: (384 << 10) - 9))
        house.add(1, to: "k", id: "2", more: String(repeating: " ", count: (384 << 10) - 8))
        try house.settle()
        #expect(house.sums == [1])
        #expect(house.store(of: .ingestion)?.deadLetters.values.map(\.refusal.code) == ["data-over-limit"])
    }

    @Test func `links are dense: a duplicate is dropped, an early message waits for its predecessor`() throws {
        let place = TopicPartition(topic: Topic.ingestionRecords, partition: 0)
        let store = MemoryStore()
        let book = store.takeUp(topics: [place.topic], lanes: 1)
        var cache = StateCache<Toy.State>()
        let link = LinkOut(lane: 0, place: place)
        func row(_ first: Int64, _ count: Int64) -> OutboxRow {
            OutboxRow(
                link: link, firstSequence: first, at: .epoch,
                messages: (first..<first + count).map { number in
                    OutgoingMessage(
                        topic: place.topic, key: "k", subject: "k", type: "add", value: Array("{\"add\":\(number),\"id\":\(number)}".utf8))
                })
        }
        let wire = LinkWire(service: .governance) { Topic.dialect(of: $0) }
        // The log of finding 1: an outage left 1 4 5, and the publisher went back and sent 2 3 4 5.
        let log: [(Int64, Int64)] = [(1, 1), (4, 1), (5, 1), (2, 2), (4, 1), (5, 1), (5, 1)]
        let batch = InputBatch(messages: log.enumerated().flatMap { wire.raw(row($1.0, $1.1), at: Int64($0)) })
        let result = try Step(decider: Toy(), lanes: 1).run(batch, book: book, cache: &cache, catalog: .empty, at: .epoch, loading: store)
        try store.commit(result.write)
        let state = try #require(store.states.values.first)
        #expect(String(decoding: state, as: UTF8.self) == "{\"sum\":15}")
        #expect(result.book.linkIn.values.first == 5)
        #expect(result.gaps.isEmpty)
        #expect(result.write.counts.filter { $0.key.outcome == .early }.values.reduce(0, +) == 2)
        #expect(result.write.counts.filter { $0.key.outcome == .duplicate }.values.reduce(0, +) == 1)
    }

    @Test func `a store that fails while states are read leaves none of them behind`() throws {
        let place = TopicPartition(topic: Topic.ingestionRecords, partition: 0)
        let store = MemoryStore()
        let wire = LinkWire(service: .governance) { Topic.dialect(of: $0) }
        func batch(_ number: Int64) -> InputBatch {
            let row = OutboxRow(
                link: LinkOut(lane: 0, place: place), firstSequence: number, at: .epoch,
                messages: [
                    OutgoingMessage(topic: place.topic, key: "k", subject: "k", type: "add", value: Array("{\"add\":\(number)}".utf8))
                ])
            return InputBatch(messages: wire.raw(row, at: number))
        }
        let step = Step(decider: Toy(), lanes: 1)
        var cache = StateCache<Toy.State>()
        let first = try step.run(
            batch(1), book: store.takeUp(topics: [place.topic], lanes: 1), cache: &cache, catalog: .empty, at: .epoch, loading: store)
        try store.commit(first.write)

        cache = StateCache()
        #expect(throws: StoreFault.self) {
            _ = try step.run(batch(2), book: first.book, cache: &cache, catalog: .empty, at: .epoch, loading: BrokenStore())
        }
        #expect(cache.count == 0)
        let second = try step.run(batch(2), book: first.book, cache: &cache, catalog: .empty, at: .epoch, loading: store)
        try store.commit(second.write)
        #expect(store.states.values.map { String(decoding: $0, as: UTF8.self) } == ["{\"sum\":3}"])
    }

    @Test func `outgoing messages are numbered densely per link across batches`() throws {
        let house = house(lanes: 2)
        for round in 0..<5 {
            for key in 0..<20 { house.add(1, to: "k\(key)", id: "\(round)-\(key)") }
            try house.settle()
        }
        var bySource: [String: [Int64]] = [:]
        for message in house.messages(on: Topic.ingestionRecords) {
            bySource["\(message.event.source)>\(message.raw.partition)", default: []].append(message.event.sequence ?? -1)
        }
        #expect(!bySource.isEmpty)
        for sequences in bySource.values { #expect(sequences == Array(1...Int64(sequences.count))) }
    }

    @Test func `a packed message that reaches into what is known is applied from the next event on`() throws {
        let house = house(lanes: 1)
        for number in 1...3 { house.add(number, to: "k", id: "\(number)") }
        try house.settle()
        #expect(house.sums == [1, 3, 6])
        let place = TopicPartition(topic: Topic.ingestionRecords, partition: 0)
        let wire = LinkWire(service: .governance) { Topic.dialect(of: $0) }
        func message(_ first: Int64, _ count: Int, at offset: Int64) -> RawMessage {
            let row = OutboxRow(
                link: LinkOut(lane: 0, place: place), firstSequence: first, at: .epoch,
                messages: (0..<count).map { index in
                    OutgoingMessage(
                        topic: place.topic, key: "k", subject: "k", type: "add", value: Array("{\"add\":\(first + Int64(index))}".utf8))
                })
            return wire.raw(row, at: offset)[0]
        }
        let store = MemoryStore()
        var book = store.takeUp(topics: [place.topic], lanes: 1)
        var cache = StateCache<Toy.State>()
        func run(_ raw: RawMessage, upTo end: Int = .max) throws -> StepResult {
            let result = try Step(decider: Toy(), lanes: 1).run(
                InputBatch(messages: [raw], eventsEnd: end), book: book, cache: &cache, catalog: .empty, at: .epoch, loading: store)
            try store.commit(result.write)
            book = result.book
            return result
        }
        func sum() -> String { String(decoding: store.states.values.first ?? [], as: UTF8.self) }
        // Half of a message: its events are applied, and the partition stays where it is.
        _ = try run(message(1, 4, at: 0), upTo: 2)
        #expect(sum() == "{\"sum\":3}")
        #expect(book.nextOffset[place] == 0)
        // The whole of it again: only the other half is new.
        let rest = try run(message(1, 4, at: 0))
        #expect(sum() == "{\"sum\":10}")
        #expect(book.nextOffset[place] == 1)
        #expect(rest.write.counts.filter { $0.key.outcome == .duplicate }.values.reduce(0, +) == 2)
        // Sent again in larger pieces: what is known is passed over, what is new is applied.
        _ = try run(message(3, 4, at: 1))
        #expect(sum() == "{\"sum\":21}")
        // Ahead of what comes next: nothing of it.
        let early = try run(message(8, 2, at: 2))
        #expect(sum() == "{\"sum\":21}")
        let gap = try #require(early.gaps.values.first)
        #expect(gap.expected == 7)
        #expect(gap.found == 8)
    }

    @Test func `a damaged block is set aside with what came before the damage applied`() throws {
        let place = TopicPartition(topic: Topic.ingestionRecords, partition: 0)
        let row = OutboxRow(
            link: LinkOut(lane: 0, place: place), firstSequence: 1, at: .epoch,
            messages: (1...2).map {
                OutgoingMessage(topic: place.topic, key: "k", subject: "k", type: "add", value: Array("{\"add\":\($0)}".utf8))
            })
        let whole = LinkWire(service: .governance) { Topic.dialect(of: $0) }.raw(row, at: 0)[0]
        for length in 0..<row.frames.count {
            let store = MemoryStore()
            let book = store.takeUp(topics: [place.topic], lanes: 1)
            var cache = StateCache<Toy.State>()
            let cut = RawMessage(
                topic: whole.topic, partition: 0, offset: 0, key: nil, value: Array(row.frames.prefix(length)), headers: whole.headers)
            let result = try Step(decider: Toy(), lanes: 1).run(
                InputBatch(messages: [cut]), book: book, cache: &cache, catalog: .empty, at: .epoch, loading: store)
            #expect(result.write.deadLetters.count == 1)
            #expect(result.book.nextOffset[place] == 1)
        }
    }

    @Test func `a packed row is read back as it was written`() throws {
        let link = LinkOut(lane: 3, place: TopicPartition(topic: "t", partition: 2))
        let messages = (0..<10).map { (index: Int) -> OutgoingMessage in
            let key = "键\(index)"
            return OutgoingMessage(
                topic: "t", key: key, subject: index % 2 == 0 ? key : "s", type: index < 5 ? "x.v1" : "y.v1",
                value: [UInt8](repeating: UInt8(index), count: index * 1_000))
        }
        let row = OutboxRow(link: link, firstSequence: 41, at: Instant(microseconds: -5), messages: messages)
        let read = try #require(OutboxRow(link: link, firstSequence: 41, lastSequence: 50, frames: row.frames))
        #expect(read.messages == messages)
        #expect(read.time == Instant(microseconds: -5))
        #expect(OutboxRow(link: link, firstSequence: 41, lastSequence: 51, frames: row.frames) == nil)
        #expect(OutboxRow(link: link, firstSequence: 41, lastSequence: 50, frames: Array(row.frames.dropLast())) == nil)
        #expect(OutboxRow(link: link, firstSequence: 41, lastSequence: 50, frames: row.frames + [0]) == nil)
    }
}

/// Reads nothing.
private struct BrokenStore: PathStore {
    func states(_ keys: [StateKey]) throws(StoreFault) -> [StateKey: [UInt8]] { throw .unavailable("broken") }
    func outsideDigests(_ ids: [OutsideID]) throws(StoreFault) -> [OutsideID: [UInt8]] { [:] }
    func commit(_ write: BatchWrite) throws(StoreFault) { throw .unavailable("broken") }
}
