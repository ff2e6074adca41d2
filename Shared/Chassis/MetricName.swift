/// Every metric of the suite. What is not in this list cannot be counted; alerts and dashboards may use nothing else.
///
/// All but the `process_` ones also carry the label `service`. No label may hold a firm, a person or anything else without a bound.
public enum MetricName: String, CaseIterable, Sendable {
    // Messages
    case messagesConsumed = "credit_messages_consumed_total"
    case messagesProcessed = "credit_messages_processed_total"
    case batchDuration = "credit_batch_duration_seconds"
    case batchMessages = "credit_batch_messages"
    case endToEndLatency = "credit_end_to_end_latency_seconds"
    // Lag
    case consumerLagMessages = "credit_consumer_lag_messages"
    case consumerLagSeconds = "credit_consumer_lag_seconds"
    case consumerNextOffset = "credit_consumer_next_offset"
    case topicHighWatermark = "credit_topic_high_watermark_offset"
    case topicLowWatermark = "credit_topic_low_watermark_offset"
    case consumerAssignedPartitions = "credit_consumer_assigned_partitions"
    case consumerRebalances = "credit_consumer_rebalances_total"
    case consumerFenced = "credit_consumer_fenced_total"
    case consumerPaused = "credit_consumer_paused"
    case sourceTruncated = "credit_source_truncated"
    case sourceSlowed = "credit_source_slowed"
    case sourceHeldBack = "credit_source_held_back_total"
    case sourceSilent = "credit_source_silent_seconds"
    case sourceCompleteness = "credit_source_completeness_ratio"
    case sourceLate = "credit_source_late"
    // Outbox and links
    case outboxPending = "credit_outbox_pending_messages"
    case outboxOldestAge = "credit_outbox_oldest_unpublished_age_seconds"
    case outboxPublished = "credit_outbox_published_total"
    case outboxPublishErrors = "credit_outbox_publish_errors_total"
    case linkDuplicatesDropped = "credit_link_duplicates_dropped_total"
    case linkGaps = "credit_link_gaps_total"
    case linkStalled = "credit_link_stalled"
    // Dead letters
    case deadLetters = "credit_dlq_messages_total"
    case deadLettersPending = "credit_dlq_pending_messages"
    // Database
    case dbTransactions = "credit_db_transactions_total"
    case dbTransactionDuration = "credit_db_transaction_duration_seconds"
    case dbErrors = "credit_db_errors_total"
    case dbReconnects = "credit_db_reconnects_total"
    case dbUp = "credit_db_up"
    case dbTransactionIDAge = "credit_db_transaction_id_age"
    // Kafka client
    case kafkaFatalErrors = "credit_kafka_fatal_errors_total"
    // Business
    case ingestRecords = "credit_ingest_records_total"
    case qualityRecords = "credit_quality_records_total"
    case scoresComputed = "credit_scores_computed_total"
    case scorePSI = "credit_score_psi"
    case matchesEmitted = "credit_matches_emitted_total"
    case policiesPushed = "credit_policies_pushed_total"
    case riskAlerts = "credit_risk_alerts_total"
    case released = "credit_releases_total"
    case consentDenied = "credit_consent_denied_total"
    case effectRefused = "credit_effects_refused_total"
    case auditTreeSize = "credit_audit_tree_size"
    case auditCheckpointAge = "credit_audit_checkpoint_age_seconds"
    // Process
    case processCPU = "process_cpu_seconds_total"
    case processResidentMemory = "process_resident_memory_bytes"
    case processOpenFiles = "process_open_fds"
    case processOpenFilesMax = "process_max_fds"
    case processStart = "process_start_time_seconds"
    case certificateEnd = "credit_certificate_end_seconds"
    case buildInfo = "credit_build_info"
    case ready = "credit_ready"
    case live = "credit_live"
    case metricMisuses = "credit_metric_misuses_total"

    /// What a metric is.
    public struct Declaration: Sendable {
        public let kind: Kind
        public let help: String
        /// Prometheus's base unit in words, or what is counted.
        public let unit: String
        /// The label names, in the order they are written.
        public let labels: [String]
    }

