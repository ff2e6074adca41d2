import Chassis
import Contracts
import Deciding
import Glibc
import Kafka
import Ledger
import Postgres
import Vocabulary

/// The process around a service's decider: the same for all of them. Reads the configuration, starts the feed of the catalogue,
/// the status server and the workers, and ends in good order.
public struct ServiceMain<Service: Decider> {
    private let decider: Service
    private let migrations: [Migration]
    private let tables: [StoreTable]
    private let configured: @Sendable (Service, inout Environment) -> Service
    private let inputs: @Sendable (Catalog) -> [String]
    private let quotas: @Sendable (Catalog, Instant) -> [String: SourceGrant]
    private let readings: GaugeReading.Source
    private let pages: @Sendable (StatusServer, PostgresAddress, Log) -> Void
    private let furtherKeys: [String]

    /// - Parameters:
    ///   - migrations: the service's own; the path's come by themselves.
    ///   - tables: all that the decider writes; what is never replaced in them the service's role may not change.
    ///   - configured: the decider with what it needs of the environment. Called once, before the work begins; what it finds wrong stops the
    ///     start with all other defects.
    ///   - inputs: the topics to read, which may depend on the catalogue.
    ///   - quotas: how fast topics are read at the most, as the catalogue says it for a moment; a topic that is not named is free.
    ///   - readings: gauges of the service's own.
    ///   - furtherKeys: environment keys that the pages read.
    ///   - pages: more pages for the status server, for the console.
    public init(
        _ decider: Service, migrations: [Migration], tables: [StoreTable],
        configured: @escaping @Sendable (Service, inout Environment) -> Service = { decider, _ in decider },
        inputs: (@Sendable (Catalog) -> [String])? = nil,
        quotas: @escaping @Sendable (Catalog, Instant) -> [String: SourceGrant] = { _, _ in [:] },
        readings: @escaping GaugeReading.Source = { _, _, _ in [] }, furtherKeys: [String] = [],
        pages: @escaping @Sendable (StatusServer, PostgresAddress, Log) -> Void = { _, _, _ in }
    ) {
        self.decider = decider
        self.migrations = migrations
        self.tables = tables
        self.configured = configured
        self.furtherKeys = furtherKeys
        let fixed = decider.service.inputs
        self.inputs = inputs ?? { _ in fixed }
        self.quotas = quotas
        self.readings = readings
        self.pages = pages
    }

    /// Does what the command line says, and ends the process.
    public func run(_ arguments: [String] = CommandLine.arguments) { carryOut(arguments).endProcess() }

    private func carryOut(_ arguments: [String]) -> ExitCode {
        switch arguments.dropFirst().first ?? "run" {
        case "run": return serve()
        case "migrate": return migrate()
        case "healthcheck":
            var environment = Environment.ofProcess()
            let port = environment.int(ServiceKeys.statusPort, default: 9464, in: 1...65_535)
            // Docker knows 0 for healthy and 1 for not.
            return Healthcheck.printed(port: port) ? .ok : .configuration
        case "version":
            print("\(decider.service.rawValue) \(SuiteVersion.text)")
            return .ok
        case "help", "--help", "-h":
            print(help)
            return .ok
        case let unknown:
            print("\(decider.service.rawValue): unknown command `\(unknown)`\n\(help)")
            return .usage
        }
    }

    private var help: String {
        """
        \(decider.service.rawValue): a service of Xinqiao. It takes its work from Kafka and keeps its state in PostgreSQL.

          \(decider.service.rawValue) [run]        work until SIGTERM
          \(decider.service.rawValue) migrate      make or update the service's schema, then end
          \(decider.service.rawValue) healthcheck  ask the running process on this machine; exit status 0 when ready
          \(decider.service.rawValue) version      print the version

        \(ServiceKeys.help)
        """
    }

