import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary

@Suite struct GovernanceQualityTests {
    private let ana = GovernanceHouse.firm(1)

    private func tax(_ id: String, _ period: String, _ data: String) -> AcceptedRecord {
        GovernanceHouse.record(id, "tax.return", of: ana, at: "\(period)-15T00:00:00Z", #"{"period":"\#(period)",\#(data)}"#)
    }

    @Test func `a failing quarantine rule holds the record and a corrected one takes its place`() {
        var house = GovernanceHouse()
        house.take(tax("1", "2026-01", #""sales":-1"#))
        #expect(house.facts.isEmpty)
        #expect(house.told == ["quarantined sales-not-negative", "correction-requested sales-not-negative due=2026-08-07"])
        #expect(house.cells(GovernanceTables.quarantine, "status") == ["held"])
        #expect(house.cells(GovernanceTables.qualityVerdict, "observed") == ["data.sales=-1"])
        house.take(tax("2", "2026-01", #""sales":1"#))
        #expect(house.facts.map(\.quality) == [10_000])
    }

    @Test func `a failing flag rule lowers the quality by its weight and says what it saw`() {
        var house = GovernanceHouse()
        house.take(tax("1", "2026-01", #""sales":10"#), tax("2", "2026-02", #""sales":1000"#), tax("3", "2026-03", #""sales":1000"#))
        #expect(house.facts.map(\.quality) == [10_000, 6_000, 10_000])
        #expect(house.cells(GovernanceTables.qualityVerdict, "rule") == ["no-jump"])
        #expect(house.cells(GovernanceTables.qualityVerdict, "observed") == ["data.sales=1000, hasPrevious=true, previous.sales=10"])
    }

    @Test func `a rule that can not be judged neither holds nor fails`() {
        var house = GovernanceHouse()
        house.take(tax("1", "2026-01", #""legalPerson":"Li""#))
        #expect(house.facts.map(\.quality) == [10_000])
        #expect(house.cells(GovernanceTables.qualityVerdict, "verdict") == ["unknown"])
    }

    @Test func `the previous statement is the period before and not the one that came before`() {
        var house = GovernanceHouse()
        house.take(tax("2", "2026-03", #""sales":100000"#), tax("1", "2026-01", #""sales":10"#), tax("3", "2026-02", #""sales":90"#))
        #expect(house.facts.map(\.quality) == [10_000, 10_000, 10_000])
    }

    @Test func `a rule never repeats a personal value`() {
        let catalog = Catalog(
            version: 1,
            entries: [
                GovernanceHouse.entry(
                    "recordType", "tax.return",
                    #"{"class":"public","businessKey":["period"],"fields":{"period":{"type":"month"},"legalPerson":{"type":"text","class":"pii.name"}},"rules":[{"id":"r","severity":"flag","weight":1,"logic":{"and":[{"==":[{"var":"data.legalPerson"},"x"]},{"var":"data"}]}}]}"#
                )
            ])
        var house = GovernanceHouse(catalog: catalog)
        house.take(tax("1", "2026-01", #""legalPerson":"Li Si""#))
        #expect(house.cells(GovernanceTables.qualityVerdict, "observed") == ["data=…, data.legalPerson=***"])
    }

    @Test func `each moment is judged by the version in force then`() {
        func type(_ version: Int64, _ from: String, _ limit: Int) -> CatalogEntry {
            GovernanceHouse.entry(
                "recordType", "tax.return", version: version, from: GovernanceHouse.instant(from),
                #"{"class":"public","businessKey":["period"],"fields":{"period":{"type":"month"},"sales":{"type":"yuan"}},"rules":[{"id":"limit","severity":"quarantine","weight":1,"logic":{"<":[{"var":"data.sales"},\#(limit)]}}]}"#
            )
        }
        let broken = GovernanceHouse.entry(
            "recordType", "tax.return", version: 3,
            #"{"businessKey":[],"fields":{},"rules":[{"id":"x","severity":"flag","weight":1,"logic":{"no-such":[]}}]}"#)
        let catalog = Catalog(version: 1, entries: [type(1, "2020-01-01T00:00:00Z", 10), type(2, "2026-09-01T00:00:00Z", 100), broken])
        #expect(catalog.view(GovernanceCatalog.self).defects.keys.sorted() == ["recordType/tax.return/3"])
        var house = GovernanceHouse(catalog: catalog)
        house.take(tax("1", "2026-01", #""sales":50"#))
        #expect(house.told.first == "quarantined limit")
        house.now = GovernanceHouse.instant("2026-09-01T00:00:00Z")
        house.take(tax("2", "2026-01", #""sales":50"#))
        #expect(house.facts.count == 1)
    }
}
