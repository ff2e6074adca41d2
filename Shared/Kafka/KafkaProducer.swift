import CRdKafka
import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// Writes messages to the partitions that the outbox names, and reports each one's fate.
///
/// Idempotent, and it never gives up on a message by itself. After a delivery fault or a fatal error: `abandon`, make a new one,
/// and send again from the lowest message that was not acknowledged; what the old one had in flight may still arrive, so receivers
/// must know a repetition when they see one.
///
/// A success is believed only with an offset. Without one the library has concluded it from a later message's success, which is
/// wrong when the broker had no sequence of this producer to compare with; such a message is reported `unconfirmed`.
///
/// Sendable: the state is under a lock, and librdkafka's calls are thread safe.
@safe public final class KafkaProducer: @unchecked Sendable {
    private let state: Mutex<State>
    private let context: ClientContext
    private let ended: DispatchSemaphore

    private struct State {
        var handle: ClientHandle?
        var destinations: [String: Destination] = [:]
    }

    /// A partition that is known to exist, so that sending to it asks nobody. Good for this producer only.
    public struct Destination: Sendable {
        fileprivate let handle: ClientHandle
        fileprivate let topic: TopicReference
        fileprivate let partitionCount: Int
        fileprivate let counted: ContinuousClock.Instant
    }

    /// Makes the client; connects in the background. `onDelivery` is called once per message, inside `serve` and `flush`, on the
    /// thread that called them, and never after `abandon`.
    public init(_ settings: KafkaSettings, onDelivery: @escaping @Sendable (DeliveryReport) -> Void) throws(KafkaFault) {
        context = ClientContext(onDelivery: onDelivery)
        let handle = try ClientHandle(.producer, settings: settings, context: context)
        ended = handle.ended
        state = Mutex(State(handle: handle))
    }

    deinit { context.silence() }

