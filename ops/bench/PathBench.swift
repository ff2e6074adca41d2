import Contracts
import Deciding
import Foundation
import Kafka
import Pipeline
import Postgres
import Vocabulary

/// The whole path of one service, on a real Kafka and a real PostgreSQL on the same cores: messages of 300 bytes, each of them one state
/// kept and one message sent. Beside it the limit: COPY of the same states and the same outbox rows into the same tables.
enum PathBench {
    static let lanes: Int32 = 4
    private static let rowSize = 500
    static let input = Topic.ingestionRecords
    static let output = Topic.governanceFacts

    static func measured(messages: Int, rounds: Int) throws -> Part.Answer {
        try onBoth { try measured(messages: messages, rounds: rounds, $0, $1) }
    }

    /// Measures on a Kafka and a PostgreSQL that are there for this alone.
    static func onBoth(_ measure: (ScratchKafka, ScratchPostgres) throws -> [Figure]) throws -> Part.Answer {
        guard let home = ScratchKafka.home else { return .skipped("there is no Kafka: set KAFKA_HOME") }
        let figures = try ScratchPostgres.lent { postgres in
            let kafka = try ScratchKafka(home: home)
            defer { kafka.stop() }
            return try measure(kafka, postgres)
        }
        return figures.map { .figures($0) } ?? .skipped(ScratchPostgres.absent)
    }

    private static let topics = [input, output, Topic.deadLetters(ServiceName.governance.rawValue)]

    /// Makes the tables and the topics that the service works with.
    static func furnish(_ house: String, _ admin: Connection, _ settings: KafkaSettings) throws {
        _ = try Migrator.apply(PathMigration.all, schema: house, on: admin)
        _ = try KafkaAdmin(settings).createTopics(
            topics.map { TopicSpec(name: $0, partitions: Int(lanes), replication: 1, config: [:]) }, timeout: .seconds(30))
    }

    private static func measured(
        messages: Int, rounds: Int, _ kafka: ScratchKafka, _ postgres: ScratchPostgres
    ) throws -> [Figure] {
        let admin = try postgres.connect()
        let settings = KafkaSettings(bootstrap: kafka.bootstrap, clientID: "bench")
        var rates: [Double] = []
        var limits: [Double] = []
        var peaks: [Double] = []
        for round in 0..<rounds {
            let house = "bench_\(round)"
            try furnish(house, admin, settings)
            try feed(messages, settings)
            _ = try admin.script("CHECKPOINT")
            let begin = ContinuousClock.now
            let service = try PathService.start(bootstrap: kafka.bootstrap, postgres: postgres.folder, schema: house)
            try wait(for: Int64(messages), in: house, admin, service)
            rates.append(Double(messages) / ((ContinuousClock.now - begin) / .seconds(1)))
            peaks.append(service.peakMemory)
            service.stop()
            limits.append(try copyLimit(of: house, messages, admin))
            if round < rounds - 1 { _ = try KafkaAdmin(settings).deleteTopics(topics, timeout: .seconds(30)) }
        }
        let p99 = try LatencyBench.p99(rate: 20_000, seconds: 20, schema: "bench_\(rounds - 1)", settings, postgres)
        return [
            Figure(
                "path_messages_per_s", "one service on the whole path, from the start of its process", unit: "messages/s", of: rates),
            Figure(
                "path_vs_copy", "the same through COPY of the same states and outbox rows into the same tables; 1 is the limit",
                unit: "×", of: ratios(rates, limits)),
            Figure(
                "path_p99_ms", "from produce to the committed and published output at 20,000 messages/s, 99 of 100", unit: "ms", of: [p99]),
            Figure("path_rss_mb", "peak memory of that service", unit: "MiB", of: peaks),
        ]
    }

    /// What an upstream service would have sent: rows of 500 events a link.
    private static func feed(_ messages: Int, _ settings: KafkaSettings) throws {
        let feed = try LinkFeed(settings, lanes: lanes)
        try send(0..<messages, by: feed) { "firm-\($0)" }
        try feed.finish()
    }

