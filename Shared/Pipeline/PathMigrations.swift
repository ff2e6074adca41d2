import Postgres

extension PathMigration {
    /// All of the path's migrations, in order.
    package static let all = [path, partitions, attempt, deadLetters, operatorActs]

    /// `outbox` and `outside_id` in ranges of time.
    package static let partitions = Migration(
        name: "pipeline_003_partitions", sql: String(decoding: PackageResources.pipeline_003_partitions_sql, as: UTF8.self))
    /// What was tried after an unclean end.
    package static let attempt = Migration(
        name: "pipeline_004_attempt", sql: String(decoding: PackageResources.pipeline_004_attempt_sql, as: UTF8.self))
    /// The life of a dead letter.
    package static let deadLetters = Migration(
        name: "pipeline_005_dead_letters", sql: String(decoding: PackageResources.pipeline_005_dead_letters_sql, as: UTF8.self))
    /// Pauses, and what operators do to positions.
    package static let operatorActs = Migration(
        name: "pipeline_006_operator_acts", sql: String(decoding: PackageResources.pipeline_006_operator_acts_sql, as: UTF8.self))
}