    /// Queues one message for one partition; bytes are copied. `tag` comes back in the delivery report.
    ///
    /// Refuses a partition that does not exist, a full queue (`queueFull`: serve, then try again), a message that is too large, and
    /// everything after a fatal error. The first message to a topic asks a broker for the topic's partitions and may take up to 5 s.
    public func produce(
        topic: String, partition: Int32, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader], tag: UInt64
    ) throws(KafkaFault) {
        let target = try destination(topic, partition)
        let error = unsafe withBytes(key) { key in
            unsafe withBytes(value) { value in
                unsafe send(target, topic, partition, key: key, value: value, headers: headers, tag: tag)
            }
        }
        if let error { throw error }
    }

    /// Like the other, to a partition known to exist, with key and value where they lie in a larger block of bytes.
    public func produce(
        to target: Destination, topic: String, partition: Int32, in block: [UInt8], key: Range<Int>?, value: Range<Int>,
        headers: [KafkaHeader], tag: UInt64
    ) throws(KafkaFault) {
        let error = unsafe block.withUnsafeBytes { block in
            let keyBytes = unsafe key.map { unsafe UnsafeRawBufferPointer(rebasing: block[$0]) }
            return unsafe send(
                target, topic, partition, key: keyBytes, value: UnsafeRawBufferPointer(rebasing: block[value]), headers: headers, tag: tag)
        }
        if let error { throw error }
    }

    private func send(
        _ target: Destination, _ topic: String, _ partition: Int32, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: [KafkaHeader], tag: UInt64
    ) -> KafkaFault? {
        var list: OpaquePointer?
        if !headers.isEmpty {
            guard let made = unsafe headerList(headers) else { return .configuration(key: "headers", reason: "out of memory") }
            unsafe list = made
        }
        context.inFlight.add(1, ordering: .relaxed)
        let error = unsafe enqueue(target, partition, key: key, value: value, headers: list, tag: tag)
        guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        context.inFlight.subtract(1, ordering: .relaxed)
        // The library takes the list only when it takes the message.
        if let list = unsafe list { unsafe rd_kafka_headers_destroy(list) }
        // After a fatal error the library answers with that error's own code.
        if error != RD_KAFKA_RESP_ERR__QUEUE_FULL, let fatal = target.handle.fatal { return fatal }
        return unsafe KafkaFault(error, during: "produce to \(topic)", topic: topic, partition: partition, bytes: value?.count ?? 0)
    }

    /// Hands out delivery reports that are there, waiting up to `wait` for the first.
    public func serve(wait: Duration) {
        guard let handle = current else { return }
        unsafe rd_kafka_poll(handle.raw, wait.clientMilliseconds)
    }

    /// Waits until every message has its report, serving them. False: some were still in flight when the time was up.
    /// True does not mean that they were written: only the reports say that.
    public func flush(_ timeout: Duration) -> Bool {
        guard let handle = current else { return true }
        unsafe rd_kafka_flush(handle.raw, timeout.clientMilliseconds)
        return inFlight == 0
    }

    /// Messages whose report was not handed out yet.
    public var inFlight: Int { context.inFlight.load(ordering: .relaxed) }

    /// The error after which only a new producer helps, if there was one.
    public var fatal: KafkaFault? { current?.fatal }

    /// How many partitions the topic has, as first asked; nil where there is no such topic (asked again the next time).
    public func partitionCount(topic: String, timeout: Duration = .seconds(5)) throws(KafkaFault) -> Int? {
        let (handle, known) = state.withLock { ($0.handle, $0.destinations[topic]?.partitionCount) }
        guard let handle else { throw .closed }
        if let known { return known }
        return try count(topic, with: handle, timeout: timeout)?.partitionCount
    }

    /// Drops everything that is queued or in flight and ends the client in the background. Returns at once; no report comes after
    /// it, and every later `produce` throws `closed`.
    public func abandon() {
        context.silence()
        context.inFlight.store(0, ordering: .relaxed)
        let handle = state.withLock { state in
            defer { state = State(handle: nil) }
            return state.handle
        }
        guard let handle else { return }
        startThread {
            unsafe rd_kafka_purge(handle.raw, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
        }
    }

    /// Waits for the end of an abandoned client: for an orderly exit and for tests. False: not within `timeout`. At most one caller.
    public func waitUntilEnded(_ timeout: Duration) -> Bool {
        ended.wait(timeout: .now() + .microseconds(Int(clamping: timeout.wholeMicroseconds))) == .success
    }

    /// Puts the producer into the state that follows a fatal error: for fault tests.
    public func provokeFatal(_ reason: String) {
        guard let handle = current else { return }
        unsafe rd_kafka_test_fatal_error(handle.raw, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, reason)
    }

    private var current: ClientHandle? { state.withLock { $0.handle } }

    /// The topic's object, once the partition is known to exist. The first call for a topic asks a broker and may take up to 5 s.
    public func destination(_ topic: String, _ partition: Int32) throws(KafkaFault) -> Destination {
        let (handle, known) = state.withLock { ($0.handle, $0.destinations[topic]) }
        guard let handle else { throw .closed }
        if let known {
            if partition >= 0, partition < known.partitionCount { return known }
            // Partitions may have been added since; but not every wrong number is worth a question.
            if partition < 0 || known.counted.duration(to: .now) < .seconds(1) {
                throw .unknownTopicOrPartition(topic: topic, partition: partition)
            }
        }
        guard let counted = try count(topic, with: handle, timeout: .seconds(5)) else {
            throw .unknownTopicOrPartition(topic: topic, partition: -1)
        }
        guard partition >= 0, partition < counted.partitionCount else {
            throw .unknownTopicOrPartition(topic: topic, partition: partition)
        }
        return counted
    }

    /// Asks a broker for the topic's partitions and remembers the answer. Also warms the library's own knowledge of the topic,
    /// without which the first message may wait a second.
    private func count(_ topic: String, with handle: ClientHandle, timeout: Duration) throws(KafkaFault) -> Destination? {
        guard let count = try handle.partitionCounts(timeout: timeout)[topic] else { return nil }
        let destination = Destination(handle: handle, topic: try handle.topic(topic), partitionCount: count, counted: .now)
        state.withLock { state in
            guard state.handle === handle else { return }
            state.destinations[topic] = destination
        }
        return destination
    }

    /// One `rd_kafka_produceva` call. The headers go as one prebuilt list: with single headers, librdkafka 2.0.2 frees them twice
    /// when the partition does not exist.
    private func enqueue(
        _ target: Destination, _ partition: Int32, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: OpaquePointer?, tag: UInt64
    ) -> rd_kafka_resp_err_t {
        unsafe withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 7) { arguments in
            unsafe arguments.initialize(repeating: rd_kafka_vu_t())
            unsafe arguments[0].vtype = RD_KAFKA_VTYPE_RKT
            unsafe arguments[0].u.rkt = target.topic.raw
            unsafe arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION
            unsafe arguments[1].u.i32 = partition
            unsafe arguments[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS
            unsafe arguments[2].u.i = RD_KAFKA_MSG_F_COPY
            unsafe arguments[3].vtype = RD_KAFKA_VTYPE_KEY
            unsafe arguments[3].u.mem.ptr = UnsafeMutableRawPointer(mutating: address(key))
            unsafe arguments[3].u.mem.size = key?.count ?? 0
            unsafe arguments[4].vtype = RD_KAFKA_VTYPE_VALUE
            unsafe arguments[4].u.mem.ptr = UnsafeMutableRawPointer(mutating: address(value))
            unsafe arguments[4].u.mem.size = value?.count ?? 0
            unsafe arguments[5].vtype = RD_KAFKA_VTYPE_OPAQUE
            unsafe arguments[5].u.ptr = UnsafeMutableRawPointer(bitPattern: UInt(tag))
            var count = 6
            if let headers = unsafe headers {
                unsafe arguments[6].vtype = RD_KAFKA_VTYPE_HEADERS
                unsafe arguments[6].u.headers = headers
                count = 7
            }
            guard let error = unsafe rd_kafka_produceva(target.handle.raw, arguments.baseAddress, count) else {
                return RD_KAFKA_RESP_ERR_NO_ERROR
            }
            defer { unsafe rd_kafka_error_destroy(error) }
            return unsafe rd_kafka_error_code(error)
        }
    }
}

