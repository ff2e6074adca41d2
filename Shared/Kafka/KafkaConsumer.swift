import CRdKafka
import Dispatch
import Glibc
import Synchronization
import Vocabulary

/// Reads the partitions that it is told to, from the offsets that it is told, on one thread.
///
/// There is no subscription: positions live in PostgreSQL, and the group id serves dashboards only. An offset outside the log is
/// an error of its partition, never a silent jump.
@safe public final class KafkaConsumer {
    private var handle: ClientHandle?
    private var names = TopicNames()
    private var headerNames = HeaderNames()
    private let isNudging = Flag()

    /// Makes the client; connects in the background. Refuses settings that the library does not know.
    public init(_ settings: KafkaSettings, groupID: String) throws(KafkaFault) {
        handle = try ClientHandle(.consumer(groupID: groupID), settings: settings, context: ClientContext(onDelivery: nil))
    }

    /// Reads exactly these partitions from now on, each from its offset; whatever was assigned before is dropped, fetched or not.
    public func assign(_ positions: [TopicPosition]) throws(KafkaFault) {
        let handle = try open()
        // Held, so that a message's topic pointer stays the topic's.
        for position in positions { _ = try handle.topic(position.topic) }
        let list = try PartitionList(positions)
        let error = unsafe rd_kafka_assign(handle.raw, list.raw)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(error, during: "assign") }
    }

    /// Fetches nothing from these partitions until `resume`, and drops what was fetched of them and not yet polled; it is fetched again then.
    /// A few more of their messages may come while the library takes notice. Offsets do not count.
    public func pause(_ places: [TopicPosition]) throws(KafkaFault) {
        let list = try PartitionList(places)
        let error = unsafe rd_kafka_pause_partitions(try open().raw, list.raw)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(error, during: "pause") }
    }

    /// Fetches from these partitions again, each behind the last message that was polled.
    public func resume(_ places: [TopicPosition]) throws(KafkaFault) {
        let list = try PartitionList(places)
        let error = unsafe rd_kafka_resume_partitions(try open().raw, list.raw)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(error, during: "resume") }
    }

    /// Appends what there is to read: waits up to `wait` for the first message, then takes what has been fetched already.
    /// Stops at `countMax` messages and errors, or once the values and keys of this call reach `bytesMax` (the last may overshoot).
    /// A partition that cannot be read on is appended to `errors` once and the others go on; throws when the client is unusable.
    public func poll(
        into batch: inout [RawMessage], errors: inout [PartitionError], countMax: Int, bytesMax: Int, wait: Duration
    ) throws(KafkaFault) {
        let handle = try open()
        var milliseconds = wait.clientMilliseconds
        var count = 0
        var bytes = 0
        while count < countMax, bytes < bytesMax {
            // One by one: the batch calls of librdkafka 2.0.2 skip or mix offsets.
            guard let message = unsafe rd_kafka_consumer_poll(handle.raw, milliseconds) else { break }
            milliseconds = 0
            count += 1
            if unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                bytes += unsafe message.pointee.len + message.pointee.key_len
                unsafe batch.append(read(message))
            } else if unsafe message.pointee.rkt != nil {
                unsafe errors.append(partitionError(message.pointee))
            } else {
                unsafe handle.context.note(KafkaFault(message.pointee.err, during: "poll"))
                if let fatal = handle.fatal {
                    unsafe rd_kafka_message_destroy(message)
                    throw fatal
                }
            }
            unsafe rd_kafka_message_destroy(message)
        }
        // A full call says that there is a backlog, and that the client's queue may have been full until now.
        if count >= countMax || bytes >= bytesMax, let last = batch.last { nudge(handle, last.topic, last.partition) }
    }

    /// Lets librdkafka 2.0.2 see that there is room in its queue again. Its thread for a broker looks only when something happens on
    /// the connection, or once a second; so something is asked of the partition's leader, and the answer is thrown away.
    private func nudge(_ handle: ClientHandle, _ topic: String, _ partition: Int32) {
        guard isNudging.raise() else { return }
        startThread { [isNudging] in
            var low: Int64 = 0
            var high: Int64 = 0
            _ = unsafe rd_kafka_query_watermark_offsets(handle.raw, topic, partition, &low, &high, 1_000)
            isNudging.lower()
        }
    }

    /// The first offset that the partition still has and the one that its next message will get, asked of its leader now.
    public func watermarks(topic: String, partition: Int32, timeout: Duration) throws(KafkaFault) -> (low: Int64, high: Int64) {
        let handle = try open()
        // librdkafka 2.0.2 does not keep to the time-out here, so the question is put on another thread, which may stay behind.
        let answer = PendingAnswer<Result<Watermarks, KafkaFault>>()
        let milliseconds = timeout.clientMilliseconds
        startThread {
            var low: Int64 = 0
            var high: Int64 = 0
            let error = unsafe rd_kafka_query_watermark_offsets(handle.raw, topic, partition, &low, &high, milliseconds)
            if error == RD_KAFKA_RESP_ERR_NO_ERROR {
                answer.give(.success(Watermarks(low: low, high: high)))
            } else {
                answer.give(
                    .failure(KafkaFault(error, during: "watermarks of \(topic)", topic: topic, partition: partition)))
            }
        }
        guard let result = answer.wait(timeout + .milliseconds(200)) else {
            throw .timedOut(operation: "watermarks of \(topic)/\(partition)")
        }
        let marks = try result.get()
        return (marks.low, marks.high)
    }

    /// The beginning and the end of the partition as the last fetch saw them; nil before the first. Asks nobody.
    public func cachedWatermarks(topic: String, partition: Int32) -> (low: Int64, high: Int64)? {
        guard let handle else { return nil }
        var low: Int64 = 0
        var high: Int64 = 0
        let error = unsafe rd_kafka_get_watermark_offsets(handle.raw, topic, partition, &low, &high)
        return error == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? (max(0, low), high) : nil
    }

    /// Tells the group coordinator how far we are, so that Kafka's own tools show the lag. In the background, best effort, after
    /// the database has committed; no service ever reads it back.
    public func storeForLag(_ next: [TopicPosition]) {
        guard let handle, !next.isEmpty, let list = try? PartitionList(next) else { return }
        let error = unsafe rd_kafka_commit(handle.raw, list.raw, 1)
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { handle.context.note(KafkaFault(error, during: "store offsets for lag")) }
    }

    /// What `storeForLag` left with the coordinator, nil for nothing. For dashboards and tests, never for a position.
    public func storedForLag(topic: String, partition: Int32, timeout: Duration) throws(KafkaFault) -> Int64? {
        let handle = try open()
        let list = try PartitionList([TopicPosition(topic: topic, partition: partition, offset: -1)])
        let error = unsafe rd_kafka_committed(handle.raw, list.raw, timeout.clientMilliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(error, during: "stored offsets", topic: topic) }
        let offset = list.firstOffset
        return offset < 0 ? nil : offset
    }

    /// How many partitions the topic has, asked of a broker now; nil where there is no such topic.
    public func partitionCount(topic: String, timeout: Duration) throws(KafkaFault) -> Int? {
        try partitionCounts(timeout: timeout)[topic]
    }

    /// The same of all topics that there are, by name, in one question.
    public func partitionCounts(timeout: Duration) throws(KafkaFault) -> [String: Int] { try open().partitionCounts(timeout: timeout) }

    /// The last thing that the library complained of in the background since the last call (a lost broker, a refused group).
    public func takeBackgroundFault() -> KafkaFault? { handle?.context.takeFault() }

    /// Lets the client go and waits up to 2 s for its end; whatever takes longer goes on in the background. Never needed for
    /// correctness. Calling it twice is fine.
    public func close() {
        guard let ended = handle?.ended else { return }
        handle = nil
        _ = ended.wait(timeout: .now() + .seconds(2))
    }

    private func open() throws(KafkaFault) -> ClientHandle {
        guard let handle else { throw .closed }
        return handle
    }

    private func read(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> RawMessage {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = unsafe rd_kafka_message_timestamp(message, &kind)
        return unsafe RawMessage(
            topic: names.name(of: TopicReference(message.pointee.rkt)),
            partition: message.pointee.partition,
            offset: message.pointee.offset,
            timestamp: milliseconds < 0 ? nil : Instant(microseconds: milliseconds &* 1000),
            key: bytes(message.pointee.key, count: message.pointee.key_len),
            value: bytes(message.pointee.payload, count: message.pointee.len),
            headers: readHeaders(message))
    }

    private func readHeaders(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> [(name: String, value: [UInt8])] {
        var list: OpaquePointer?
        guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list = unsafe list else { return [] }
        let count = unsafe rd_kafka_header_cnt(list)
        var headers: [(name: String, value: [UInt8])] = []
        headers.reserveCapacity(count)
        for index in 0..<count {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard unsafe rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
                let name = unsafe name
            else { break }
            unsafe headers.append((headerNames.text(name, at: index), bytes(value, count: size) ?? []))
        }
        return headers
    }

    private func partitionError(_ message: rd_kafka_message_t) -> PartitionError {
        let topic = unsafe names.name(of: TopicReference(message.rkt))
        let partition = unsafe message.partition
        let offset = unsafe max(message.offset, -1)
        let fault = unsafe KafkaFault(
            message.err, during: "read \(topic)/\(partition)", topic: topic, partition: partition, offset: offset)
        return PartitionError(topic: topic, partition: partition, offset: offset, fault: fault)
    }
}

/// Whether something is being done on another thread.
private final class Flag: Sendable {
    private let isUp = Atomic<Bool>(false)

    /// False when it was up already.
    func raise() -> Bool { !isUp.exchange(true, ordering: .acquiringAndReleasing) }
    func lower() { isUp.store(false, ordering: .releasing) }
}

private struct Watermarks: Sendable {
    let low: Int64
    let high: Int64
}

/// Copies bytes out of the library's memory. Nil stays nil.
@inline(__always)
private func bytes(_ start: UnsafeRawPointer?, count: Int) -> [UInt8]? {
    guard let start = unsafe start else { return nil }
    if count == 0 { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(start: start, count: count))
        initialized = count
    }
}

