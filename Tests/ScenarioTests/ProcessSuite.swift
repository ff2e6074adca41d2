import Chassis
import Contracts
import Foundation
import Kafka
import Postgres
import Support
import Synchronization
import Testing
import Vocabulary
import Wire

extension Day {
    /// By the clock that the real processes have.
    static var today: Day { Day(number: Int32(Date().timeIntervalSince1970 / 86_400)) }
}

/// The suite as it runs for real: every service its own process, PostgreSQL, and a real Kafka when there is one (the built-in
/// broker otherwise). Made once per test run; tests use subjects of their own.
final class ProcessSuite: @unchecked Sendable {
    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    /// Made on first use; a failure where PostgreSQL is missing.
    static let shared: Result<ProcessSuite, any Error> = Result { try ProcessSuite(PrivatePostgres.shared) }

    let conninfo: String
    let bootstrap: String
    /// True on Apache Kafka, false on the built-in broker.
    let isRealKafka: Bool
    private let lock = NSLock()
    private var processes: [String: ChildProcess] = [:]
    private let watched: WatchedFolder
    private let folder: URL
    private let producer: KafkaProducer
    private let book = DeliveryBook()
    private var broker: ChildProcess?

    private init(_ server: PrivatePostgres) throws {
        conninfo = try server.makeDatabase()
        watched = try WatchedFolder("suite")
        folder = URL(fileURLWithPath: watched.path)
        if let kafka = RealKafka.shared {
            bootstrap = kafka.bootstrap
            isRealKafka = true
        } else {
            let file = folder.appendingPathComponent("broker").path
            broker = try Self.process(
                "xinqiao", ["broker", "--packs", Self.packs, "--address-file", file], watched.mark,
                log: folder.appendingPathComponent("broker.log"))
            var address = ""
            for _ in 0..<200 where address.isEmpty {
                usleep(50_000)
                address = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            }
            bootstrap = address
            isRealKafka = false
        }
        let book = book
        producer = try KafkaProducer(KafkaSettings(bootstrap: bootstrap, clientID: "tests")) { book.add($0) }
        try run(["migrate"])
        if isRealKafka { try run(["topics", "apply", "--packs", Self.packs]) }
        try run(["catalog", "publish", Self.packs])
        // `ops/scenarios` reads this line.
        print("processes: on \(isRealKafka ? "Apache Kafka" : "the built-in broker")")
        atexit { if case .success(let suite) = ProcessSuite.shared { suite.stop() } }
        for service in ServiceName.allCases { try start(service) }
        for service in ServiceName.allCases { try waitUntilReady(service) }
    }

    static var packs: String { PackFolder.root.appendingPathComponent("packs").path }

