import Foundation
import Support
import Testing
import Vocabulary

/// Real firms as input: 7,027 Polish companies with 64 ratios each, imported through the front door and scored by a card that our
/// own training made.
extension HunanProcessesTests {
    @Test(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed"))
    func `the Polish file imports, importing it again changes nothing, and every firm has a score with reasons`() throws {
        let suite = try ProcessSuite.shared.get()
        let shared = ProcessInfo.processInfo.environment["XINQIAO_SHARED"] ?? PackFolder.root.appendingPathComponent("../shared").path
        let file = shared + "/data/credit/polish-bankruptcy-year1.csv"
        guard FileManager.default.fileExists(atPath: file) else {
            print("skipped: \(file) is not here")
            return
        }
        let arguments = [
            "import", "--source", "uci-polish", "--type", "polish.ratios", "--zone", "firm", "--drop", "bankrupt_within_5_years", file,
        ]
        let facts = "SELECT count(*) FROM governance.fact WHERE record_type = 'polish.ratios'"
        let scored = "SELECT count(*) FROM scoring.portrait WHERE model = 'polish-scorecard' AND points IS NOT NULL"
        try suite.run(arguments)
        #expect(try suite.number(facts, becomes: 7_027) == 7_027)
        #expect(try suite.number(scored, becomes: 7_027, within: .seconds(120)) == 7_027)
        try suite.settle()
        let revisions = try suite.number("SELECT sum(revision)::int8 FROM scoring.portrait WHERE model = 'polish-scorecard'")
        try suite.run(arguments)
        try suite.settle()
        #expect(try suite.number(facts) == 7_027)
        #expect(try suite.number("SELECT sum(revision)::int8 FROM scoring.portrait WHERE model = 'polish-scorecard'") == revisions)
        #expect(
            try suite.number(
                "SELECT count(*) FROM scoring.score_history WHERE model = 'polish-scorecard' AND jsonb_array_length(reasons) < 4") == 0)
        // Those who are scored are those for whom the card was made, grade by grade: the training counted them into the entry's `population`.
        let standing = try suite.texts(
            "SELECT string_agg(grade || ' ' || scored, ', ' ORDER BY grade) FROM scoring.score_standing WHERE model = 'polish-scorecard'")
        #expect(standing == ["A 3777, B 2253, C 734, D 118, E 145"])
        let first = try #require(USCC.synthetic(number: 1, region: "100000"))
        let said = try suite.run(["explain", "score", first.text])
        #expect(said.contains("sha256"))
        #expect(said.contains("source.uci-polish.records.v1"))
    }
}
