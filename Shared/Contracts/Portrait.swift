import Vocabulary
import Wire

/// One indicator's value: a number or a word. An indicator that is not known is simply absent.
public enum IndicatorValue: Hashable, Sendable {
    case number(Double)
    case text(String)

    public var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }
}

/// Why a score is what it is: one feature that cost points.
public struct ScoreReason: Hashable, Sendable {
    /// Stable reason code of the model, such as `R-TAX-02`.
    public let code: String
    /// The indicator.
    public let feature: String
    /// Points below the feature's best bin.
    public let pointsLost: Int64
    public let text: Bilingual

    public init(code: String, feature: String, pointsLost: Int64, text: Bilingual) {
        self.code = code
        self.feature = feature
        self.pointsLost = pointsLost
        self.text = text
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            code: try fields.text("code"), feature: try fields.text("feature"), pointsLost: try fields.int("pointsLost"),
            text: try Bilingual(try fields.required("text")))
    }

    public func write(to object: inout JSONWriter) {
        object.member("code", code)
        object.member("feature", feature)
        object.member("pointsLost", pointsLost)
        text.write(to: &object, as: "text")
    }
}

/// A market-oriented financing evaluation. Not the official public credit grade, which it only carries.
public struct Score: Hashable, Sendable {
    /// `<subject>#<revision>`: unique, and the same whenever the same decision is made again.
    public let scoreID: String
    public let points: Int64
    public let grade: String
    /// The interval, in points; wider the more is unknown.
    public let low: Int64
    public let high: Int64
    /// Basis points, twelve months.
    public let defaultProbability: Int64
    /// By points lost, the most first; at least four when the model has four features.
    public let reasons: [ScoreReason]
    public let model: String
    public let modelVersion: Int64

    public init(
        scoreID: String, points: Int64, grade: String, low: Int64, high: Int64, defaultProbability: Int64, reasons: [ScoreReason],
        model: String, modelVersion: Int64
    ) {
        self.scoreID = scoreID
        self.points = points
        self.grade = grade
        self.low = low
        self.high = high
        self.defaultProbability = defaultProbability
        self.reasons = reasons
        self.model = model
        self.modelVersion = modelVersion
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            scoreID: try fields.text("scoreId"), points: try fields.int("points"), grade: try fields.text("grade"),
            low: try fields.int("low"), high: try fields.int("high"), defaultProbability: try fields.int("defaultProbability"),
            reasons: try fields.list("reasons") { json throws(ContractDefect) in try ScoreReason(json) },
            model: try fields.text("model"), modelVersion: try fields.int("modelVersion"))
    }

    public func write(to writer: inout JSONWriter, as name: String) {
        writer.member(
            name,
            object: { object in
                object.member("scoreId", scoreID)
                object.member("points", points)
                object.member("grade", grade)
                object.member("low", low)
                object.member("high", high)
                object.member("defaultProbability", defaultProbability)
                object.member(
                    "reasons",
                    array: { list in
                        for reason in reasons { list.element(object: { reason.write(to: &$0) }) }
                    })
                object.member("model", model)
                object.member("modelVersion", modelVersion)
            })
    }
}

/// The official public credit grade as it was imported, with what is needed to weigh it. Never issued here.
public struct OfficialGrade: Hashable, Sendable {
    /// A…D.
    public let grade: String
    /// The day of the evaluation.
    public let evaluatedOn: Day
    /// Who told us, such as `source:credit-china`.
    public let source: String
    /// Older than the model's entry lets it be.
    public let isStale: Bool
    /// The subject has objected to it, and was not answered yet.
    public let isDisputed: Bool

    public init(grade: String, evaluatedOn: Day, source: String, isStale: Bool, isDisputed: Bool) {
        self.grade = grade
        self.evaluatedOn = evaluatedOn
        self.source = source
        self.isStale = isStale
        self.isDisputed = isDisputed
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            grade: try fields.text("grade"), evaluatedOn: try fields.day("evaluatedOn"), source: try fields.text("source"),
            isStale: try fields.requiredBool("isStale"), isDisputed: try fields.requiredBool("isDisputed"))
    }

    public func write(to writer: inout JSONWriter, as name: String) {
        writer.member(
            name,
            object: { object in
                object.member("grade", grade)
                object.member("evaluatedOn", evaluatedOn)
                object.member("source", source)
                object.member("isStale", isStale)
                object.member("isDisputed", isDisputed)
            })
    }
}

/// The mark of a statement under dispute (异议标注), and what rests on the statement.
public struct DisputeMark: Hashable, Sendable {
    public let recordID: String
    public let recordType: String
    public let openedOn: Day
    /// The last day for an answer; the mark stays beyond it until there is one.
    public let dueOn: Day
    /// The portrait's indicators that rest on it, sorted.
    public let indicators: [String]
    /// Those of them that the score is made of, in the model's order.
    public let features: [String]

