import Vocabulary
import Wire

/// Where the bytes of a record came from: enough to find them again and to prove that they are the same.
package struct Origin: Hashable, Sendable {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    /// SHA-256 of the message's value as it came, in hexadecimal.
    package let sha256: String

    package init(topic: String, partition: Int32, offset: Int64, sha256: String) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.sha256 = sha256
    }

    package init(_ fields: Fields) throws(ContractDefect) {
        self.init(
            topic: try fields.text("topic"), partition: Int32(clamping: try fields.int("partition")),
            offset: try fields.int("offset"), sha256: try fields.text("sha256"))
    }

    package func write(to writer: inout JSONWriter, as name: String) {
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
package struct AcceptedRecord: Payload {
    package static let type = "ingestion.record.v1"

    /// Unique for all time: the writer's name, a slash, and the writer's own id.
    package let recordID: String
    /// A `recordType` entry of the catalogue.
    package let recordType: String
    /// `source:<id>`, `institution:<id>` or `portal`.
    package let writer: String
    /// What the writer said the record is about: a USCC, or an alias that governance resolves.
    package let subject: String
    /// When it happened in the world.
    package let occurredAt: Instant
    /// When ingestion took it in.
    package let receivedAt: Instant
    package let origin: Origin
    /// The writer's own JSON object, passed on as it came.
    package let data: JSONValue

    package init(
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

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            recordID: try fields.text("recordId"), recordType: try fields.text("recordType"), writer: try fields.text("writer"),
            subject: try fields.text("subject"), occurredAt: try fields.instant("occurredAt"),
            receivedAt: try fields.instant("receivedAt"), origin: try Origin(try fields.object("origin")),
            data: try fields.required("data"))
    }

    package func write(to object: inout JSONWriter) {
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
package struct Fact: Payload {
    package static let type = "governance.fact.v1"

    /// The record's id; a correction has its own.
    package let factID: String
    package let recordType: String
    package let writer: String
    /// The subject's USCC (or the synthetic code of a test pack).
    package let subject: String
    package let occurredAt: Instant
    /// When governance knew it. With `occurredAt` this makes the fact bitemporal.
    package let knownAt: Instant
    package let origin: Origin
    /// 0…10,000 basis points of the quality rules' weight that held.
    package let quality: Int64
    package let data: JSONValue
    /// The fact that this one takes the place of: a correction, or a repeated statement of the same period.
    package let supersedes: String?
    /// What the superseded fact said, so that sums can be taken back without a look-up.
    package let supersededData: JSONValue?
    /// True when there is nothing in its place: the fact was repaired away or withdrawn. `data` is then what it had said.
    package let isRetraction: Bool

    package init(
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

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            factID: try fields.text("factId"), recordType: try fields.text("recordType"), writer: try fields.text("writer"),
            subject: try fields.text("subject"), occurredAt: try fields.instant("occurredAt"), knownAt: try fields.instant("knownAt"),
            origin: try Origin(try fields.object("origin")), quality: try fields.int("quality"), data: try fields.required("data"),
            supersedes: try fields.textOrNil("supersedes"), supersededData: fields["supersededData"],
            isRetraction: try fields.bool("isRetraction"))
    }

    package func write(to object: inout JSONWriter) {
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
package struct GovernanceEvent: Payload {
    package static let type = "governance.event.v1"

    /// `quarantined`, `released`, `refused`, `consent-given`, `consent-revoked`, `consent-expired`, `alias-learned`, `retracted`.
    package let kind: String
    package let subject: String
    package let recordID: String
    package let recordType: String
    package let writer: String
    /// The rule or refusal code; empty when there is none.
    package let reason: String
    package let at: Instant

    package init(kind: String, subject: String, recordID: String, recordType: String, writer: String, reason: String, at: Instant) {
        self.kind = kind
        self.subject = subject
        self.recordID = recordID
        self.recordType = recordType
        self.writer = writer
        self.reason = reason
        self.at = at
    }

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            kind: try fields.text("kind"), subject: try fields.text("subject"), recordID: try fields.text("recordId"),
            recordType: try fields.text("recordType"), writer: try fields.text("writer"), reason: try fields.text("reason"),
            at: try fields.instant("at"))
    }

    package func write(to object: inout JSONWriter) {
        object.member("kind", kind)
        object.member("subject", subject)
        object.member("recordId", recordID)
        object.member("recordType", recordType)
        object.member("writer", writer)
        object.member("reason", reason)
        object.member("at", at)
    }
}
