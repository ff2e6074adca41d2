import Postgres

/// The tables of the one path, as migrations that every service applies to its own schema, in order.
public enum PathMigration {
    public static let all = [
        migration("pipeline_001_path", PackageResources.pipeline_001_path_sql),
        migration("pipeline_002_events", PackageResources.pipeline_002_events_sql),
        migration("pipeline_003_partitions", PackageResources.pipeline_003_partitions_sql),
        migration("pipeline_004_attempt", PackageResources.pipeline_004_attempt_sql),
        migration("pipeline_005_dead_letters", PackageResources.pipeline_005_dead_letters_sql),
        migration("pipeline_006_operator_acts", PackageResources.pipeline_006_operator_acts_sql),
        migration("pipeline_007_epoch", PackageResources.pipeline_007_epoch_sql),
        migration("pipeline_008_ledger", PackageResources.pipeline_008_ledger_sql),
        migration("pipeline_009_statistics", PackageResources.pipeline_009_statistics_sql),
        migration("pipeline_010_letters_raw", PackageResources.pipeline_010_letters_raw_sql),
    ]

    private static func migration(_ name: String, _ sql: [UInt8]) -> Migration {
        Migration(name: name, sql: String(decoding: sql, as: UTF8.self))
    }
}
