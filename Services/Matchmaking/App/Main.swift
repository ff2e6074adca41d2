import MatchmakingDomain
import Pipeline
import Postgres

@main
struct Main {
    static func main() {
        ServiceMain(
            Matchmaking(),
            migrations: [
                Migration(
                    name: "schema_001_matchmaking", sql: String(decoding: PackageResources.schema_001_matchmaking_sql, as: UTF8.self)),
                Migration(name: "schema_002_loan", sql: String(decoding: PackageResources.schema_002_loan_sql, as: UTF8.self)),
            ],
            tables: MatchmakingTables.all
        ).run()
    }
}
