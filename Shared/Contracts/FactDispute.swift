import Vocabulary
import Wire

/// The subject says that a statement about it is wrong (异议), or it has been answered. While it is open, the mark goes with all that rests
/// on the statement.
///
/// Beside the facts on their topic, so that whoever reads facts hears of it. Of several about one dispute the latest by `at` holds, whichever
/// came first.
public struct FactDispute: Payload, Hashable {
    public static let type = "governance.dispute.v1"

    /// The code under which the objection was raised, a slash, and the objection's number there.
    public let disputeID: String
    public let subject: String
    /// The disputed statement, as the objection names it.
    public let recordID: String
    /// The fact that says it: the id under which it was sent last, which is another than the record's where the same had been said before
    /// under another id, or where codes were merged.
    public let factID: String
    public let recordType: String
    public let occurredAt: Instant
    /// The month that the statement is about; nil where it says none.
    public let period: Month?
    /// False once it is answered, or the statement no longer stands.
    public let isOpen: Bool
    public let openedOn: Day
    /// The last day for an answer.
    public let dueOn: Day
    /// Each word of one writer about its disputes has a moment of its own.
    public let at: Instant

    public init(
        disputeID: String, subject: String, recordID: String, factID: String, recordType: String, occurredAt: Instant, period: Month?,
        isOpen: Bool, openedOn: Day, dueOn: Day, at: Instant
    ) {
        self.disputeID = disputeID
        self.subject = subject
        self.recordID = recordID
        self.factID = factID
        self.recordType = recordType
        self.occurredAt = occurredAt
        self.period = period
        self.isOpen = isOpen
        self.openedOn = openedOn
        self.dueOn = dueOn
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            disputeID: try fields.text("disputeId"), subject: try fields.text("subject"), recordID: try fields.text("recordId"),
            factID: try fields.text("factId"), recordType: try fields.text("recordType"), occurredAt: try fields.instant("occurredAt"),
            period: try fields.monthOrNil("period"), isOpen: try fields.requiredBool("isOpen"), openedOn: try fields.day("openedOn"),
            dueOn: try fields.day("dueOn"), at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("disputeId", disputeID)
        object.member("subject", subject)
        object.member("recordId", recordID)
        object.member("factId", factID)
        object.member("recordType", recordType)
        object.member("occurredAt", occurredAt)
        object.memberIfPresent("period", period)
        object.member("isOpen", isOpen)
        object.member("openedOn", openedOn)
        object.member("dueOn", dueOn)
        object.member("at", at)
    }

    /// The fact is the one that says what the disputed statement says.
    public func isAbout(_ factID: String) -> Bool { factID == self.factID }
}
