import Chassis
import Contracts
import Foundation
import Kafka
import Postgres
import Province
import Support
import Synchronization
import Vocabulary

/// The whole suite as real processes, with a PostgreSQL and a Kafka that can be hurt, both reached through proxies that can be hurt too; where
/// nothing is hurt they are left out, since they take a part of the processor for each small batch.
final class FaultWorld: @unchecked Sendable {
    let folder: URL
    let postgres: FaultPostgres
    let kafka: FaultKafka
    /// Between the services and PostgreSQL.
    let databaseProxy: FaultProxy
    private let isProxied: Bool
    private let watched: WatchedFolder
    private let statusPorts: Int
    private let lock = NSLock()
    private var processes: [String: ChildProcess] = [:]
    static let database = "suite"
    static let lanes: Int32 = 4

    init(
        kafkaHome: String, roomMiB: Int? = nil, isBackedUp: Bool = false, kafkaSettings: [String] = [], isProxied: Bool = true
    ) throws {
        self.isProxied = isProxied
        watched = try WatchedFolder("faults")
        folder = URL(fileURLWithPath: watched.path)
        postgres = try FaultPostgres(
            folder: folder.appendingPathComponent("postgres"), watched: watched, roomMiB: roomMiB, isBackedUp: isBackedUp)
        databaseProxy = try FaultProxy(to: .socketFile(postgres.socketFile), hearsPostgres: true)
        kafka = try FaultKafka(
            home: kafkaHome, folder: folder.appendingPathComponent("kafka"), watched: watched, settings: kafkaSettings,
            isProxied: isProxied)
        guard let statusPorts = FaultProxy.freePorts(16) else { throw Trouble("no free ports") }
        self.statusPorts = statusPorts
        let connection = try Connection(PostgresAddress(conninfo: postgres.conninfo(database: "postgres"), applicationName: "tests"))
        try connection.script("CREATE DATABASE \(Self.database)")
        connection.close()
        try operate(["migrate"])
        try operate(["topics", "apply", "--packs", Self.packs])
        // A topic just made has no leader for a moment.
        for attempt in 1...10 {
            do {
                try operate(["catalog", "publish", Self.packs])
                break
            } catch {
                if attempt == 10 { throw error }
                OwnThread.sleep(for: .seconds(1))
            }
        }
    }

    static var packs: String { Repository.root.appendingPathComponent("packs").path }