    /// Where the executables lie: beside the test runner.
    static var products: URL {
        let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: runner).deletingLastPathComponent()
    }

    private static func process(_ program: String, _ arguments: [String], _ environment: [String: String], log: URL) throws -> ChildProcess
    {
        try ChildProcess(
            program: products.appendingPathComponent(program).path, arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, output: log.path)
    }

    private var environment: [String: String] {
        [
            "XINQIAO_POSTGRES": conninfo, "XINQIAO_KAFKA_BOOTSTRAP": bootstrap,
            "XINQIAO_KAFKA_OPTIONS": isRealKafka ? "" : "fetch.wait.max.ms=10",
        ].merging(watched.mark) { $1 }
    }

    /// Runs `xinqiao` to its end and gives back what it printed.
    @discardableResult
    func run(_ arguments: [String]) throws -> String {
        let (end, text) = try Self.xinqiao(arguments, environment, in: folder)
        guard end == .status(0) else {
            throw Trouble(description: "xinqiao \(arguments.joined(separator: " ")) ended with \(String(describing: end)):\n\(text)")
        }
        return text
    }

    /// Runs `xinqiao` with this in its environment: how it ended, and everything it said.
    static func xinqiao(
        _ arguments: [String], _ environment: [String: String], in folder: URL
    ) throws -> (end: ChildProcess.End?, text: String) {
        let log = folder.appendingPathComponent("xinqiao-\(UUID().uuidString.prefix(6)).log")
        let end = try process("xinqiao", arguments, environment, log: log).wait(atMost: .seconds(120))
        return (end, (try? String(contentsOf: log, encoding: .utf8)) ?? "")
    }

    // MARK: services

    /// A range of the process's own, so that what another run left behind is not in the way; below those that the kernel gives to connections.
    private func port(_ service: ServiceName) -> Int {
        20_000 + Int(getpid()) % 750 * 16 + (ServiceName.allCases.firstIndex(of: service) ?? 0)
    }

    func start(_ service: ServiceName, instance: Int = 0) throws {
        let own = [
            "XINQIAO_POSTGRES": conninfo + " user=xinqiao_\(service.rawValue)",
            "XINQIAO_STATUS_PORT": instance == 0 ? String(port(service)) : "0",
            "XINQIAO_INSTANCE": "\(service.rawValue)-\(instance)",
        ]
        let process = try Self.process(
            service.rawValue, [], environment.merging(own) { $1 }, log: folder.appendingPathComponent("\(service.rawValue).log"))
        watched.note(process, named: service.rawValue)
        lock.withLock { processes["\(service.rawValue)-\(instance)"] = process }
    }

    /// Sends the signal and waits for the end.
    @discardableResult
    func end(_ service: ServiceName, instance: Int = 0, signal: Int32) -> ChildProcess.End? {
        lock.withLock { processes["\(service.rawValue)-\(instance)"] }?.stop(signal)
    }

    /// What `/readyz?verbose` says, in one line.
    func readiness(_ service: ServiceName) -> Healthcheck.Verdict { Healthcheck.ask(port: port(service)) }

    func waitUntilReady(_ service: ServiceName) throws {
        let isUp = eventually(within: .seconds(60)) { readiness(service).isHealthy }
        guard isUp else {
            let log =
                (try? String(contentsOf: folder.appendingPathComponent("\(service.rawValue).log"), encoding: .utf8))?.suffix(3_000) ?? ""
            throw Trouble(description: "\(service.rawValue) is not ready: \(readiness(service).line)\n\(log)")
        }
    }

    func log(of service: ServiceName) -> String {
        (try? String(contentsOf: folder.appendingPathComponent("\(service.rawValue).log"), encoding: .utf8)) ?? ""
    }

    func stop() {
        let all = lock.withLock { Array(processes.values) }
        for process in all { process.send(SIGTERM) }
        for process in all { process.stop() }
        broker?.stop()
    }

    // MARK: messages and tables

    func tell(_ steps: [HunanStory.Step]) throws {
        for step in steps { try send(step.topic, type: step.type, id: step.id, subject: step.subject, time: step.time, data: step.data) }
        try acknowledged()
    }

    /// Tells what is known of a firm before it asks, and waits until it is known.
    func introduce(_ story: HunanStory) throws {
        let records = story.records()
        try tell(records)
        let facts = try number(
            "SELECT count(*) FROM governance.fact WHERE subject = $1", [.text(story.firm)], becomes: Int64(records.count))
        #expect(facts == Int64(records.count))
        try settle()
    }

    func send(_ topic: String, type: String, id: String, subject: String, time: Instant, data: [UInt8]) throws {
        var event = CloudEvent(id: id, source: "tests", type: type, data: data)
        event.time = time
        event.subject = subject
        event.dataContentType = "application/json"
        try sendRaw(topic, key: subject, value: data, headers: event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) })
    }

    private var tag: UInt64 = 0

    func sendRaw(_ topic: String, key: String, value: [UInt8]?, headers: [KafkaHeader]) throws {
        tag += 1
        try producer.produce(
            topic: topic, partition: Lane.of(key, lanes: 4), key: Array(key.utf8), value: value, headers: headers, tag: tag)
    }

    func acknowledged() throws {
        guard producer.flush(.seconds(30)) else { throw Trouble(description: "the broker did not acknowledge within 30 s") }
        if let fault = book.reports.compactMap(\.fault).first { throw Trouble(description: "not delivered: \(fault)") }
    }

    /// One number from the tables.
    func number(_ sql: String, _ parameters: [Parameter] = []) throws -> Int64 {
        let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        defer { connection.close() }
        return try connection.execute(sql, parameters).first?.int64(0) ?? 0
    }

    /// The first column of every row.
    func texts(_ sql: String, _ parameters: [Parameter] = []) throws -> [String] {
        let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        defer { connection.close() }
        return try connection.execute(sql, parameters).map { try $0.text(0) }
    }

    /// The firm's portrait as it stands; nil when there is none.
    func portrait(of firm: String) throws -> Portrait? {
        guard let body = try texts("SELECT body::text FROM scoring.portrait WHERE subject = $1", [.text(firm)]).first else { return nil }
        return try Portrait(JSONDocument(parsing: Array(body.utf8)).root)
    }

    /// As somebody with all rights in the database.
    func script(_ sql: String) throws {
        let connection = try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests"))
        defer { connection.close() }
        try connection.script(sql)
    }

    /// Waits until the number is what it should be; gives back what it was at the end.
    func number(_ sql: String, _ parameters: [Parameter] = [], becomes expected: Int64, within limit: Duration = .seconds(60)) throws
        -> Int64
    {
        var last: Int64 = -1
        _ = eventually(within: limit) {
            last = (try? number(sql, parameters)) ?? -1
            return last == expected
        }
        return last
    }

    /// Everything of one type on a topic about one subject, read from the beginning as an institution would.
    func read(_ topic: String, type: String, subject: String) throws -> [JSONValue] {
        let consumer = try KafkaConsumer(KafkaSettings(bootstrap: bootstrap, clientID: "tests"), groupID: "tests")
        defer { consumer.close() }
        var found: [JSONValue] = []
        for partition in Int32(0)..<4 {
            let marks = try consumer.watermarks(topic: topic, partition: partition, timeout: .seconds(10))
            guard marks.high > marks.low else { continue }
            try consumer.assign([TopicPosition(topic: topic, partition: partition, offset: marks.low)])
            var next = marks.low
            while next < marks.high {
                var batch: [RawMessage] = []
                var errors: [PartitionError] = []
                try consumer.poll(into: &batch, errors: &errors, countMax: 10_000, bytesMax: 32 << 20, wait: .milliseconds(500))
                guard let last = batch.last else { continue }
                next = last.offset + 1
                for message in batch {
                    guard
                        let event = try? CloudEvent.decode(
                            headers: message.headers.map { ($0.name, $0.value) }, value: message.value ?? []),
                        event.type == type, event.subject == subject, let document = try? JSONDocument(parsing: event.data)
                    else { continue }
                    found.append(document.root)
                }
            }
        }
        return found
    }

    /// Waits until nothing moves any more between the services.
    func settle() throws {
        let sql = Self.underWay(ServiceName.allCases)
        var quiet = 0
        let isQuiet = eventually(within: .seconds(90)) {
            quiet = (try? number(sql)) == 0 ? quiet + 1 : 0
            usleep(200_000)
            return quiet >= 4
        }
        guard isQuiet else { throw Trouble(description: "still under way: \((try? number(sql)) ?? -1)") }
    }

    /// What these services have not applied of their links, what the broker has not acknowledged of theirs, and their timers that are due. Zero
    /// several times in a row means that nothing moves.
    static func underWay(_ services: [ServiceName]) -> String {
        // Whoever reads only what comes from outside has no link in: nobody reads no topic, so that the list is never empty.
        let readers =
            ["('', '')"]
            + services.flatMap { service in
                service.inputs.filter { Topic.writer(of: $0) == nil }.map { "('\(service.rawValue)', '\($0)')" }
            }
        let names = services.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return """
            SELECT coalesce(sum(o.last_seq - coalesce(i.last_seq, 0)), 0)::int8
                 + (SELECT coalesce(sum(last_seq - acked_seq), 0) FROM operator.link_out WHERE service IN (\(names)))::int8
                 + (SELECT count(*) FROM operator.timer WHERE due_at <= now() AND service IN (\(names)))
              FROM operator.link_out o
              JOIN (VALUES \(readers.joined(separator: ", "))) AS r (reader, topic) ON r.topic = o.topic
              LEFT JOIN operator.link_in i ON i.service = r.reader AND i.source = 'xinqiao/' || o.service || '/' || o.lane
               AND i.topic = o.topic AND i.partition = o.partition
            """
    }
}
