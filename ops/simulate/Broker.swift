import Kafka
import Pipeline
import Vocabulary

/// One partition's log.
final class PartitionLog {
    let place: TopicPartition
    /// The offset of the first message that is there.
    private(set) var low: Int64 = 0
    private(set) var messages: [RawMessage] = []
    /// What was cut off the beginning, until the operator puts it back.
    private var cutOff: [RawMessage] = []
    /// Never cut: another reader's traces depend on it, or nobody could send it again.
    var lostEnds = 0

    init(_ place: TopicPartition) { self.place = place }

    var high: Int64 { low + Int64(messages.count) }

    func append(key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8])]) {
        messages.append(
            RawMessage(topic: place.topic, partition: place.partition, offset: high, key: key, value: value, headers: headers))
    }

    /// Also what was cut off and nobody asked for.
    var everything: [RawMessage] { cutOff + messages }

    /// Messages from `offset` on.
    func messages(from offset: Int64, count: Int) -> ArraySlice<RawMessage> {
        let first = max(0, Int(offset - low))
        return messages[min(first, messages.count)..<min(first + max(0, count), messages.count)]
    }

    /// The last messages are gone, though they were acknowledged.
    func loseEnd(_ count: Int) {
        messages.removeLast(min(count, messages.count))
        lostEnds += 1
    }

    /// The first messages are gone.
    func loseBeginning(upTo offset: Int64) {
        let count = Int(min(max(0, offset - low), Int64(messages.count)))
        cutOff.append(contentsOf: messages.prefix(count))
        messages.removeFirst(count)
        low += Int64(count)
    }

    /// The operator puts back what the beginning lost.
    func restoreBeginning() {
        messages.insert(contentsOf: cutOff, at: 0)
        low -= Int64(cutOff.count)
        cutOff = []
    }
}

/// The logs of all partitions.
final class Broker {
    let lanes: Int32
    private var logs: [TopicPartition: PartitionLog] = [:]
    /// Requests of producers that are gone, which may still be carried out.
    var late: [(log: PartitionLog, message: WireMessage)] = []

    init(lanes: Int32) { self.lanes = lanes }

    func log(_ place: TopicPartition) -> PartitionLog {
        if let known = logs[place] { return known }
        let made = PartitionLog(place)
        logs[place] = made
        return made
    }

    var all: [PartitionLog] {
        logs.values.sorted { ($0.place.topic, $0.place.partition) < ($1.place.topic, $1.place.partition) }
    }
}

extension PartitionLog {
    func append(_ message: WireMessage) {
        append(
            key: message.key.map { Array(message.frames[$0]) }, value: Array(message.frames[message.value]),
            headers: message.headers.map { ($0.name, $0.value) })
    }
}