    /// `XINQIAO_PROGRAMS` (a release build is ten times as fast), else beside the test runner.
    static var programs: URL {
        if let named = ProcessInfo.processInfo.environment["XINQIAO_PROGRAMS"], !named.isEmpty {
            return URL(fileURLWithPath: named, relativeTo: Repository.root)
        }
        let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: runner).deletingLastPathComponent()
    }

    /// The database itself, past the proxy: for the tests and the operator.
    var conninfo: String { postgres.conninfo(database: Self.database) }

    /// The service's own account, through the proxy if there is one.
    private func conninfo(of service: ServiceName) -> String {
        let door = isProxied ? "host=127.0.0.1 port=\(databaseProxy.port)" : "host='\(postgres.folder.path)'"
        return "\(door) dbname=\(Self.database) user=xinqiao_\(service.rawValue) sslmode=disable"
    }

    /// Runs `xinqiao` to its end and gives back what it printed.
    @discardableResult
    func operate(_ arguments: [String]) throws -> String {
        let log = folder.appendingPathComponent("operator-\(UUID().uuidString.prefix(6)).log").path
        let environment = ProcessInfo.processInfo.environment.merging([
            "XINQIAO_POSTGRES": conninfo, "XINQIAO_KAFKA_BOOTSTRAP": kafka.bootstrap,
        ]) { $1 }.merging(watched.mark) { $1 }
        let child = try ChildProcess(
            program: Self.programs.appendingPathComponent("xinqiao").path, arguments: arguments, environment: environment, output: log)
        let end = child.wait(atMost: .seconds(180))
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        guard end == .status(0) else {
            throw Trouble("xinqiao \(arguments.joined(separator: " ")) ended with \(String(describing: end)):\n\(text.suffix(3_000))")
        }
        return text
    }

    // MARK: services

    func statusPort(_ service: ServiceName) -> Int { statusPorts + (ServiceName.allCases.firstIndex(of: service) ?? 0) }

    /// Starts an instance. Its name stays the same over restarts, unless another is given.
    @discardableResult
    func start(_ service: ServiceName, instance: Int = 0, named name: String? = nil, _ further: [String: String] = [:]) throws
        -> ChildProcess
    {
        let own = [
            "XINQIAO_POSTGRES": conninfo(of: service),
            "XINQIAO_KAFKA_BOOTSTRAP": kafka.bootstrap,
            "XINQIAO_STATUS_PORT": instance == 0 ? String(statusPort(service)) : "0",
            "XINQIAO_INSTANCE": name ?? "\(service.rawValue)-\(instance)",
        ].merging(watched.mark) { $1 }
        let process = try ChildProcess(
            program: Self.programs.appendingPathComponent(service.rawValue).path,
            environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("XINQIAO_") }.merging(own) { $1 }
                .merging(further) { $1 },
            output: folder.appendingPathComponent("\(service.rawValue).log").path)
        watched.note(process, named: service.rawValue)
        lock.withLock { processes["\(service.rawValue)/\(instance)"] = process }
        return process
    }

    func process(_ service: ServiceName, instance: Int = 0) -> ChildProcess? {
        lock.withLock { processes["\(service.rawValue)/\(instance)"] }
    }

    @discardableResult
    func end(_ service: ServiceName, instance: Int = 0, _ signal: Int32, within limit: Duration = .seconds(12)) -> ChildProcess.End? {
        lock.withLock { processes.removeValue(forKey: "\(service.rawValue)/\(instance)") }?.stop(signal, within: limit)
    }

    /// Ready, or kept from it by nothing but links that the fuzzer forged and left with a hole.
    func isReady(_ service: ServiceName) -> Bool {
        let verdict = Healthcheck.ask(port: statusPort(service), path: "/readyz?verbose", timeout: .milliseconds(500))
        guard !verdict.isHealthy else { return true }
        let complaints = verdict.line.split(separator: "; ").filter { $0.contains("[-]") }
        return !complaints.isEmpty && complaints.allSatisfy { $0.contains("[-]link \(Fuzzer.source)/") }
    }

    func startAll(_ further: [String: String] = [:]) throws {
        for service in ServiceName.allCases where process(service)?.isRunning != true { try start(service, further) }
        try waitUntilReady()
    }

    func waitUntilReady(_ services: [ServiceName] = ServiceName.allCases, within limit: Duration = .seconds(60)) throws {
        for service in services where !eventually(within: limit, { isReady(service) }) {
            throw Trouble(
                "\(service) is not ready: \(Healthcheck.ask(port: statusPort(service), path: "/readyz?verbose").line)\n"
                    + log(of: service).suffix(2_000))
        }
    }

    func log(of service: ServiceName) -> String {
        (try? String(contentsOf: folder.appendingPathComponent("\(service.rawValue).log"), encoding: .utf8)) ?? ""
    }

    /// How often an event was logged since the beginning.
    func logged(_ event: String) -> [ServiceName: Int] {
        var found: [ServiceName: Int] = [:]
        for service in ServiceName.allCases {
            let count = log(of: service).split(separator: "\n").count { $0.contains("\"event\":\"\(event)\"") }
            if count > 0 { found[service] = count }
        }
        return found
    }

    func stopAll(_ signal: Int32 = SIGTERM) {
        let all = lock.withLock {
            defer { processes.removeAll() }
            return Array(processes.values)
        }
        for process in all { process.send(signal) }
        for process in all { process.stop(signal) }
    }

    func remove() {
        stopAll(SIGKILL)
        kafka.remove()
        postgres.remove()
        databaseProxy.stop()
        if ProcessInfo.processInfo.environment["XINQIAO_KEEP_FAULT_FOLDER"] == nil { try? FileManager.default.removeItem(at: folder) }
    }

    // MARK: tables

    func connect() throws -> Connection { try Connection(PostgresAddress(conninfo: conninfo, applicationName: "tests")) }

    func number(_ sql: String, _ parameters: [Parameter] = []) throws -> Int64 {
        let connection = try connect()
        defer { connection.close() }
        return try connection.execute(sql, parameters).first?.int64(0) ?? 0
    }

    func texts(_ sql: String, _ parameters: [Parameter] = []) throws -> [String] {
        let connection = try connect()
        defer { connection.close() }
        var texts: [String] = []
        for row in try connection.execute(sql, parameters) { texts.append(try row.text(0)) }
        return texts
    }

    /// Waits until everything that was fed has gone through all services. Gives back how long that took.
    @discardableResult
    func settle(_ feed: Feed? = nil, within limit: Duration = .seconds(120)) throws -> Duration {
        try settle(past: feed?.ends ?? [], within: limit)
    }

    /// - Parameter ends: the first offsets behind what was fed.
    @discardableResult
    func settle(past ends: [TopicPosition], within limit: Duration) throws -> Duration {
        let started = MonotonicClock.now
        var quiet = 0
        var said = "nothing yet"
        let isQuiet = eventually(within: limit) {
            do {
                let connection = try connect()
                defer { connection.close() }
                let behind =
                    try connection.execute(
                        Self.behind, [.texts(ends.map(\.topic)), .int32s(ends.map(\.partition)), .int64s(ends.map(\.offset))]
                    ).first?.int64(0) ?? -1
                let underWay = try connection.execute(Self.underWay).first?.int64(0) ?? -1
                said = "\(behind) partitions not read to their end, \(underWay) messages and timers under way"
                quiet = behind == 0 && underWay == 0 ? quiet + 1 : 0
            } catch {
                said = "\(error)"
                quiet = 0
            }
            return quiet >= 3
        }
        guard isQuiet else {
            throw Trouble("not settled after \(limit): \(said)\n" + (try brokenLinks()).prefix(10).joined(separator: "\n"))
        }
        return MonotonicClock.now.since(started)
    }

    private static let behind = """
        SELECT count(*) FROM unnest($1::text[], $2::int4[], $3::int8[]) AS f (topic, partition, past)
          LEFT JOIN ingestion.consumer_offset c ON c.topic = f.topic AND c.partition = f.partition
         WHERE coalesce(c.next_offset, 0) < f.past
        """
    private static let readers = ServiceName.allCases.flatMap { service in
        service.inputs.filter { Topic.writer(of: $0) == nil }.map { "('\(service.rawValue)', '\($0)')" }
    }.joined(separator: ", ")
    private static let links = """
        operator.link_out o
          JOIN (VALUES \(readers)) AS r (reader, topic) ON r.topic = o.topic
          LEFT JOIN operator.link_in i ON i.service = r.reader AND i.source = 'xinqiao/' || o.service || '/' || o.lane
           AND i.topic = o.topic AND i.partition = o.partition
        """
    static let underWay = """
        SELECT (SELECT coalesce(sum(abs(o.last_seq - coalesce(i.last_seq, 0))), 0)::int8 FROM \(links))
             + (SELECT coalesce(sum(last_seq - acked_seq), 0)::int8 FROM operator.link_out)
             + (SELECT count(*) FROM operator.timer WHERE due_at <= now())
        """

    /// Does something to the services' database behind their backs.
    func order(_ sql: String) throws {
        let connection = try connect()
        defer { connection.close() }
        try connection.script(sql)
    }

    /// O3: links whose reader has not exactly what the writer gave out, or that the broker has not acknowledged.
    func brokenLinks() throws -> [String] {
        try texts(
            """
            SELECT o.service || '/' || o.lane || ' → ' || r.reader || ' ' || o.topic || '/' || o.partition || ': ' || o.last_seq
                   || ' given, ' || coalesce(i.last_seq, 0) || ' taken'
              FROM \(Self.links) WHERE o.last_seq <> coalesce(i.last_seq, 0)
            UNION ALL
            SELECT service || '/' || lane || ' → ' || topic || '/' || partition || ': ' || last_seq || ' given, ' || acked_seq
                   || ' acknowledged'
              FROM operator.link_out WHERE last_seq <> acked_seq
            """)
    }
}