    private func serve() -> ExitCode {
        Shutdown.install()
        HeapTuning.apply()
        var environment = Environment.ofProcess()
        let settings = ServiceSettings(&environment, service: decider.service)
        for key in furtherKeys { _ = environment.text(key, default: "") }
        let decider = configured(decider, &environment)
        environment.finish()
        let log = Log(service: decider.service.rawValue, hiding: environment.secretValues)
        KafkaLog.sink = { level, facility, text in
            if level <= 4 { log.warning(text, event: "kafka-client", ["facility": .text(facility)]) }
        }
        let metrics = Metrics(service: decider.service.rawValue)
        metrics.set(settings.kafka.tls)
        let health = Health(stuckAfter: .seconds(60), expecting: ["db", "kafka", "catalog"])
        let server = StatusServer(
            address: settings.statusAddress, port: settings.statusPort, health: health, metrics: metrics,
            build: BuildInfo(service: decider.service.rawValue, version: SuiteVersion.text))
        pages(server, settings.postgres, log)
        do {
            try server.start()
        } catch {
            log.error("the status server can not start", event: "status-server", ["reason": .text("\(error)")])
            return .fault
        }
        log.info(
            "started", event: "started",
            ["instance": .text(settings.instance), "status_port": .int(server.port), "pid": .int(getpid())])
        let feed = CatalogFeed()
        feed.start(settings.kafka, groupID: "xinqiao." + decider.service.rawValue, health: health, log: log)
        let worker = Worker(
            decider: decider, address: settings.postgres, kafka: settings.kafka, feed: feed, inputs: inputs, quotas: quotas,
            readings: readings, bounds: settings.bounds, health: health, metrics: PathMetrics(metrics), log: log, owner: settings.instance,
            crash: settings.crash)
        Watchdog.start(health, log: log, isTried: { settings.crash.isHanging })
        worker.run()
        feed.stop()
        server.stop()
        log.info("stopped", event: "stopped")
        return .ok
    }

    private func migrate() -> ExitCode {
        var environment = Environment.ofProcess()
        let conninfo = environment.postgres()
        environment.finish(unknownPrefix: "XINQIAO_UNUSED_")
        do {
            let connection = try Connection(
                PostgresAddress(conninfo: conninfo, applicationName: "xinqiao-migrate", statementDeadline: .seconds(600)))
            let applied = try Migrator.apply(PathMigration.all + migrations, schema: decider.service.rawValue, on: connection)
            let onlyAddedTo = tables.filter { $0.onConflict != .replace }.map(\.name)
            try connection.script(SchemaGrants.sql(schema: decider.service.rawValue, onlyAddedTo: onlyAddedTo))
            print(
                "\(decider.service.rawValue): " + (applied.isEmpty ? "schema is up to date" : "applied \(applied.joined(separator: ", "))"))
            return .ok
        } catch {
            print("\(decider.service.rawValue): migration failed: \(error)")
            return .fault
        }
    }
}

/// The version of the whole suite.
public enum SuiteVersion {
    public static let text = "0.1.0"
}

/// The environment keys that every service reads.
public enum ServiceKeys {
    public static let postgres = "XINQIAO_POSTGRES"
    public static let bootstrap = "XINQIAO_KAFKA_BOOTSTRAP"
    public static let kafkaCA = "XINQIAO_KAFKA_CA"
    public static let kafkaCertificate = "XINQIAO_KAFKA_CERTIFICATE"
    public static let kafkaKey = "XINQIAO_KAFKA_KEY"
    public static let kafkaOptions = "XINQIAO_KAFKA_OPTIONS"
    public static let allowPlaintext = "XINQIAO_ALLOW_PLAINTEXT"
    public static let statusAddress = "XINQIAO_STATUS_ADDRESS"
    public static let statusPort = "XINQIAO_STATUS_PORT"
    public static let instance = "XINQIAO_INSTANCE"
    public static let batchMessages = "XINQIAO_BATCH_MESSAGES"
    public static let ledgerKey = "XINQIAO_LEDGER_KEY"
    public static let ledgerName = "XINQIAO_LEDGER_NAME"
    /// For fault tests only: where the process dies or stands still; at which key it dies.
    public static let crashAt = "XINQIAO_CRASH_AT"
    public static let crashOnKey = "XINQIAO_CRASH_ON_KEY"

    static let help = """
        Environment:
          XINQIAO_POSTGRES[_FILE]     connection text of libpq, such as `host=db user=xinqiao_scoring dbname=xinqiao`
          XINQIAO_KAFKA_BOOTSTRAP     brokers, such as `kafka:9092`
          XINQIAO_KAFKA_CA, _CERTIFICATE, _KEY   PEM files for mutual TLS (all three or none)
          XINQIAO_KAFKA_OPTIONS       more options of librdkafka, `name=value,name=value`
          XINQIAO_ALLOW_PLAINTEXT     yes: brokers and a database on other machines may be spoken to without TLS (no)
          XINQIAO_STATUS_ADDRESS      where /livez /readyz /metrics /version answer (127.0.0.1)
          XINQIAO_STATUS_PORT         (9464)
          XINQIAO_INSTANCE            a name that stays the same over restarts (the host's name)
          XINQIAO_BATCH_MESSAGES      most messages of one batch (8000)
          XINQIAO_LEDGER_KEY[_FILE]   governance only: the private key of its checkpoints, Ed25519 in PEM; none are made without
          XINQIAO_LEDGER_NAME         governance only: the name under which they are signed (xinqiao/governance)
          XINQIAO_PERSONS_KEY_FILE    governance only: a file with the secret under which persons are compared; they are not without
          XINQIAO_CONSOLE_SERVICES    reporting only: `name=http://host:port,…` for the console's page of services
          XINQIAO_LOG_LEVEL           debug, info, warning, error (info)
          XINQIAO_CLOCK_OFFSET_SECONDS   moves the process's clock; for rehearsals, never on production (0)
        """
}

