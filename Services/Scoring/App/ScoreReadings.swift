import Chassis
import Deciding
import Pipeline
import Postgres
import ScoringDomain
import Vocabulary

/// How far the scores of each model have drifted, for the dashboards and the alert `ScoreDrift`.
enum ScoreReadings {
    static func read(_ catalog: Catalog, _ connection: Connection, _ now: Instant) throws(PostgresFault) -> [GaugeReading] {
        var scored: [String: [String: Int]] = [:]
        for row in try connection.execute("SELECT model, model_version, grade, scored FROM score_standing") {
            scored["\(try row.text(0))/\(try row.int64(1))", default: [:]][try row.text(2)] = Int(try row.int64(3))
        }
        return catalog.view(ScoringCatalog.self).book(at: now).models.compactMap { model in
            model.drift(of: scored["\(model.id)/\(model.version)"] ?? [:]).map { GaugeReading(.scorePSI, [("model", model.id)], $0) }
        }
    }
}
