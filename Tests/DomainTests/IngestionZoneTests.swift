import Deciding
import Foundation
import IngestionDomain
import Testing
import Vocabulary
import Wire

/// Coverage of items by zone and by who should send them, over counts that the tests make up.
@Suite struct IngestionZoneTests {
    private let today = Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)
    private static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    private func code(_ text: String) throws -> DivisionCode { try #require(DivisionCode(text)) }

    private static let head =
        #""title":{"en":"I","zh":"条目"},"list":{"id":"l","edition":"1"},"category":{"number":1,"title":{"en":"C","zh":"类"}},"provider":{"en":"Tax","zh":"税务部门"},"class":"public","sensitivity":"public","update":"month","legalBasis":[{"en":"L","zh":"法"}],"sourceChecked":false"#

    static func body(_ more: String) -> String { "{\(head),\(more)}" }

    private func item(_ more: String, id: String = "i") throws -> InformationItem {
        var defects: [String] = []
        let item = InformationItem(GovernanceHouse.entry("informationItem", id, Self.body(more)), defects: &defects)
        return try #require(item, "\(defects)")
    }

    private func count(
        _ type: String, _ division: String?, _ writer: String, _ subjects: Int64, _ first: String = "2026-01-31",
        _ latest: String = "2026-08-31"
    ) throws -> Coverage.Count {
        Coverage.Count(
            recordType: type, division: try division.map { try code($0) }, writer: writer, subjects: subjects,
            firstDay: Day(first), latestDay: Day(latest))
    }

    /// Sources in force that say of no type that they send it.
    private static let connected: [String: Set<String>] = ["tax": [], "hub": [], "city-one": [], "city-two": [], "fund": []]

    private func ground(
        _ counts: [Coverage.Count], registered: [String: Int64], sources: [String: Set<String>] = IngestionZoneTests.connected,
        divisions: DivisionTable = .empty
    ) throws -> CoverageGround {
        CoverageGround(
            counts: counts, registered: Dictionary(uniqueKeysWithValues: try registered.map { (try code($0.key), $0.value) }),
            sources: sources, divisions: divisions, on: today)
    }

    private func line(_ item: InformationItem, _ ground: CoverageGround, _ zone: String? = nil) throws -> Coverage.Line {
        try #require(Coverage(items: [item], ground: ground, zone: try zone.map { try code($0) }).lines.first)
    }

    @Test func `each source that should send an item has its own firms and days, and one that has not is named`() throws {
        let item = try item(#""mode":"stored","recordTypes":["a","b"],"sources":[{"id":"tax"},{"id":"hub"}]"#)
        let ground = try ground(
            [
                count("a", "430102", "source:tax", 3, "2026-01-31", "2026-08-31"), count("a", "430103", "source:tax", 1),
                count("a", "430102", "source:other", 2, "2026-03-31", "2026-04-30"),
                count("b", "430103", "source:hub", 1, "2026-05-31", "2026-06-30"),
            ], registered: ["430102": 4, "430103": 2], sources: ["tax": ["a"], "hub": ["b", "c"], "other": ["a"]])
        let all = try line(item, ground, "430100")
        #expect(all.deliveries.map(\.writer) == ["source:tax", "source:hub", "source:other"])
        #expect(all.deliveries.map(\.isExpected) == [true, true, false])
        #expect(all.deliveries.map(\.subjects) == [4, 1, 2])
        #expect(all.deliveries.map { $0.latestDay?.text } == ["2026-08-31", "2026-06-30", "2026-04-30"])
        #expect(all.missing.isEmpty)
        #expect(all.basisPoints == 6_666)

        // In one county the hub has sent nothing, though the item is collected there.
        let county = try line(item, ground, "430102")
        #expect(county.isCollected)
        #expect(county.deliveries.filter(\.isMissing).map(\.writer) == ["source:hub"])
        #expect(county.missing.map { "\($0.recordType) of \($0.source ?? "-")" } == ["b of hub"])
        #expect(county.deliveries.first?.basisPoints == 7_500)
        #expect(county.latestDay?.text == "2026-08-31")
        let other = try line(item, ground, "430103")
        #expect(other.missing.isEmpty && other.writers == ["source:hub", "source:tax"])

        let sent = Coverage(items: [item], ground: ground, zone: try code("430102")).deliveries(of: "source:hub")
        #expect(sent.map { $0.delivery.missingTypes } == [["b"]])
        #expect(Coverage(items: [item], ground: ground).deliveries(of: "source:nobody").isEmpty)
    }

    @Test func `a source of one city is missing in its city and asked for nowhere else`() throws {
        let item = try item(
            #""mode":"stored","recordTypes":["a"],"sources":[{"id":"city-one","zones":["430100"]},{"id":"city-two","zones":["430200"]}]"#)
        let ground = try ground(
            [count("a", "430102", "source:city-one", 1), count("a", "430202", "source:city-one", 1)],
            registered: ["430102": 2, "430202": 2, "430302": 2])
        #expect(try line(item, ground, "430102").missing.isEmpty)
        let second = try line(item, ground, "430202")
        #expect(second.missing.map(\.source) == ["city-two"])
        // The first city's source may know of a firm elsewhere; that is no part of what it owes.
        #expect(second.deliveries.map { "\($0.writer) \($0.isExpected)" } == ["source:city-two true", "source:city-one false"])
        // Nobody is connected for the third city: the type is missing, and of no source.
        #expect(try line(item, ground, "430302").missing.map(\.source) == [nil])
        let province = try line(item, ground, "430000")
        #expect(province.missing.map(\.source) == ["city-two"])
        #expect(province.deliveries.map(\.registered) == [2, 2])
        #expect(province.registered == 6)
    }

    @Test func `what came of firms that have ended since is collected, and has neither firms nor days`() throws {
        let item = try item(#""mode":"stored","recordTypes":["a"],"source":"tax""#)
        let ended = Coverage.Count(
            recordType: "a", division: try code("430102"), writer: "source:tax", subjects: 0, firstDay: nil, latestDay: nil)
        let line = try line(item, ground([ended], registered: ["430102": 4]))
        #expect(line.isCollected && line.missing.isEmpty && line.writers == ["source:tax"])
        #expect(line.subjects == 0 && line.registered == 4 && line.firstDay == nil && line.latestDay == nil)
        #expect(line.deliveries.map(\.isMissing) == [false])
        // Of two counties that are one today, the other one's days count.
        let former = Coverage.Count(
            recordType: "a", division: try code("430124"), writer: "source:tax", subjects: 0, firstDay: nil, latestDay: nil)
        let merged = try self.line(
            item, ground([former, count("a", "430182", "source:tax", 1)], registered: ["430182": 1], divisions: divisions()))
        #expect(merged.subjects == 1 && merged.firstDay?.text == "2026-01-31" && merged.latestDay?.text == "2026-08-31")
    }

    @Test func `a source that was withdrawn owes nothing, and what it had sent is told as not expected`() throws {
        let item = try item(#""mode":"stored","recordTypes":["a"],"sources":[{"id":"tax"},{"id":"hub"}]"#)
        let before = try line(item, ground([count("a", "430102", "source:hub", 1)], registered: ["430102": 2]))
        #expect(before.missing.map(\.source) == ["tax"])
        // The tax service is in the catalogue no more; then the hub is not, either.
        let after = try line(item, ground([count("a", "430102", "source:hub", 1)], registered: ["430102": 2], sources: ["hub": ["a"]]))
        #expect(after.missing.isEmpty && after.isCollected)
        #expect(after.deliveries.map { "\($0.writer) \($0.isExpected)" } == ["source:hub true"])
        let alone = try line(item, ground([count("a", "430102", "source:hub", 1)], registered: ["430102": 2], sources: [:]))
        #expect(alone.missing.isEmpty && alone.isCollected)
        #expect(alone.deliveries.map { "\($0.writer) \($0.isExpected)" } == ["source:hub false"])
        // When nothing has come, the type is missing, and of no source.
        let nothing = try line(item, ground([], registered: ["430102": 2], sources: [:]))
        #expect(nothing.missing.map(\.recordType) == ["a"] && nothing.missing.map(\.source) == [nil] && nothing.deliveries.isEmpty)
    }

    @Test func `an item on trial is due in its pilot zones and missing nowhere else`() throws {
        let item = try item(#""mode":"stored","recordTypes":["a"],"source":"tax","pilotZones":["430100","430202"]"#)
        let firms: [String: Int64] = ["430102": 4, "430202": 2, "430203": 8, "430602": 16]
        let empty = try ground([], registered: firms)
        for (zone, isDue, registered) in [
            ("430102", true, 4), ("430202", true, 2), ("430200", true, 2), ("430203", false, 0), ("430602", false, 0), ("430000", true, 6),
        ] as [(String, Bool, Int64)] {
            let line = try line(item, empty, zone)
            #expect(line.isDue == isDue && line.registered == registered, "\(zone)")
            #expect(line.missing.map(\.source) == (isDue ? ["tax"] : []), "\(zone)")
            #expect(line.missingTypes == (isDue ? ["a"] : []), "\(zone)")
            let coverage = Coverage(items: [item], ground: empty, zone: try code(zone))
            #expect(coverage.required == (isDue ? 1 : 0) && coverage.collected == 0, "\(zone)")
            #expect(coverage.missing.count == coverage.required, "\(zone)")
        }
        // Records from elsewhere are let in, told beside, and fill nothing; neither do those of which the county is not known.
        let beyond = try ground([count("a", "430602", "source:tax", 5), count("a", nil, "source:tax", 7)], registered: firms)
        for zone in [nil, "430000"] {
            let line = try line(item, beyond, zone)
            #expect(line.beyondPilot == 5 && line.subjects == 0 && !line.isCollected && line.missing.map(\.source) == ["tax"])
        }
        let elsewhere = try line(item, beyond, "430602")
        #expect(!elsewhere.isDue && elsewhere.beyondPilot == 5 && elsewhere.missing.isEmpty && elsewhere.latestDay == nil)
        let within = try ground([count("a", "430102", "source:tax", 1), count("a", "430602", "source:tax", 5)], registered: firms)
        let province = try line(item, within, "430000")
        #expect(province.subjects == 1 && province.registered == 6 && province.beyondPilot == 5 && province.isCollected)
    }

    private func divisions() throws -> DivisionTable {
        let past = Division(
            code: try code("430124"), name: "宁乡县", validFrom: nil, validTo: Day("2017-04-10"), successor: DivisionCode("430182"),
            isSourceChecked: false)
        let now = Division(
            code: try code("430182"), name: "宁乡市", validFrom: Day("2017-04-10"), validTo: nil, successor: nil, isSourceChecked: false)
        return try DivisionTable(rows: [past, now])
    }

    @Test func `firms, pilot zones and questions of an abolished county are those of its successor`() throws {
        let pilot = try item(#""mode":"stored","recordTypes":["a"],"sources":[{"id":"tax","zones":["430124"]}],"pilotZones":["430124"]"#)
        let ground = try ground(
            [
                count("a", "430124", "source:tax", 2, "2026-01-31", "2026-02-28"),
                count("a", "430182", "source:tax", 1, "2025-12-31", "2026-01-31"), count("a", "430182", "source:hub", 2),
            ], registered: ["430124": 3, "430182": 2, "430102": 5], divisions: try divisions())
        for zone in ["430124", "430182", "430100"] {
            let line = try line(pilot, ground, zone)
            #expect(line.isDue && line.registered == 5, "\(zone)")
            // What one writer has under both codes is the sum, and the larger of two writers counts.
            #expect(line.subjects == 3, "\(zone)")
            let tax = try #require(line.deliveries.first)
            #expect(tax.writer == "source:tax" && tax.isExpected && tax.subjects == 3)
            #expect(tax.firstDay?.text == "2025-12-31" && tax.latestDay?.text == "2026-02-28")
        }
        #expect(Coverage(items: [pilot], ground: ground, zone: try code("430124")).zone?.text == "430182")
        #expect(ground.counties(in: nil).map(\.text) == ["430102", "430182"])
        #expect(ground.counties(in: try code("430124")).map(\.text) == ["430182"])
    }

    @Test func `what is only verified counts by the answers of its own source`() throws {
        let verified =
            #""mode":"verification","recordTypes":[],"verification":{"request":"q","answer":"a","bit":"holds","reference":"askedId"}"#
        let mine = try item(verified + #","source":"fund""#, id: "mine")
        let nobodys = try item(verified, id: "nobodys")
        let ground = try ground([count("a", "430102", "source:fund", 1)], registered: ["430102": 2])
        #expect(try line(mine, ground).isCollected)
        let other = try line(nobodys, ground)
        #expect(!other.isCollected && other.missing.map(\.recordType) == ["a"] && other.missing.map(\.source) == [nil])
    }

    @Test func `the divisions of the base pack are those of the national table, and no other entry has any of its own`() throws {
        let text = try String(contentsOf: Self.root.appendingPathComponent("packs/codes/divisions.tsv"), encoding: .utf8)
        let table = try DivisionTable(tsv: text)
        let base = try GovernancePacks.catalog("base")
        #expect(base.latest("divisionTable").count == 1)
        let divisions = base.view(IngestionCatalog.self).divisions(at: GovernanceHouse.instant("2026-08-01T00:00:00Z"))
        var abolished: [String: String] = [:]
        for row in text.split(separator: "\n").dropFirst() {
            let old = try code(String(row.prefix(6)))
            let now = table.counted(old, on: today)
            if now != old { abolished[old.text] = now.text }
            #expect(divisions.counted(old, on: today) == now, "\(old)")
            // On the days of the changes, too.
            guard case .abolished(let past) = table.standing(of: old, on: today), let end = past.validTo else { continue }
            #expect(divisions.counted(old, on: end - 1) == old && divisions.counted(old, on: end) == table.counted(old, on: end), "\(old)")
        }
        #expect(abolished.count == 5)
        let rule = try #require(base.latest("identityRule").first)
        #expect(rule.body["successors"] == nil)
    }
}
