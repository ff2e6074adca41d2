import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

/// Everything at once, in any order: what stands at the end is the same.
@Suite struct GovernanceOrderTests {
    private let ana = GovernanceHouse.firm(1)
    private let ben = GovernanceHouse.firm(2)

    private var catalog: Catalog {
        let check = GovernanceHouse.entry(
            "crossCheck", "month",
            #"{"parts":[{"as":"tax","recordType":"tax.return","key":["period"]},{"as":"bank","recordType":"bank-flow.month","key":["period"]}],"checks":[{"id":"covered","logic":{"<=":[{"var":"tax.sales"},{"*":[2,{"var":"bank.inflow"}]}]}}]}"#
        )
        return Catalog(version: 1, entries: GovernanceHouse.baseEntries + [check])
    }

    private func record(_ id: String, _ type: String, _ subject: String, _ time: String, _ data: String) -> AcceptedRecord {
        GovernanceHouse.record(id, type, of: subject, at: time, received: time, data)
    }

    private var records: [AcceptedRecord] {
        [
            record("t1", "tax.return", ana, "2026-02-01T00:00:00Z", #"{"period":"2026-01","sales":100}"#),
            record("t2", "tax.return", ana, "2026-02-02T00:00:00Z", #"{"period":"2026-01","sales":120}"#),
            record("t3", "tax.return", ana, "2026-03-01T00:00:00Z", #"{"period":"2026-02","sales":-5}"#),
            record("o3", "quality.override", ana, "2026-03-02T00:00:00Z", #"{"recordId":"source:test/t3"}"#),
            record(
                "c1", "consent.granted", ana, "2026-01-01T00:00:00Z",
                #"{"consentId":"c","receivers":["platform"],"categories":["bank-flow"],"purposes":["collection"],"from":"2026-01-01","until":"2026-12-31"}"#
            ),
            record("f1", "bank-flow.month", ana, "2026-02-01T00:00:00Z", #"{"period":"2026-01","bank":"a","inflow":50}"#),
            record("f2", "bank-flow.month", ana, "2026-02-01T00:00:00Z", #"{"period":"2026-01","bank":"b","inflow":40}"#),
            record(
                "p1", "penalty", ana, "2026-05-10T00:00:00Z",
                #"{"decisionNo":"D","class":"ordinary","publishedOn":"2026-05-10","amount":9}"#),
            record(
                "p2", "penalty", ana, "2026-05-10T00:00:00Z",
                #"{"decisionNo":"E","class":"ordinary","publishedOn":"2026-05-10","amount":9}"#),
            record(
                "a1", "repair.applied", ana, "2026-06-10T00:00:00Z",
                #"{"decisionNo":"D","appliedOn":"2026-06-10","fulfilledOn":"2026-06-01","commitment":true}"#),
            record("q1", "penalty.repaired", ana, "2026-08-10T00:00:00Z", #"{"decisionNo":"E","approvedOn":"2026-08-10"}"#),
            record("h1", "happening", ana, "2026-04-01T00:00:00Z", #"{"amount":3}"#),
            record("d1", "objection.opened", ana, "2026-07-01T00:00:00Z", #"{"objectionId":"x","recordId":"source:test/h1"}"#),
            record("d2", "objection.answered", ana, "2026-07-05T00:00:00Z", #"{"objectionId":"x","outcome":"removed"}"#),
            record("b1", "tax.return", ben, "2026-02-03T00:00:00Z", #"{"period":"2026-01","sales":150}"#),
            record("b2", "happening", ben, "2026-02-03T00:00:00Z", #"{"amount":4}"#),
            record("m1", "identity.merged", ben, "2026-05-01T00:00:00Z", #"{"into":"\#(ana)"}"#),
            record("s1", "consent.paused", ana, "2026-06-01T00:00:00Z", #"{"consentId":"c"}"#),
        ]
    }

    /// Rows that say how things stand, without the times at which we knew.
    private func rows(_ house: GovernanceHouse) -> [String] {
        let tables = [
            (GovernanceTables.correction, "status"), (GovernanceTables.objection, "status"), (GovernanceTables.repairApplication, "reason"),
            (GovernanceTables.crossResult, "verdict"), (GovernanceTables.factRetracted, "fact_id"), (GovernanceTables.consent, "status"),
            (GovernanceTables.subjectMerger, "into_subject"),
        ]
        return tables.filter { $0.0 != GovernanceTables.correction }.flatMap { house.cells($0.0, $0.1) }
    }

    @Test func `whatever comes first the same stands at the end`() {
        var dice = SplitMix64(seed: 2026)
        var pictures: Set<[String]> = []
        for _ in 0..<200 {
            var house = GovernanceHouse(catalog: catalog)
            for record in records.shuffled(using: &dice) { house.take(record) }
            house.ring()
            #expect(house.refusals.isEmpty)
            // Which record is named as the cause of a retraction is chance; what stands is not.
            pictures.insert(house.standing + rows(house))
            #expect(house.sum("amount") == 9 + 4)
            #expect(house.sum("sales") == 150 - 5)
        }
        #expect(pictures.count == 1)
        print("order: 200 orders of \(records.count) records, \(pictures.count) picture")
    }

    @Test func `deciding everything twice decides nothing new`() {
        var house = GovernanceHouse(catalog: catalog)
        for record in records { house.take(record) }
        house.ring()
        let (facts, told, states, rows) = (house.facts.count, house.told, house.states, house.rows)
        for record in records { house.take(record) }
        house.ring()
        #expect(house.facts.count == facts)
        #expect(house.told == told)
        #expect(house.states == states)
        #expect(house.rows == rows)
    }
}
