import Chassis
import Contracts
import Foundation
import GovernanceDomain
import Support
import Testing
import Vocabulary
import Wire

/// The walk from a score to its facts over tables that were filled by hand: no service runs.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct LineageTablesTests {
    private func facts(_ subject: String, _ count: Int) throws -> String {
        let seal = FactSeal.of(try JSONDocument(parsing: Array(#"{"sales":1}"#.utf8)).root)
        return """
            INSERT INTO governance.fact (fact_id, record_type, writer, subject, business_key, occurred_at, known_at, topic, partition, "offset",
                    sha256, quality, data, content_sha256)
                SELECT 'source:tax/\(subject)-' || n, 'tax.return', 'source:tax', '\(subject)', n::text,
                       timestamptz '2026-01-01T00:00:00Z' + n % 7 * interval '1 day', '2026-02-01T00:00:00Z', 'source.tax.records.v1', 0, n,
                       'x', 10000, '{"sales": 1}', '\(seal)'
                  FROM generate_series(1, \(count)) AS n;
            """
    }

    /// A score, and an application that was decided by it.
    private func score(_ id: String, of subject: String, at moment: String) -> String {
        """
        INSERT INTO scoring.score_history (score_id, subject, points, grade, model, model_version, as_of, reasons, indicators, catalog_version,
                computed_at)
            VALUES ('\(id)', '\(subject)', 600, 'A', 'm', 1, '\(moment)', '[]', '{}', 1, '\(moment)');
        INSERT INTO matchmaking.application (application_id, subject, status, institution, product_id, amount_fen, score_id, skipped,
                requested_at, updated_at, is_provisional)
            VALUES ('of \(id)', '\(subject)', 'unmatched', '', '', 1, '\(id)', '', '\(moment)', '\(moment)', false);
        """
    }

    private func merger(_ id: Int, _ subject: String, into other: String, _ status: String, known day: String) -> String {
        """
        INSERT INTO governance.subject_merger (record_id, subject, into_subject, status, occurred_at, known_at)
            VALUES ('desk/\(id)', '\(subject)', '\(other)', '\(status)', '\(day)T00:00:00Z', '\(day)T08:00:00Z');
        """
    }

    private func explain(_ suite: SmallSuite, _ words: String...) throws -> (end: ChildProcess.End?, text: String) {
        try suite.xinqiao(["explain"] + words + ["--packs", ProcessSuite.packs])
    }

    private func lines(_ text: String, endingWith end: String) -> Int { text.components(separatedBy: end + "\n").count - 1 }

    @Test func `a score rests on the facts of every code that had gone into its firm by then`() throws {
        let suite = try SmallSuite(PrivatePostgres.shared)
        for (subject, count) in [("ANA", 3), ("BEN", 2), ("CAL", 1)] { try suite.script(try facts(subject, count)) }
        try suite.script(
            merger(1, "BEN", into: "ANA", "merged", known: "2026-03-02") + merger(2, "CAL", into: "BEN", "merged", known: "2026-03-04")
                + merger(3, "BEN", into: "ANA", "undone", known: "2026-04-02"))
        let scores = [
            (id: "ANA#1", at: "2026-03-01", facts: 3), (id: "ANA#2", at: "2026-03-03", facts: 5), (id: "ANA#3", at: "2026-03-05", facts: 6),
            (id: "ANA#4", at: "2026-05-01", facts: 3), (id: "BEN#5", at: "2026-03-05", facts: 3),
        ]
        for score in scores {
            try suite.script(self.score(score.id, of: String(score.id.prefix(3)), at: "\(score.at)T12:00:00Z"))
            let walk = try explain(suite, "score", score.id)
            #expect(walk.end == .status(0) && walk.text.contains("\n\(score.facts) facts, none altered"), "\(walk.text)")
            let rows = "SELECT count(fact_id) FROM operator.lineage WHERE application_id = 'of \(score.id)'"
            #expect(try suite.number(rows) == Int64(score.facts), "\(score.id)")
        }
        #expect(
            try suite.texts("SELECT DISTINCT fact_subject FROM operator.lineage WHERE score_id = 'ANA#3' ORDER BY 1") == [
                "ANA", "BEN", "CAL",
            ])
        let merged = try explain(suite, "score", "ANA#3").text
        #expect(merged.contains("facts of ANA and of BEN, CAL, merged into it by then"), "\(merged)")
        #expect(merged.contains("  source:tax/CAL-1  of CAL  whole\n"), "\(merged)")
        #expect(lines(merged, endingWith: "  source:tax/ANA-1  whole") == 1, "\(merged)")
        #expect(try explain(suite, "score", "ANA#4").text.contains("facts of ANA, latest first"))
        #expect(try explain(suite, "score", "BEN#5").text.contains("it had itself gone into ANA by then"))

        try suite.script("UPDATE governance.fact SET data = '{\"sales\": 2}' WHERE fact_id = 'source:tax/CAL-1'")
        let altered = try explain(suite, "score", "ANA#3")
        #expect(altered.end == .status(2) && altered.text.contains("1 of 6 facts were altered: source:tax/CAL-1"), "\(altered.text)")
        #expect(try explain(suite, "score", "ANA#2").end == .status(0))
    }

    @Test func `every fact is checked however many are shown`() throws {
        let suite = try SmallSuite(PrivatePostgres.shared)
        try suite.script(try facts("DEE", 450) + score("DEE#1", of: "DEE", at: "2026-03-01T00:00:00Z"))
        let walk = try explain(suite, "score", "DEE", "--limit", "5")
        #expect(walk.text.contains("\n450 facts, none altered") && walk.text.contains("… 445 more, all checked"), "\(walk.text)")
        #expect(lines(walk.text, endingWith: "  whole") == 5)
        let last = try #require(
            try suite.texts("SELECT fact_id FROM governance.fact WHERE subject = 'DEE' ORDER BY occurred_at, fact_id LIMIT 1").first)
        try suite.script("UPDATE governance.fact SET data = '{\"sales\": 2}' WHERE fact_id = '\(last)'")
        let altered = try explain(suite, "score", "DEE", "--limit", "5")
        #expect(altered.end == .status(2) && altered.text.contains("1 of 450 facts were altered: \(last);"), "\(altered.text)")
        #expect(altered.text.contains("  \(last)  ALTERED: its data"), "what was altered is shown, however late it comes")
    }

    @Test func `of a record whose message is gone it is said how long it was kept and by what hash to know it`() throws {
        let suite = try SmallSuite(PrivatePostgres.shared)
        let hash = String(repeating: "0123456789abcdef", count: 4)
        try suite.script(
            """
            INSERT INTO ingestion.accepted_record (record_id, record_type, writer, subject, occurred_at, received_at, topic, partition, "offset",
                    sha256)
                VALUES ('source:tax/r', 'tax.return', 'source:tax', 'ANA', '2026-01-01T00:00:00Z', '2026-01-10T00:00:00Z',
                        'source.tax.records.v1', 0, 7, '\(hash)');
            """)
        let shown = try explain(suite, "record", "source:tax/r")
        #expect(shown.end == .status(0) && shown.text.contains("source:tax/r: tax.return of ANA"), "\(shown.text)")
        #expect(shown.text.contains("source.tax.records.v1/0@7  sha256 \(hash)"), "\(shown.text)")
        let file = suite.folder.appendingPathComponent("raw").path
        let gone = try explain(suite, "record", "source:tax/r", "--raw", file)
        #expect(
            gone.end == .status(2) && gone.text.contains("for 14 days (ops/retention.md), so this one until 2026-01-24"), "\(gone.text)")
        #expect(gone.text.contains("else source:tax itself: the SHA-256 of the right bytes is \(hash)"), "\(gone.text)")
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try explain(suite, "record", "source:tax/none").text.contains("no record `source:tax/none` was let in"))
        #expect(try explain(suite, "score", "ANA", "--raw", file).end == .status(64))
    }
}
