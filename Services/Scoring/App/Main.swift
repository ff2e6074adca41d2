import Deciding
import Pipeline
import Postgres
import ScoringDomain
import Vocabulary

@main
struct Main {
    static func main() {
        ServiceMain(
            Scoring(),
            migrations: [
                Migration(name: "schema_001_scoring", sql: String(decoding: PackageResources.schema_001_scoring_sql, as: UTF8.self)),
                Migration(name: "schema_002_standing", sql: String(decoding: PackageResources.schema_002_standing_sql, as: UTF8.self)),
                Migration(name: "schema_003_statistics", sql: String(decoding: PackageResources.schema_003_statistics_sql, as: UTF8.self)),
                Migration(name: "schema_004_marks", sql: String(decoding: PackageResources.schema_004_marks_sql, as: UTF8.self)),
            ],
            tables: ScoringTables.all,
            readings: { catalog, connection, now throws(PostgresFault) in try ScoreReadings.read(catalog, connection, now) }
        ).run()
    }
}
