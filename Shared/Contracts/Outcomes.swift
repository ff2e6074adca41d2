import Vocabulary
import Wire

/// A policy found a firm, or let it go again.
public struct PolicyEvent: Payload {
    public static let type = "policypush.event.v1"

    /// `pushed`, `withdrawn`, `reminded`, `claimed`, `granted`, `grant-refused`.
    public let kind: String
    public let policyID: String
    public let policyVersion: Int64
    public let subject: String
    /// Granted or expected; zero when the policy has no amount.
    public let amount: Money
    public let reason: String
    public let conditions: [ConditionResult]
    public let at: Instant

    public init(
        kind: String, policyID: String, policyVersion: Int64, subject: String, amount: Money, reason: String,
        conditions: [ConditionResult], at: Instant
    ) {
        self.kind = kind
        self.policyID = policyID
        self.policyVersion = policyVersion
        self.subject = subject
        self.amount = amount
        self.reason = reason
        self.conditions = conditions
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            kind: try fields.text("kind"), policyID: try fields.text("policyId"), policyVersion: try fields.int("policyVersion"),
            subject: try fields.text("subject"), amount: try fields.money("amountFen"), reason: try fields.text("reason"),
            conditions: try fields.list("conditions") { json throws(ContractDefect) in try ConditionResult(json) },
            at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("kind", kind)
        object.member("policyId", policyID)
        object.member("policyVersion", policyVersion)
        object.member("subject", subject)
        object.member("amountFen", amount.fen)
        object.member("reason", reason)
        object.member(
            "conditions",
            array: { list in
                for condition in conditions { list.element(object: { condition.write(to: &$0) }) }
            })
        object.member("at", at)
    }
}

/// A no-application grant asks for its share of the policy's budget. Keyed by the policy, so that one place spends it.
public struct GrantClaim: Payload {
    public static let type = "policypush.grant-claim.v1"

    public let policyID: String
    public let policyVersion: Int64
    public let subject: String
    public let amount: Money
    public let at: Instant

    public init(policyID: String, policyVersion: Int64, subject: String, amount: Money, at: Instant) {
        self.policyID = policyID
        self.policyVersion = policyVersion
        self.subject = subject
        self.amount = amount
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            policyID: try fields.text("policyId"), policyVersion: try fields.int("policyVersion"), subject: try fields.text("subject"),
            amount: try fields.money("amountFen"), at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("policyId", policyID)
        object.member("policyVersion", policyVersion)
        object.member("subject", subject)
        object.member("amountFen", amount.fen)
        object.member("at", at)
    }
}

/// A warning was raised about a borrower, changed its colour, or was lowered. Only lenders of record hear of it.
public struct RiskAlert: Payload {
    public static let type = "riskmonitoring.alert.v1"

    /// `<rule>/<subject>`: one alert per cause; raising it again does not make a second.
    public let alertID: String
    public let subject: String
    public let rule: String
    public let ruleVersion: Int64
    /// `blue`, `yellow`, `orange`, `red`; `none` once lowered.
    public let level: String
    /// `raised`, `changed`, `lowered`.
    public let kind: String
    public let title: Bilingual
    /// What was seen, such as `overdue-days=95`.
    public let observed: String
    /// Institutions with a live loan to the subject.
    public let lenders: [String]
    public let at: Instant
    /// A statement that the subject contests has a part in what was seen (异议标注).
    public let isDisputed: Bool

    public init(
        alertID: String, subject: String, rule: String, ruleVersion: Int64, level: String, kind: String, title: Bilingual,
        observed: String, lenders: [String], at: Instant, isDisputed: Bool = false
    ) {
        self.alertID = alertID
        self.subject = subject
        self.rule = rule
        self.ruleVersion = ruleVersion
        self.level = level
        self.kind = kind
        self.title = title
        self.observed = observed
        self.lenders = lenders
        self.at = at
        self.isDisputed = isDisputed
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            alertID: try fields.text("alertId"), subject: try fields.text("subject"), rule: try fields.text("rule"),
            ruleVersion: try fields.int("ruleVersion"), level: try fields.text("level"), kind: try fields.text("kind"),
            title: try Bilingual(try fields.required("title")), observed: try fields.text("observed"),
            lenders: try fields.texts("lenders"), at: try fields.instant("at"), isDisputed: try fields.bool("isDisputed"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("alertId", alertID)
        object.member("subject", subject)
        object.member("rule", rule)
        object.member("ruleVersion", ruleVersion)
        object.member("level", level)
        object.member("kind", kind)
        title.write(to: &object, as: "title")
        object.member("observed", observed)
        object.member(
            "lenders",
            array: { list in
                for lender in lenders { list.element(lender) }
            })
        object.member("at", at)
        if isDisputed { object.member("isDisputed", true) }
    }
}

/// A watch on a loan was opened or closed, or its five-category class changed.
public struct WatchEvent: Payload {
    public static let type = "riskmonitoring.watch.v1"

    /// `opened`, `classified`, `closed`.
    public let kind: String
    public let loanID: String
    public let subject: String
    public let institution: String
    public let balance: Money
    /// Five-category class: `normal`, `special-mention`, `substandard`, `doubtful`, `loss`.
    public let loanClass: String
    public let at: Instant

    public init(kind: String, loanID: String, subject: String, institution: String, balance: Money, loanClass: String, at: Instant) {
        self.kind = kind
        self.loanID = loanID
        self.subject = subject
        self.institution = institution
        self.balance = balance
        self.loanClass = loanClass
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            kind: try fields.text("kind"), loanID: try fields.text("loanId"), subject: try fields.text("subject"),
            institution: try fields.text("institution"), balance: try fields.money("balanceFen"),
            loanClass: try fields.text("loanClass"), at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("kind", kind)
        object.member("loanId", loanID)
        object.member("subject", subject)
        object.member("institution", institution)
        object.member("balanceFen", balance.fen)
        object.member("loanClass", loanClass)
        object.member("at", at)
    }
}

/// What the exit door did: let something out, refused it, or called it back.
public struct ExchangeEvent: Payload {
    public static let type = "exchange.event.v1"

    /// `released`, `denied`, `recalled`.
    public let kind: String
    public let releaseID: String
    public let subject: String
    public let receiver: String
    public let messageType: String
    public let purpose: String
    public let consentID: String
    /// Empty when released; else the reason code, such as `consent-missing`.
    public let reason: String
    public let at: Instant

    public init(
        kind: String, releaseID: String, subject: String, receiver: String, messageType: String, purpose: String, consentID: String,
        reason: String, at: Instant
    ) {
        self.kind = kind
        self.releaseID = releaseID
        self.subject = subject
        self.receiver = receiver
        self.messageType = messageType
        self.purpose = purpose
        self.consentID = consentID
        self.reason = reason
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            kind: try fields.text("kind"), releaseID: try fields.text("releaseId"), subject: try fields.text("subject"),
            receiver: try fields.text("receiver"), messageType: try fields.text("messageType"), purpose: try fields.text("purpose"),
            consentID: try fields.text("consentId"), reason: try fields.text("reason"), at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("kind", kind)
        object.member("releaseId", releaseID)
        object.member("subject", subject)
        object.member("receiver", receiver)
        object.member("messageType", messageType)
        object.member("purpose", purpose)
        object.member("consentId", consentID)
        object.member("reason", reason)
        object.member("at", at)
    }
}
