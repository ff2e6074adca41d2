import Contracts
import Vocabulary
import Wire

/// What an institution, or the firm itself, reports about an application. In the order of a smooth course.
public enum FeedbackStep: String, CaseIterable, Sendable {
    case accepted, credited, disbursed, settled, declined, withdrawn

    /// `financing.<step>`.
    public init?(recordType: String) {
        guard recordType.hasPrefix("financing.") else { return nil }
        self.init(rawValue: String(recordType.dropFirst("financing.".count)))
    }

    /// Orders what happened at the same moment.
    var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Where an application stands.
public enum ApplicationStatus: String, CaseIterable, Sendable {
    case dispatched, accepted, credited, disbursed, settled, declined, withdrawn, unmatched

    /// The state that `step` leads to, or nil where it may not be taken. Skipping ahead is allowed: some institutions only report the
    /// money. Nothing leads back, and nothing leads out of an end.
    public func after(_ step: FeedbackStep) -> ApplicationStatus? {
        switch (self, step) {
        case (.dispatched, .accepted): .accepted
        case (.dispatched, .credited), (.accepted, .credited): .credited
        case (.dispatched, .disbursed), (.accepted, .disbursed), (.credited, .disbursed): .disbursed
        case (.dispatched, .settled), (.accepted, .settled), (.credited, .settled), (.disbursed, .settled): .settled
        case (.dispatched, .declined), (.accepted, .declined): .declined
        case (.dispatched, .withdrawn), (.accepted, .withdrawn), (.credited, .withdrawn): .withdrawn
        case (.accepted, .accepted), (.credited, .accepted), (.disbursed, .accepted), (.settled, .accepted), (.declined, .accepted),
            (.withdrawn, .accepted), (.unmatched, .accepted), (.credited, .credited), (.disbursed, .credited), (.settled, .credited),
            (.declined, .credited), (.withdrawn, .credited), (.unmatched, .credited), (.disbursed, .disbursed), (.settled, .disbursed),
            (.declined, .disbursed), (.withdrawn, .disbursed), (.unmatched, .disbursed), (.settled, .settled), (.declined, .settled),
            (.withdrawn, .settled), (.unmatched, .settled), (.credited, .declined), (.disbursed, .declined), (.settled, .declined),
            (.declined, .declined), (.withdrawn, .declined), (.unmatched, .declined), (.disbursed, .withdrawn), (.settled, .withdrawn),
            (.declined, .withdrawn), (.withdrawn, .withdrawn), (.unmatched, .withdrawn):
            nil
        }
    }

    var isEnd: Bool {
        switch self {
        case .settled, .declined, .withdrawn, .unmatched: true
        case .dispatched, .accepted, .credited, .disbursed: false
        }
    }
}

/// One report about an application, read from a fact.
public struct Feedback: Hashable, Sendable {
    public let applicationID: String
    public let factID: String
    public let step: FeedbackStep
    public let occurredAt: Instant
    /// `institution:<id>` or `portal`, as the topic says.
    public let writer: String
    /// The institution that the body names; empty when it names none.
    public let institution: String
    /// Credit limit or disbursed amount.
    public let amount: Money?
    /// Basis points.
    public let annualRate: Int64?
    public let months: Int64?
    public let loanID: String
    public let reason: String

    /// Refuses a body without an application id.
    public init(_ fact: Fact, _ step: FeedbackStep) throws(ContractDefect) {
        let fields = try Fields(fact.data)
        applicationID = try fields.text("applicationId")
        factID = fact.factID
        self.step = step
        occurredAt = fact.occurredAt
        writer = fact.writer
        institution = try fields.textOrNil("institution") ?? ""
        amount = (fields["creditLimit"] ?? fields["amount"])?.moneyInYuan
        annualRate = try fields.intOrNil("annualRateBp")
        months = try fields.intOrNil("months")
        loanID = try fields.textOrNil("loanId") ?? ""
        reason = try fields.textOrNil("reason") ?? ""
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        guard let step = FeedbackStep(rawValue: try fields.text("step")) else { throw .wrong(field: "step", expected: "a step") }
        self.step = step
        applicationID = try fields.text("applicationId")
        factID = try fields.text("factId")
        occurredAt = try fields.instant("occurredAt")
        writer = try fields.text("writer")
        institution = try fields.textOrNil("institution") ?? ""
        amount = try fields.intOrNil("amountFen").map { Money(fen: $0) }
        annualRate = try fields.intOrNil("annualRate")
        months = try fields.intOrNil("months")
        loanID = try fields.textOrNil("loanId") ?? ""
        reason = try fields.textOrNil("reason") ?? ""
    }

    public func write(to object: inout JSONWriter) {
        object.member("applicationId", applicationID)
        object.member("factId", factID)
        object.member("step", step.rawValue)
        object.member("occurredAt", occurredAt)
        object.member("writer", writer)
        if !institution.isEmpty { object.member("institution", institution) }
        object.memberIfPresent("amountFen", amount?.fen)
        object.memberIfPresent("annualRate", annualRate)
        object.memberIfPresent("months", months)
        if !loanID.isEmpty { object.member("loanId", loanID) }
        if !reason.isEmpty { object.member("reason", reason) }
    }

    /// Why this writer may not report on an application that went to `dispatched`; nil when it may.
    func wrongWriter(dispatched: String) -> String? {
        if step == .withdrawn { return writer == "portal" ? nil : "not-the-applicant" }
        let isTheirs =
            !dispatched.isEmpty && writer == "institution:" + dispatched && (institution.isEmpty || institution == dispatched)
        return isTheirs ? nil : "not-the-dispatched-institution"
    }

    /// In the order in which it happened, whatever came first.
    static func isBefore(_ a: Feedback, _ b: Feedback) -> Bool {
        if a.occurredAt != b.occurredAt { return a.occurredAt < b.occurredAt }
        if a.step != b.step { return a.step.place < b.step.place }
        return a.factID < b.factID
    }
}
