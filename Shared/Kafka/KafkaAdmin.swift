import CRdKafka
import Glibc
import Vocabulary

/// A topic to be made.
public struct TopicSpec: Hashable, Sendable {
    public let name: String
    public let partitions: Int
    public let replication: Int
    /// Topic settings by Kafka's names, as `retention.ms`; the broker checks them.
    public let config: [String: String]

    public init(name: String, partitions: Int, replication: Int = 1, config: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.config = config
    }
}

/// What became of one `TopicSpec`.
public enum TopicOutcome: Hashable, Sendable {
    case created
    /// It was there before; its settings were not looked at.
    case existed
    case failed(KafkaFault)
}

/// A topic that the cluster has.
public struct TopicDescription: Hashable, Sendable {
    public let name: String
    public let partitions: Int

    public init(name: String, partitions: Int) {
        self.name = name
        self.partitions = partitions
    }
}

/// The few questions and orders that the operator's tool puts to a cluster. Every call blocks, for its time-out at most.
@safe public final class KafkaAdmin {
    private let handle: ClientHandle

    public init(_ settings: KafkaSettings) throws(KafkaFault) {
        handle = try ClientHandle(.admin, settings: settings, context: ClientContext(onDelivery: nil))
    }

    /// The client's, for what stands in other files.
    var raw: OpaquePointer { unsafe handle.raw }

    /// Whether the controller that a broker names is one of the brokers, or none is known yet.
    func hasController(timeout: Duration) throws(KafkaFault) -> Bool {
        let brokers = unsafe try handle.metadata(timeout: timeout) { metadata in
            (0..<Int(unsafe metadata.broker_cnt)).map { unsafe metadata.brokers[$0].id }
        }
        let controller = unsafe rd_kafka_controllerid(handle.raw, timeout.clientMilliseconds)
        return controller < 0 || brokers.contains(controller)
    }

