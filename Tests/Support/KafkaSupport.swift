import Glibc
import Kafka
import Synchronization
import Vocabulary

/// A real Apache Kafka for the tests of one process: a running one when `XINQIAO_TEST_KAFKA` names it, else one node started in a
/// temporary folder from `KAFKA_HOME`, else from `../shared/kafka` beside the repository. Ends with the process.
public struct RealKafka: Sendable {
    /// `host:port`.
    public let bootstrap: String

    /// Nil where there is none; then one line says why, once.
    public static let shared: RealKafka? = {
        switch start() {
        case .success(let kafka): return kafka
        case .failure(let reason):
            print("skipped: tests on a real Kafka (\(reason.text))")
            return nil
        }
    }()

    /// Whether there should be one; tests that need it are enabled by this, so that a run says which were skipped.
    public static let isPresent = variable("XINQIAO_TEST_KAFKA") != nil || (home() != nil && Shell.output(of: "command -v java") != nil)

    public func settings(clientID: String, extra: [String: String] = [:]) -> KafkaSettings {
        KafkaSettings(bootstrap: bootstrap, clientID: clientID, extra: extra)
    }

    /// Makes a topic with a name that no other test has, and waits until it is there.
    public func createTopic(_ name: String, partitions: Int, config: [String: String] = [:]) throws -> String {
        let unique = "\(name)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let admin = try KafkaAdmin(settings(clientID: "test-admin"))
        let outcomes = try admin.createTopics(
            [TopicSpec(name: unique, partitions: partitions, config: config)], timeout: .seconds(20))
        guard outcomes == [.created] else { throw NoKafka(text: "topic \(unique): \(outcomes)") }
        return unique
    }

    private struct NoKafka: Error {
        let text: String
    }

    private static func start() -> Result<RealKafka, NoKafka> {
        // Not the services' own key: whoever has a demonstration's connections in the shell does not mean its broker.
        if let running = variable("XINQIAO_TEST_KAFKA") { return .success(RealKafka(bootstrap: running)) }
        guard let home = home() else { return .failure(NoKafka(text: "no KAFKA_HOME and no ../shared/kafka")) }
        guard Shell.output(of: "command -v java") != nil else { return .failure(NoKafka(text: "no java")) }
        guard let port = freePortPair() else { return .failure(NoKafka(text: "no two free ports side by side")) }
        let folder: WatchedFolder
        do {
            folder = try WatchedFolder("kafka")
        } catch {
            return .failure(NoKafka(text: error.description))
        }
        guard startBroker(home: home, port: port, folder: folder.path) else {
            return .failure(NoKafka(text: "the broker in \(home) did not start"))
        }
        let kafka = RealKafka(bootstrap: "127.0.0.1:\(port)")
        // An open port is not yet a broker that knows itself.
        let isReady = eventually(within: .seconds(60)) {
            guard let admin = try? KafkaAdmin(kafka.settings(clientID: "test-probe")) else { return false }
            return (try? admin.clusterID(timeout: .seconds(2))) != nil
        }
        return isReady ? .success(kafka) : .failure(NoKafka(text: "the broker does not answer"))
    }

    private static func home() -> String? {
        if let home = variable("KAFKA_HOME") { return home }
        let shared = variable("XINQIAO_SHARED") ?? Shell.repositoryRoot.map { $0 + "/../shared" }
        guard let home = shared.map({ $0 + "/kafka" }), unsafe access(home + "/bin/kafka-server-start.sh", X_OK) == 0 else { return nil }
        return home
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether it did. With the plain scripts of a distribution where the folder has no `start` of its own.
    private static func startBroker(home: String, port: Int, folder: String) -> Bool {
        if unsafe access(home + "/bin/start", X_OK) == 0 {
            let script = "export WATCHED_FOLDER=\"$3\"; exec \"$1/bin/start\" \"$2\" \"$3\" $4"
            return Shell.output(of: script, home, String(port), folder, accessList) != nil
        }
        let script = """
            export WATCHED_FOLDER="$3"
            cat >"$3/server.properties" <<P || exit 1
            process.roles=broker,controller
            node.id=1
            listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$(($2 + 1))
            advertised.listeners=PLAINTEXT://127.0.0.1:$2
            controller.listener.names=CONTROLLER
            controller.quorum.voters=1@127.0.0.1:$(($2 + 1))
            log.dirs=$3/data
            auto.create.topics.enable=false
            offsets.topic.replication.factor=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            share.coordinator.state.topic.replication.factor=1
            share.coordinator.state.topic.min.isr=1
            P
            printf '%s\\n' $4 >>"$3/server.properties"
            id=$("$1/bin/kafka-storage.sh" random-uuid) || exit 1
            "$1/bin/kafka-storage.sh" format -t "$id" -c "$3/server.properties" >"$3/format.log" 2>&1 || exit 1
            setsid "$1/bin/kafka-server-start.sh" "$3/server.properties" >"$3/broker.log" 2>&1 </dev/null &
            """
        return Shell.output(of: script, home, String(port), folder, accessList) != nil
    }

    /// With an access control list, which binds nobody here: all come without a name and may do everything.
    private static let accessList =
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer super.users=User:ANONYMOUS"

    /// A port P such that P and P + 1 are free on loopback now.
    private static func freePortPair() -> Int? {
        for _ in 1...50 {
            let port = Int.random(in: 20_000..<32_000)
            if isFree(port), isFree(port + 1) { return port }
        }
        return nil
    }

    private static func isFree(_ port: Int) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// Whether `condition` became true before the time was up. Looks every 20 ms.
public func eventually(within limit: Duration, _ condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + limit
    while true {
        if condition() { return true }
        if ContinuousClock.now > end { return false }
        usleep(20_000)
    }
}

/// Keeps delivery reports for a test to look at.
public final class DeliveryBook: Sendable {
    private let kept = Mutex<[DeliveryReport]>([])

    public init() {}

    public func add(_ report: DeliveryReport) { kept.withLock { $0.append(report) } }

    public var reports: [DeliveryReport] { kept.withLock { $0 } }
}

extension KafkaConsumer {
    /// Polls until there are `count` messages or the time is up.
    public func read(_ count: Int, within limit: Duration = .seconds(20)) throws -> [RawMessage] {
        var messages: [RawMessage] = []
        var errors: [PartitionError] = []
        let end = ContinuousClock.now + limit
        while messages.count < count, ContinuousClock.now < end {
            try poll(into: &messages, errors: &errors, countMax: count - messages.count, bytesMax: .max, wait: .milliseconds(100))
            if let error = errors.first { throw error.fault }
        }
        return messages
    }
}
