import Contracts
import Deciding
import Pipeline
import Vocabulary
import Wire

/// The one path without its two neighbours: the real step over the store in memory, with a decider that does next to nothing.
enum StepBench {
    private static let messages = 50_000
    private static let batchSize = 1_000
    private static let keys = 1_000
    private static let lanes: Int32 = 4
    private static let valueByteCount = 300

    static func measured(runs: Int) throws -> [Figure] {
        let log = makeLog()
        let batches = log.map { InputBatch(messages: [$0]) }
        let times = try Race.times(runs: runs, [.init(name: "step") { try applied(batches) }])
        return [
            Figure(
                "step_messages_per_s", "read, admit, decide and commit messages of 300 bytes, store in memory", unit: "messages/s",
                of: times[0].map { Double(messages) / $0 })
        ]
    }

    private static func applied(_ batches: [InputBatch]) throws -> Int {
        let store = MemoryStore()
        let step = Step(decider: Adder(), lanes: lanes)
        var book = store.takeUp(topics: [Topic.ingestionRecords], lanes: lanes)
        var cache = StateCache<Adder.State>()
        var sent = 0
        for batch in batches {
            let result = try step.run(batch, book: book, cache: &cache, catalog: .empty, at: .epoch, loading: store)
            try store.commit(result.write)
            book = result.book
            sent += store.takeOutbox().reduce(0) { $0 + $1.count }
        }
        let applied = store.counts.filter { $0.key.outcome == .applied }.reduce(0) { $0 + $1.value }
        guard applied == messages, sent == messages else { throw BenchFault.unequal("\(applied) applied, \(sent) sent of \(messages)") }
        return sent
    }

    /// What ingestion would have sent, in order: packed as its batches would be.
    private static func makeLog() -> [RawMessage] {
        let wire = LinkWire(service: .ingestion) { Topic.dialect(of: $0) }
        var byLane: [[OutgoingMessage]] = Array(repeating: [], count: Int(lanes))
        for number in 0..<messages {
            let key = "firm-\(number % keys)"
            let start = "{\"add\":\(number % 10),\"note\":\""
            let value = Array((start + String(repeating: "n", count: valueByteCount - start.utf8.count - 2) + "\"}").utf8)
            byLane[Int(Lane.of(key, lanes: lanes))].append(
                OutgoingMessage(topic: Topic.ingestionRecords, key: key, subject: key, type: "add", value: value))
        }
        return byLane.enumerated().flatMap { lane, messages in
            stride(from: 0, to: messages.count, by: batchSize).enumerated().flatMap { offset, start in
                let link = LinkOut(
                    lane: Int32(lane), place: TopicPartition(topic: Topic.ingestionRecords, partition: Int32(lane)))
                let row = OutboxRow(
                    link: link, firstSequence: Int64(start) + 1, at: .epoch,
                    messages: Array(messages[start..<min(start + batchSize, messages.count)]))
                return wire.raw(row, at: Int64(offset))
            }
        }
    }
}
