import Contracts
import Vocabulary
import Wire

/// A decoded message: its envelope, its body parsed once, and where it lies. A class, since it is handed on many times and never changed.
public final class Message: Sendable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    /// Which event of a packed Kafka message it is; 0 in the others.
    public let index: Int32
    public let key: String
    /// CloudEvents `source`, `type`, `subject`, `time`.
    public let source: String
    public let type: String
    public let subject: String
    public let time: Instant?
    public let body: JSONValue
    /// The bytes of a message of another system (`Dialect.bare`), which its reader parses itself; empty for all others.
    public let value: [UInt8]
    /// SHA-256 of the value as it came, in hexadecimal; computed only for messages from outside, else empty.
    public let sha256: String
    public let traceparent: String?
    private let identity: Identity

    private enum Identity: Sendable {
        case given(String)
        /// A place in a link, from which the id is made when somebody asks.
        case sequence(Int64)
    }

    public init(
        topic: String, partition: Int32, offset: Int64, key: String, id: String, source: String, type: String, subject: String,
        time: Instant?, body: JSONValue, sha256: String = "", traceparent: String? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        index = 0
        self.key = key
        identity = .given(id)
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.body = body
        value = []
        self.sha256 = sha256
        self.traceparent = traceparent
    }

    /// A message of another system: a key and a value.
    public init(topic: String, partition: Int32, offset: Int64, key: String, value: [UInt8]) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        index = 0
        self.key = key
        identity = .sequence(offset)
        source = topic
        type = ""
        subject = key
        time = nil
        body = .null
        self.value = value
        sha256 = ""
        traceparent = nil
    }

    /// An event of a packed message.
    public init(
        topic: String, partition: Int32, offset: Int64, index: Int32, key: String, sequence: Int64, source: String, type: String,
        subject: String, time: Instant, body: JSONValue
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.index = index
        self.key = key
        identity = .sequence(sequence)
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.body = body
        value = []
        sha256 = ""
        traceparent = nil
    }

    /// CloudEvents `id`: the sender's own, or the event's place in its link.
    public var id: String {
        switch identity {
        case .given(let id): id
        case .sequence(let sequence): Message.linkID(topic: topic, partition: partition, source: source, sequence: sequence)
        }
    }

    /// The id of what our services send: topic, partition, sending lane, sequence. Source: ARCHITECTURE.md, "Truth and time".
    public static func linkID(topic: String, partition: Int32, source: String, sequence: Int64) -> String {
        "\(topic)/\(partition)/\(source.split(separator: "/").last ?? "")/\(sequence)"
    }
}

/// What is known for one key, kept as a JSON object between batches.
public protocol DecidedState: Sendable {
    /// False for a service that remembers nothing between messages: then no state is read or written.
    static var isKept: Bool { get }
    /// A key never seen before.
    init()
    init(_ json: JSONValue) throws(ContractDefect)
    /// Writes the members of the object.
    func write(to object: inout JSONWriter)
}

extension DecidedState {
    public static var isKept: Bool { true }

    public var bytes: [UInt8] {
        JSONWriter.encode { writer in writer.object { write(to: &$0) } }
    }
}
