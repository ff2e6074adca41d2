import Contracts
import Vocabulary
import Wire

/// A decoded message: its envelope, its body parsed once, and where it lies.
package struct Message: Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    package let key: String
    /// CloudEvents `id`, `source`, `type`, `subject`, `time`.
    package let id: String
    package let source: String
    package let type: String
    package let subject: String
    package let time: Instant?
    package let body: JSONValue
    /// SHA-256 of the value as it came, in hexadecimal; computed only for messages from outside, else empty.
    package let sha256: String
    package let traceparent: String?

    package init(
        topic: String, partition: Int32, offset: Int64, key: String, id: String, source: String, type: String, subject: String,
        time: Instant?, body: JSONValue, sha256: String = "", traceparent: String? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
        self.time = time
        self.body = body
        self.sha256 = sha256
        self.traceparent = traceparent
    }
}

/// What is known for one key, kept as a JSON object between batches.
package protocol DecidedState: Sendable {
    /// A key never seen before.
    init()
    init(_ json: JSONValue) throws(ContractDefect)
    /// Writes the members of the object.
    func write(to object: inout JSONWriter)
}

extension DecidedState {
    package var bytes: [UInt8] {
        JSONWriter.encode { writer in writer.object { write(to: &$0) } }
    }
}