/// Header names by their place: messages of one topic carry the same ones in the same order, so nearly none makes a string.
@safe private struct HeaderNames: ~Copyable {
    private var slots: [(name: UnsafeMutablePointer<CChar>, text: String)] = unsafe []

    init() {}

    deinit {
        for index in unsafe slots.indices { unsafe free(slots[index].name) }
    }

    mutating func text(_ name: UnsafePointer<CChar>, at index: Int) -> String {
        if unsafe index < slots.count, unsafe strcmp(slots[index].name, name) == 0 { return unsafe slots[index].text }
        let text = unsafe String(cString: name)
        guard index < 64, let copy = unsafe strdup(name) else { return text }
        if unsafe index < slots.count {
            unsafe free(slots[index].name)
            unsafe slots[index] = (copy, text)
        } else if unsafe index == slots.count {
            unsafe slots.append((copy, text))
        } else {
            unsafe free(copy)
        }
        return text
    }
}

/// The library's list of partitions with offsets.
@safe struct PartitionList: ~Copyable {
    let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ positions: [TopicPosition]) throws(KafkaFault) {
        guard let raw = unsafe rd_kafka_topic_partition_list_new(Int32(clamping: positions.count)) else {
            throw .configuration(key: "", reason: "out of memory")
        }
        unsafe self.raw = raw
        for position in positions {
            guard let entry = unsafe rd_kafka_topic_partition_list_add(raw, position.topic, position.partition) else { continue }
            unsafe entry.pointee.offset = position.offset
        }
    }

    deinit { unsafe rd_kafka_topic_partition_list_destroy(raw) }

    var firstOffset: Int64 { unsafe raw.pointee.cnt > 0 ? raw.pointee.elems[0].offset : -1 }
}

/// An answer that another thread gives, at most once, and that may come too late.
private final class PendingAnswer<Answer: Sendable>: Sendable {
    private let answer = Mutex<Answer?>(nil)
    private let given = DispatchSemaphore(value: 0)

    func give(_ value: Answer) {
        answer.withLock { $0 = value }
        given.signal()
    }

    /// Nil: none within `timeout`.
    func wait(_ timeout: Duration) -> Answer? {
        guard given.wait(timeout: .now() + .microseconds(Int(clamping: timeout.wholeMicroseconds))) == .success else { return nil }
        return answer.withLock { $0 }
    }
}
