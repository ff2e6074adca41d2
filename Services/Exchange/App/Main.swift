import ExchangeDomain
import Pipeline
import Postgres

@main
struct Main {
    static func main() {
        ServiceMain(
            Exchange(),
            migrations: [
                Migration(name: "schema_001_exchange", sql: String(decoding: PackageResources.schema_001_exchange_sql, as: UTF8.self)),
                Migration(name: "schema_002_receivers", sql: String(decoding: PackageResources.schema_002_receivers_sql, as: UTF8.self)),
                Migration(
                    name: "schema_003_consent_pause", sql: String(decoding: PackageResources.schema_003_consent_pause_sql, as: UTF8.self)),
            ],
            tables: ExchangeTables.all
        ).run()
    }
}