/// A service's configuration, read and checked at the start.
public struct ServiceSettings: Sendable {
    public let postgres: PostgresAddress
    public let kafka: KafkaSettings
    public let statusAddress: String
    public let statusPort: Int
    public let instance: String
    public let bounds: WorkerBounds
    public let crash: CrashPoints

    public init(_ environment: inout Environment, service: ServiceName) {
        postgres = PostgresAddress(
            conninfo: environment.postgres(), applicationName: "xinqiao-" + service.rawValue,
            searchPath: service.rawValue, idleTransactionDeadline: .seconds(8))
        kafka = KafkaSettings(&environment, clientID: "xinqiao-" + service.rawValue)
        statusAddress = environment.text(ServiceKeys.statusAddress, default: "127.0.0.1")
        statusPort = environment.int(ServiceKeys.statusPort, default: 9464, in: 0...65_535)
        instance = environment.text(ServiceKeys.instance, default: hostName())
        var bounds = WorkerBounds()
        bounds.messagesMax = environment.int(ServiceKeys.batchMessages, default: bounds.messagesMax, in: 1...100_000)
        self.bounds = bounds
        let crashAt = environment.text(ServiceKeys.crashAt, default: "")
        let crashOnKey = environment.text(ServiceKeys.crashOnKey, default: "")
        crash = CrashPoints(crashAt, deadlyKey: crashOnKey.isEmpty ? nil : crashOnKey)
    }
}

extension KafkaSettings {
    /// Reads the client's settings: the brokers, the files for mutual TLS, and further options.
    public init(_ environment: inout Environment, clientID: String) {
        let bootstrap = environment.text(ServiceKeys.bootstrap)
        let tls = Self.tlsFiles(&environment)
        var options: [String: String] = [:]
        for option in environment.list(ServiceKeys.kafkaOptions, default: []) {
            guard let sign = option.firstIndex(of: "="), sign > option.startIndex else {
                // It may be the rest of a password.
                environment.refuse(secret: ServiceKeys.kafkaOptions, expected: "name=value,name=value; no value may hold a comma")
                continue
            }
            options[String(option[..<sign])] = String(option[option.index(after: sign)...])
        }
        self.init(bootstrap: bootstrap, clientID: clientID, tls: tls, extra: options)
        if !environment.allowsPlaintext(), !isProtected {
            environment.refuse(
                ServiceKeys.bootstrap, expected: "brokers on this machine, or TLS; or \(ServiceKeys.allowPlaintext)=yes for a trial")
        }
    }

    private static func tlsFiles(_ environment: inout Environment) -> TLSFiles? {
        let keys = [ServiceKeys.kafkaCA, ServiceKeys.kafkaCertificate, ServiceKeys.kafkaKey]
        let paths = keys.map { environment.path($0, default: "") }
        guard paths.contains(where: { !$0.isEmpty }) else { return nil }
        for (key, path) in zip(keys, paths) where path.isEmpty {
            environment.refuse(key, expected: "a path: the three files for TLS are set together")
        }
        return TLSFiles(caPath: paths[0], certificatePath: paths[1], keyPath: paths[2])
    }
}

extension Environment {
    /// The database's connection text; a defect when others on a network could read along or answer in the server's place.
    public mutating func postgres() -> String {
        let conninfo = secret(ServiceKeys.postgres)
        if !allowsPlaintext(), !PostgresAddress(conninfo: conninfo, applicationName: "").isProtected {
            refuse(
                secret: ServiceKeys.postgres,
                expected: "sslmode=verify-full, or a server on this machine; or \(ServiceKeys.allowPlaintext)=yes for a trial")
        }
        return conninfo
    }

    fileprivate mutating func allowsPlaintext() -> Bool { flag(ServiceKeys.allowPlaintext, default: false) }
}

/// The host's name, which compose makes different for every container.
func hostName() -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return "instance" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension Metrics {
    /// When the certificates end that brokers are shown and asked for. A client reads them once: a new file counts from the next start on.
    fileprivate func set(_ tls: KafkaSettings.TLSFiles?) {
        guard let tls else { return }
        for (name, path) in [("certificate", tls.certificatePath), ("authority", tls.caPath)] {
            guard let end = Certificates.firstEnd(in: path) else { continue }
            gauge(.certificateEnd, labels: [("file", name)]).set(Double(end.microseconds) / 1_000_000)
        }
    }
}
