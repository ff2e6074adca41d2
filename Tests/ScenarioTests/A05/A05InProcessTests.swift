import Contracts
import Deciding
import Foundation
import IngestionDomain
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A5: the provincial platform of social credit information, and the collection rate of the national list.
@Suite struct A05InProcessTests {
    private let today = Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)
    private let firm = USCC.synthetic(number: 51, region: "430102")?.text ?? ""

    /// One record of every type that an item of the list asks for, as the type's own first example has it.
    static func records() throws -> [(type: String, topic: String, data: [UInt8])] {
        var records: [(type: String, topic: String, data: [UInt8])] = []
        for pack in ["base", "hunan-catalogue"] {
            let folder = PackFolder.root.appendingPathComponent("packs/\(pack)/recordTypes")
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                let json = try JSONDocument(parsing: Array(Data(contentsOf: folder.appendingPathComponent(file)))).root
                let writers = json["body"]?["writers"]?.elements.compactMap(\.string) ?? []
                guard let source = writers.first(where: { $0.hasPrefix("source:") }), let example = json["examples"]?[at: 0]?["data"],
                    let type = json["id"]?.string
                else { continue }
                records.append((type, Topic.source(String(source.dropFirst("source:".count))), Array(example.rawBytes)))
            }
        }
        return records
    }

    private func coverage(_ house: MemoryHouse, zone: String? = nil) -> Coverage {
        let items = house.catalog.view(IngestionCatalog.self).items(at: house.now).filter { $0.list.hasPrefix("national/") }
        let rows = house.rows(.ingestion, "accepted_record")
        var firms: [String: DivisionCode] = [:]
        for row in house.rows(.ingestion, "registered_subject") {
            if case .text(let subject)? = row["subject"], case .text(let division)? = row["division"], row["is_active"] == .bool(true) {
                firms[subject] = DivisionCode(division)
            }
        }
        struct Place: Hashable {
            let type: String
            let division: DivisionCode?
            let writer: String
        }
        var subjects: [Place: Set<String>] = [:]
        for row in rows {
            guard case .text(let type)? = row["record_type"], case .text(let subject)? = row["subject"],
                case .text(let writer)? = row["writer"]
            else { continue }
            subjects[Place(type: type, division: firms[subject], writer: writer), default: []].insert(subject)
        }
        // All sources of the catalogue, as those that say of no type that they send it.
        let connected = house.catalog.entries("source", at: house.now).map { ($0.id, Set<String>()) }
        let ground = CoverageGround(
            counts: subjects.map {
                Coverage.Count(
                    recordType: $0.key.type, division: $0.key.division, writer: $0.key.writer, subjects: Int64($0.value.count),
                    firstDay: today,
                    latestDay: today)
            },
            registered: Dictionary(firms.values.map { ($0, 1) }) { $0 + $1 }, sources: Dictionary(uniqueKeysWithValues: connected),
            divisions: house.catalog.view(IngestionCatalog.self).divisions(at: house.now), on: today)
        return Coverage(items: items, ground: ground, zone: zone.flatMap { DivisionCode($0) })
    }

    @Test func `the collection rate goes from 36 of 37 to 37 of 37 with the first record of the missing item`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "hunan-catalogue", "hunan-endpoints"])
        let records = try Self.records()
        func send(_ record: (type: String, topic: String, data: [UInt8])) {
            var subject = firm
            // A registration speaks of its own code.
            if record.type == "registration" { subject = "91430102PDY000079R" }
            house.send(
                to: record.topic, type: record.type, id: "a05-\(record.type)", subject: subject, at: (today - 1).startInChina,
                data: record.data)
        }
        #expect(coverage(house).collected == 0)
        for record in records where record.type != "tax-grade" { send(record) }
        try house.advance(to: house.now + .seconds(1))
        #expect(house.setAside(.ingestion) == [])
        var now = coverage(house)
        #expect(now.required == 37)
        #expect(now.collected == 36)
        #expect(now.missing.map(\.item.id) == ["national-tax-grade"])
        #expect(now.missing.first?.item.provider.zh == "税务部门")
        #expect(now.missing.first?.missingTypes == ["tax-grade"])

        let before = house.now
        send(try #require(records.first { $0.type == "tax-grade" }))
        try house.advance(to: before + .seconds(60))
        now = coverage(house)
        #expect(now.collected == 37)
        #expect(now.missing.isEmpty)
    }

    @Test func `coverage of an item is of the firms registered in the zone`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "hunan-catalogue", "hunan-endpoints"])
        for (number, region) in [(61, "430102"), (62, "430102"), (63, "430103"), (64, "430602")] {
            let code = try #require(USCC.synthetic(number: number, region: region)).text
            let status = number == 62 ? "cancelled" : "normal"
            house.send(
                to: Topic.source("market-regulation"), type: "registration", id: "r\(number)", subject: code, at: (today - 9).startInChina,
                data: Array(
                    #"{"uscc":"\#(code)","name":"企业\#(number)","legalPerson":"张示范","division":"\#(region)","industry":"3921","registeredOn":"2015-03-18","capital":1,"employees":1,"status":"\#(status)"}"#
                        .utf8))
            if number != 63 {
                house.send(
                    to: Topic.source("credit-hub"), type: "tax-grade", id: "g\(number)", subject: code, at: (today - 9).startInChina,
                    data: Array(#"{"year":2025,"grade":"A","publishedOn":"2026-04-30"}"#.utf8))
            }
        }
        try house.advance(to: house.now + .seconds(1))
        #expect(house.setAside(.ingestion) == [])
        func share(_ zone: String?) throws -> String {
            let line = try #require(coverage(house, zone: zone).lines.first { $0.item.id == "national-tax-grade" })
            return "\(line.subjects)/\(line.registered)"
        }
        // The firm that ended counts neither above nor below the line.
        #expect(try share("430102") == "1/1")
        #expect(try share("430100") == "1/2")
        #expect(try share("430600") == "1/1")
        #expect(try share("430000") == "2/3")
        #expect(try share("440000") == "0/0")
    }

    @Test func `a firm registered in a county that is no more counts where the successor is, asked for by either code`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "hunan-catalogue", "hunan-endpoints"])
        for (number, region) in [(71, "430124"), (72, "430182")] {
            let code = try #require(USCC.synthetic(number: number, region: region)).text
            house.send(
                to: Topic.source("market-regulation"), type: "registration", id: "r\(number)", subject: code, at: (today - 9).startInChina,
                data: Array(
                    #"{"uscc":"\#(code)","name":"企业\#(number)","legalPerson":"张示范","division":"\#(region)","industry":"3921","registeredOn":"2015-03-18","capital":1,"employees":1,"status":"normal"}"#
                        .utf8))
        }
        try house.advance(to: house.now + .seconds(1))
        #expect(house.setAside(.ingestion) == [])
        for zone in ["430182", "430124", "430100"] {
            let line = try #require(coverage(house, zone: zone).lines.first { $0.item.id == "national-registration" })
            #expect("\(line.subjects)/\(line.registered)" == "2/2", "\(zone)")
        }
    }

    @Test func `an answer of a state verification holds one bit and nothing else`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "hunan-catalogue", "hunan-endpoints"])
        func answer(_ id: String, _ body: String) {
            house.send(
                to: Topic.source("credit-hub"), type: "verification.answered", id: id, subject: firm, at: (today - 1).startInChina,
                data: Array(body.utf8))
        }
        answer("1", #"{"askedId":"V-1","holds":true}"#)
        answer("2", #"{"askedId":"V-2","holds":true,"amount":1200}"#)
        answer("3", #"{"askedId":"V-3","holds":"since 2020"}"#)
        answer("4", #"{"askedId":"V-4","holds":null}"#)
        try house.advance(to: house.now + .seconds(1))
        #expect(house.rows(.ingestion, "accepted_record").count == 1)
        #expect(
            house.setAside(.ingestion).map { String($0.prefix { $0 != ":" }) }.sorted() == ["field-missing", "field-type", "field-unknown"])
    }
}
