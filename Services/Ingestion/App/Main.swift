import Contracts
import Deciding
import IngestionDomain
import Pipeline
import Postgres
import Vocabulary

@main
struct Main {
    static func main() {
        ServiceMain(
            Ingestion(),
            migrations: [
                Migration(name: "schema_001_ingestion", sql: String(decoding: PackageResources.schema_001_ingestion_sql, as: UTF8.self)),
                Migration(name: "schema_002_coverage", sql: String(decoding: PackageResources.schema_002_coverage_sql, as: UTF8.self)),
                Migration(name: "schema_003_zones", sql: String(decoding: PackageResources.schema_003_zones_sql, as: UTF8.self)),
                Migration(name: "schema_004_days", sql: String(decoding: PackageResources.schema_004_days_sql, as: UTF8.self)),
            ],
            tables: [AcceptedRecordTable.table, RegisteredSubjectTable.table],
            inputs: { OutsideTopics.read(by: $0) },
            quotas: { catalog, now in catalog.view(IngestionCatalog.self).grants(at: now) },
            readings: { catalog, connection, now throws(PostgresFault) in try SourceReadings.read(catalog, connection, now) }
        ).run()
    }
}