/// The library's list of these headers; the caller owns it. Nil when there is no memory for one.
private func headerList(_ headers: [KafkaHeader]) -> OpaquePointer? {
    guard let list = unsafe rd_kafka_headers_new(headers.count) else { return nil }
    for header in headers {
        var name = header.name
        name.withUTF8 { name in
            unsafe header.value.withUnsafeBytes { value in
                _ = unsafe rd_kafka_header_add(
                    list, UnsafeRawPointer(name.baseAddress ?? UnsafePointer(nowhere)).assumingMemoryBound(to: CChar.self),
                    name.count, value.baseAddress ?? UnsafeRawPointer(nowhere), value.count)
            }
        }
    }
    return unsafe list
}

/// Where the bytes lie; for none an address all the same, since a null one would be a null key or a tombstone.
private func address(_ bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
    guard let bytes = unsafe bytes else { return nil }
    return unsafe bytes.baseAddress ?? UnsafeRawPointer(nowhere)
}

/// The bytes, or nil; never a null address for an empty array, since that would be a null key or a tombstone.
private func withBytes<Result>(_ array: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
    guard let array else { return body(nil) }
    return unsafe array.withUnsafeBytes { bytes in
        if unsafe bytes.isEmpty { return unsafe body(UnsafeRawBufferPointer(start: nowhere, count: 0)) }
        return unsafe body(bytes)
    }
}

/// An address for things without bytes: one byte that nobody reads or frees.
nonisolated(unsafe) private let nowhere = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
