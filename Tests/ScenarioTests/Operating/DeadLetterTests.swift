import Chassis
import Contracts
import Deciding
import Foundation
import IngestionDomain
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@testable import Pipeline

/// The life of a dead letter at the operator's command line.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct DeadLetterTests {
    @Test func `letters are listed, shown without what is personal, fixed, replayed, discarded, and all of it is written down`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        let today = Day.today - 1
        let sound = try #require(HunanStory(number: 701, today: today).records().first)
        let text = String(decoding: sound.data, as: UTF8.self)
        func bad(_ id: String, _ data: String, type: String? = nil) -> HunanStory.Step {
            HunanStory.Step(
                topic: sound.topic, id: id, type: type ?? sound.type, subject: sound.subject, time: sound.time, data: Array(data.utf8))
        }
        // A division that does not exist, with phone numbers where nobody expects them; a type nobody knows; no JSON at all.
        let call = "call +8613812345678 or 138-1234-5678 from 2025-06-30 - 2025-07-01."
        let broken = text.replacingOccurrences(of: "\"430102\"", with: "\"\(call)\"")
        let torn = "{\"name\": \"张示范\", \"phone\": \"+86 138-1234-5678\""
        try suite.tell([bad("d-1", broken), bad("d-2", text, type: "weather"), bad("d-3", "{"), bad("d-4", torn)])
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter", becomes: 4) == 4)

        let list = try suite.run(["dead-letters", "list", "--service", "ingestion", "--since", "1h"])
        #expect(
            list.contains("4 of 4 shown") && list.contains("type-unknown") && list.contains("1\topen\tingestion\t\(sound.topic)"), "\(list)"
        )
        #expect(!list.contains("13812345678"))
        #expect(try suite.run(["dead-letters", "list", "--reason", "type-unknown"]).contains("1 of 1 shown"))
        #expect(try suite.run(["dead-letters", "list", "--until", "1h"]).contains("0 of 0 shown"))
        #expect(try suite.xinqiao(["dead-letters", "list", "--service", "weather"]).end != .status(0))

        let partition = Lane.of(sound.subject, lanes: 4)
        func letter(_ offset: Int) -> [String] { ["ingestion", "\(sound.topic)/\(partition)@\(offset)"] }
        let shown = try suite.run(["dead-letters", "show"] + letter(0) + ["--packs", ProcessSuite.packs])
        #expect(shown.contains("ce_id: d-1") && shown.contains("\"张*\""), "\(shown)")
        #expect(shown.contains("call +86138****5678 or 138****5678 from 2025-06-30 - 2025-07-01."), "\(shown)")
        #expect(!shown.contains("13812345678") && !shown.contains("张示范"))
        // As it came only with a reason, which is written down.
        let unexplained = try suite.xinqiao(["dead-letters", "show"] + letter(0) + ["--raw"])
        #expect(unexplained.end == .status(64) && !unexplained.text.contains(call), "\(unexplained.text)")
        let raw = ["--raw", "--why", "the sender asks", "--by", "Ana"]
        #expect(try suite.run(["dead-letters", "show"] + letter(0) + raw).contains(broken))
        #expect(try suite.xinqiao(["dead-letters", "list"] + raw).end == .status(64))
        let tornShown = try suite.run(["dead-letters", "show"] + letter(3) + ["--packs", "nowhere"])
        #expect(tornShown.contains("\(torn.utf8.count) bytes that are no JSON") && !tornShown.contains("张示范"), "\(tornShown)")
        #expect(tornShown.contains("there is no folder nowhere with packs"), "\(tornShown)")

        let export = suite.folder.appendingPathComponent("letters.jsonl").path
        #expect(try suite.xinqiao(["dead-letters", "export", "--to", export, "--raw"]).end == .status(64))
        try suite.run(["dead-letters", "export", "--to", export] + raw)
        let handedOut = "SELECT concat_ws(' ', act, topic, partition, after, actor, why) FROM ingestion.operator_act ORDER BY id"
        #expect(
            try suite.texts(handedOut) == [
                "letters-raw \(sound.topic)/\(partition)@0 \(partition) 1 Ana the sender asks", "letters-raw * -1 4 Ana the sender asks",
            ])
        let lines = try String(contentsOfFile: export, encoding: .utf8).split(separator: "\n")
        let first = try #require(try lines.map { try JSONDocument(parsing: Array($0.utf8)).root }.first { $0["offset"]?.int == 0 })
        #expect(lines.count == 4)
        #expect(first["value"]?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) } == Array(broken.utf8))
        #expect(try suite.xinqiao(["dead-letters", "export", "--to", export]).end == .status(2))

        // Fixed beside the original. What is no JSON is not kept, and nothing is done without a reason.
        let fixed = suite.folder.appendingPathComponent("fixed.json").path
        try text.write(toFile: fixed, atomically: true, encoding: .utf8)
        #expect(try suite.xinqiao(["dead-letters", "fix"] + letter(0) + ["--value", fixed]).end == .status(64))
        #expect(try suite.xinqiao(["dead-letters", "fix"] + letter(0) + ["--value", export, "--why", "x"]).end == .status(64))
        try suite.run(["dead-letters", "fix"] + letter(0) + ["--value", fixed, "--why", "the division was a phone number", "--by", "Ana"])
        let headers = suite.folder.appendingPathComponent("headers.json").path
        try "{\"ce_type\": \"registration\"}".write(toFile: headers, atomically: true, encoding: .utf8)
        try suite.run(["dead-letters", "fix"] + letter(1) + ["--headers", headers, "--why", "the sender named a wrong type"])
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter WHERE status = 'fixed'") == 2)
        #expect(try suite.run(["dead-letters", "show"] + letter(0) + raw).contains(broken))

        #expect(try suite.xinqiao(["dead-letters", "replay", "--why", "x"]).end == .status(64))
        #expect(
            try suite.run(["dead-letters", "replay", "--status", "fixed", "--service", "ingestion", "--dry-run", "--why", "x"]).contains(
                "2 would"))
        try suite.run(["dead-letters", "replay", "--status", "fixed", "--service", "ingestion", "--why", "mended", "--by", "Ana"])
        #expect(try suite.run(["dead-letters", "replay"] + letter(0) + ["--why", "again"]).contains("0 of 1"))
        #expect(try suite.xinqiao(["dead-letters", "fix"] + letter(0) + ["--value", fixed, "--why", "late"]).end == .status(2))
        suite.stop(.ingestion)
        try decideReplays(suite)
        // The second has the same content under another id: it is a record of its own for the front door.
        #expect(try suite.number("SELECT count(*) FROM ingestion.dead_letter WHERE status = 'replayed'") == 2)
        #expect(try suite.number(SmallSuite.accepted) == 2)
        #expect(try suite.number("SELECT count(*) FROM ingestion.accepted_record WHERE record_id LIKE '%/d-1'") == 1)

        #expect(
            try suite.run(["dead-letters", "discard", "--service", "ingestion", "--why", "the sender was told"]).contains(
                "2 of 2 discarded"))
        #expect(try suite.run(["dead-letters", "discard"] + letter(3) + ["--why", "again"]).contains("0 of 1"))
        #expect(try suite.run(["dead-letters", "replay"] + letter(3) + ["--why", "again"]).contains("0 of 1"))
        #expect(try suite.run(["status"]).contains("ingestion"))
        let acts = try suite.run(["dead-letters", "show"] + letter(0))
        for act in ["fix by Ana: the division was a phone number", "replay by Ana: mended", "outcome by service: applied"] {
            #expect(acts.contains(act), "\(acts)")
        }
        let sums = "SELECT count(*) FROM ingestion.dead_letter_action WHERE action = 'replay' AND before_sha256 <> after_sha256"
        #expect(try suite.number(sums) == 2)

        // What they caused goes on its way when the service is there again.
        try suite.start(.ingestion)
        #expect(
            try suite.number("SELECT sum(acked_seq)::int8 FROM ingestion.link_out WHERE topic = 'ingestion.records.v1'", becomes: 2) == 2)
    }

    /// What a worker does with the letters that wait, done here by hand.
    private func decideReplays(_ suite: SmallSuite) throws {
        let address = PostgresAddress(
            conninfo: suite.conninfo + " user=xinqiao_ingestion", applicationName: "tests", searchPath: "ingestion")
        let store = try PostgresStore(address)
        defer { store.close() }
        let catalog = Catalog(version: 1, entries: try PackFolder.entries(of: "base"))
        var book = LaneBook()
        for row in try store.connection.execute("SELECT partition, next_offset FROM consumer_offset WHERE topic = '@lane'") {
            book.nextOffset[TopicPartition(topic: LaneBook.laneTopic, partition: try row.int32(0))] = try row.int64(1)
        }
        for row in try store.connection.execute("SELECT lane, topic, partition, last_seq FROM link_out") {
            let place = TopicPartition(topic: try row.text(1), partition: try row.int32(2))
            book.linkOut[LinkOut(lane: try row.int32(0), place: place)] = try row.int64(3)
        }
        let step = Step(decider: Ingestion(), lanes: 4)
        var cache = StateCache<IngestionState>()
        var inbox = ReplayInbox()
        while let input = try inbox.next(of: [0, 1, 2, 3], for: Ingestion(), catalog: catalog, on: store.connection) {
            let result = try step.replay(input, book: book, cache: &cache, catalog: catalog, at: WallClock.now, loading: store)
            try store.commit(result.write)
            book = result.book
        }
    }
}
