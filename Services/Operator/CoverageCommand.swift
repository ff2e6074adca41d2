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
        "coverage",
        usage: "[--list ID] [--item ID] [--zone DIVISION] [--provider SOURCE] [--by provider|county] [--sources] [--packs DIR] [--json]",
        summary: "what of the information lists has been collected, where, from whom and how good, and which source is behind",
        valued: ["list", "zone", "item", "provider", "by", "packs"], flags: ["sources", "json"],
        details: """
            For each item of the list: how many of the registered firms have something, of which day their earliest and latest record is, and
            who has not sent what they should. The last line is the collection rate: required items with at least one record over required items.
            An item on trial (pilot zones) is due in its pilot zones only: firms, days and what is missing are of these, elsewhere it is
            `not due (pilot)`, and what came from elsewhere all the same is told as `beyond the pilot`. A firm of an abolished county counts where
            the county's successor is. Where no zone is asked for, `quality` is beside: the mean quality of the facts of the item's types,
            and how many records did not pass a rule (failing), are held now (held), or are asked for again (open).
              --list ID          only items of this list, such as national or hunan
              --item ID          only this item
              --zone DIVISION    only firms registered there: 430000, 430100 or 430102; an abolished one means its successor
              --provider SOURCE  only what this source should send, or has sent: its own firms, its own days
              --by provider      below each item a line for each source that should send it and for each that has
              --by county        all of it for each county in turn
              --sources          how each source keeps to its rhythm: what was expected, what came, what is missing; where the rhythm
                                 names record types, of the one with the least, and missing names those that did not come
              --packs DIR        read the catalogue from packs instead of its topic
              --json             one JSON object a line: item × zone, with all of its providers
            """
    ) { options in
        let now = WallClock.now
        let catalog = try CatalogPublishing.catalog(packs: options.text("packs"))
        if options.has("sources") {
            return try SourceReport(catalog: catalog, connection: try Connections.postgres(), now: now).show()
        }
        let question = try CoverageQuestion(options, of: catalog, at: now)
        let connection = try Connections.postgres()
        let quality = try question.isOfEverywhere ? QualityBook(connection) : nil
        try CoverageReport(question: question, connection: connection, quality: quality, now: now).show()
    }
}

/// Of what coverage is asked, and how it is to be shown.
private struct CoverageQuestion {
    enum Grouping: String { case provider, county }

    let items: [InformationItem]
    let zone: DivisionCode?
    /// As a record's `writer` has it.
    let writer: String?
    let grouping: Grouping?
    let isJSON: Bool
    /// What each source says it sends.
    let sources: [String: Set<String>]
    let divisions: DivisionTable

    /// Not of one zone, nor of one after the other.
    var isOfEverywhere: Bool { zone == nil && grouping != .county }

    init(_ options: Options, of catalog: Catalog, at now: Instant) throws {
        let book = catalog.view(IngestionCatalog.self)
        let (list, id) = (options.text("list"), options.text("item"))
        items = book.items(at: now).filter { item in
            (list.map { item.list.hasPrefix($0 + "/") } ?? true) && (id.map { item.id == $0 } ?? true)
        }
        guard !items.isEmpty else { throw Failure("the catalogue has no such item of information in force", code: .usage) }
        var sources: [String: Set<String>] = [:]
        for entry in catalog.entries("source", at: now) {
            sources[entry.id] = Set(entry.body["recordTypes"]?.elements.compactMap(\.string) ?? [])
        }
        self.sources = sources
        divisions = book.divisions(at: now)
        zone = try options.text("zone").map { text -> DivisionCode in
            guard let zone = DivisionCode(text) else { throw Failure("--zone is not a division of six digits", code: .usage) }
            return zone
        }
        writer = try options.text("provider").map { source -> String in
            guard sources[source] != nil else { throw Failure("the catalogue has no source `\(source)` in force", code: .usage) }
            return OutsideWriter.source(source).name
        }
        grouping = try options.text("by").map { word -> Grouping in
            guard let grouping = Grouping(rawValue: word) else { throw Failure("--by is provider or county", code: .usage) }
            return grouping
        }
        isJSON = options.has("json")
    }
}

/// How good what was taken in is, by record type and writer, as governance has it. Of everywhere: a fact says no county.
private struct QualityBook {
    struct Figures {
        let recordType: String
        let writer: String
        let facts: Int64
        /// Basis points; nil while there is no fact.
        let mean: Int64?
        let failing: Int64
        let held: Int64
        let open: Int64
    }

    private let all: [Figures]

    init(_ connection: Connection) throws {
        all = try connection.execute(
            """
            SELECT record_type, writer, facts, mean_quality_bp, records_failing, held, corrections_open
              FROM governance.record_type_quality ORDER BY record_type, writer
            """
        ).map { row in
            Figures(
                recordType: try row.text(0), writer: try row.text(1), facts: try row.int64(2), mean: try row.int64OrNil(3),
                failing: try row.int64(4), held: try row.int64(5), open: try row.int64(6))
        }
    }