    public init(recordID: String, recordType: String, openedOn: Day, dueOn: Day, indicators: [String], features: [String]) {
        self.recordID = recordID
        self.recordType = recordType
        self.openedOn = openedOn
        self.dueOn = dueOn
        self.indicators = indicators
        self.features = features
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            recordID: try fields.text("recordId"), recordType: try fields.text("recordType"), openedOn: try fields.day("openedOn"),
            dueOn: try fields.day("dueOn"), indicators: try fields.texts("indicators"), features: try fields.texts("features"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("recordId", recordID)
        object.member("recordType", recordType)
        object.member("openedOn", openedOn)
        object.member("dueOn", dueOn)
        object.member("indicators", indicators)
        object.member("features", features)
    }
}

/// Everything scoring knows of one subject, at one revision.
public struct Portrait: Payload {
    public static let type = "scoring.portrait.v1"

    public let subject: String
    /// Counts the portraits of a subject; a higher one replaces a lower one.
    public let revision: Int64
    /// The latest moment at which anything in it became known.
    public let asOf: Instant
    public let name: String
    /// Division code as issued; empty when unknown.
    public let region: String
    /// GB/T 4754 code; empty when unknown.
    public let industry: String
    /// `enterprise`, `sole-trader`, `cooperative`, `other`.
    public let subjectKind: String
    /// Sorted by name.
    public let indicators: [(name: String, value: IndicatorValue)]
    /// Sorted.
    public let tags: [String]
    /// The three dimensions of the portrait, 0…1000 each: `commercial`, `financial`, `regulatory`; absent when nothing is known.
    public let dimensions: [(name: String, points: Int64)]
    /// Nil while no model applies.
    public let score: Score?
    /// Official public credit grade, imported: A…D or empty.
    public let publicGrade: String
    /// The same with its day, its source and whether it still counts as new; nil when there is none.
    public let officialGrade: OfficialGrade?
    /// Statements under dispute, by when the objection was raised.
    public let disputes: [DisputeMark]
    /// Catalogue version (topic offset) the portrait was computed with.
    public let catalogVersion: Int64

    public init(
        subject: String, revision: Int64, asOf: Instant, name: String, region: String, industry: String, subjectKind: String,
        indicators: [(name: String, value: IndicatorValue)], tags: [String], dimensions: [(name: String, points: Int64)], score: Score?,
        publicGrade: String, officialGrade: OfficialGrade? = nil, disputes: [DisputeMark] = [], catalogVersion: Int64
    ) {
        self.subject = subject
        self.revision = revision
        self.asOf = asOf
        self.name = name
        self.region = region
        self.industry = industry
        self.subjectKind = subjectKind
        self.indicators = indicators
        self.tags = tags
        self.dimensions = dimensions
        self.score = score
        self.publicGrade = publicGrade
        self.officialGrade = officialGrade
        self.disputes = disputes
        self.catalogVersion = catalogVersion
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        var indicators: [(name: String, value: IndicatorValue)] = []
        for (name, value) in try fields.required("indicators").members {
            if let number = value.double {
                indicators.append((name, .number(number)))
            } else if let text = value.string {
                indicators.append((name, .text(text)))
            }
        }
        // The look-up is a binary search; another writer may have another idea of order.
        if zip(indicators, indicators.dropFirst()).contains(where: { $0.name > $1.name }) { indicators.sort { $0.name < $1.name } }
        var dimensions: [(name: String, points: Int64)] = []
        for (name, value) in try fields.required("dimensions").members {
            guard let points = value.int else { throw .wrong(field: "dimensions", expected: "whole numbers") }
            dimensions.append((name, points))
        }
        self.init(
            subject: try fields.text("subject"), revision: try fields.int("revision"), asOf: try fields.instant("asOf"),
            name: try fields.text("name"), region: try fields.text("region"), industry: try fields.text("industry"),
            subjectKind: try fields.text("subjectKind"), indicators: indicators, tags: try fields.texts("tags"), dimensions: dimensions,
            score: try fields["score"].map { json throws(ContractDefect) in try Score(json) },
            publicGrade: try fields.text("publicGrade"),
            officialGrade: try fields["officialGrade"].map { json throws(ContractDefect) in try OfficialGrade(json) },
            disputes: try fields.list("disputes") { json throws(ContractDefect) in try DisputeMark(json) },
            catalogVersion: try fields.int("catalogVersion"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("subject", subject)
        object.member("revision", revision)
        object.member("asOf", asOf)
        object.member("name", name)
        object.member("region", region)
        object.member("industry", industry)
        object.member("subjectKind", subjectKind)
        object.member(
            "indicators",
            object: { list in
                for (name, value) in indicators {
                    switch value {
                    case .number(let number): list.member(name, number)
                    case .text(let text): list.member(name, text)
                    }
                }
            })
        object.member(
            "tags",
            array: { list in
                for tag in tags { list.element(tag) }
            })
        object.member(
            "dimensions",
            object: { list in
                for (name, points) in dimensions { list.member(name, points) }
            })
        if let score { score.write(to: &object, as: "score") }
        object.member("publicGrade", publicGrade)
        writeMarks(to: &object)
        object.member("catalogVersion", catalogVersion)
    }

    /// What goes with the score wherever it goes: the official grade, and what is under dispute.
    public func writeMarks(to object: inout JSONWriter) {
        if let officialGrade { officialGrade.write(to: &object, as: "officialGrade") }
        guard !disputes.isEmpty else { return }
        object.member(
            "disputes",
            array: { list in
                for dispute in disputes { list.element(object: { dispute.write(to: &$0) }) }
            })
    }

    /// The indicator's value; nil when it is not known. Binary search: `indicators` is sorted.
    public func indicator(_ name: String) -> IndicatorValue? {
        let place = indicators.prefixCount { $0.name < name }
        guard place < indicators.count, indicators[place].name == name else { return nil }
        return indicators[place].value
    }
}

/// What a firm asks for.
public struct FinancingRequest: Hashable, Sendable {
    public let applicationID: String
    public let amount: Money
    public let months: Int64
    /// A purpose code such as `working-capital`.
    public let purpose: String
    /// A product or an institution that the firm prefers; empty when it leaves the choice to the platform.
    public let productID: String
    public let institution: String
    public let consentID: String
    public let requestedAt: Instant

    public init(
        applicationID: String, amount: Money, months: Int64, purpose: String, productID: String, institution: String, consentID: String,
        requestedAt: Instant
    ) {
        self.applicationID = applicationID
        self.amount = amount
        self.months = months
        self.purpose = purpose
        self.productID = productID
        self.institution = institution
        self.consentID = consentID
        self.requestedAt = requestedAt
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            applicationID: try fields.text("applicationId"), amount: try fields.money("amountFen"), months: try fields.int("months"),
            purpose: try fields.text("purpose"), productID: try fields.text("productId"), institution: try fields.text("institution"),
            consentID: try fields.text("consentId"), requestedAt: try fields.instant("requestedAt"))
    }

    public func write(to writer: inout JSONWriter, as name: String) {
        writer.member(
            name,
            object: { object in
                object.member("applicationId", applicationID)
                object.member("amountFen", amount.fen)
                object.member("months", months)
                object.member("purpose", purpose)
                object.member("productId", productID)
                object.member("institution", institution)
                object.member("consentId", consentID)
                object.member("requestedAt", requestedAt)
            })
    }
}

/// A request together with the portrait as it stood when the request came: what matchmaking decides on.
public struct Assessment: Payload {
    public static let type = "scoring.assessment.v1"

