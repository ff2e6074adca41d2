import Contracts
import Deciding
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@testable import Pipeline

/// Letters that are decided again, by hand as a worker does it, over PostgreSQL.
@Suite struct ReplayInboxTests {
    /// The toy service at work on lane 0.
    private final class Desk {
        let house: ToyHouse
        let store: PostgresStore
        var book: LaneBook
        var cache = StateCache<Toy.State>()
        var inbox = ReplayInbox()
        let topic: String
        let step = Step(decider: Toy(), lanes: 2)
        var now = Instant(microseconds: 1_780_000_000_000_000)

        init(topic: String = Topic.portalIn) throws {
            let house = try ToyHouse()
            self.house = house
            self.topic = topic
            try house.owner.script("CREATE TABLE toy.toy_sum (key text PRIMARY KEY, sum int8 NOT NULL, note text NOT NULL)")
            store = try PostgresStore(PostgresAddress(conninfo: house.conninfo, applicationName: "test", searchPath: "toy"))
            book = MemoryStore().takeUp(topics: [topic], lanes: 2)
            for (place, next) in book.nextOffset {
                _ = try house.owner.execute(
                    "INSERT INTO consumer_offset (topic, partition, next_offset) VALUES ($1, $2, $3)",
                    [.text(place.topic), .int32(place.partition), .int64(next)])
            }
        }

        func read(_ offset: Int64, _ data: String, id: String, type: String = "add", source: String = "s", sequence: Int64? = nil) throws {
            var event = CloudEvent(id: id, source: source, type: type, data: Array(data.utf8))
            event.subject = "k"
            event.sequence = sequence
            var raw = RawMessage(
                topic: topic, partition: 0, offset: offset, key: Array("k".utf8), value: event.data, headers: event.binaryHeaders())
            if let sequence {
                // Between services a message is a block of its link.
                let row = OutboxRow(
                    link: LinkOut(lane: 0, place: TopicPartition(topic: topic, partition: 0)), firstSequence: sequence, at: now,
                    messages: [OutgoingMessage(topic: topic, key: "k", subject: "k", type: type, value: event.data)])
                raw = LinkWire(service: .governance) { Topic.dialect(of: $0) }.raw(row, at: offset)[0]
            }
            let result = try step.run(InputBatch(messages: [raw]), book: book, cache: &cache, catalog: .empty, at: now, loading: store)
            try store.commit(result.write)
            book = result.book
        }

        /// What an operator's `replay` does.
        func ask(_ offset: Int64, value: String? = nil) throws {
            _ = try house.owner.execute(
                """
                INSERT INTO dead_letter_replay (topic, partition, "offset", index, key, value, headers)
                SELECT topic, partition, "offset", index, key, coalesce($2::bytea, value), headers FROM dead_letter WHERE "offset" = $1
                """, [.int64(offset), value.map { .bytes(Array($0.utf8)) } ?? .null])
        }

        /// Decides the next letter; nil when none waits.
        @discardableResult
        func decide() throws -> ReplayInput? {
            inbox = ReplayInbox()
            guard let input = try inbox.next(of: [0, 1], for: Toy(), catalog: .empty, on: house.owner) else { return nil }
            let result = try step.replay(input, book: book, cache: &cache, catalog: .empty, at: now, loading: store)
            try store.commit(result.write)
            book = result.book
            return input
        }