    /// Makes the topics and waits until a broker shows them; one outcome per spec, in the same order. Throws when there was no
    /// answer at all, or when what was made does not show in time.
    public func createTopics(_ specs: [TopicSpec], timeout: Duration) throws(KafkaFault) -> [TopicOutcome] {
        guard !specs.isEmpty else { return [] }
        let deadline = ContinuousClock.now + timeout
        var topics: [OpaquePointer?] = unsafe []
        defer { unsafe rd_kafka_NewTopic_destroy_array(&topics, topics.count) }
        var reason = [CChar](repeating: 0, count: 512)
        for spec in specs {
            let made = unsafe rd_kafka_NewTopic_new(
                spec.name, Int32(clamping: spec.partitions), Int32(clamping: spec.replication), &reason, reason.count)
            guard let topic = unsafe made else { throw .configuration(key: spec.name, reason: text(of: reason)) }
            unsafe topics.append(topic)
            for (key, value) in spec.config {
                let error = unsafe rd_kafka_NewTopic_set_config(topic, key, value)
                guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .configuration(key: key, reason: errorText(error)) }
            }
        }
        let event = unsafe try ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topics", timeout) { options, queue in
            unsafe rd_kafka_CreateTopics(handle.raw, &topics, topics.count, options, queue)
        }
        var count = 0
        let results = unsafe rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.raw), &count)
        let outcomes = unsafe self.outcomes(results, count, "create topic")
        let answers = specs.map { spec -> TopicOutcome in
            switch outcomes[spec.name] {
            case .some(.none): .created
            case .some(.some(.other(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS.rawValue, _, _))): .existed
            case .some(.some(let fault)): .failed(fault)
            case .none: .failed(.timedOut(operation: "create topic \(spec.name)"))
            }
        }
        let made = zip(specs, answers).filter { $0.1 == .created }.map { ($0.0.name, $0.0.partitions) }
        try waitUntilShown(made, until: deadline)
        return answers
    }

    /// Deletes topics; the fault of each one that could not be, by name.
    public func deleteTopics(_ names: [String], timeout: Duration) throws(KafkaFault) -> [String: KafkaFault] {
        guard !names.isEmpty else { return [:] }
        var topics: [OpaquePointer?] = unsafe names.map { unsafe rd_kafka_DeleteTopic_new($0) }
        defer { unsafe rd_kafka_DeleteTopic_destroy_array(&topics, topics.count) }
        let event = unsafe try ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topics", timeout) { options, queue in
            unsafe rd_kafka_DeleteTopics(handle.raw, &topics, topics.count, options, queue)
        }
        var count = 0
        let results = unsafe rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.raw), &count)
        return unsafe outcomes(results, count, "delete topic").compactMapValues { $0 }
    }

    /// Raises the topic's number of partitions to `total` and waits until a broker shows them. Refuses to lower it.
    public func addPartitions(topic: String, total: Int, timeout: Duration) throws(KafkaFault) {
        let deadline = ContinuousClock.now + timeout
        var reason = [CChar](repeating: 0, count: 512)
        guard let order = unsafe rd_kafka_NewPartitions_new(topic, max(0, total), &reason, reason.count) else {
            throw .configuration(key: topic, reason: text(of: reason))
        }
        defer { unsafe rd_kafka_NewPartitions_destroy(order) }
        var orders: [OpaquePointer?] = unsafe [order]
        let event = unsafe try ask(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, "add partitions to \(topic)", timeout) { options, queue in
            unsafe rd_kafka_CreatePartitions(handle.raw, &orders, 1, options, queue)
        }
        var count = 0
        let results = unsafe rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.raw), &count)
        if let fault = unsafe outcomes(results, count, "add partitions").values.compactMap({ $0 }).first { throw fault }
        try waitUntilShown([(topic, total)], until: deadline)
    }

    /// Kafka says that a topic is made before its brokers know of it: a producer that starts in between would find none.
    private func waitUntilShown(_ topics: [(name: String, partitions: Int)], until deadline: ContinuousClock.Instant) throws(KafkaFault) {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            let counts = try handle.partitionCounts(timeout: max(left, .milliseconds(100)))
            guard let missing = topics.first(where: { counts[$0.name, default: 0] < $0.partitions }) else { return }
            guard left > .zero else { throw .timedOut(operation: "topic \(missing.name) to be shown") }
            usleep(20_000)
        }
    }

    /// Every topic of the cluster that we may see, Kafka's own (`__consumer_offsets`) too, by name.
    public func describe(timeout: Duration) throws(KafkaFault) -> [TopicDescription] {
        try handle.partitionCounts(timeout: timeout).map { TopicDescription(name: $0.key, partitions: $0.value) }
            .sorted { $0.name < $1.name }
    }

    /// The settings in force for a topic, the broker's defaults included.
    public func describeConfig(topic: String, timeout: Duration) throws(KafkaFault) -> [String: String] {
        try configEntries(topic, timeout).mapValues { $0.value }
    }

    /// Sets some of a topic's settings and leaves its others as they are.
    ///
    /// librdkafka 2.0.2 can only replace all of them, so the ones set before are read and sent along: not for two at a time.
    public func alterConfig(
        topic: String, _ changes: [String: String], timeout: Duration = .seconds(15)
    ) throws(KafkaFault) {
        let kept = try configEntries(topic, timeout).filter { $0.value.isOwn }.mapValues { $0.value }
        guard let resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic) else {
            throw .configuration(key: topic, reason: "not a topic name")
        }
        defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
        for (key, value) in kept.merging(changes, uniquingKeysWith: { _, changed in changed }) {
            let error = unsafe rd_kafka_ConfigResource_set_config(resource, key, value)
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .configuration(key: key, reason: errorText(error)) }
        }
        var resources: [OpaquePointer?] = unsafe [resource]
        let event = unsafe try ask(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, "alter settings of \(topic)", timeout) { options, queue in
            unsafe rd_kafka_AlterConfigs(handle.raw, &resources, 1, options, queue)
        }
        var count = 0
        let results = unsafe rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event.raw), &count)
        guard count == 1, let result = unsafe results?[0] else { throw .timedOut(operation: "alter settings of \(topic)") }
        unsafe try check(result, topic, "alter settings of \(topic)")
    }

    /// The id that the cluster was formatted with.
    public func clusterID(timeout: Duration) throws(KafkaFault) -> String {
        guard let id = unsafe rd_kafka_clusterid(handle.raw, timeout.clientMilliseconds) else {
            throw .timedOut(operation: "cluster id")
        }
        defer { unsafe rd_kafka_mem_free(handle.raw, id) }
        return unsafe String(cString: id)
    }

    /// A setting and whether it was set for this topic, in contrast to inherited.
    private struct ConfigEntry {
        let value: String
        let isOwn: Bool
    }

    private func configEntries(_ topic: String, _ timeout: Duration) throws(KafkaFault) -> [String: ConfigEntry] {
        guard let resource = unsafe rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic) else {
            throw .configuration(key: topic, reason: "not a topic name")
        }
        defer { unsafe rd_kafka_ConfigResource_destroy(resource) }
        var resources: [OpaquePointer?] = unsafe [resource]
        let event = unsafe try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "settings of \(topic)", timeout) { options, queue in
            unsafe rd_kafka_DescribeConfigs(handle.raw, &resources, 1, options, queue)
        }
        var count = 0
        let results = unsafe rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.raw), &count)
        guard count == 1, let result = unsafe results?[0] else { throw .timedOut(operation: "settings of \(topic)") }
        unsafe try check(result, topic, "settings of \(topic)")
        var entryCount = 0
        let found = unsafe rd_kafka_ConfigResource_configs(result, &entryCount)
        var entries: [String: ConfigEntry] = [:]
        for index in 0..<entryCount {
            guard let entry = unsafe found?[index], let name = unsafe rd_kafka_ConfigEntry_name(entry),
                let value = unsafe rd_kafka_ConfigEntry_value(entry)
            else { continue }
            unsafe entries[String(cString: name)] = ConfigEntry(
                value: String(cString: value),
                isOwn: rd_kafka_ConfigEntry_source(entry) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
        }
        return entries
    }

    private func check(_ resource: OpaquePointer, _ topic: String, _ operation: String) throws(KafkaFault) {
        let error = unsafe rd_kafka_ConfigResource_error(resource)
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        let reason = unsafe rd_kafka_ConfigResource_error_string(resource).map { unsafe String(cString: $0) }
        throw KafkaFault(error, during: operation, topic: topic, reason: reason)
    }

    /// Puts one order and waits for its answer. The answer's own error, if any, is thrown.
    func ask(
        _ kind: rd_kafka_admin_op_t, _ operation: String, _ timeout: Duration, _ order: (OpaquePointer?, OpaquePointer) -> Void
    ) throws(KafkaFault) -> AdminAnswer {
        guard let queue = unsafe rd_kafka_queue_new(handle.raw), let options = unsafe rd_kafka_AdminOptions_new(handle.raw, kind)
        else { throw .configuration(key: operation, reason: "out of memory") }
        defer {
            unsafe rd_kafka_AdminOptions_destroy(options)
            unsafe rd_kafka_queue_destroy(queue)
        }
        let milliseconds = timeout.clientMilliseconds
        var reason = [CChar](repeating: 0, count: 256)
        _ = unsafe rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, &reason, reason.count)
        if kind == RD_KAFKA_ADMIN_OP_CREATETOPICS || kind == RD_KAFKA_ADMIN_OP_CREATEPARTITIONS || kind == RD_KAFKA_ADMIN_OP_DELETETOPICS {
            // Until the controller has spread the news, so that the next question finds the topic.
            _ = unsafe rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, &reason, reason.count)
        }
        unsafe order(options, queue)
        guard let raw = unsafe rd_kafka_queue_poll(queue, milliseconds &+ 500) else { throw .timedOut(operation: operation) }
        let answer = unsafe AdminAnswer(raw: raw)
        let error = unsafe rd_kafka_event_error(raw)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = unsafe rd_kafka_event_error_string(raw).map { unsafe String(cString: $0) }
            throw KafkaFault(error, during: operation, reason: text)
        }
        return answer
    }

    /// Each topic's fault, nil for success, by name.
    private func outcomes(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ operation: String
    ) -> [String: KafkaFault?] {
        var outcomes: [String: KafkaFault?] = [:]
        for index in 0..<count {
            guard let result = unsafe results?[index], let name = unsafe rd_kafka_topic_result_name(result) else { continue }
            let topic = unsafe String(cString: name)
            let error = unsafe rd_kafka_topic_result_error(result)
            if error == RD_KAFKA_RESP_ERR_NO_ERROR {
                outcomes.updateValue(nil, forKey: topic)
            } else {
                let reason = unsafe rd_kafka_topic_result_error_string(result).map { unsafe String(cString: $0) }
                outcomes.updateValue(KafkaFault(error, during: "\(operation) \(topic)", topic: topic, reason: reason), forKey: topic)
            }
        }
        return outcomes
    }
}

/// An answer's memory; what was read out of it is valid while it lives.
@safe final class AdminAnswer {
    let raw: OpaquePointer
    init(raw: OpaquePointer) { unsafe self.raw = raw }
    deinit { unsafe rd_kafka_event_destroy(raw) }
}
