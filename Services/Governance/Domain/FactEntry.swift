import Contracts
import Ledger
import Vocabulary
import Wire

/// What the log says of one fact, or of one word about a consent: everything in its row, with the seal in place of the data.
///
/// The leaf is the hash of `text`, so whoever alters a column, or the data beneath the seal, breaks it. The data themselves are not in it:
/// a proof can be shown without them, and they can be erased when their time is over.
public struct FactEntry: Hashable, Sendable {
    public let factID: String
    public let recordType: String
    public let writer: String
    public let subject: String
    public let businessKey: String
    public let occurredAt: Instant
    public let knownAt: Instant
    public let topic: String
    public let partition: Int64
    public let offset: Int64
    /// Of the message as it came.
    public let sha256: String
    /// Unit: basis points.
    public let quality: Int64
    public let duplicateOf: String?
    /// The fact's seal.
    public let contentSHA256: String

    public init(
        factID: String, recordType: String, writer: String, subject: String, businessKey: String, occurredAt: Instant, knownAt: Instant,
        topic: String, partition: Int64, offset: Int64, sha256: String, quality: Int64, duplicateOf: String?, contentSHA256: String
    ) {
        self.factID = factID
        self.recordType = recordType
        self.writer = writer
        self.subject = subject
        self.businessKey = businessKey
        self.occurredAt = occurredAt
        self.knownAt = knownAt
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.sha256 = sha256
        self.quality = quality
        self.duplicateOf = duplicateOf
        self.contentSHA256 = contentSHA256
    }

    /// The entry as a JSON object without white space, its members in this order. Its form never changes: a new member would be a new kind.
    public var text: [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                object.member("kind", kind)
                object.member("factId", factID)
                object.member("recordType", recordType)
                object.member("writer", self.writer)
                object.member("subject", subject)
                object.member("businessKey", businessKey)
                object.member("occurredAt", occurredAt)
                object.member("knownAt", knownAt)
                object.member("topic", topic)
                object.member("partition", partition)
                object.member("offset", offset)
                object.member("sha256", sha256)
                object.member("quality", quality)
                object.memberIfPresent("duplicateOf", duplicateOf)
                object.member("contentSha256", contentSHA256)
            }
        }
    }

    /// The row of the table `fact`, cell by cell, and what is in it beside the data.
    public func cells(data: [UInt8]) -> [Cell] {
        [
            .text(factID), .text(recordType), .text(writer), .text(subject), .text(businessKey), .instant(occurredAt), .instant(knownAt),
            .text(topic), .int64(partition), .int64(offset), .text(sha256), .int64(quality), .json(data), .textOrNull(duplicateOf),
            .text(contentSHA256),
        ]
    }

    public var leaf: LedgerLeaf { LedgerLeaf(reference: reference, hash: Merkle.leafHash(text)) }

    /// `fact/` or `consent/`, and the fact's id.
    public var reference: String { "\(kind)/\(factID)" }

    /// `consent` for what is said about consents: given, withdrawn, suspended, taken up again.
    private var kind: String { ConsentGrant.types.contains(recordType) ? "consent" : "fact" }

    /// The fact's id in a reference; nil when it is none of ours.
    public static func factID(in reference: String) -> String? {
        for kind in ["fact/", "consent/"] where reference.hasPrefix(kind) { return String(reference.dropFirst(kind.count)) }
        return nil
    }
}
