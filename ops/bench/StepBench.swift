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
        let batches = stride(from: 0, to: log.count, by: batchSize).map { start in
            InputBatch(messages: Array(log[start..<min(start + batchSize, log.count)]))
        }
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
        var book = store.book(topics: [Topic.ingestionRecords], lanes: lanes)
        var cache = StateCache<Adder.State>()
        var sent = 0
        for batch in batches {
            let result = try step.run(batch, book: book, cache: &cache, catalog: .empty, at: .epoch, loading: store)
            try store.commit(result.write)
            book = result.book
            sent += store.takeOutbox().reduce(0) { $0 + $1.messages.count }
        }
        let applied = store.counts.filter { $0.key.outcome == .applied }.reduce(0) { $0 + $1.value }
        guard applied == messages, sent == messages else { throw BenchFault.unequal("\(applied) applied, \(sent) sent of \(messages)") }
        return sent
    }

    /// What ingestion would have sent, in order.
    private static func makeLog() -> [RawMessage] {
        var offsets = [Int64](repeating: 0, count: Int(lanes))
        return (0..<messages).map { number in
            let key = "firm-\(number % keys)"
            let lane = Lane.of(key, lanes: lanes)
            let offset = offsets[Int(lane)]
            offsets[Int(lane)] += 1
            let start = "{\"add\":\(number % 10),\"note\":\""
            let value = Array((start + String(repeating: "n", count: valueByteCount - start.utf8.count - 2) + "\"}").utf8)
            var event = CloudEvent(id: "m-\(number)", source: "xinqiao/ingestion/\(lane)", type: "add", data: value)
            event.time = .epoch
            event.subject = key
            event.sequence = offset + 1
            event.dataContentType = "application/json"
            return RawMessage(
                topic: Topic.ingestionRecords, partition: lane, offset: offset, key: Array(key.utf8), value: value,
                headers: event.binaryHeaders())
        }
    }
}
