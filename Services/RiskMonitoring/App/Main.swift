import Pipeline
import Postgres
import RiskMonitoringDomain

@main
struct Main {
    static func main() {
        ServiceMain(
            RiskMonitoring(),
            migrations: [
                Migration(
                    name: "schema_001_riskmonitoring", sql: String(decoding: PackageResources.schema_001_riskmonitoring_sql, as: UTF8.self)),
                Migration(name: "schema_002_marks", sql: String(decoding: PackageResources.schema_002_marks_sql, as: UTF8.self)),
            ],
            tables: RiskTables.all
        ).run()
    }
}
