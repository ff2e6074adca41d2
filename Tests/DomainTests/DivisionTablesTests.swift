import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

/// The divisions of a catalogue, in two times: those of the versions and those of the divisions.
@Suite struct DivisionTablesTests {
    private func table(_ version: Int64, from: String, _ becomes: String, on day: String) -> CatalogEntry {
        GovernanceHouse.entry(
            "divisionTable", "gb", version: version, from: GovernanceHouse.instant(from),
            #"{"divisions":[{"code":"430124","name":"a","validTo":"\#(day)","successor":"\#(becomes)","sourceChecked":false},{"code":"\#(becomes)","name":"b","validFrom":"\#(day)","sourceChecked":false}]}"#
        )
    }

    @Test func `a code leads to its successor from the day of the change, by the version in force`() {
        let tables = DivisionTables(
            Catalog(
                version: 1,
                entries: [
                    table(1, from: "2020-01-01T00:00:00Z", "430182", on: "2021-06-01"),
                    table(2, from: "2026-01-01T00:00:00Z", "430183", on: "2026-06-01"),
                ]))
        let changes = [
            "2020-01-01T00:00:00Z", "2021-06-01T00:00:00+08:00", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00+08:00",
        ].map { GovernanceHouse.instant($0) }
        #expect(tables.changes == changes)
        for (moment, code) in zip(changes, ["430124", "430182", "430124", "430183"]) {
            #expect(tables.counted("430124", at: moment) == code, "\(moment)")
            #expect(tables.nextChange(after: moment) == changes.first(where: { $0 > moment }))
        }
        #expect(tables.counted("430124", at: changes[0] - .seconds(1)) == "430124")
        for text in ["", "4301", "430102", "somewhere"] { #expect(tables.counted(text, at: changes[3]) == text) }
    }

    @Test func `a version that is no table is named, and the one before stays`() {
        let broken = GovernanceHouse.entry("divisionTable", "gb", version: 2, #"{"divisions":[{"code":"4301"}]}"#)
        let tables = DivisionTables(
            Catalog(version: 1, entries: [table(1, from: "2020-01-01T00:00:00Z", "430182", on: "2021-06-01"), broken]))
        #expect(tables.defects.keys.sorted() == ["divisionTable/gb/2"])
        #expect(tables.counted("430124", at: GovernanceHouse.instant("2026-01-01T00:00:00Z")) == "430182")
    }

    @Test func `a white list asks where a division counts, and the portrait says it as issued`() throws {
        var drive = ScoringDrive()
        let local = ScoringGround.entry(
            "whitelist", "local",
            #"{"title":{"en":"L","zh":"本地"},"logic":{"==":[{"var":"region"},"430299"]},"reason":{"en":"here","zh":"本地"}}"#)
        drive.tell(ScoringGround.registration())
        drive.ring()
        let issued = ScoringGround.registration().data["division"]?.string ?? ""
        let becomes = GovernanceHouse.entry(
            "divisionTable", "gb",
            #"{"divisions":[{"code":"\#(issued)","name":"a","validTo":"2021-06-01","successor":"430299","sourceChecked":false},{"code":"430299","name":"b","validFrom":"2021-06-01","sourceChecked":false}]}"#
        )
        drive.catalog = Catalog(version: 8, entries: ScoringGround.entries + [local])
        #expect(drive.decide(.sweep([local])).payload(WhitelistChange.self) == nil)
        drive.catalog = Catalog(version: 9, entries: ScoringGround.entries + [local, becomes])
        let effects = drive.decide(.sweep([becomes]))
        let change = try #require(effects.payload(WhitelistChange.self))
        #expect(change.list == "local" && change.isMember)
        let asked = drive.tell(ScoringGround.request())
        #expect(asked.payload(Assessment.self)?.portrait.region == issued)
    }
}
