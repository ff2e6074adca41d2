import Chassis
import Contracts
import Foundation
import Support
import Testing
import Vocabulary
import Wire

/// A row that PostgreSQL refuses, met by a running service.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct RefusedRowTests {
    @Test func `the one message whose row is refused is set aside alone, and is decided once when the row may be written`() throws {
        let server = PrivatePostgres.shared
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        // Governance meets all of it at once: the message lies in the middle of a batch of many firms.
        let records = (0..<4).flatMap { HunanStory(number: 831 + $0, today: Day.today - 1).records() }
        try suite.tell(records)
        let all = Int64(records.count)
        #expect(try suite.number(SmallSuite.accepted, becomes: all) == all)
        try suite.settle()
        let victim = try #require(records.first { $0.type == "tax.return" && $0.subject == records.last?.subject })
        let fact = "source:tax/\(victim.id)"
        try suite.script("ALTER TABLE governance.fact ADD CONSTRAINT not_this_one CHECK (fact_id <> '\(fact)')")
        try suite.start(.governance)

        #expect(try suite.number(SmallSuite.decided, becomes: all) == all)
        #expect(try suite.number("SELECT count(*) FROM governance.fact") == all - 1)
        #expect(try suite.number("SELECT count(*) FROM governance.fact WHERE fact_id = '\(fact)'") == 0)
        let letters = try suite.texts(
            "SELECT concat_ws(' ', topic, reason, status, convert_from(key, 'UTF8')) FROM governance.dead_letter")
        #expect(letters == ["ingestion.records.v1 row-refused open \(victim.subject)"])
        #expect(try suite.number("SELECT count(*) FROM governance.dead_letter WHERE detail LIKE '%not_this_one%'") == 1)
        // And it is told once, on its topic.
        let told = "SELECT coalesce(sum(last_seq), 0)::int8 FROM governance.link_out WHERE topic = 'deadletters.governance.v1'"
        #expect(try suite.number(told) == 1)
        #expect(!suite.log(of: .governance).contains("the database refuses what no message explains"))

        // As long as the row is refused, so is the letter; nothing of it stays behind.
        let replay = ["dead-letters", "replay", "--reason", "row-refused", "--why", "looked into", "--wait", "20"]
        let early = try suite.xinqiao(replay)
        #expect(early.end == .status(2) && early.text.contains("refused again, row-refused"), "\(early.text)")
        #expect(try suite.number("SELECT count(*) FROM governance.fact") == all - 1)
        #expect(try suite.number("SELECT count(*) FROM governance.dead_letter WHERE status = 'open'") == 1)

        try suite.script("ALTER TABLE governance.fact DROP CONSTRAINT not_this_one")
        let late = try suite.run(replay)
        #expect(late.contains("1 applied"), "\(late)")
        try suite.settle()
        #expect(try suite.number("SELECT count(*) FROM governance.fact") == all)
        #expect(try suite.number("SELECT count(*) FROM governance.dead_letter WHERE status = 'replayed'") == 1)
        let effects = try suite.events(on: Topic.governanceFacts).filter { event in
            event.type == Fact.type && event.subject == victim.subject
                && (try? JSONDocument(parsing: event.data).root)?["factId"]?.string == fact
        }
        #expect(effects.count == 1)
        // The letter is closed: asked for again, nothing is.
        #expect(try suite.run(["dead-letters", "replay", "--reason", "row-refused", "--why", "again"]).contains("0 of 0"))
        #expect(try suite.number(SmallSuite.decided) == all)
    }
}
