import Contracts
import Vocabulary
import Wire

/// Governance to itself, under the alias's key: whom the alias stands for.
public struct IdentityMessage: Payload {
    public static let type = "governance.identity.v1"

    public let alias: String
    /// The subject's USCC.
    public let subject: String
    /// The registration that says so.
    public let recordID: String
    /// When that registration was made: of two claims the later one holds.
    public let occurredAt: Instant
    /// Nobody has said so: the firm was found by its name. Gives way to what a registration or the desk says, whenever that was.
    public let isMatched: Bool

    public init(alias: String, subject: String, recordID: String, occurredAt: Instant, isMatched: Bool = false) {
        self.alias = alias
        self.subject = subject
        self.recordID = recordID
        self.occurredAt = occurredAt
        self.isMatched = isMatched
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            alias: try fields.text("alias"), subject: try fields.text("subject"), recordID: try fields.text("recordId"),
            occurredAt: try fields.instant("occurredAt"), isMatched: try fields.bool("matched"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("alias", alias)
        object.member("subject", subject)
        object.member("recordId", recordID)
        object.member("occurredAt", occurredAt)
        if isMatched { object.member("matched", true) }
    }
}