    static func send(_ numbers: Range<Int>, by feed: LinkFeed, key: (Int) -> String) throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: rowSize * Int(lanes)) {
            let end = min(start + rowSize * Int(lanes), numbers.upperBound)
            try feed.send((start..<end).map { (key: key($0), value: value($0)) }, to: input)
        }
    }

    static func value(_ number: Int) -> [UInt8] {
        let start = "{\"add\":\(number % 10),\"at\":\(number),\"note\":\""
        return Array((start + String(repeating: "n", count: 300 - start.utf8.count - 2) + "\"}").utf8)
    }

    /// Until so many are applied and all that they gave out is acknowledged.
    static func wait(for count: Int64, in house: String, _ admin: Connection, _ service: PathService) throws {
        let limit = ContinuousClock.now + .seconds(180)
        while true {
            let row = try admin.execute(
                """
                SELECT (SELECT coalesce(sum(messages), 0)::int8 FROM \(house).message_count WHERE outcome = 'applied'),
                       (SELECT coalesce(sum(last_seq - acked_seq), 1)::int8 FROM \(house).link_out)
                """
            ).first
            if try row?.int64(0) == count, try row?.int64(1) == 0 { return }
            guard ContinuousClock.now < limit, service.isRunning else {
                throw BenchFault.unequal("\(try row?.int64(0) ?? 0) applied of \(count)")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// Messages a second that COPY alone reaches: the service's own states and outbox rows, from the server's disk, in one transaction.
    private static func copyLimit(of house: String, _ messages: Int, _ admin: Connection) throws -> Double {
        let tables = ["state": "lane, key, body", "outbox": "lane, topic, partition, first_seq, last_seq, frames"]
        let folder = try admin.execute("SHOW data_directory").first?.text(0) ?? "/var/tmp"
        for (table, columns) in tables {
            try admin.script("COPY (SELECT \(columns) FROM \(house).\(table)) TO '\(folder)/\(table).copy' (FORMAT binary)")
        }
        try admin.script("TRUNCATE \(house).state, \(house).outbox; CHECKPOINT")
        let begin = ContinuousClock.now
        try admin.script(
            "BEGIN;" + tables.map { "COPY \(house).\($0) (\($1)) FROM '\(folder)/\($0).copy' (FORMAT binary);" }.joined() + "COMMIT")
        return Double(messages) / ((ContinuousClock.now - begin) / .seconds(1))
    }
}

/// Sends events as a service of ours would: packed, in order, numbered.
final class LinkFeed {
    private let producer: KafkaProducer
    private let wire = LinkWire(service: .ingestion) { Topic.dialect(of: $0) }
    private let lanes: Int32
    private var last: [Int32: Int64] = [:]

    init(_ settings: KafkaSettings, lanes: Int32) throws {
        producer = try KafkaProducer(settings) { _ in }
        self.lanes = lanes
    }

    func send(_ events: [(key: String, value: [UInt8])], to topic: String) throws {
        let now = WallNow.instant
        for (lane, events) in Dictionary(grouping: events, by: { Lane.of($0.key, lanes: lanes) }) {
            let first = (last[lane] ?? 0) + 1
            let row = OutboxRow(
                link: LinkOut(lane: lane, place: TopicPartition(topic: topic, partition: lane)), firstSequence: first, at: now,
                messages: events.map { OutgoingMessage(topic: topic, key: $0.key, subject: $0.key, type: "add", value: $0.value) })
            last[lane] = row.lastSequence
            for message in wire.messages(of: row) {
                try producer.produceWaiting(
                    topic: topic, partition: lane, key: nil, value: Array(message.frames[message.value]), headers: message.headers, tag: 0)
            }
        }
        producer.serve(wait: .zero)
    }

    func finish() throws {
        guard producer.flush(.seconds(60)) else { throw BenchFault.unequal("messages in flight after a minute") }
        producer.abandon()
    }
}

extension KafkaProducer {
    /// Produces, and waits while the client's queue is full.
    func produceWaiting(
        topic: String, partition: Int32, key: [UInt8]?, value: [UInt8], headers: [KafkaHeader], tag: UInt64
    ) throws(KafkaFault) {
        while true {
            do throws(KafkaFault) {
                return try produce(topic: topic, partition: partition, key: key, value: value, headers: headers, tag: tag)
            } catch {
                guard error == .queueFull else { throw error }
                serve(wait: .milliseconds(20))
            }
        }
    }
}

/// Now, for measurements.
enum WallNow {
    static var instant: Instant { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}
