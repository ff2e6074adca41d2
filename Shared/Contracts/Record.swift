import Vocabulary
import Wire

/// Where the bytes of a record came from: enough to find them again and to prove that they are the same.
public struct Origin: Hashable, Sendable {
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    /// SHA-256 of the message's value as it came, in hexadecimal.
    public let sha256: String

    public init(topic: String, partition: Int32, offset: Int64, sha256: String) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.sha256 = sha256
    }

    public init(_ fields: Fields) throws(ContractDefect) {
        self.init(
            topic: try fields.text("topic"), partition: Int32(clamping: try fields.int("partition")),
            offset: try fields.int("offset"), sha256: try fields.text("sha256"))
    }

    public func write(to writer: inout JSONWriter, as name: String) {
        writer.member(
            name,
            object: { object in
                object.member("topic", topic)
                object.member("partition", Int64(partition))
                object.member("offset", offset)
                object.member("sha256", sha256)
            })
    }
}

/// A record that ingestion let in: from a known writer, of a type that writer may send, with a body of that type's shape.
public struct AcceptedRecord: Payload {
    public static let type = "ingestion.record.v1"

    /// Unique for all time: the writer's name, a slash, and the writer's own id.
    public let recordID: String
    /// A `recordType` entry of the catalogue.
    public let recordType: String
    /// `source:<id>`, `institution:<id>` or `portal`.
    public let writer: String
    /// What the writer said the record is about: a USCC, or an alias that governance resolves.
    public let subject: String
    /// When it happened in the world.
    public let occurredAt: Instant
    /// When ingestion took it in.
    public let receivedAt: Instant
    public let origin: Origin
    /// The writer's own JSON object, passed on as it came.
    public let data: JSONValue

    public init(
        recordID: String, recordType: String, writer: String, subject: String, occurredAt: Instant, receivedAt: Instant,
        origin: Origin, data: JSONValue
    ) {
        self.recordID = recordID
        self.recordType = recordType
        self.writer = writer
        self.subject = subject
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.origin = origin
        self.data = data
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            recordID: try fields.text("recordId"), recordType: try fields.text("recordType"), writer: try fields.text("writer"),
            subject: try fields.text("subject"), occurredAt: try fields.instant("occurredAt"),
            receivedAt: try fields.instant("receivedAt"), origin: try Origin(try fields.object("origin")),
            data: try fields.required("data"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("recordId", recordID)
        object.member("recordType", recordType)
        object.member("writer", writer)
        object.member("subject", subject)
        object.member("occurredAt", occurredAt)
        object.member("receivedAt", receivedAt)
        origin.write(to: &object, as: "origin")
        object.member("data", data)
    }
}

/// What governance holds to be true: an accepted record under its subject's proper code, with the verdict of the quality rules.
public struct Fact: Payload {
    public static let type = "governance.fact.v1"

    /// The record's id; a correction has its own.
    public let factID: String
    public let recordType: String
    public let writer: String
    /// The subject's USCC (or the synthetic code of a test pack).
    public let subject: String
    public let occurredAt: Instant
    /// When governance knew it. With `occurredAt` this makes the fact bitemporal.
    public let knownAt: Instant
    public let origin: Origin
    /// 0…10,000 basis points of the quality rules' weight that held.
    public let quality: Int64
    public let data: JSONValue
    /// The fact that this one takes the place of: a correction, or a repeated statement of the same period.
    public let supersedes: String?
    /// What the superseded fact said, so that sums can be taken back without a look-up.
    public let supersededData: JSONValue?
    /// True when there is nothing in its place: the fact was repaired away or withdrawn. `data` is then what it had said.
    public let isRetraction: Bool

    public init(
        factID: String, recordType: String, writer: String, subject: String, occurredAt: Instant, knownAt: Instant, origin: Origin,
        quality: Int64, data: JSONValue, supersedes: String? = nil, supersededData: JSONValue? = nil, isRetraction: Bool = false
    ) {
        self.factID = factID
        self.recordType = recordType
        self.writer = writer
        self.subject = subject
        self.occurredAt = occurredAt
        self.knownAt = knownAt
        self.origin = origin
        self.quality = quality
        self.data = data
        self.supersedes = supersedes
        self.supersededData = supersededData
        self.isRetraction = isRetraction
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            factID: try fields.text("factId"), recordType: try fields.text("recordType"), writer: try fields.text("writer"),
            subject: try fields.text("subject"), occurredAt: try fields.instant("occurredAt"), knownAt: try fields.instant("knownAt"),
            origin: try Origin(try fields.object("origin")), quality: try fields.int("quality"), data: try fields.required("data"),
            supersedes: try fields.textOrNil("supersedes"), supersededData: fields["supersededData"],
            isRetraction: try fields.bool("isRetraction"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("factId", factID)
        object.member("recordType", recordType)
        object.member("writer", writer)
        object.member("subject", subject)
        object.member("occurredAt", occurredAt)
        object.member("knownAt", knownAt)
        origin.write(to: &object, as: "origin")
        object.member("quality", quality)
        object.member("data", data)
        if let supersedes { object.member("supersedes", supersedes) }
        if let supersededData { object.member("supersededData", supersededData) }
        if isRetraction { object.member("isRetraction", true) }
    }
}

/// What governance did with a record that did not become a fact, or did beside it: one line for counters and queues.
public struct GovernanceEvent: Payload {
    public static let type = "governance.event.v1"

    /// `quarantined`, `released`, `refused`, `consent-given`, `consent-revoked`, `consent-expired`, `alias-learned`, `retracted`.
    public let kind: String
    public let subject: String
    public let recordID: String
    public let recordType: String
    public let writer: String
    /// The rule or refusal code; empty when there is none.
    public let reason: String
    public let at: Instant

    public init(kind: String, subject: String, recordID: String, recordType: String, writer: String, reason: String, at: Instant) {
        self.kind = kind
        self.subject = subject
        self.recordID = recordID
        self.recordType = recordType
        self.writer = writer
        self.reason = reason
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            kind: try fields.text("kind"), subject: try fields.text("subject"), recordID: try fields.text("recordId"),
            recordType: try fields.text("recordType"), writer: try fields.text("writer"), reason: try fields.text("reason"),
            at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("kind", kind)
        object.member("subject", subject)
        object.member("recordId", recordID)
        object.member("recordType", recordType)
        object.member("writer", writer)
        object.member("reason", reason)
        object.member("at", at)
    }
}
