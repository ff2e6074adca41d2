import Contracts
import Foundation
import Kafka
import Pipeline
import Support
import Synchronization
import Vocabulary

/// The log itself: read whole, and written to past all rules.
final class RawLog {
    private let world: FaultWorld
    private let producer: KafkaProducer
    private var tag: UInt64 = 0

    init(_ world: FaultWorld) throws {
        self.world = world
        let failed = Failures()
        failures = failed
        // The client writes a request for each partition: few and full ones, and several under way, or the round trips would be the rate.
        let inBulk = [
            "message.max.bytes": "1000000", "max.in.flight": "5", "linger.ms": "300", "queue.buffering.max.messages": "200000",
        ]
        producer = try KafkaProducer(KafkaSettings(bootstrap: world.kafka.bootstrap, clientID: "raw", extra: inBulk)) {
            if $0.fault != nil { failed.add() }
        }
    }

    private final class Failures: Sendable {
        let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
    }
    private let failures: Failures

    /// Messages that the broker did not take.
    var refused: Int { failures.count.withLock { $0 } }

    /// False when the client itself refuses the message.
    func append(_ topic: String, _ partition: Int32, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader]) throws -> Bool {
        tag += 1
        for _ in 0..<10_000 {
            do throws(KafkaFault) {
                try producer.produce(topic: topic, partition: partition, key: key, value: value, headers: headers, tag: tag)
                return true
            } catch {
                guard case .queueFull = error else { return false }
                producer.serve(wait: .milliseconds(10))
            }
        }
        throw Trouble("the broker takes nothing")
    }

    func flush() throws {
        guard producer.flush(.seconds(120)) else { throw Trouble("the broker does not acknowledge") }
    }

    func finish() throws {
        try flush()
        producer.abandon()
    }

    /// Every message of a topic as it lies in the log now.
    func messages(of topic: String, _ take: (RawMessage) throws -> Void) throws {
        let consumer = try KafkaConsumer(KafkaSettings(bootstrap: world.kafka.bootstrap, clientID: "raw"), groupID: "raw")
        defer { consumer.close() }
        var ends: [Int32: Int64] = [:]
        var positions: [TopicPosition] = []
        for partition in 0..<FaultWorld.lanes {
            let marks = try consumer.marks(of: topic, partition)
            guard marks.low < marks.high else { continue }
            ends[partition] = marks.high
            positions.append(TopicPosition(topic: topic, partition: partition, offset: marks.low))
        }
        try consumer.assign(positions)
        var idle = 0
        while !ends.isEmpty, idle < 40 {
            var messages: [RawMessage] = []
            var errors: [PartitionError] = []
            try consumer.poll(into: &messages, errors: &errors, countMax: 10_000, bytesMax: 8 << 20, wait: .milliseconds(500))
            idle = messages.isEmpty ? idle + 1 : 0
            for message in messages {
                guard let end = ends[message.partition] else { continue }
                if message.offset + 1 >= end { ends[message.partition] = nil }
                try take(message)
            }
        }
    }

    /// How many messages lie in all partitions of the topic.
    func count(_ topic: String) throws -> Int64 {
        let consumer = try KafkaConsumer(KafkaSettings(bootstrap: world.kafka.bootstrap, clientID: "raw"), groupID: "raw")
        defer { consumer.close() }
        var count: Int64 = 0
        for partition in 0..<FaultWorld.lanes {
            let marks = try consumer.marks(of: topic, partition)
            count += marks.high - marks.low
        }
        return count
    }
}

extension KafkaConsumer {
    /// Where the log of a partition begins and ends. A broker that has hardly a core to itself may lose its own lease for a moment, and leads
    /// nothing until it has it again.
    func marks(of topic: String, _ partition: Int32) throws -> (low: Int64, high: Int64) {
        var found: (low: Int64, high: Int64)?
        _ = eventually(within: .seconds(60)) {
            found = try? watermarks(topic: topic, partition: partition, timeout: .seconds(10))
            return found != nil
        }
        return try found ?? watermarks(topic: topic, partition: partition, timeout: .seconds(10))
    }
}

/// Topics by who writes them.
enum Topics {
    static let between = [
        Topic.ingestionRecords, Topic.governanceIdentity, Topic.governanceFacts, Topic.governanceEvents, Topic.scoringPortraits,
        Topic.matchmakingEvents, Topic.policyPushEvents, Topic.policyPushGrants, Topic.riskMonitoringEvents, Topic.exchangeEvents,
    ]

    static func outside(_ world: FaultWorld) throws -> [String] {
        try world.texts("SELECT DISTINCT topic FROM ingestion.consumer_offset WHERE topic <> '@lane' ORDER BY 1")
    }
}
