import Vocabulary
import Wire

/// One condition of a product or a policy, judged: shown to the firm whether met or not.
public struct ConditionResult: Hashable, Sendable {
    public let condition: String
    /// `yes`, `no` or `unknown`.
    public let truth: String
    public let title: Bilingual
    /// What was seen, such as `tax-months=12`; or the facts that are missing.
    public let observed: String

    public init(condition: String, truth: String, title: Bilingual, observed: String) {
        self.condition = condition
        self.truth = truth
        self.title = title
        self.observed = observed
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            condition: try fields.text("condition"), truth: try fields.text("truth"), title: try Bilingual(try fields.required("title")),
            observed: try fields.text("observed"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("condition", condition)
        object.member("truth", truth)
        title.write(to: &object, as: "title")
        object.member("observed", observed)
    }
}

/// A product offered to a subject, with its rank and why.
public struct ProductMatch: Hashable, Sendable {
    public let productID: String
    public let productVersion: Int64
    public let institution: String
    /// 1 = best.
    public let rank: Int64
    /// 0…10,000 each: chance of success, overall cost, speed, service; and their weighted sum.
    public let success: Int64
    public let cost: Int64
    public let speed: Int64
    public let service: Int64
    public let total: Int64
    /// Estimated annual rate including fees, basis points.
    public let annualRate: Int64
    /// The most that the product's limit formula allows.
    public let limit: Money
    /// Both met and unmet conditions.
    public let conditions: [ConditionResult]

    public init(
        productID: String, productVersion: Int64, institution: String, rank: Int64, success: Int64, cost: Int64, speed: Int64,
        service: Int64, total: Int64, annualRate: Int64, limit: Money, conditions: [ConditionResult]
    ) {
        self.productID = productID
        self.productVersion = productVersion
        self.institution = institution
        self.rank = rank
        self.success = success
        self.cost = cost
        self.speed = speed
        self.service = service
        self.total = total
        self.annualRate = annualRate
        self.limit = limit
        self.conditions = conditions
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            productID: try fields.text("productId"), productVersion: try fields.int("productVersion"),
            institution: try fields.text("institution"), rank: try fields.int("rank"), success: try fields.int("success"),
            cost: try fields.int("cost"), speed: try fields.int("speed"), service: try fields.int("service"),
            total: try fields.int("total"), annualRate: try fields.int("annualRate"), limit: try fields.money("limitFen"),
            conditions: try fields.list("conditions") { json throws(ContractDefect) in try ConditionResult(json) })
    }

    public func write(to object: inout JSONWriter) {
        object.member("productId", productID)
        object.member("productVersion", productVersion)
        object.member("institution", institution)
        object.member("rank", rank)
        object.member("success", success)
        object.member("cost", cost)
        object.member("speed", speed)
        object.member("service", service)
        object.member("total", total)
        object.member("annualRate", annualRate)
        object.member("limitFen", limit.fen)
        object.member(
            "conditions",
            array: { list in
                for condition in conditions { list.element(object: { condition.write(to: &$0) }) }
            })
    }
}

/// The products found for a subject, best first. A later revision replaces an earlier one.
public struct MatchList: Payload {
    public static let type = "matchmaking.matches.v1"

    public let subject: String
    /// The application the list answers; empty when the platform looked of its own accord.
    public let applicationID: String
    public let portraitRevision: Int64
    public let at: Instant
    /// The best of those that fit, best first; `eligibleCount` says how many fit.
    public let matches: [ProductMatch]
    public let eligibleCount: Int64
    /// The first of the products that were refused, by id, each with the first condition that failed; `refusedCount` says how many were.
    public let refused: [(productID: String, condition: String)]
    public let refusedCount: Int64

    public init(
        subject: String, applicationID: String, portraitRevision: Int64, at: Instant, matches: [ProductMatch], eligibleCount: Int64,
        refused: [(productID: String, condition: String)], refusedCount: Int64
    ) {
        self.subject = subject
        self.applicationID = applicationID
        self.portraitRevision = portraitRevision
        self.at = at
        self.matches = matches
        self.eligibleCount = eligibleCount
        self.refused = refused
        self.refusedCount = refusedCount
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        let matches = try fields.list("matches") { json throws(ContractDefect) in try ProductMatch(json) }
        let refused = try fields.list("refused") { json throws(ContractDefect) in
            let fields = try Fields(json)
            return (productID: try fields.text("productId"), condition: try fields.text("condition"))
        }
        // Lists from before they were bounded have all.
        self.init(
            subject: try fields.text("subject"), applicationID: try fields.text("applicationId"),
            portraitRevision: try fields.int("portraitRevision"), at: try fields.instant("at"), matches: matches,
            eligibleCount: try fields.intOrNil("eligibleCount") ?? Int64(matches.count), refused: refused,
            refusedCount: try fields.intOrNil("refusedCount") ?? Int64(refused.count))
    }

