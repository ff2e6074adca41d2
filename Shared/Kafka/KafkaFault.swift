import CRdKafka

/// What went wrong between us and Kafka, with the thing that it went wrong for.
public enum KafkaFault: Error, Hashable, Sendable {
    /// The client library refused a setting, or a client could not be made from the settings.
    case configuration(key: String, reason: String)
    /// No broker answers: refused, reset, name not found, TLS handshake failed. The library goes on trying by itself.
    case brokerUnreachable
    /// The broker was asked and did not answer in time; what was asked may or may not have happened.
    case timedOut(operation: String)
    /// The cluster has no such topic, or the topic has no such partition. Partition -1: the topic as a whole.
    case unknownTopicOrPartition(topic: String, partition: Int32)
    /// The broker knows who we are and says no, or does not believe who we say we are.
    case authorization(subject: String, reason: String)
    /// Larger than the client's or the broker's bound. Unit: bytes of the value.
    case messageTooLarge(topic: String, bytes: Int)
    /// The log begins after, or ends before, the offset that was asked for: it was truncated, or expired, or the topic is another one.
    case offsetOutOfRange(topic: String, partition: Int32, offset: Int64)
    /// The idempotent producer can promise its order no longer. Only a new producer helps; see `KafkaProducer.abandon`.
    case fatal(code: Int32, reason: String)
    /// The library calls a message written but cannot say where: it only concluded so from a later message's success. That
    /// conclusion can be wrong (see `KafkaProducer`), so the message must be sent again.
    case unconfirmed(topic: String, partition: Int32)
    /// The producer's own queue is full: serve delivery reports, then try again.
    case queueFull
    /// The client was closed or abandoned by us.
    case closed
    /// Anything else, by librdkafka's number and name (negative: the library's own, positive: the broker's).
    case other(code: Int32, name: String, reason: String)

    /// Whether the same thing may succeed later with nobody's help. `fatal` counts, with a new producer.
    public var isTransient: Bool {
        switch self {
        case .brokerUnreachable, .timedOut, .fatal, .unconfirmed, .queueFull: true
        case .configuration, .unknownTopicOrPartition, .authorization, .messageTooLarge, .offsetOutOfRange, .closed: false
        case .other(let code, _, _): Self.transientCodes.contains(code)
        }
    }

    /// A stable word for metrics, logs and tests.
    public var code: String {
        switch self {
        case .configuration: "kafka_configuration"
        case .brokerUnreachable: "kafka_broker_unreachable"
        case .timedOut: "kafka_timed_out"
        case .unknownTopicOrPartition: "kafka_unknown_topic_or_partition"
        case .authorization: "kafka_authorization"
        case .messageTooLarge: "kafka_message_too_large"
        case .offsetOutOfRange: "kafka_offset_out_of_range"
        case .fatal: "kafka_fatal"
        case .unconfirmed: "kafka_unconfirmed"
        case .queueFull: "kafka_queue_full"
        case .closed: "kafka_closed"
        case .other: "kafka_other"
        }
    }

    /// Codes that go away: elections, coordinators that move, replicas that lag, our own purge before a new start.
    private static let transientCodes: Set<Int32> = Set(
        [
            RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
            RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
            RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_STALE_BROKER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_ELIGIBLE_LEADERS_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__IN_PROGRESS,
            RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__OUTDATED, RD_KAFKA_RESP_ERR__INTR,
            RD_KAFKA_RESP_ERR__ISR_INSUFF, RD_KAFKA_RESP_ERR__NODE_UPDATE,
        ].map { $0.rawValue })
}

extension KafkaFault: CustomStringConvertible {
    /// One line for a log or an operator.
    public var description: String {
        switch self {
        case .configuration(let key, let reason): "kafka setting \(key): \(reason)"
        case .brokerUnreachable: "no kafka broker answers"
        case .timedOut(let operation): "kafka did not answer in time: \(operation)"
        case .unknownTopicOrPartition(let topic, let partition):
            partition < 0 ? "kafka has no topic \(topic)" : "kafka has no partition \(partition) of topic \(topic)"
        case .authorization(let subject, let reason):
            subject.isEmpty ? "kafka refuses us: \(reason)" : "kafka refuses us \(subject): \(reason)"
        case .messageTooLarge(let topic, let bytes): "a message of \(bytes) bytes is too large for topic \(topic)"
        case .offsetOutOfRange(let topic, let partition, let offset):
            "offset \(offset) is outside the log of partition \(partition) of topic \(topic)"
        case .fatal(let code, let reason): "the kafka producer is unusable (\(code)): \(reason)"
        case .unconfirmed(let topic, let partition): "a message to partition \(partition) of topic \(topic) may not be written"
        case .queueFull: "the kafka producer's queue is full"
        case .closed: "the kafka client is closed"
        case .other(let code, let name, let reason): "kafka \(name) (\(code)): \(reason)"
        }
    }
}

extension KafkaFault {
    /// From librdkafka's code, with what is known of the place. `bytes` is the size of the value, where there is one.
    init(
        _ error: rd_kafka_resp_err_t, during operation: String, topic: String = "", partition: Int32 = -1, offset: Int64 = -1,
        bytes: Int = 0, reason: String? = nil
    ) {
        let reason = reason ?? errorText(error)
        switch error {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR__UNKNOWN_BROKER:
            self = .brokerUnreachable
        case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            self = .timedOut(operation: operation)
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            self = .unknownTopicOrPartition(topic: topic, partition: partition)
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR__AUTHENTICATION:
            self = .authorization(subject: topic, reason: reason)
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
            self = .messageTooLarge(topic: topic, bytes: bytes)
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            self = .offsetOutOfRange(topic: topic, partition: partition, offset: offset)
        case RD_KAFKA_RESP_ERR__FATAL:
            self = .fatal(code: error.rawValue, reason: reason)
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
            self = .queueFull
        case RD_KAFKA_RESP_ERR__DESTROY:
            self = .closed
        default:
            self = .other(code: error.rawValue, name: errorName(error), reason: reason)
        }
    }
}

/// librdkafka's sentence for a code.
func errorText(_ error: rd_kafka_resp_err_t) -> String {
    guard let text = unsafe rd_kafka_err2str(error) else { return "error \(error.rawValue)" }
    return unsafe String(cString: text)
}

/// librdkafka's symbol for a code, without its prefix.
func errorName(_ error: rd_kafka_resp_err_t) -> String {
    guard let name = unsafe rd_kafka_err2name(error) else { return "ERR\(error.rawValue)" }
    return unsafe String(cString: name)
}
