import Chassis
import Contracts
import Deciding
import Foundation
import Ledger
import Pipeline
import Synchronization

/// The whole suite on this machine: a private PostgreSQL, the built-in broker, and every service as its own process, restarted
/// when it ends unasked.
final class EmbeddedSuite: Sendable {
    struct Room: Sendable {
        let service: ServiceName
        let port: Int
    }

    let folder: WorkFolder
    let postgres: PrivatePostgres
    let rooms: [Room]
    private let packs: String
    private let processes = Mutex<[String: ChildProcess]>([:])
    private let isEnding = Atomic<Bool>(false)
    /// Held while the processes are being ended: whoever asks second waits until they are.
    private let ending = NSLock()
    private let bootstrapText = Mutex<String>("")

    /// A broker of somebody else's, in place of the built-in one.
    private let kafka: String?

    init(folder: WorkFolder, packs: String, portBase: Int, kafka: String? = nil) throws {
        self.folder = folder
        self.kafka = kafka
        self.packs = packs
        try folder.startAnew()
        postgres = try PrivatePostgres(in: folder)
        var port = portBase
        rooms = ServiceName.allCases.map { service in
            while !Self.isFree(port) { port += 1 }
            defer { port += 1 }
            return Room(service: service, port: port)
        }
    }

    var isOwnBroker: Bool { kafka == nil }

    /// Peak resident memory of each process, by name. Unit: MiB.
    var peakMemory: [(name: String, mebibytes: Double)] {
        let running = processes.withLock { $0 }
        return running.sorted { $0.key < $1.key }.compactMap { name, process in
            guard name != "postgres", let kibibytes = ProcessMemory.peak.kibibytes(of: process.pid) else { return nil }
            return (name, Double(kibibytes) / 1_024)
        }
    }

    var bootstrap: String { bootstrapText.withLock { $0 } }
    var consoleAddress: String { "http://127.0.0.1:\(rooms.first { $0.service == .reporting }?.port ?? 0)/" }

    /// Brings everything up; returns when every service is ready.
    func start() throws {
        Terminal.say("starting a private PostgreSQL\(isOwnBroker ? " and the built-in broker" : "") …")
        keep(try postgres.start { [self] in restartPostgres(after: $0) })
        unsafe setenv(ServiceKeys.postgres, postgres.conninfo, 1)
        if let kafka { bootstrapText.withLock { $0 = kafka } } else { try startBroker() }
        unsafe setenv(ServiceKeys.bootstrap, bootstrap, 1)
        // The built-in broker answers an empty fetch only when its wait is over.
        if isOwnBroker { unsafe setenv(ServiceKeys.kafkaOptions, "fetch.wait.max.ms=10", 1) }
        try makePersonsKey()
        try makeLedgerKey()
        try writeEnvironmentFile()

        Terminal.say("making roles and schemas …")
        try Migrating.run(password: nil, environment: ProcessInfo.processInfo.environment) { _ in }

        Terminal.say("publishing the packs …")
        let loaded = try Pack.load(packs)
        let settings = try Connections.kafka()
        if !isOwnBroker {
            let catalog = Catalog(version: 0, entries: loaded.flatMap(\.entries).map(\.entry))
            try TopicPlan.apply(TopicPlan.specs(catalog, partitions: 4, replication: 1), settings) { Terminal.say($0) }
        }
        try CatalogPublishing.check(loaded, beside: [])
        Terminal.say(try CatalogPublishing.publish(loaded, beside: [], settings))

        Terminal.say("starting \(rooms.count) services …")
        for room in rooms {
            try launch(room.service.rawValue, program: room.service.rawValue, arguments: [], environment: environment(of: room))
        }
        try waitUntilReady(.seconds(60))
    }

    private func startBroker() throws {
        let addressFile = folder.path("broker-address")
        try launch("broker", program: "xinqiao", arguments: ["broker", "--packs", packs, "--address-file", addressFile], environment: [:])
        // Behind a build the disk may keep it for half a minute. One that has ended is not waited for.
        let deadline = MonotonicClock.now + .seconds(120)
        while processes.withLock({ $0["broker"]?.isRunning }) == true, MonotonicClock.now < deadline, !Shutdown.isRequested {
            if let text = try? String(contentsOfFile: addressFile, encoding: .utf8), !text.isEmpty {
                return bootstrapText.withLock { $0 = text }
            }
            OwnThread.sleep(for: .milliseconds(50))
        }
        throw Failure("the built-in broker did not start; see \(folder.path("logs/broker.log"))")
    }

    func environment(of room: Room) -> [String: String] {
        let own =
            room.service == .governance
            ? ["XINQIAO_PERSONS_KEY_FILE": personsKeyPath, ServiceKeys.ledgerKey + "_FILE": folder.path("ledger.key")] : [:]
        return [
            ServiceKeys.postgres: postgres.conninfo(user: "xinqiao_\(room.service.rawValue)"),
            ServiceKeys.statusPort: String(room.port),
            ServiceKeys.instance: "embedded-\(room.service.rawValue)",
            "XINQIAO_CONSOLE_SERVICES": rooms.map { "\($0.service.rawValue)=http://127.0.0.1:\($0.port)" }.joined(separator: ","),
        ].merging(own) { $1 }
    }

