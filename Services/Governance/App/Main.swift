import GovernanceDomain
import Pipeline
import Postgres

@main
struct Main {
    static func main() {
        ServiceMain(
            Governance(),
            migrations: [
                Migration(name: "schema_001_governance", sql: String(decoding: PackageResources.schema_001_governance_sql, as: UTF8.self)),
                Migration(
                    name: "schema_002_governance_in_full",
                    sql: String(decoding: PackageResources.schema_002_governance_in_full_sql, as: UTF8.self)),
            ]
        ).run()
    }
}