    /// How a metric moves.
    public enum Kind: Sendable, Equatable {
        /// Only up, from 0 at the start of the process.
        case counter
        case gauge
        /// With the upper bounds of its buckets, rising, without the infinite one.
        case histogram([Double])
    }
}

extension MetricName {
    /// Upper bounds in seconds for work inside one machine.
    static let workSeconds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    /// Upper bounds in seconds for the way through a topic, which may have waited for days.
    static let latencySeconds: [Double] = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400]
    static let counts: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 40_000]

    public var declaration: Declaration {
        func counter(_ help: String, of unit: String, _ labels: String...) -> Declaration {
            Declaration(kind: .counter, help: help, unit: unit, labels: labels)
        }
        func gauge(_ help: String, in unit: String, _ labels: String...) -> Declaration {
            Declaration(kind: .gauge, help: help, unit: unit, labels: labels)
        }
        func histogram(_ help: String, in unit: String, _ bounds: [Double], _ labels: String...) -> Declaration {
            Declaration(kind: .histogram(bounds), help: help, unit: unit, labels: labels)
        }
        switch self {
        case .messagesConsumed: return counter("Messages taken from Kafka.", of: "messages", "topic")
        case .messagesProcessed:
            return counter(
                "Messages whose transaction committed; outcome is applied, duplicate, rejected, suppressed, parked or abandoned.",
                of: "messages", "topic", "outcome")
        case .batchDuration: return histogram("Time of one batch, from poll to commit.", in: "seconds", Self.workSeconds)
        case .batchMessages: return histogram("Messages in one batch.", in: "messages", Self.counts)
        case .endToEndLatency:
            return histogram(
                "Time from a message's entry into its topic to our commit; of each batch and topic the first.", in: "seconds",
                Self.latencySeconds, "topic")
        case .consumerLagMessages: return gauge("Messages in the topic that are not yet committed.", in: "messages", "topic", "partition")
        case .consumerLagSeconds:
            return gauge(
                "How long ago the last committed message came, while others wait behind it; else 0.", in: "seconds", "topic", "partition")
        case .consumerNextOffset: return gauge("The next offset, as the database has it.", in: "offset", "topic", "partition")
        case .topicHighWatermark: return gauge("The broker's end of the partition.", in: "offset", "topic", "partition")
        case .topicLowWatermark: return gauge("The broker's beginning of the partition.", in: "offset", "topic", "partition")
        case .consumerAssignedPartitions: return gauge("Partitions this process works on.", in: "partitions", "topic")
        case .consumerRebalances: return counter("Lanes taken up or given up; kind is assign or revoke.", of: "lanes", "kind")
        case .consumerFenced: return counter("Batches rolled back because another process had moved the offset.", of: "batches")
        case .consumerPaused: return gauge("1 while a lane is paused and waits for the operator.", in: "flag", "topic", "partition")
        case .sourceTruncated:
            return gauge(
                "1 while a partition is refused because the broker no longer has the next offset.", in: "flag", "topic", "partition")
        case .sourceSlowed:
            return gauge("1 while a topic is not fetched from because its source has used up its quota.", in: "flag", "topic")
        case .sourceHeldBack:
            return counter("Messages that had to wait for the quota of their source after they were fetched.", of: "messages", "topic")
        case .sourceSilent: return gauge("Time since the source was last heard of, by record type.", in: "seconds", "source", "type")
        case .sourceCompleteness:
            return gauge(
                "Periods of the source's rhythm for which something came, of those that were due; of the types that it names the lowest.",
                in: "of 1", "source")
        case .sourceLate:
            return gauge(
                "1 while the latest period that is due has nothing, or nothing of a type that the rhythm names.", in: "flag", "source")
        case .outboxPending: return gauge("Committed messages not yet acknowledged by Kafka.", in: "messages")
        case .outboxOldestAge: return gauge("Age of the oldest committed message not yet acknowledged by Kafka.", in: "seconds")
        case .outboxPublished: return counter("Messages acknowledged by Kafka.", of: "messages", "topic")
        case .outboxPublishErrors: return counter("Failed deliveries, by the name of the error.", of: "deliveries", "error")
        case .linkDuplicatesDropped: return counter("Messages whose link sequence had been applied before.", of: "messages", "topic")
        case .linkGaps: return counter("Messages not applied because an earlier one of their link is missing.", of: "messages", "topic")
        case .linkStalled: return gauge("Links that wait for a missing message.", in: "links", "topic")
        case .deadLetters: return counter("Messages set aside as dead letters.", of: "messages", "topic", "reason")
        case .deadLettersPending: return gauge("Dead letters nobody has replayed or discarded.", in: "messages")
        case .dbTransactions:
            return counter("Transactions ended; outcome is commit, rollback or unknown.", of: "transactions", "outcome")
        case .dbTransactionDuration: return histogram("Time of one transaction.", in: "seconds", Self.workSeconds)
        case .dbErrors: return counter("Errors of PostgreSQL, by the first two characters of SQLSTATE.", of: "errors", "sqlstate_class")
        case .dbReconnects: return counter("Connections made again after one broke.", of: "connections")
        case .dbUp: return gauge("1 while the last statement reached PostgreSQL.", in: "flag")
        case .dbTransactionIDAge: return gauge("Age of the oldest frozen transaction id of the database.", in: "transactions")
        case .kafkaFatalErrors: return counter("Fatal errors of the Kafka client; each makes a new producer.", of: "errors")
        case .ingestRecords: return counter("Records let in; writer is source, institution or portal.", of: "records", "writer", "type")
        case .qualityRecords:
            return counter("Records that governance looked at; outcome is established, held or refused.", of: "records", "type", "outcome")
        case .scoresComputed: return counter("Scores computed and sent on.", of: "scores", "model", "version")
        case .scorePSI: return gauge("Population stability index of a model's scores against its training.", in: "index", "model")
        case .matchesEmitted: return counter("Matches of a firm and a product that were sent on.", of: "matches")
        case .policiesPushed:
            return counter(
                "What firms were told of policies; outcome is pushed, withdrawn, reminded, claimed, granted or grant-refused.",
                of: "messages", "outcome")
        case .riskAlerts: return counter("Post-loan warnings.", of: "warnings", "severity", "rule")
        case .released: return counter("What left the house, by whom it went to.", of: "releases", "receiver", "type")
        case .consentDenied: return counter("Releases refused for want of consent.", of: "releases", "purpose")
        case .effectRefused:
            return counter(
                "Timers and catalogue walks whose outcome was refused, such as one too large to be sent.", of: "outcomes", "reason")
        case .auditTreeSize: return gauge("Leaves of the tamper-evident log.", in: "leaves")
        case .auditCheckpointAge:
            return gauge("How long the oldest leaf of the tamper-evident log has waited for a signed checkpoint.", in: "seconds")
        case .processCPU: return counter("Processor time of the process, user and system.", of: "seconds")
        case .processResidentMemory: return gauge("Memory of the process in RAM.", in: "bytes")
        case .processOpenFiles: return gauge("Open file descriptors.", in: "files")
        case .processOpenFilesMax: return gauge("The most file descriptors the process may open.", in: "files")
        case .processStart: return gauge("When the process started, in seconds since the Unix epoch.", in: "seconds")
        case .certificateEnd:
            return gauge(
                "When the first certificate ends of a file that the process read at its start, in seconds since the Unix epoch.",
                in: "seconds", "file")
        case .buildInfo:
            return gauge("Always 1; the labels say what runs.", in: "flag", "version", "revision", "swift", "librdkafka", "libpq")
        case .ready: return gauge("1 while /readyz says yes.", in: "flag")
        case .live: return gauge("1 while /livez says yes.", in: "flag")
        case .metricMisuses: return counter("Metrics asked for with the wrong kind or labels, or with too many label values.", of: "errors")
        }
    }

    /// Whether the label `service` is written first.
    var carriesService: Bool { rawValue.hasPrefix("credit_") }
}
