import Contracts
import Foundation
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A14ProcessesTests {
    /// The title of the story in memory, so that the two stand side by side.
    @Test func `every fact leads to its message and one altered byte is found and named`() throws {
        let suite = try ProcessSuite.shared.get()
        let story = HunanStory(number: 141, today: Day.today - 1)
        try suite.introduce(story)
        try suite.tell([story.request()])
        let dispatched = "SELECT count(*) FROM matchmaking.application WHERE subject = $1 AND status = 'dispatched'"
        #expect(try suite.number(dispatched, [.text(story.firm)], becomes: 1) == 1)
        let bank = try #require(
            try suite.texts("SELECT institution FROM matchmaking.application WHERE application_id = '\(story.applicationID)'").first)
        try suite.tell(story.disbursement(by: bank))
        let loan = "L-\(story.applicationID)"
        let paid = "SELECT count(*) FROM matchmaking.application WHERE loan_id = $1"
        #expect(try suite.number(paid, [.text(loan)], becomes: 1) == 1)
        try suite.settle()

        // One command walks from the loan to the messages, and reads every one of them again.
        let explain = ["explain", "loan", loan, "--institution", bank, "--messages", "--packs", ProcessSuite.packs]
        let walk = try suite.run(explain)
        for words in [
            "loan \(loan) of \(bank): 3000000.00 yuan paid out at 3.95 %", "application \(story.applicationID) of \(story.firm): disbursed",
            "  match ", "rank 1,", "released to institution:\(bank): financing.application.v1", "consent \(story.consentID)",
            "score \(story.firm)#", "from tax.return", "source.tax.records.v1/",
        ] { #expect(walk.contains(words), "\(words) is missing in\n\(walk)") }
        let known = try suite.number(
            "SELECT count(*) FROM governance.fact f, scoring.score_history s, matchmaking.application a WHERE a.loan_id = $1 AND s.score_id = a.score_id AND f.subject = a.subject AND f.known_at <= s.computed_at",
            [.text(loan)])
        #expect(known >= Int64(story.records().count))
        #expect(walk.contains("\(known) facts, none altered; the messages of "), "\(walk.suffix(400))")
        #expect(walk.components(separatedBy: "  whole\n").count - 1 == Int(known))
        // The same in one query.
        #expect(
            try suite.number(
                "SELECT count(*) FROM operator.lineage WHERE loan_id = $1 AND institution = $2 AND match_rank = 1 AND points > 0 AND length(sha256) = 64 AND \"offset\" >= 0",
                [.text(loan), .text(bank)]) == known)

        let victim = try #require(
            try suite.texts(
                "SELECT fact_id FROM governance.fact WHERE subject = '\(story.firm)' AND record_type = 'tax.return' ORDER BY 1 LIMIT 1"
            ).first)
        func named(_ change: String, _ undo: String, by command: [String]) throws -> String {
            try suite.script(change)
            defer { try? suite.script(undo) }
            do {
                return "not found out: " + (try suite.run(command)).suffix(200)
            } catch let trouble as ProcessSuite.Trouble {
                return trouble.description
            }
        }
        let fact = "governance.fact"
        let kept = "a14_kept_\(getpid())"
        try suite.script("CREATE TABLE public.\(kept) AS SELECT * FROM \(fact) WHERE fact_id = '\(victim)'")
        // However few are shown.
        for command in [explain, explain + ["--limit", "1"]] {
            let altered = try named(
                "UPDATE \(fact) SET data = jsonb_set(data, '{sales}', '3200001') WHERE fact_id = '\(victim)'",
                "UPDATE \(fact) f SET data = k.data FROM public.\(kept) k WHERE f.fact_id = k.fact_id", by: command)
            #expect(altered.contains("1 of \(known) facts were altered: \(victim)"), "\(altered.suffix(600))")
            #expect(altered.contains("ended with Optional(") && altered.contains("status(2)"), "\(altered.prefix(300))")
        }
        // The record that ingestion wrote down, one character of its hash.
        let record = "ingestion.accepted_record"
        let forged = try named(
            "UPDATE \(record) SET sha256 = translate(sha256, '0123456789abcdef', '123456789abcdef0') WHERE record_id = '\(victim)'",
            "UPDATE \(record) r SET sha256 = k.sha256 FROM public.\(kept) k WHERE r.record_id = k.fact_id", by: explain)
        #expect(forged.contains("ingestion wrote down another message"), "\(forged.suffix(600))")
        #expect(forged.contains("1 of \(known) facts were altered: \(victim)"), "\(forged.suffix(600))")

        // The bytes themselves.
        let raw = FileManager.default.temporaryDirectory.appendingPathComponent("a14-\(getpid()).json")
        defer { try? FileManager.default.removeItem(at: raw) }
        let bytes = ["explain", "record", victim, "--raw", raw.path]
        let told = try #require(story.records().first { "source:tax/\($0.id)" == victim })
        #expect(try suite.run(bytes).contains("\(told.data.count) bytes, as they came"))
        #expect(Array(try Data(contentsOf: raw)) == told.data)
        try FileManager.default.removeItem(at: raw)
        // Another message than the one that was let in: both tables agree with one another, and the broker with neither.
        let shifted = "translate(sha256, '0123456789abcdef', '123456789abcdef0')"
        let exchange =
            "UPDATE \(fact) SET sha256 = \(shifted) WHERE fact_id = '\(victim)'; UPDATE \(record) SET sha256 = \(shifted) WHERE record_id = '\(victim)'"
        let undo =
            "UPDATE \(fact) f SET sha256 = k.sha256 FROM public.\(kept) k WHERE f.fact_id = k.fact_id; UPDATE \(record) r SET sha256 = k.sha256 FROM public.\(kept) k WHERE r.record_id = k.fact_id"
        let exchanged = try named(exchange, undo, by: explain)
        #expect(exchanged.contains("\(victim)  ALTERED: its message in the broker has another hash"), "\(exchanged.suffix(600))")
        #expect(exchanged.contains("1 of \(known) facts were altered: \(victim)"), "\(exchanged.suffix(600))")
        let refused = try named(exchange, undo, by: bytes)
        #expect(refused.contains("its message in the broker has another hash; nothing was written"), "\(refused.suffix(600))")
        #expect(refused.contains("status(2)") && !FileManager.default.fileExists(atPath: raw.path), "\(refused.prefix(300))")
        try suite.script("DROP TABLE public.\(kept)")
        #expect(try suite.run(explain).contains("none altered"))
    }
}
