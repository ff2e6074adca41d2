import Chassis
import Contracts
import Deciding
import Foundation
import Kafka
import Pipeline
import Postgres
import Support
import Synchronization
import Vocabulary
import Wire

/// Some of the services as processes of their own, over a PostgreSQL and a built-in broker that a test may take away and replace.
final class SmallSuite {
    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    let folder: URL
    private let watched: WatchedFolder
    /// Another one after a restore.
    var conninfo: String
    let topics: [String]
    private(set) var broker: EmbeddedBroker
    private var producer: KafkaProducer
    private var reports = Mailbox()
    private var processes: [String: ChildProcess] = [:]
    private var tag: UInt64 = 0

    final class Mailbox: Sendable {
        let faults = Mutex<[KafkaFault]>([])
    }

    /// - Parameter packs: whose senders' topics are there; the catalogue has all packs.
    init(_ server: PrivatePostgres, packs: [String] = ["base"]) throws {
        conninfo = try server.makeDatabase()
        watched = try WatchedFolder("small")
        folder = URL(fileURLWithPath: watched.path)
        topics = OutsideTopics.all(Catalog(version: 1, entries: try packs.flatMap { try PackFolder.entries(of: $0) }))
        (broker, producer) = try Self.makeBroker(topics, reports)
        try run(["migrate"])
        try run(["catalog", "publish", ProcessSuite.packs])
    }

    deinit {
        for process in processes.values { process.stop(SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }

    private static func makeBroker(_ topics: [String], _ reports: Mailbox) throws -> (EmbeddedBroker, KafkaProducer) {
        let broker = try EmbeddedBroker()
        for topic in topics { try broker.createTopic(topic, partitions: topic == Topic.catalogEntries ? 1 : 4) }
        let producer = try KafkaProducer(broker.settings(clientID: "tests")) { report in
            if let fault = report.fault { reports.faults.withLock { $0.append(fault) } }
        }
        return (broker, producer)
    }

    /// The broker is gone with everything that it acknowledged; another one stands in its place, empty but for the catalogue.
    func loseBroker() throws {
        producer.abandon()
        (broker, producer) = try Self.makeBroker(topics, reports)
        try run(["catalog", "publish", ProcessSuite.packs])
    }

    private var environment: [String: String] {
        [
            "XINQIAO_POSTGRES": conninfo, "XINQIAO_KAFKA_BOOTSTRAP": broker.bootstrap, "XINQIAO_KAFKA_OPTIONS": "fetch.wait.max.ms=10",
            "USER": "tester",
        ].merging(watched.mark) { $1 }
    }

    /// Runs `xinqiao`: how it ended, and everything it said.
    func xinqiao(_ arguments: [String]) throws -> (end: ChildProcess.End?, text: String) {
        try ProcessSuite.xinqiao(arguments, environment, in: folder)
    }

    /// Starts `xinqiao` and does not wait for it.
    func begin(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(
            program: ProcessSuite.products.appendingPathComponent("xinqiao").path, arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            output: folder.appendingPathComponent("begun.log").path)
    }

    /// Runs `xinqiao`, which must end well.
    @discardableResult
    func run(_ arguments: [String]) throws -> String {
        let (end, text) = try xinqiao(arguments)
        guard end == .status(0) else {
            throw Trouble(description: "xinqiao \(arguments.joined(separator: " ")) ended with \(String(describing: end)):\n\(text)")
        }
        return text
    }

    func start(_ service: ServiceName, with further: [String: String] = [:], within limit: Duration = .seconds(30)) throws {
        let own = [
            "XINQIAO_POSTGRES": conninfo + " user=xinqiao_\(service.rawValue)", "XINQIAO_STATUS_PORT": "0",
            "XINQIAO_INSTANCE": "\(service.rawValue)-small",
        ]
        let process = try ChildProcess(
            program: ProcessSuite.products.appendingPathComponent(service.rawValue).path, arguments: [],
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }.merging(own) { $1 }
                .merging(further) { $1 }, output: folder.appendingPathComponent("\(service.rawValue).log").path)
        watched.note(process, named: service.rawValue)
        processes[service.rawValue] = process
        guard
            eventually(
                within: limit,
                { (try? number("SELECT count(*) FROM \(service.rawValue).lane_lease WHERE expires_at > now()")) == 4 })
        else { throw Trouble(description: "\(service.rawValue) took no lanes:\n\(log(of: service).suffix(3_000))") }
    }

    @discardableResult
    func stop(_ service: ServiceName, signal: Int32 = SIGTERM) -> ChildProcess.End? {
        processes.removeValue(forKey: service.rawValue)?.stop(signal)
    }

    /// Waits for the service to end by itself; nil when it does not.
    func end(of service: ServiceName, within limit: Duration) -> ChildProcess.End? {
        let end = processes[service.rawValue]?.wait(atMost: limit)
        if end != nil { processes[service.rawValue] = nil }
        return end
    }

    func log(of service: ServiceName) -> String {
        (try? String(contentsOf: folder.appendingPathComponent("\(service.rawValue).log"), encoding: .utf8)) ?? ""
    }

    /// What the running service says is not well with it, in one line; the port is the one that it named when it started.
    func complaints(of service: ServiceName) -> String {
        let ports = log(of: service).components(separatedBy: #""status_port":"#).dropFirst().map { $0.prefix { $0.isNumber } }
        guard let port = ports.last.flatMap({ Int($0) }) else { return "" }
        let verdict = Healthcheck.ask(port: port, path: "/readyz?verbose")
        return verdict.isHealthy ? "" : verdict.line
    }

    func tell(_ steps: [HunanStory.Step]) throws {
        for step in steps {
            var event = CloudEvent(id: step.id, source: "tests", type: step.type, data: step.data)
            event.time = step.time
            event.subject = step.subject
            event.dataContentType = "application/json"
            tag += 1
            try producer.produce(
                topic: step.topic, partition: Lane.of(step.subject, lanes: 4), key: Array(step.subject.utf8), value: step.data,
                headers: event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) }, tag: tag)
        }
        guard producer.flush(.seconds(30)), reports.faults.withLock(\.isEmpty) else {
            throw Trouble(description: "the broker did not take everything")
        }
    }

