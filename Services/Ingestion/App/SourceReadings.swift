import Chassis
import Contracts
import Deciding
import IngestionDomain
import Pipeline
import Postgres
import Vocabulary

/// How fresh and how complete each registered source is, for the dashboards and the alert `SourceLate`.
enum SourceReadings {
    static func read(_ catalog: Catalog, _ connection: Connection, _ now: Instant) throws(PostgresFault) -> [GaugeReading] {
        var readings: [GaugeReading] = []
        for row in try connection.execute("SELECT writer, record_type, silent_seconds FROM source_freshness") {
            guard let source = source(try row.text(0)) else { continue }
            // A clock that jumped may have noted an arrival that is still to come.
            let silent = max(0, try row.int64(2))
            readings.append(GaugeReading(.sourceSilent, [("source", source), ("type", try row.text(1))], Double(silent)))
        }
        let calendar = catalog.view(WorkingCalendars.self).calendar(at: now)
        var owed: [(source: String, rhythm: SourceRhythm, due: DuePeriods)] = []
        for entry in catalog.entries("source", at: now) {
            var defects: [String] = []
            guard let registration = SourceRegistration(entry, defects: &defects), let rhythm = registration.rhythm else { continue }
            owed.append((entry.id, rhythm, rhythm.due(on: now.dayInChina, calendar: calendar)))
        }
        let arrivals = try Self.arrivals(connection, since: owed.map { (source: $0.source, day: $0.due.starts.first) })
        for (source, rhythm, due) in owed {
            let standing = SourceStanding(rhythm, arrivals: arrivals[source] ?? [:], due: due)
            readings.append(GaugeReading(.sourceLate, [("source", source)], standing.isLate ? 1 : 0))
            guard let share = standing.completenessBasisPoints else { continue }
            readings.append(GaugeReading(.sourceCompleteness, [("source", source)], Double(share) / 10_000))
        }
        return readings
    }

    /// The days about which something came, by source and record type: of each source those since the first period that is asked about, and
    /// not all that were ever counted.
    private static func arrivals(
        _ connection: Connection, since first: [(source: String, day: Day?)]
    ) throws(PostgresFault) -> [String: [String: [Day]]] {
        let asked = first.filter { $0.day != nil }
        let writers = asked.map { OutsideWriter.source($0.source).name }
        let days = asked.map { $0.day }
        var arrivals: [String: [String: [Day]]] = [:]
        for row in try connection.execute(
            """
            SELECT DISTINCT d.writer, d.record_type, d.day
              FROM unnest($1::text[], $2::date[]) AS asked (writer, since)
              JOIN source_day d ON d.writer = asked.writer AND d.day >= asked.since
            """, [.texts(writers), .days(days)])
        {
            guard let source = source(try row.text(0)) else { continue }
            let (type, day) = (try row.text(1), try row.day(2))
            arrivals[source, default: [:]][type, default: []].append(day)
        }
        return arrivals
    }

    /// The id of a source among the writers; nil for institutions and the portal, which owe no rhythm.
    private static func source(_ writer: String) -> String? {
        writer.hasPrefix("source:") ? String(writer.dropFirst("source:".count)) : nil
    }
}
