import Pipeline
import Postgres
import ReportingDomain

@main
struct Main {
    static func main() {
        ServiceMain(
            Reporting(),
            migrations: [
                Migration(name: "schema_001_reporting", sql: String(decoding: PackageResources.schema_001_reporting_sql, as: UTF8.self)),
                Migration(name: "schema_002_watches", sql: String(decoding: PackageResources.schema_002_watches_sql, as: UTF8.self)),
                Migration(name: "schema_003_marks", sql: String(decoding: PackageResources.schema_003_marks_sql, as: UTF8.self)),
                Migration(
                    name: "schema_004_alert_marks", sql: String(decoding: PackageResources.schema_004_alert_marks_sql, as: UTF8.self)),
                Migration(
                    name: "schema_005_conversion", sql: String(decoding: PackageResources.schema_005_conversion_sql, as: UTF8.self)),
                Migration(
                    name: "schema_006_quarantine", sql: String(decoding: PackageResources.schema_006_quarantine_sql, as: UTF8.self)),
            ],
            tables: ReportingTables.all,
            furtherKeys: ["XINQIAO_CONSOLE_SERVICES"],
            pages: { server, postgres, log in
                let database = ConsoleDatabase(postgres)
                Console(database: database, probes: ServiceProbe.configured()).register(with: server)
                QuarterlyWriter(database: ConsoleDatabase(postgres), log: log).start()
            }
        ).run()
    }
}