    /// Those of the item's record types, from this writer or from all. Of what is only verified, as in coverage, those of its own sources.
    func figures(of item: InformationItem, from writer: String?) -> [Figures] {
        let own = Set(item.sources.map(\.writer))
        return all.filter { one in
            guard item.evidence.contains(one.recordType), item.mode != .verification || own.contains(one.writer) else { return false }
            return writer == nil || writer == one.writer
        }
    }

    /// All of them together: `98.12 % 12 failing 2 held 1 open`.
    static func words(_ figures: [Figures]) -> String {
        let facts = figures.map(\.facts).reduce(0, +)
        let sum = figures.map { $0.facts * ($0.mean ?? 0) }.reduce(0, +)
        var parts = [facts == 0 ? "-" : String(percentOf: sum / facts)]
        let counts: [(String, Int64)] = [
            ("failing", figures.map(\.failing).reduce(0, +)), ("held", figures.map(\.held).reduce(0, +)),
            ("open", figures.map(\.open).reduce(0, +)),
        ]
        for (name, count) in counts where count > 0 { parts.append("\(count) \(name)") }
        return parts.joined(separator: " ")
    }
}

/// Coverage as a table for people, or as JSON for whoever draws it.
private struct CoverageReport {
    let question: CoverageQuestion
    let connection: Connection
    /// Nil where a zone is asked for.
    let quality: QualityBook?
    let now: Instant

    private static let qualityWidth = 34

    func show() throws {
        let ground = try ground()
        let zones: [DivisionCode?] = question.grouping == .county ? ground.counties(in: question.zone) : [question.zone]
        for zone in zones {
            let coverage = Coverage(items: question.items, ground: ground, zone: zone)
            let lines = question.isJSON ? json(coverage) : table(coverage)
            for line in lines { print(line) }
        }
    }

    private func ground() throws -> CoverageGround {
        let counts = try connection.execute(
            """
            SELECT record_type, coalesce(division, ''), writer, sum(subjects)::int8, min(first_day), max(latest_day)
              FROM ingestion.record_type_coverage GROUP BY 1, 2, 3
            """
        ).map { row in
            Coverage.Count(
                recordType: try row.text(0), division: DivisionCode(try row.text(1)), writer: try row.text(2), subjects: try row.int64(3),
                firstDay: try row.dayOrNil(4), latestDay: try row.dayOrNil(5))
        }
        var registered: [DivisionCode: Int64] = [:]
        for row in try connection.execute("SELECT division, active FROM ingestion.registered_count") {
            if let division = DivisionCode(try row.text(0)) { registered[division] = try row.int64(1) }
        }
        return CoverageGround(
            counts: counts, registered: registered, sources: question.sources, divisions: question.divisions, on: now.dayInChina)
    }

    // MARK: For people

    private func table(_ coverage: Coverage) -> [String] {
        let head = coverage.zone.map { "in \($0)" } ?? "item"
        let judged = quality == nil ? "" : "quality".padding(to: Self.qualityWidth)
        var lines = [head.padding(to: 34) + "of firms".padding(to: 22) + "since       until       " + judged + "missing"]
        if let writer = question.writer {
            let sent = coverage.deliveries(of: writer)
            lines += sent.map { cells($0.line.item.id, $0.delivery, of: $0.line.item) }
            let expected = sent.filter { $0.delivery.isExpected }
            let come = expected.count { !$0.delivery.isMissing }
            lines.append("\(writer) sent \(come) of \(expected.count) items that it should on \(now.dayInChina.text)")
            return lines
        }
        for line in coverage.lines {
            lines.append(cells(line))
            guard question.grouping == .provider else { continue }
            lines += line.deliveries.map { cells("  " + $0.writer, $0, of: line.item) }
        }
        lines.append("collected \(coverage.collected) of \(coverage.required) required items on \(now.dayInChina.text)")
        return lines
    }

    private func cells(_ line: Coverage.Line) -> String {
        let beyond = line.beyondPilot == 0 ? "" : "\(line.beyondPilot) beyond the pilot"
        let judged = self.judged(line.item, from: nil)
        guard line.isDue else { return line.item.id.padding(to: 34) + "not due (pilot)".padding(to: 46) + judged + beyond }
        let missing = line.missing.map { "\($0.recordType) of \(line.item.provider.zh) (\($0.source ?? "not connected"))" }
        return cells(
            line.item.id, line.subjects, line.registered, line.basisPoints, line.firstDay, line.latestDay,
            judged + (missing + [beyond]).filter { !$0.isEmpty }.joined(separator: ", "))
    }

    private func cells(_ name: String, _ delivery: Coverage.Delivery, of item: InformationItem) -> String {
        cells(
            name, delivery.subjects, delivery.registered, delivery.basisPoints, delivery.firstDay, delivery.latestDay,
            judged(item, from: delivery.writer)
                + (delivery.missingTypes + (delivery.isExpected ? [] : ["not expected"])).joined(separator: ", "))
    }

    /// The column of quality; empty where there is none.
    private func judged(_ item: InformationItem, from writer: String?) -> String {
        guard let quality else { return "" }
        return QualityBook.words(quality.figures(of: item, from: writer)).padding(to: Self.qualityWidth)
    }

