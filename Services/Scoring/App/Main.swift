import Pipeline
import Postgres
import ScoringDomain

@main
struct Main {
    static func main() {
        ServiceMain(
            Scoring(),
            migrations: [
                Migration(name: "schema_001_scoring", sql: String(decoding: PackageResources.schema_001_scoring_sql, as: UTF8.self))
            ]
        ).run()
    }
}
