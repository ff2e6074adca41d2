import Chassis
import Contracts
import Deciding
import Foundation
import IngestionDomain
import Postgres
import Vocabulary
import Wire

extension Command {
    static let coverage = Command(
        "coverage", usage: "[--list ID] [--zone DIVISION] [--item ID] [--sources] [--packs DIR]",
        summary: "what of the information lists has been collected, where, and which source is behind",
        valued: ["list", "zone", "item", "packs"], flags: ["sources", "json"],
        details: """
            For each item of the list: how many of the registered firms have something, since when and until when, and whose records are
            missing. The last line is the collection rate: required items with at least one record over required items.
              --list ID        only items of this list, such as national or hunan
              --zone DIVISION  only firms registered there: 430000, 430100 or 430102
              --item ID        only this item
              --sources        how each source keeps to its rhythm: what was expected, what came, what is missing
              --packs DIR      read the catalogue from packs instead of its topic
              --json           one JSON object a line
            """
    ) { options in
        let now = WallClock.now
        let catalog = try CatalogPublishing.catalog(packs: options.text("packs"))
        let report = CoverageReport(catalog: catalog, connection: try Connections.postgres(), now: now, isJSON: options.has("json"))
        if options.has("sources") { return try report.sources() }
        var zone: DivisionCode?
        if let text = options.text("zone") {
            zone = DivisionCode(text)
            if zone == nil { throw Failure("--zone is not a division of six digits", code: .usage) }
        }
        try report.items(list: options.text("list"), zone: zone, item: options.text("item"))
    }
}

/// Coverage and standing as tables for people, or as JSON for whoever draws them.
private struct CoverageReport {
    let catalog: Catalog
    let connection: Connection
    let now: Instant
    let isJSON: Bool

    func items(list: String?, zone: DivisionCode?, item id: String?) throws {
        let items = catalog.view(IngestionCatalog.self).items(at: now).filter { item in
            (list.map { item.list.hasPrefix($0 + "/") } ?? true) && (id.map { item.id == $0 } ?? true)
        }
        guard !items.isEmpty else { throw Failure("the catalogue has no such item of information in force", code: .usage) }
        let counts = try connection.execute(
            """
            SELECT record_type, coalesce(division, ''), writer, sum(subjects)::int8, min(first_day), max(latest_day)
              FROM ingestion.record_type_coverage GROUP BY 1, 2, 3
            """
        ).map { row in
            Coverage.Count(
                recordType: try row.text(0), division: DivisionCode(try row.text(1)), writer: try row.text(2), subjects: try row.int64(3),
                firstDay: try row.day(4), latestDay: try row.day(5))
        }
        var registered: [DivisionCode: Int64] = [:]
        for row in try connection.execute("SELECT division, active FROM ingestion.registered_count") {
            if let division = DivisionCode(try row.text(0)) { registered[division] = try row.int64(1) }
        }
        let coverage = Coverage(items: items, counts: counts, registered: registered, zone: zone)
        if isJSON { return print(json(coverage, zone)) }
        print("item".padding(to: 34) + "of firms".padding(to: 22) + "since       until       missing")
        for line in coverage.lines {
            let share = line.basisPoints.map { String(percentOf: $0) } ?? "-"
            let missing = line.missingTypes.map { "\($0) of \(line.item.provider.zh)" }.joined(separator: ", ")
            print(
                line.item.id.padding(to: 34) + "\(line.subjects)/\(line.registered) \(share)".padding(to: 22)
                    + "\(line.firstDay?.text ?? "-         ")  \(line.latestDay?.text ?? "-         ")  \(missing)")
        }
        print("collected \(coverage.collected) of \(coverage.required) required items on \(now.dayInChina.text)")
    }

    private func json(_ coverage: Coverage, _ zone: DivisionCode?) -> String {
        let lines = coverage.lines.map { line in
            JSONWriter.encode { writer in
                writer.object { object in
                    object.member("item", line.item.id)
                    object.member("list", line.item.list)
                    object.memberIfPresent("zone", zone?.text)
                    object.member("required", line.item.isRequired)
                    object.member("collected", line.isCollected)
                    object.member("subjects", line.subjects)
                    object.member("registered", line.registered)
                    object.memberIfPresent("firstDay", line.firstDay)
                    object.memberIfPresent("latestDay", line.latestDay)
                    object.member("missingTypes", line.missingTypes)
                    object.member("provider", line.item.provider.zh)
                    object.member("asOf", now)
                }
            }
        }
        return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }

    func sources() throws {
        let calendar = catalog.view(WorkingCalendars.self).calendar(at: now)
        print("source".padding(to: 26) + "rhythm".padding(to: 10) + "arrived".padding(to: 12) + "latest day  last heard of         missing")
        for entry in catalog.entries("source", at: now) {
            var defects: [String] = []
            guard let source = SourceRegistration(entry, defects: &defects) else { continue }
            let rows = try connection.execute(
                "SELECT day, max(latest_at) FROM ingestion.source_day WHERE writer = $1 GROUP BY day ORDER BY day",
                [.text("source:" + source.id)])
            let days = try rows.map { try $0.day(0) }
            let heard = try rows.map { try $0.instant(1) }.max()
            let standing = source.rhythm.map { SourceStanding($0, arrivals: days, on: now.dayInChina, calendar: calendar) }
            let cells = [
                source.id.padding(to: 26), (source.rhythm?.period.rawValue ?? "event").padding(to: 10),
                (standing.map { "\($0.arrived)/\($0.expected)" } ?? "-").padding(to: 12), (days.last?.text ?? "-").padding(to: 12),
                (heard.map { String($0.rfc3339.prefix(19)) } ?? "never").padding(to: 22),
                (standing?.missing ?? []).prefix(6).map(\.text).joined(separator: " "), standing?.isLate == true ? " late" : "",
            ]
            print(cells.joined())
        }
    }
}
