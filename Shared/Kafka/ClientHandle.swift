import CRdKafka
import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// One librdkafka client. Whoever is inside a call holds the handle, so it is never destroyed under a call; when the last one
/// lets go, it is destroyed on a thread of its own, since `rd_kafka_destroy` may block for as long as a broker stays away.
///
/// Sendable: librdkafka's calls are thread safe, and the stored pointers never change.
@safe final class ClientHandle: @unchecked Sendable {
    let raw: OpaquePointer
    let context: ClientContext
    /// Signalled once, when the client is gone.
    let ended = DispatchSemaphore(value: 0)
    /// Topic objects that we hold, so that the same pointer means the same topic for as long as the client lives.
    private let topics = Mutex<[String: TopicReference]>([:])

    init(_ role: ClientRole, settings: KafkaSettings, context: ClientContext) throws(KafkaFault) {
        self.context = context
        guard let configuration = unsafe rd_kafka_conf_new() else {
            throw .configuration(key: "", reason: "out of memory")
        }
        var reason = [CChar](repeating: 0, count: 512)
        for (key, value) in settings.properties(for: role) {
            let result = unsafe rd_kafka_conf_set(configuration, key, value, &reason, reason.count)
            guard result == RD_KAFKA_CONF_OK else {
                unsafe rd_kafka_conf_destroy(configuration)
                throw .configuration(key: key, reason: text(of: reason))
            }
        }
        // The library holds the context unretained; the handle retains it until after the destruction.
        unsafe rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(context).toOpaque())
        unsafe rd_kafka_conf_set_log_cb(configuration) { _, level, facility, text in
            unsafe KafkaLog.write(level: level, facility: facility, text: text)
        }
        unsafe rd_kafka_conf_set_error_cb(configuration) { _, code, reason, opaque in
            guard let opaque = unsafe opaque else { return }
            let reason = unsafe reason.map { unsafe String(cString: $0) }
            unsafe Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
                .note(KafkaFault(rd_kafka_resp_err_t(rawValue: code), during: "background", reason: reason))
        }
        let kind: rd_kafka_type_t
        switch role {
        case .producer:
            kind = RD_KAFKA_PRODUCER
            unsafe rd_kafka_conf_set_dr_msg_cb(configuration) { client, message, opaque in
                guard let message = unsafe message, let opaque = unsafe opaque else { return }
                unsafe Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue().deliver(message.pointee, of: client)
            }
        case .consumer:
            kind = RD_KAFKA_CONSUMER
        case .admin:
            kind = RD_KAFKA_PRODUCER
        }
        // rd_kafka_new takes the configuration over only when it succeeds.
        guard let raw = unsafe rd_kafka_new(kind, configuration, &reason, reason.count) else {
            unsafe rd_kafka_conf_destroy(configuration)
            throw .configuration(key: "", reason: text(of: reason))
        }
        unsafe self.raw = raw
        if case .consumer = role { unsafe rd_kafka_poll_set_consumer(raw) }
    }

    deinit {
        nonisolated(unsafe) let raw = unsafe raw
        let held = topics.withLock { Array($0.values) }
        let context = context
        let ended = ended
        startThread {
            for topic in held { unsafe rd_kafka_topic_destroy(topic.raw) }
            // Without the consumer's own closing: it commits nothing here, and it can hang when the coordinator is away.
            unsafe rd_kafka_destroy_flags(raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            withExtendedLifetime(context) {}
            ended.signal()
        }
    }

    /// The library's object for a topic, made at the first call and held until the client ends.
    func topic(_ name: String) throws(KafkaFault) -> TopicReference {
        let found = topics.withLock { topics -> TopicReference? in
            if let known = topics[name] { return known }
            guard let made = unsafe rd_kafka_topic_new(raw, name, nil) else { return nil }
            let reference = unsafe TopicReference(raw: made)
            topics[name] = reference
            return reference
        }
        guard let found else { throw KafkaFault(rd_kafka_last_error(), during: "open topic \(name)", topic: name) }
        return found
    }

    /// How many partitions each topic has, asked of a broker now.
    ///
    /// Asks for all topics: a question about one topic makes some brokers create it.
    func partitionCounts(timeout: Duration) throws(KafkaFault) -> [String: Int] {
        unsafe try metadata(timeout: timeout) { metadata in
            var counts: [String: Int] = [:]
            for index in 0..<Int(unsafe metadata.topic_cnt) {
                let topic = unsafe metadata.topics[index]
                guard let name = unsafe topic.topic else { continue }
                let count = unsafe Int(topic.partition_cnt)
                if count > 0 { unsafe counts[String(cString: name)] = count }
            }
            return counts
        }
    }

    /// What a broker knows now of all topics and brokers.
    func metadata<Answer>(timeout: Duration, _ read: (rd_kafka_metadata) -> Answer) throws(KafkaFault) -> Answer {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = unsafe rd_kafka_metadata(raw, 1, nil, &answer, timeout.clientMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = unsafe answer else {
            throw KafkaFault(error, during: "metadata")
        }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        return unsafe read(metadata.pointee)
    }

    /// The error after which the client is unusable, if there was one.
    var fatal: KafkaFault? {
        var reason = [CChar](repeating: 0, count: 512)
        let error = unsafe rd_kafka_fatal_error(raw, &reason, reason.count)
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return .fatal(code: error.rawValue, reason: text(of: reason))
    }
}

/// A topic object of the library, nearly always one that a `ClientHandle` holds. Sendable: the library counts its references and locks it.
@safe struct TopicReference: @unchecked Sendable, Hashable {
    let raw: OpaquePointer

    init(raw: OpaquePointer) { unsafe self.raw = raw }

    init?(_ raw: OpaquePointer?) {
        guard let raw = unsafe raw else { return nil }
        unsafe self.raw = raw
    }

    static func == (a: TopicReference, b: TopicReference) -> Bool { unsafe a.raw == b.raw }

    func hash(into hasher: inout Hasher) { unsafe hasher.combine(raw) }
}

/// What the library's callbacks reach: the receiver of delivery reports and the last thing that went wrong.
@safe final class ClientContext: Sendable {
    private let onDelivery: (@Sendable (DeliveryReport) -> Void)?
    private let silenced = Atomic<Bool>(false)
    private let lastFault = Mutex<KafkaFault?>(nil)
    private let names = Mutex(TopicNames())
    /// Messages taken and not yet reported. Counted here because the library's own length counts other events too.
    let inFlight = Atomic<Int>(0)

    init(onDelivery: (@Sendable (DeliveryReport) -> Void)?) { self.onDelivery = onDelivery }

    /// From now on no report reaches the receiver.
    func silence() { silenced.store(true, ordering: .releasing) }

    func note(_ fault: KafkaFault) { lastFault.withLock { $0 = fault } }

    /// The last background error since the last call.
    func takeFault() -> KafkaFault? {
        lastFault.withLock { fault in
            defer { fault = nil }
            return fault
        }
    }

    func deliver(_ message: rd_kafka_message_t, of client: OpaquePointer?) {
        guard let onDelivery, !silenced.load(ordering: .acquiring) else { return }
        inFlight.subtract(1, ordering: .relaxed)
        let tag = unsafe UInt64(UInt(bitPattern: message._private))
        let offset = unsafe message.offset
        let error = unsafe message.err
        var fault: KafkaFault?
        if error != RD_KAFKA_RESP_ERR_NO_ERROR || offset < 0 {
            let topic = unsafe TopicReference(message.rkt).map { topic in names.withLock { $0.name(of: topic) } } ?? ""
            let partition = unsafe message.partition
            fault =
                error == RD_KAFKA_RESP_ERR_NO_ERROR
                ? .unconfirmed(topic: topic, partition: partition)
                : KafkaFault(error, during: "deliver to \(topic)", topic: topic, partition: partition, bytes: unsafe message.len)
        }
        onDelivery(DeliveryReport(tag: tag, offset: offset, fault: fault))
    }
}

/// The names of topics by the library's pointer, so that not every message makes a string.
/// Right only for topics that a `ClientHandle` holds: the pointer of a topic let go may come back as another topic's.
struct TopicNames: Sendable {
    private var lastTopic: TopicReference?
    private var lastName = ""
    private var known: [TopicReference: String] = [:]

    init() {}

    mutating func name(of topic: TopicReference?) -> String {
        guard let topic else { return "" }
        if topic == lastTopic { return lastName }
        let name: String
        if let found = known[topic] {
            name = found
        } else {
            name = unsafe rd_kafka_topic_name(topic.raw).map { unsafe String(cString: $0) } ?? ""
            known[topic] = name
        }
        lastTopic = topic
        lastName = name
        return name
    }
}

extension Duration {
    /// Whole milliseconds for a C time-out, rounded up, so that a short wait is not a busy one. Negative is zero.
    var clientMilliseconds: Int32 { Int32(clamping: max(0, (wholeMicroseconds &+ 999) / 1000)) }
}

/// The bytes up to the NUL, as text.
func text(of buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Runs `body` on a detached thread of its own: for calls which may block longer than their caller can wait.
/// Should the system refuse a thread, `body` runs here: late is better than never.
func startThread(_ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    var thread = pthread_t()
    let result = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    if result == 0 {
        pthread_detach(thread)
    } else {
        unsafe box.takeRetainedValue().run()
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
