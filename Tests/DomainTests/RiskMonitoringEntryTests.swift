import Deciding
import Foundation
import RiskMonitoringDomain
import Testing
import Vocabulary
import Wire

/// A rule is published only when it can be read and its own examples hold.
@Suite struct RiskMonitoringEntryTests {
    @Test func `the rules of the base pack have no defect`() throws {
        let pack = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "packs/base/riskRules.json")
        guard let bytes = try? Data(contentsOf: pack) else { return print("skipped: no base pack") }
        let entries = try JSONDocument(parsing: Array(bytes)).root
        #expect(entries.count > 0)
        for json in entries.elements {
            let entry = try CatalogEntry(json)
            let examples = json["examples"].map { Array($0.elements) } ?? []
            #expect(RiskMonitoring.defects(of: entry, examples: examples, in: .empty) == [], "\(entry.id)")
        }
    }

    @Test func `each defect is named`() {
        let good = #"{"facts":{"loan.overdueDays":95},"fires":true}"#
        let logic = #"{">":[{"var":"loan.overdueDays"},90]}"#
        let cases: [(rule: CatalogEntry, examples: [String], says: String)] = [
            (riskRule("r", logic), [], "no example"),
            (riskRule("r", logic), [#"{"facts":{"loan.overdueDays":90},"fires":true}"#], "should fire"),
            (riskRule("r", logic), [#"{"facts":{},"fires":true}"#], "missing: loan.overdueDays"),
            (riskRule("r", logic), [#"{"facts":{"loan.overdueDays":91},"fires":false}"#], "should not fire"),
            (riskRule("r", logic), [#"{"fires":false}"#], "`facts`"),
            (riskRule("r", logic, level: "green"), [good], "`level`"),
            (riskRule("r", #"{"no-such":1}"#), [good], "`logic`"),
            (CatalogEntry(kind: "riskRule", id: "r", version: 1, effectiveFrom: .epoch, body: riskJSON("{}")), [good], "`dimension`"),
            (CatalogEntry(kind: "riskRule", id: "r", version: 1, effectiveFrom: .epoch, body: riskJSON("[]")), [good], "not an object"),
        ]
        for (rule, examples, says) in cases {
            let defects = RiskMonitoring.defects(of: rule, examples: examples.map { riskJSON($0) }, in: .empty)
            #expect(defects.contains { $0.contains(says) }, "\(says): \(defects)")
        }
        #expect(RiskMonitoring.defects(of: riskRule("r", logic), examples: [riskJSON(good)], in: .empty) == [])
    }
}
