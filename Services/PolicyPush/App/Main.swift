import Pipeline
import PolicyPushDomain
import Postgres

@main
struct Main {
    static func main() {
        ServiceMain(
            PolicyPush(),
            migrations: [
                Migration(name: "schema_001_policypush", sql: String(decoding: PackageResources.schema_001_policypush_sql, as: UTF8.self))
            ],
            tables: PolicyPushTables.all
        ).run()
    }
}
