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

    @Test func `links are dense: a duplicate is dropped, an early message waits for its predecessor`() throws {
        var book = LaneBook()
        let place = TopicPartition(topic: Topic.ingestionRecords, partition: 0)
        book.nextOffset[place] = 0
        book.nextOffset[TopicPartition(topic: LaneBook.laneTopic, partition: 0)] = 0
        let store = MemoryStore()
        _ = store.book(topics: [Topic.ingestionRecords], lanes: 1)
        var cache = StateCache<Toy.State>()
        func message(_ sequence: Int64, at offset: Int64) -> RawMessage {
            var event = CloudEvent(
                id: "i\(sequence)", source: "xinqiao/governance/0", type: "add", data: Array("{\"add\":\(sequence)}".utf8))
            event.subject = "k"
            event.sequence = sequence
            return RawMessage(
                topic: Topic.ingestionRecords, partition: 0, offset: offset, key: Array("k".utf8), value: event.data,
                headers: event.binaryHeaders())
        }
        // The log of finding 1: an outage left 1 4 5, and the publisher went back and sent 2 3 4 5.
        let log: [Int64] = [1, 4, 5, 2, 3, 4, 5, 5]
        let batch = InputBatch(messages: log.enumerated().map { message($1, at: Int64($0)) })
        let result = try Step(decider: Toy(), lanes: 1).run(batch, book: book, cache: &cache, catalog: .empty, at: .epoch, loading: store)
        try store.commit(result.write)
        let state = try #require(store.states.values.first)
        #expect(String(decoding: state, as: UTF8.self) == "{\"sum\":15}")
        #expect(result.book.linkIn.values.first == 5)
        #expect(result.gaps.isEmpty)
        #expect(result.write.counts.filter { $0.key.outcome == .early }.values.reduce(0, +) == 2)
        #expect(result.write.counts.filter { $0.key.outcome == .duplicate }.values.reduce(0, +) == 1)
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

    @Test func `a packed row is read back as it was written`() throws {
        let link = LinkOut(lane: 3, place: TopicPartition(topic: "t", partition: 2))
        let messages = (0..<10).map { index in
            OutboxMessage(
                message: OutgoingMessage(
                    topic: "t", key: "键\(index)", subject: "s", type: "x.v1", value: [UInt8](repeating: UInt8(index), count: index * 1_000)),
                time: Instant(microseconds: Int64(index) - 5))
        }
        let row = OutboxRow(link: link, firstSequence: 41, messages: messages)
        let read = try #require(OutboxRow(link: link, firstSequence: 41, lastSequence: 50, frames: row.frames))
        #expect(read.messages.map(\.message) == messages.map(\.message))
        #expect(read.messages.map(\.time) == messages.map(\.time))
        #expect(OutboxRow(link: link, firstSequence: 41, lastSequence: 51, frames: row.frames) == nil)
        #expect(OutboxRow(link: link, firstSequence: 41, lastSequence: 50, frames: Array(row.frames.dropLast())) == nil)
    }
}