    public let request: FinancingRequest
    public let portrait: Portrait

    public init(request: FinancingRequest, portrait: Portrait) {
        self.request = request
        self.portrait = portrait
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(request: try FinancingRequest(try fields.required("request")), portrait: try Portrait(try fields.required("portrait")))
    }

    public func write(to object: inout JSONWriter) {
        request.write(to: &object, as: "request")
        object.member("portrait", object: { portrait.write(to: &$0) })
    }
}

/// A subject entered or left a white list.
public struct WhitelistChange: Payload {
    public static let type = "scoring.whitelist.v1"

    public let list: String
    public let subject: String
    public let isMember: Bool
    public let reason: String
    public let at: Instant

    public init(list: String, subject: String, isMember: Bool, reason: String, at: Instant) {
        self.list = list
        self.subject = subject
        self.isMember = isMember
        self.reason = reason
        self.at = at
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            list: try fields.text("list"), subject: try fields.text("subject"), isMember: try fields.requiredBool("isMember"),
            reason: try fields.text("reason"), at: try fields.instant("at"))
    }

    public func write(to object: inout JSONWriter) {
        object.member("list", list)
        object.member("subject", subject)
        object.member("isMember", isMember)
        object.member("reason", reason)
        object.member("at", at)
    }
}

/// A comprehensive credit report was issued: its number and what it rests on. The pages are made from the portrait.
public struct ReportIssued: Payload {
    public static let type = "scoring.report.v1"

    public let reportID: String
    public let subject: String
    /// The application it was made for; empty when on demand.
    public let applicationID: String
    public let scoreID: String
    public let revision: Int64
    public let issuedAt: Instant
    /// Bilingual Markdown, ready to read.
    public let text: Bilingual

    public init(
        reportID: String, subject: String, applicationID: String, scoreID: String, revision: Int64, issuedAt: Instant, text: Bilingual
    ) {
        self.reportID = reportID
        self.subject = subject
        self.applicationID = applicationID
        self.scoreID = scoreID
        self.revision = revision
        self.issuedAt = issuedAt
        self.text = text
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            reportID: try fields.text("reportId"), subject: try fields.text("subject"), applicationID: try fields.text("applicationId"),
            scoreID: try fields.text("scoreId"), revision: try fields.int("revision"), issuedAt: try fields.instant("issuedAt"),
            text: try Bilingual(try fields.required("text")))
    }

    public func write(to object: inout JSONWriter) {
        object.member("reportId", reportID)
        object.member("subject", subject)
        object.member("applicationId", applicationID)
        object.member("scoreId", scoreID)
        object.member("revision", revision)
        object.member("issuedAt", issuedAt)
        text.write(to: &object, as: "text")
    }
}
