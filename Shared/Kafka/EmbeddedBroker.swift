import CRdKafka
import Vocabulary

/// librdkafka's built-in broker, in this process, on a loopback port which the system chooses (2.0.2 cannot be told one): for
/// tests, fault injection, and a first look without Kafka.
///
/// What it is, in librdkafka 2.0.2 (read in its source, and measured):
/// - In memory, gone with the process. Each partition keeps at most 5 MiB as compressed, or 100,000 batches, and drops the oldest.
/// - Topics are made by `createTopic` only: it does not serve the admin calls. A client that asks about one missing topic by name
///   creates it with 4 partitions; our clients ask for all topics, but `KafkaConsumer.assign` to a missing topic creates it.
/// - Idempotent production and lz4 work, but without a transactional id no sequence number is checked: it writes what it gets.
/// - `watermarks` are right, also after old batches were dropped. There is no look-up by time.
/// - A fetch returns one batch per partition. A fetch that finds nothing is answered after `fetch.wait.max.ms`, even when a message
///   comes in between: set 10 ms where latency matters (`settings`).
/// - Offsets can be stored for lag without joining a group. It takes messages of any size below 100 MB.
///
/// Sendable: the mock cluster's calls are thread safe, and the stored pointers never change.
@safe public final class EmbeddedBroker: @unchecked Sendable {
    /// `127.0.0.1:port`.
    public let bootstrap: String
    private let handle: ClientHandle
    private let cluster: OpaquePointer

    /// Starts one broker without topics.
    public init() throws(KafkaFault) {
        let settings = KafkaSettings(bootstrap: "", clientID: "embedded-broker")
        handle = try ClientHandle(.admin, settings: settings, context: ClientContext(onDelivery: nil))
        guard let cluster = unsafe rd_kafka_mock_cluster_new(handle.raw, 1) else {
            throw .configuration(key: "embedded broker", reason: "librdkafka could not start it")
        }
        unsafe self.cluster = cluster
        bootstrap = unsafe rd_kafka_mock_cluster_bootstraps(cluster).map { unsafe String(cString: $0) } ?? ""
    }

    deinit { unsafe rd_kafka_mock_cluster_destroy(cluster) }

    /// For a client of this broker: does not wait long for messages, since a wait here is always waited out.
    public func settings(clientID: String, extra: [String: String] = [:]) -> KafkaSettings {
        KafkaSettings(
            bootstrap: bootstrap, clientID: clientID, extra: ["fetch.wait.max.ms": "10"].merging(extra) { _, given in given })
    }

    /// Makes a topic. Refuses one that exists.
    public func createTopic(_ name: String, partitions: Int) throws(KafkaFault) {
        let error = unsafe rd_kafka_mock_topic_create(cluster, name, Int32(clamping: partitions), 1)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(error, during: "create topic \(name)", topic: name) }
    }

    /// A kind of request, by the protocol's number.
    public struct RequestKind: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
        public let rawValue: Int16
        public init(rawValue: Int16) { self.rawValue = rawValue }
        public init(integerLiteral value: Int16) { rawValue = value }

        public static let produce: RequestKind = 0
        public static let fetch: RequestKind = 1
        public static let listOffsets: RequestKind = 2
        public static let metadata: RequestKind = 3
        public static let offsetCommit: RequestKind = 8
        public static let findCoordinator: RequestKind = 10
        public static let initProducerID: RequestKind = 22
    }

    /// What the broker can be made to answer, by the protocol's number.
    public enum Code {
        /// Closes the connection in place of an answer.
        public static let disconnect = RD_KAFKA_RESP_ERR__TRANSPORT.rawValue
        public static let offsetOutOfRange = RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE.rawValue
        public static let notLeader = RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION.rawValue
        public static let requestTimedOut = RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT.rawValue
        public static let messageTooLarge = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE.rawValue
        public static let notEnoughReplicas = RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS.rawValue
        public static let topicAuthorizationFailed = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue
        public static let outOfOrderSequence = RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER.rawValue
        public static let invalidRecord = RD_KAFKA_RESP_ERR_INVALID_RECORD.rawValue
    }

    /// The next requests of this kind get these answers, one each; then all is well again.
    public func pushErrors(apiKey: RequestKind, codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        unsafe rd_kafka_mock_push_request_errors_array(cluster, apiKey.rawValue, errors.count, errors)
    }

    /// Forgets the answers that were not given yet.
    public func clearErrors(apiKey: RequestKind) { unsafe rd_kafka_mock_clear_request_errors(cluster, apiKey.rawValue) }

    /// Drops all connections and takes no new ones; the log stays.
    public func setDown() { unsafe rd_kafka_mock_broker_set_down(cluster, -1) }

    /// Takes connections again, on the same port.
    public func setUp() { unsafe rd_kafka_mock_broker_set_up(cluster, -1) }

    /// Each answer waits this long. Unit: whole milliseconds.
    public func setRoundTrip(_ length: Duration) { unsafe rd_kafka_mock_broker_set_rtt(cluster, -1, length.clientMilliseconds) }
}