    func number(_ sql: String) throws -> Int64 {
        let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        defer { connection.close() }
        return try connection.execute(sql).first?.int64(0) ?? 0
    }

    /// The first column of every row.
    func texts(_ sql: String) throws -> [String] {
        let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        defer { connection.close() }
        return try connection.execute(sql).map { try $0.text(0) }
    }

    /// As somebody with all rights in the database.
    func script(_ sql: String) throws {
        let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        defer { connection.close() }
        try connection.script(sql)
    }

    /// Waits until nothing moves any more between the services that run.
    func settle() throws {
        let sql = ProcessSuite.underWay(ServiceName.allCases.filter { processes[$0.rawValue] != nil })
        var quiet = 0
        let isQuiet = eventually(within: .seconds(60)) {
            quiet = (try? number(sql)) == 0 ? quiet + 1 : 0
            usleep(200_000)
            return quiet >= 4
        }
        guard isQuiet else { throw Trouble(description: "still under way: \((try? number(sql)) ?? -1)") }
    }

    /// How many messages lie in a partition.
    func messages(in topic: String, _ partition: Int32) throws -> Int64 {
        let consumer = try KafkaConsumer(broker.settings(clientID: "tests"), groupID: "tests")
        defer { consumer.close() }
        let marks = try consumer.watermarks(topic: topic, partition: partition, timeout: .seconds(10))
        return marks.high - marks.low
    }

    /// Every event of a topic between the services, each once however often it lies there, partition by partition in the log's order.
    func events(on topic: String) throws -> [CloudEvent] {
        var known: Set<String> = []
        return try messages(on: topic).flatMap(\.events).filter { known.insert($0.id).inserted }
    }

    /// Everything that lies on a topic, partition by partition in the log's order.
    func messages(on topic: String) throws -> [RawMessage] {
        let consumer = try KafkaConsumer(broker.settings(clientID: "tests"), groupID: "tests")
        defer { consumer.close() }
        var all: [RawMessage] = []
        for partition in Int32(0)..<4 {
            let marks = try consumer.watermarks(topic: topic, partition: partition, timeout: .seconds(10))
            guard marks.high > marks.low else { continue }
            try consumer.assign([TopicPosition(topic: topic, partition: partition, offset: marks.low)])
            let messages = try consumer.read(Int(marks.high - marks.low))
            guard messages.count == Int(marks.high - marks.low) else {
                throw Trouble(description: "\(topic)/\(partition): \(messages.count) messages could be read of \(marks.high - marks.low)")
            }
            all += messages
        }
        return all
    }

    /// Waits until the number is what it should be; gives back what it was at the end.
    func number(_ sql: String, becomes expected: Int64) throws -> Int64 {
        var last: Int64 = -1
        _ = eventually(within: .seconds(40)) {
            last = (try? number(sql)) ?? -1
            return last == expected
        }
        return last
    }

    /// Messages that ingestion gave out and governance has not applied.
    static let lacking = """
        SELECT coalesce(sum(o.last_seq - coalesce(i.last_seq, 0)), 0)::int8
          FROM ingestion.link_out o
          LEFT JOIN governance.link_in i
            ON i.source = 'xinqiao/ingestion/' || o.lane AND i.topic = o.topic AND i.partition = o.partition
         WHERE o.topic = 'ingestion.records.v1'
        """
    static let accepted = "SELECT count(*) FROM ingestion.accepted_record"
    /// What governance decided of ingestion's records; every one must come to exactly one decision.
    static let decided = """
        SELECT coalesce(sum(messages), 0)::int8 FROM governance.message_count
         WHERE topic = 'ingestion.records.v1' AND outcome IN ('applied', 'passed', 'refused')
        """
}