    public func write(to object: inout JSONWriter) {
        object.member("subject", subject)
        object.member("applicationId", applicationID)
        object.member("portraitRevision", portraitRevision)
        object.member("at", at)
        object.member(
            "matches",
            array: { list in
                for match in matches { list.element(object: { match.write(to: &$0) }) }
            })
        object.member("eligibleCount", eligibleCount)
        object.member("refusedCount", refusedCount)
        object.member(
            "refused",
            array: { list in
                for (product, condition) in refused {
                    list.element(object: {
                        $0.member("productId", product)
                        $0.member("condition", condition)
                    })
                }
            })
    }
}

/// Something happened to an application: one step of its state machine, with everything statistics need.
public struct ApplicationEvent: Payload {
    public static let type = "matchmaking.application.v1"

    public let applicationID: String
    public let subject: String
    /// The state reached: `requested`, `dispatched`, `accepted`, `credited`, `disbursed`, `settled`, `declined`, `withdrawn`,
    /// `unmatched`, and the clock's `accept-overdue`, `answer-overdue`.
    public let status: String
    public let institution: String
    public let productID: String
    /// Requested, credited or disbursed, as the status says.
    public let amount: Money
    public let months: Int64
    /// Annual rate in basis points; nil before credit.
    public let annualRate: Int64?
    public let region: String
    public let industry: String
    /// The score used at access; empty when there was none.
    public let scoreID: String
    public let loanID: String
    public let reason: String
    public let at: Instant

    public init(
        applicationID: String, subject: String, status: String, institution: String, productID: String, amount: Money, months: Int64,
        annualRate: Int64?, region: String, industry: String, scoreID: String, loanID: String, reason: String, at: Instant
    ) {
        self.applicationID = applicationID
        self.subject = subject
        self.status = status
        self.institution = institution
        self.productID = productID
        self.amount = amount
        self.months = months
        self.annualRate = annualRate
        self.region = region
        self.industry = industry
        self.scoreID = scoreID
        self.loanID = loanID
        self.reason = reason
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            applicationID: try fields.text("applicationId"), subject: try fields.text("subject"), status: try fields.text("status"),
            institution: try fields.text("institution"), productID: try fields.text("productId"), amount: try fields.money("amountFen"),
            months: try fields.int("months"), annualRate: try fields.intOrNil("annualRate"), region: try fields.text("region"),
            industry: try fields.text("industry"), scoreID: try fields.text("scoreId"), loanID: try fields.text("loanId"),
            reason: try fields.text("reason"), at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("applicationId", applicationID)
        object.member("subject", subject)
        object.member("status", status)
        object.member("institution", institution)
        object.member("productId", productID)
        object.member("amountFen", amount.fen)
        object.member("months", months)
        if let annualRate { object.member("annualRate", annualRate) }
        object.member("region", region)
        object.member("industry", industry)
        object.member("scoreId", scoreID)
        object.member("loanId", loanID)
        object.member("reason", reason)
        object.member("at", at)
    }
}

/// Something is to leave the house: exchange decides whether it may. The one way out for matchmaking, policy push and risk.
public struct ReleaseRequest: Payload {
    public static let type = "exchange.release-requested.v1"

    /// Unique for what is to be sent; asking twice sends once.
    public let releaseID: String
    public let subject: String
    /// `institution:<id>` or `portal` (the firm itself).
    public let receiver: String
    /// The CloudEvents type of what goes out, such as `financing.application.v1`.
    public let messageType: String
    /// A purpose code, such as `loan-application`, `post-loan`, `policy`.
    public let purpose: String
    /// The data categories inside; consent must cover each. Empty when nothing in it needs consent.
    public let categories: [String]
    /// The consent the firm named; empty lets exchange find one.
    public let consentID: String
    public let at: Instant
    /// What is to be sent, before masking.
    public let body: JSONValue

    public init(
        releaseID: String, subject: String, receiver: String, messageType: String, purpose: String, categories: [String],
        consentID: String, at: Instant, body: JSONValue
    ) {
        self.releaseID = releaseID
        self.subject = subject
        self.receiver = receiver
        self.messageType = messageType
        self.purpose = purpose
        self.categories = categories
        self.consentID = consentID
        self.at = at
        self.body = body
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            releaseID: try fields.text("releaseId"), subject: try fields.text("subject"), receiver: try fields.text("receiver"),
            messageType: try fields.text("messageType"), purpose: try fields.text("purpose"), categories: try fields.texts("categories"),
            consentID: try fields.text("consentId"), at: try fields.instant("at"), body: try fields.required("body"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("releaseId", releaseID)
        object.member("subject", subject)
        object.member("receiver", receiver)
        object.member("messageType", messageType)
        object.member("purpose", purpose)
        object.member(
            "categories",
            array: { list in
                for category in categories { list.element(category) }
            })
        object.member("consentId", consentID)
        object.member("at", at)
        object.member("body", body)
    }
}
