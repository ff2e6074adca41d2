import Vocabulary

/// How to reach the cluster and as whom. The rest of the client's settings are decided here, once, for all services.
public struct KafkaSettings: Sendable {
    /// `host:port`, several with commas.
    public let bootstrap: String
    /// What broker logs and quotas call us.
    public let clientID: String
    /// Mutual TLS, or nil for plain text on loopback.
    public let tls: TLSFiles?
    /// librdkafka properties that win over the ones decided here. An unknown name refuses to start.
    public let extra: [String: String]

    public init(bootstrap: String, clientID: String, tls: TLSFiles? = nil, extra: [String: String] = [:]) {
        self.bootstrap = bootstrap
        self.clientID = clientID
        self.tls = tls
        self.extra = extra
    }

    /// PEM files of one service's identity and of the authority that signed the brokers'.
    public struct TLSFiles: Sendable, Equatable {
        public let caPath: String
        public let certificatePath: String
        public let keyPath: String

        public init(caPath: String, certificatePath: String, keyPath: String) {
            self.caPath = caPath
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }
}

extension KafkaSettings {
    /// True when nobody on a network can read along or answer in the brokers' place: brokers on this machine, or TLS. The further
    /// options count as librdkafka counts them.
    public var isProtected: Bool {
        let security = extra["security.protocol"]?.lowercased() ?? (tls == nil ? "plaintext" : "ssl")
        let isVerified =
            extra["enable.ssl.certificate.verification"]?.lowercased() != "false"
            && extra["ssl.endpoint.identification.algorithm"]?.lowercased() != "none"
        if security.hasSuffix("ssl"), isVerified { return true }
        let brokers = [bootstrap] + ["bootstrap.servers", "metadata.broker.list"].compactMap { extra[$0] }
        return brokers.joined(separator: ",").split(separator: ",").allSatisfy { Self.host(of: $0).isLoopbackHost }
    }

    /// `kafka` of `PLAINTEXT://kafka:9092`, `::1` of `[::1]:9092`.
    private static func host(of broker: Substring) -> Substring {
        let broker = broker.drop { $0 == " " }
        let address = broker.firstRange(of: "://").map { broker[$0.upperBound...] } ?? broker
        return address.hasPrefix("[") ? address.dropFirst().prefix { $0 != "]" } : address.prefix { $0 != ":" }
    }
}

/// What a client is for.
enum ClientRole {
    case producer
    case consumer(groupID: String)
    case admin
}

extension KafkaSettings {
    /// Every property for a client of this role, in the order in which they are to be set.
    func properties(for role: ClientRole) -> [(key: String, value: String)] {
        var properties = [
            ("bootstrap.servers", bootstrap),
            ("client.id", clientID),
            // Small messages wait 40 ms for an acknowledgement otherwise.
            ("socket.nagle.disable", "true"),
            ("socket.keepalive.enable", "true"),
            ("socket.connection.setup.timeout.ms", "10000"),
            ("reconnect.backoff.ms", "100"),
            ("reconnect.backoff.max.ms", "5000"),
            ("allow.auto.create.topics", "false"),
            ("log.connection.close", "false"),
        ]
        if let tls {
            properties += [
                ("security.protocol", "ssl"),
                ("ssl.ca.location", tls.caPath),
                ("ssl.certificate.location", tls.certificatePath),
                ("ssl.key.location", tls.keyPath),
                ("ssl.endpoint.identification.algorithm", "https"),
            ]
        }
        switch role {
        case .producer:
            properties += Self.producing
        case .consumer(let groupID):
            properties += Self.consuming + [("group.id", groupID)]
        case .admin:
            break
        }
        properties += extra.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return properties
    }

    /// The outbox keeps what is not delivered, so the client never gives up on a message by itself: a message that timed out
    /// between two that did not would be a hole.
    private static let producing = [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("message.timeout.ms", "0"),
        // With more than one, librdkafka 2.0.2 loses messages: when a producer's first batch for a partition is refused for now (an
        // election, say), the broker takes the second, since it knows no sequence of this producer yet, and the library then
        // counts the first as written.
        ("max.in.flight", "1"),
        // What is sent is packed already, and with one request in flight the next ones gather behind it by themselves.
        ("linger.ms", "0"),
        ("batch.size", "262144"),
        ("compression.type", "lz4"),
        ("queue.buffering.max.messages", "20000"),
        ("queue.buffering.max.kbytes", "65536"),
        ("partitioner", "murmur2_random"),
        ("message.max.bytes", "900000"),
    ]

    /// PostgreSQL holds the positions, so the client neither commits nor guesses one.
    private static let consuming = [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("check.crcs", "true"),
        ("isolation.level", "read_committed"),
        ("partition.assignment.strategy", "range"),
        // We never join the group. This is only how long a closing client of librdkafka 2.0.2 looks for the coordinator, at full
        // speed, when offsets for the dashboards are still unsent.
        ("session.timeout.ms", "6000"),
        ("max.poll.interval.ms", "300000"),
        ("fetch.message.max.bytes", "1048576"),
        ("fetch.wait.max.ms", "100"),
        ("fetch.error.backoff.ms", "100"),
        // With a full queue librdkafka 2.0.2 waits up to a second before it fetches again; `KafkaConsumer` wakes it after a full batch.
        // The bound is the bytes. What one fetch brings, unpacked, comes on top. A quarter of it saved 150 MiB of ingestion's memory and
        // cost two thirds of the speed: the queue was full so often that the second was waited for again and again.
        ("queued.min.messages", "1000000"),
        ("queued.max.messages.kbytes", "16384"),
    ]
}
