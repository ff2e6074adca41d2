import Adapters
import Chassis
import Contracts
import Foundation
import Postgres
import Testing
import Vocabulary
import Wire

extension A04ProcessesTests {
    /// The title of the story in memory, so that the two stand side by side.
    @Test func `thirteen months from three banks in three layouts add up to the hand-computed totals, one repeated line counted once`()
        throws
    {
        let suite = try ProcessSuite.shared.get()
        // The processes' months are those of China.
        let today = WallClock.now.dayInChina
        let story = HunanStory(number: 4_104, today: today)
        let firm: [Parameter] = [.text(story.firm)]
        let bank = BankFiles(firm: story.firm, today: today)
        try suite.tell([story.consent(until: today.adding(months: 12))])
        let consents = "SELECT count(*) FROM governance.consent WHERE subject = $1 AND status = 'active'"
        #expect(try suite.number(consents, firm, becomes: 1) == 1)

        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-a04-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for delivery in bank.files {
            let file = folder.appendingPathComponent(delivery.layout)
            // The first bank's file is GB 18030, as its layout says; the same file in another encoding would be refused.
            let encoding: TextEncoding = delivery.layout == "bank-flow-a-csv" ? .gb18030 : .utf8
            try Data(encoding.encode(delivery.text)).write(to: file)
            let said = try suite.run(["import", "--layout", delivery.layout, "--no-wait", file.path])
            #expect(said.contains("\(delivery.records) records of bank-flow.month sent") && said.contains("no line refused"), "\(said)")
        }

        let facts = "SELECT count(*) FROM governance.fact WHERE subject = $1 AND record_type = 'bank-flow.month'"
        #expect(try suite.number(facts, firm, becomes: 39) == 39)
        try suite.settle()
        let taken = "SELECT count(*) FROM ingestion.accepted_record WHERE subject = $1 AND record_type = 'bank-flow.month'"
        #expect(try suite.number(taken, firm) == 39)
        #expect(try suite.number("SELECT count(*) FROM operator.dead_letter WHERE convert_from(key, 'UTF8') = $1", firm) == 0)
        let totals = try suite.texts(
            """
            SELECT (data->>'period') || ' ' || sum(round((data->>'inflow')::numeric * 100))::int8 FROM governance.fact
             WHERE subject = $1 AND record_type = 'bank-flow.month' GROUP BY data->>'period' ORDER BY data->>'period' DESC
            """, firm)
        #expect(totals == (1...13).map { "\((today.month + -$0).text) \(bank.inflow($0))" })

        bank.checkFeatures(of: try #require(try suite.portrait(of: story.firm)))

        // Each fact leads back to the message it came in, and that to the bank whose file it was.
        let origins = """
            SELECT count(*) FROM governance.fact f
              JOIN ingestion.accepted_record r ON (r.topic, r.partition, r."offset", r.sha256) = (f.topic, f.partition, f."offset", f.sha256)
             WHERE f.subject = $1 AND f.record_type = 'bank-flow.month' AND r.writer = 'source:bank-flow'
            """
        #expect(try suite.number(origins, firm) == 39)
        let banks = "SELECT DISTINCT data->>'bank' FROM governance.fact WHERE subject = $1 AND record_type = 'bank-flow.month' ORDER BY 1"
        #expect(try suite.texts(banks, firm) == ["bank-a", "bank-b", "bank-c"])
    }
}