        func sum() throws -> Int64 { try house.number("SELECT coalesce(max(sum), -100) FROM toy_sum") }
        func outcome() throws -> String {
            try house.owner.execute("SELECT outcome || ' ' || reason FROM dead_letter_outcome ORDER BY replay DESC LIMIT 1").first?.text(0)
                ?? ""
        }
        func status(_ offset: Int64) throws -> String {
            try house.owner.execute("SELECT status FROM dead_letter WHERE \"offset\" = $1", [.int64(offset)]).first?.text(0) ?? ""
        }
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a fixed letter takes effect once, under its own id, and the topic's place is not moved`() throws {
        let desk = try Desk()
        try desk.read(0, "{\"add\":5}", id: "a")
        try desk.read(1, "{\"broken\":true}", id: "b")
        try desk.ask(1, value: "{\"add\":2}")
        #expect(try desk.decide() != nil)
        #expect(try desk.sum() == 7)
        #expect(try desk.outcome() == "applied ")
        #expect(try desk.status(1) == "replayed")
        #expect(try desk.decide() == nil)
        #expect(try desk.house.number("SELECT next_offset FROM consumer_offset WHERE topic = 'portal.in.v1' AND partition = 0") == 2)
        #expect(try desk.house.number("SELECT count(*) FROM dead_letter_action WHERE action = 'outcome' AND actor = 'service'") == 1)
        #expect(try desk.house.number("SELECT count(*) FROM link_out WHERE topic = 'ingestion.records.v1'") == 1)
        #expect(try desk.house.number("SELECT last_seq FROM link_out WHERE topic = 'ingestion.records.v1'") == 2)
        // The sender's own repetition of what it sent is still known.
        try desk.read(2, "{\"broken\":true}", id: "b")
        #expect(try desk.house.number("SELECT messages FROM message_count WHERE outcome = 'duplicate' AND topic = 'portal.in.v1'") == 1)
        try desk.read(3, "{\"add\":1}", id: "c")
        #expect(try desk.sum() == 8)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a letter that is refused again is open again, with what was said`() throws {
        let desk = try Desk()
        try desk.read(0, "{\"broken\":true}", id: "b")
        try desk.ask(0)
        try desk.decide()
        #expect(try desk.outcome() == "refused field-missing")
        #expect(try desk.status(0) == "open")
        #expect(try desk.house.number("SELECT count(*) FROM dead_letter") == 1)
        try desk.ask(0, value: "not json")
        try desk.decide()
        #expect(try desk.outcome().hasPrefix("refused json-"))
        try desk.ask(0, value: "{\"add\":3}")
        try desk.decide()
        #expect(try desk.sum() == 3)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `what took effect under the same id in the meantime is not done twice`() throws {
        let desk = try Desk()
        // Refused before its id was looked at; sent again later, under a type that is known.
        try desk.read(0, "{\"add\":5}", id: "a", type: "unheard-of")
        try desk.read(1, "{\"add\":9}", id: "x")
        try desk.read(2, "{\"add\":8}", id: "x")
        #expect(try desk.sum() == 9)
        #expect(try desk.status(2) == "open")
        // `x` belongs to the message before: the letter may not have it, whatever is in it.
        try desk.ask(2)
        try desk.decide()
        #expect(try desk.outcome() == "refused id-reuse")
        try desk.ask(2, value: "{\"add\":9}")
        try desk.decide()
        #expect(try desk.outcome() == "duplicate ")
        #expect(try desk.sum() == 9)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `the same bytes that took effect at another time make the replay a duplicate`() throws {
        let desk = try Desk()
        try desk.read(0, "{\"broken\":true}", id: "b")
        try desk.house.owner.script("UPDATE outside_id SET seen_at = seen_at + interval '1 second'")
        try desk.ask(0)
        try desk.decide()
        #expect(try desk.outcome() == "duplicate ")
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a letter of a link is decided though its turn is over, and the link goes on where it was`() throws {
        let desk = try Desk(topic: Topic.governanceFacts)
        let source = "xinqiao/governance/0"
        try desk.read(0, "{\"add\":1}", id: "1", source: source, sequence: 1)
        try desk.read(1, "{\"broken\":true}", id: "2", source: source, sequence: 2)
        try desk.read(2, "{\"add\":4}", id: "3", source: source, sequence: 3)
        try desk.ask(1, value: "{\"add\":2}")
        try desk.decide()
        #expect(try desk.outcome() == "applied ")
        #expect(try desk.sum() == 7)
        #expect(try desk.house.number("SELECT last_seq FROM link_in") == 3)
        try desk.read(3, "{\"add\":1}", id: "4", source: source, sequence: 4)
        #expect(try desk.sum() == 8)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a lane that was moved meanwhile turns the replay away whole, and it is decided later`() throws {
        let desk = try Desk()
        try desk.read(0, "{\"broken\":true}", id: "b")
        try desk.ask(0, value: "{\"add\":2}")
        _ = try desk.house.owner.execute("UPDATE consumer_offset SET next_offset = next_offset + 1 WHERE topic = '@lane' AND partition = 0")
        #expect(throws: StoreFault.self) { try desk.decide() }
        #expect(try desk.house.number("SELECT count(*) FROM dead_letter_outcome") == 0)
        desk.cache = StateCache()
        let lane = TopicPartition(topic: LaneBook.laneTopic, partition: 0)
        desk.book.nextOffset[lane] = try desk.house.number(
            "SELECT next_offset FROM consumer_offset WHERE topic = '@lane' AND partition = 0")
        try desk.decide()
        #expect(try desk.sum() == 2)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a letter that ends the process twice is refused as a crash`() throws {
        let desk = try Desk()
        try desk.read(0, "{\"broken\":true}", id: "b")
        try desk.ask(0)
        for _ in 0..<2 {
            desk.inbox = ReplayInbox()
            // A process that tries again, since its commit failed, has not ended.
            for _ in 0..<4 { #expect(try desk.inbox.next(of: [0], for: Toy(), catalog: .empty, on: desk.house.owner) != nil) }
        }
        #expect(try desk.decide() == nil)
        #expect(try desk.outcome() == "refused crash")
        #expect(try desk.status(0) == "open")
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `a letter that fails each time lets the lanes work for a minute`() throws {
        let desk = try Desk()
        try desk.read(0, "{\"broken\":true}", id: "b")
        try desk.ask(0)
        for _ in 0...ReplayInbox.againMax {
            #expect(try desk.inbox.next(of: [0], for: Toy(), catalog: .empty, on: desk.house.owner) != nil)
        }
        #expect(try desk.inbox.next(of: [0], for: Toy(), catalog: .empty, on: desk.house.owner) == nil)
        #expect(try desk.inbox.next(of: [0], for: Toy(), catalog: .empty, on: desk.house.owner) == nil)
        #expect(try desk.house.number("SELECT count(*) FROM dead_letter_replay WHERE NOT is_done AND attempts = 1") == 1)
    }

    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `what came and what was done can not be changed, by whomever`() throws {
        let desk = try Desk()
        try desk.read(0, "{\"broken\":true}", id: "b")
        try desk.ask(0, value: "{\"add\":2}")
        try desk.decide()
        for forbidden in [
            "UPDATE dead_letter SET value = 'x'", "UPDATE dead_letter SET headers = 'x'", "UPDATE dead_letter SET reason = 'x'",
            "UPDATE dead_letter_action SET why = 'x'", "DELETE FROM dead_letter_action", "TRUNCATE dead_letter_action",
            "UPDATE dead_letter_outcome SET outcome = 'x'", "TRUNCATE operator_act",
        ] {
            #expect(throws: PostgresFault.self, "\(forbidden)") { try desk.house.owner.script(forbidden) }
        }
        try desk.house.owner.script("UPDATE dead_letter SET status = 'discarded'")
    }

    @Test func `headers come back as they were kept`() {
        let headers: [(name: String, value: [UInt8])] = [("ce_id", [1, 2]), ("empty", []), ("信", [255])]
        let kept = LetterHeaders.encode(headers)
        #expect(LetterHeaders.decode(kept)?.map(\.name) == headers.map(\.name))
        #expect(LetterHeaders.decode(kept)?.map(\.value) == headers.map(\.value))
        #expect(LetterHeaders.decode(Array(kept.dropLast())) == nil)
        let letter = DeadLetter(
            place: MessagePlace(topic: "t", partition: 0, offset: 0), refusal: Refusal(code: "c", detail: "d"), key: nil, value: nil,
            headers: headers)
        #expect(letter.headerBytes == kept)
    }
}
