import Contracts
import Deciding
import IngestionDomain
import Pipeline
import Province
import Testing
import Vocabulary
import Wire

/// Row A42: what is wrong in a feed is found before, during or afterwards, each time with the rule that says so and who answers for it; and
/// how fresh each source is, is measured.
@Suite struct A42InProcessTests {
    private let today = Day(year: 2026, month: 7, day: 30) ?? Day(number: 0)
    private let lastMonth = Month(year: 2026, month: 6)

    private func text(_ row: [String: Cell], _ column: String) -> String {
        switch row[column] {
        case .text(let text)?: text
        default: ""
        }
    }

    /// The firms' records of three years, with one error in a hundred, through the front door; without what `isLeftOut` names.
    private func fed(firms: Int, without isLeftOut: (OutsideRecord) -> Bool = { _ in false }) throws -> (
        house: MemoryHouse, planted: [String: PlantedError], right: Set<String>
    ) {
        let feed = QualityFeed(seed: 42, firms: firms, months: 36, lastMonth: lastMonth)
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "governance"])
        var planted: [String: PlantedError] = [:]
        var right: Set<String> = []
        for firm in 0..<firms {
            for item in feed.items(ofFirm: firm) where !isLeftOut(item.record) {
                let record = item.record
                house.send(
                    to: record.topic, type: record.type, id: record.id, subject: record.subject, at: record.time, data: record.data)
                let writer = try #require(Topic.writer(of: record.topic)).name
                if let error = item.planted { planted["\(writer)/\(record.id)"] = error } else { right.insert("\(writer)/\(record.id)") }
            }
            try house.advance(to: house.now + .seconds(1))
        }
        try house.advance(to: house.now + .seconds(60))
        return (house, planted, right)
    }

    @Test func `nineteen of twenty planted errors are found, each with stage, rule and owner, and right records are left alone`() throws {
        let (house, planted, right) = try fed(firms: 20)
        let doubts = house.rows(.governance, "quality_verdict").filter { text($0, "verdict") == "no" }
        var found = Set(doubts.map { text($0, "record_id") })
        for doubt in doubts {
            #expect(["before", "during"].contains(text(doubt, "stage")), "\(doubt)")
            #expect(!text(doubt, "rule").isEmpty && !text(doubt, "owner").isEmpty && !text(doubt, "kind").isEmpty, "\(doubt)")
        }
        var doubted = found.intersection(right)
        // Afterwards, when the other side has spoken.
        for result in house.rows(.governance, "cross_result") where text(result, "verdict") == "no" {
            guard case .json(let bytes)? = result["data"], let data = try? JSONDocument(parsing: bytes).root else { continue }
            #expect(data["owner"]?.string?.isEmpty == false)
            let compared = Set(data["records"]?.elements.compactMap(\.string) ?? [])
            found.formUnion(compared)
            // Of what does not agree one is wrong; where none is, all are doubted for nothing.
            if compared.isDisjoint(with: planted.keys) { doubted.formUnion(compared.intersection(right)) }
        }
        let caught = planted.keys.filter { found.contains($0) }.count
        print("A42: \(caught) of \(planted.count) planted errors found, \(doubted.count) of \(right.count) right records doubted")
        #expect(planted.count > 40)
        #expect(caught * 100 >= planted.count * 95, "\(planted.filter { !found.contains($0.key) })")
        #expect(doubted.count * 1_000 <= right.count * 5)
    }

    @Test func `a source that left a month out is less complete, and late while it is the latest one due`() throws {
        func standing(_ source: String, in house: MemoryHouse, on day: Day) throws -> SourceStanding {
            var defects: [String] = []
            let entry = try #require(house.catalog.entry("source", source, at: house.now))
            let registration = try #require(SourceRegistration(entry, defects: &defects))
            var arrivals: [String: [Day]] = [:]
            for row in house.rows(.ingestion, "accepted_record") where text(row, "writer") == "source:" + source {
                guard case .instant(let at)? = row["occurred_at"] else { continue }
                arrivals[text(row, "record_type"), default: []].append(at.dayInChina)
            }
            return SourceStanding(
                try #require(registration.rhythm), arrivals: arrivals, on: day,
                calendar: house.catalog.view(WorkingCalendars.self).calendar(at: house.now))
        }
        let whole = try fed(firms: 3).house
        let tax = try standing("tax", in: whole, on: today)
        #expect(tax.completenessBasisPoints == 10_000 && !tax.isLate && tax.latest == lastMonth.first)

        let hole = lastMonth + -2
        let holed = try fed(firms: 3, without: { $0.topic == Topic.source("tax") && $0.time.dayInChina.month == hole }).house
        let open = try standing("tax", in: holed, on: today)
        #expect(open.missing.map(\.start) == [hole.first] && !open.isLate && open.arrived == open.expected - 1)

        let silent = try fed(firms: 3, without: { $0.topic == Topic.source("tax") && $0.time.dayInChina.month == lastMonth }).house
        #expect(try standing("tax", in: silent, on: today).isLate)
        #expect(try standing("utility", in: silent, on: today).isLate == false)
    }
}