    private func cells(
        _ name: String, _ subjects: Int64, _ registered: Int64, _ share: Int64?, _ first: Day?, _ latest: Day?, _ rest: String
    ) -> String {
        name.padding(to: 34) + "\(subjects)/\(registered) \(share.map { String(percentOf: $0) } ?? "-")".padding(to: 22)
            + "\(first?.text ?? "-         ")  \(latest?.text ?? "-         ")  \(rest)"
    }

    // MARK: For programs

    private func json(_ coverage: Coverage) -> [String] {
        let lines = question.writer.map { writer in coverage.deliveries(of: writer).map { $0.line } } ?? coverage.lines
        return lines.map { line in
            let bytes = JSONWriter.encode { writer in
                writer.object { object in
                    object.member("item", line.item.id)
                    object.member("list", line.item.list)
                    object.memberIfPresent("zone", coverage.zone?.text)
                    object.member("mode", line.item.mode.rawValue)
                    object.member("required", line.item.isRequired)
                    object.member("due", line.isDue)
                    object.member("collected", line.isCollected)
                    object.member("subjects", line.subjects)
                    object.member("registered", line.registered)
                    object.member("beyondPilot", line.beyondPilot)
                    object.memberIfPresent("firstDay", line.firstDay)
                    object.memberIfPresent("latestDay", line.latestDay)
                    object.member("missingTypes", line.missingTypes)
                    object.member("provider", line.item.provider.zh)
                    object.member(
                        "providers",
                        array: { array in
                            for delivery in line.deliveries where question.writer.map({ delivery.writer == $0 }) ?? true {
                                array.element(object: { write(delivery, to: &$0) })
                            }
                        })
                    if let quality {
                        object.member(
                            "quality",
                            array: { array in
                                for figures in quality.figures(of: line.item, from: question.writer) {
                                    array.element(object: { write(figures, to: &$0) })
                                }
                            })
                    }
                    object.member("asOf", now)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private func write(_ delivery: Coverage.Delivery, to object: inout JSONWriter) {
        object.member("writer", delivery.writer)
        object.member("expected", delivery.isExpected)
        object.member("missing", delivery.isMissing)
        object.member("subjects", delivery.subjects)
        object.member("registered", delivery.registered)
        object.memberIfPresent("firstDay", delivery.firstDay)
        object.memberIfPresent("latestDay", delivery.latestDay)
        object.member("missingTypes", delivery.missingTypes)
    }

    private func write(_ figures: QualityBook.Figures, to object: inout JSONWriter) {
        object.member("recordType", figures.recordType)
        object.member("writer", figures.writer)
        object.member("facts", figures.facts)
        object.memberIfPresent("meanQualityBasisPoints", figures.mean)
        object.member("recordsFailing", figures.failing)
        object.member("held", figures.held)
        object.member("correctionsOpen", figures.open)
    }
}

/// How each source keeps to its rhythm.
private struct SourceReport {
    let catalog: Catalog
    let connection: Connection
    let now: Instant

    func show() throws {
        let calendar = catalog.view(WorkingCalendars.self).calendar(at: now)
        print("source".padding(to: 26) + "rhythm".padding(to: 10) + "arrived".padding(to: 12) + "latest day  last heard of         missing")
        for entry in catalog.entries("source", at: now) {
            var defects: [String] = []
            guard let source = SourceRegistration(entry, defects: &defects) else { continue }
            var arrivals: [String: [Day]] = [:]
            var heard: Instant?
            for row in try connection.execute(
                "SELECT record_type, day, max(latest_at) FROM ingestion.source_day WHERE writer = $1 GROUP BY record_type, day",
                [.text(OutsideWriter.source(source.id).name)])
            {
                arrivals[try row.text(0), default: []].append(try row.day(1))
                heard = max(heard ?? .epoch, try row.instant(2))
            }
            let standing = source.rhythm.map { SourceStanding($0, arrivals: arrivals, on: now.dayInChina, calendar: calendar) }
            let latest = arrivals.values.joined().max()
            let cells = [
                source.id.padding(to: 26), (source.rhythm?.period.rawValue ?? "event").padding(to: 10),
                (standing.map { "\($0.arrived)/\($0.expected)" } ?? "-").padding(to: 12), (latest?.text ?? "-").padding(to: 12),
                (heard.map { String($0.rfc3339.prefix(19)) } ?? "never").padding(to: 22),
                (standing?.missing ?? []).prefix(6).map { words($0) }.joined(separator: " "), standing?.isLate == true ? " late" : "",
            ]
            print(cells.joined())
        }
    }

    /// The period, and the types of which it has nothing where the rhythm names types: `2026-08-01(patent)`.
    private func words(_ missing: SourceStanding.Missing) -> String {
        let named = missing.recordTypes.prefix(3).joined(separator: ",")
        let rest = missing.recordTypes.count - 3
        return missing.start.text + (named.isEmpty ? "" : "(\(named)\(rest > 0 ? "+\(rest)" : ""))")
    }
}
