import Chassis
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
            readings.append(
                GaugeReading(.sourceSilent, [("source", source), ("type", try row.text(1))], Double(try row.int64(2))))
        }
        var arrivals: [String: [Day]] = [:]
        for row in try connection.execute("SELECT DISTINCT writer, day FROM source_day") {
            if let source = source(try row.text(0)) { arrivals[source, default: []].append(try row.day(1)) }
        }
        let calendar = catalog.view(WorkingCalendars.self).calendar(at: now)
        for entry in catalog.entries("source", at: now) {
            var defects: [String] = []
            guard let registration = SourceRegistration(entry, defects: &defects), let rhythm = registration.rhythm else { continue }
            let standing = SourceStanding(rhythm, arrivals: arrivals[entry.id] ?? [], on: now.dayInChina, calendar: calendar)
            readings.append(GaugeReading(.sourceLate, [("source", entry.id)], standing.isLate ? 1 : 0))
            guard let share = standing.completenessBasisPoints else { continue }
            readings.append(GaugeReading(.sourceCompleteness, [("source", entry.id)], Double(share) / 10_000))
        }
        return readings
    }

    /// The id of a source among the writers; nil for institutions and the portal, which owe no rhythm.
    private static func source(_ writer: String) -> String? {
        writer.hasPrefix("source:") ? String(writer.dropFirst("source:".count)) : nil
    }
}
