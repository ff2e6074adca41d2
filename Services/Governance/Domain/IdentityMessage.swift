import Contracts
import Vocabulary
import Wire

/// Governance to itself, under the alias's key: whom the alias stands for.
package struct IdentityMessage: Payload {
    package static let type = "governance.identity.v1"

    package let alias: String
    /// The subject's USCC.
    package let subject: String
    /// The registration that says so.
    package let recordID: String
    /// When that registration was made: of two claims the later one holds.
    package let occurredAt: Instant

    package init(alias: String, subject: String, recordID: String, occurredAt: Instant) {
        self.alias = alias
        self.subject = subject
        self.recordID = recordID
        self.occurredAt = occurredAt
    }

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            alias: try fields.text("alias"), subject: try fields.text("subject"), recordID: try fields.text("recordId"),
            occurredAt: try fields.instant("occurredAt"))
    }

    package func write(to object: inout JSONWriter) {
        object.member("alias", alias)
        object.member("subject", subject)
        object.member("recordId", recordID)
        object.member("occurredAt", occurredAt)
    }
}