    private var personsKeyPath: String { folder.path("persons.key") }

    /// A key for persons of its own for every start, as the database is a new one every time: what was made under another is gone.
    private func makePersonsKey() throws {
        try writeSecret(Self.randomBytes(32).map { String($0, radix: 16) }.joined(), to: personsKeyPath)
    }

    /// The demonstration's own key for checkpoints, and what belongs to it for those who check.
    private func makeLedgerKey() throws {
        guard let key = Ed25519PrivateKey(seed: Self.randomBytes(32)), let signer = NoteSigner(name: LedgerFiles.defaultName, key: key)
        else {
            return
        }
        try writeSecret(key.pem, to: folder.path("ledger.key"))
        try (signer.verifier.text + "\n").write(toFile: folder.path("ledger.pub"), atomically: true, encoding: .utf8)
    }

    private static func randomBytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max) } }

    /// A file that nobody else can read at any moment.
    private func writeSecret(_ text: String, to path: String) throws {
        let isMade = FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard isMade else { throw Failure("the key can not be written to \(path)") }
    }

    /// One file per service that a person can source to start the service by hand.
    private func writeEnvironmentFile() throws {
        for room in rooms {
            var text = ""
            let all = [
                ServiceKeys.bootstrap: bootstrap, ServiceKeys.kafkaOptions: isOwnBroker ? "fetch.wait.max.ms=10" : "",
            ].merging(environment(of: room)) { $1 }
            for (key, value) in all.sorted(by: { $0.key < $1.key }) { text += "export \(key)='\(value)'\n" }
            try text.write(toFile: folder.path("\(room.service.rawValue).env"), atomically: true, encoding: .utf8)
        }
        let mine = """
            export \(ServiceKeys.postgres)='\(postgres.conninfo)'
            export \(ServiceKeys.bootstrap)='\(bootstrap)'
            export \(ServiceKeys.kafkaOptions)='\(isOwnBroker ? "fetch.wait.max.ms=10" : "")'

            """
        try mine.write(toFile: folder.path("operator.env"), atomically: true, encoding: .utf8)
    }

    private func launch(_ name: String, program: String, arguments: [String], environment: [String: String]) throws {
        let process = try ChildProcess(
            program: Executables.path(program), arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, output: folder.path("logs/\(name).log")
        ) { [self] end in
            guard !isEnding.load(ordering: .acquiring) else { return }
            Terminal.say("\(name) ended (\(end))")
            guard name != "broker" else {
                Terminal.say("the built-in broker keeps nothing: start the suite again")
                return
            }
            OwnThread.sleep(for: .milliseconds(300))
            guard !isEnding.load(ordering: .acquiring) else { return }
            Terminal.say("starting \(name) again")
            do {
                try launch(name, program: program, arguments: arguments, environment: environment)
            } catch {
                Terminal.say("\(error)")
            }
        }
        folder.remember(process.pid, program)
        processes.withLock { $0[name] = process }
    }

    private func keep(_ server: ChildProcess) {
        folder.remember(server.pid, "postgres")
        processes.withLock { $0["postgres"] = server }
    }

    private func restartPostgres(after end: ChildProcess.End) {
        guard !isEnding.load(ordering: .acquiring) else { return }
        Terminal.say("postgres ended (\(end)); starting it again")
        // Its children need a moment to notice that the first of them is gone.
        OwnThread.sleep(for: .seconds(1))
        guard !isEnding.load(ordering: .acquiring) else { return }
        do {
            keep(try postgres.launch { [self] in restartPostgres(after: $0) })
        } catch {
            Terminal.say("\(error)")
        }
    }

    func waitUntilReady(_ limit: Duration) throws {
        let deadline = MonotonicClock.now + limit
        var waiting = rooms
        while !waiting.isEmpty {
            waiting.removeAll { Healthcheck.ask(port: $0.port, timeout: .milliseconds(500)).isHealthy }
            guard MonotonicClock.now < deadline, !Shutdown.isRequested else {
                let names = waiting.map { "\($0.service.rawValue): \(Healthcheck.ask(port: $0.port).line)" }
                throw Failure("not ready after \(limit): \(names.joined(separator: "; ")); logs are in \(folder.path("logs"))")
            }
            usleep(100_000)
        }
    }

    /// Ends the services in the order of the flow, then the broker, then PostgreSQL.
    func stop() {
        ending.lock()
        defer { ending.unlock() }
        guard !isEnding.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let running = processes.withLock { $0 }
        let order = ServiceName.allCases.map(\.rawValue)
        for name in order { running[name]?.send(SIGTERM) }
        for name in order { running[name]?.stop() }
        running["broker"]?.stop()
        // SIGINT is PostgreSQL's fast shutdown.
        running["postgres"]?.stop(SIGINT)
        try? FileManager.default.removeItem(atPath: folder.path("pids"))
    }

    /// Sets a variable of this process and of those that it starts.
    static func setVariable(_ name: String, _ value: String) { _ = unsafe setenv(name, value, 1) }

    private static func isFree(_ port: Int) -> Bool {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
