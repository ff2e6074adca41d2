import Vocabulary
import Wire

/// One indicator's value: a number or a word. An indicator that is not known is simply absent.
package enum IndicatorValue: Hashable, Sendable {
    case number(Double)
    case text(String)

    package var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }
}

/// Why a score is what it is: one feature that cost points.
package struct ScoreReason: Hashable, Sendable {
    /// Stable reason code of the model, such as `R-TAX-02`.
    package let code: String
    /// The indicator.
    package let feature: String
    /// Points below the feature's best bin.
    package let pointsLost: Int64
    package let text: Bilingual

    package init(code: String, feature: String, pointsLost: Int64, text: Bilingual) {
        self.code = code
        self.feature = feature
        self.pointsLost = pointsLost
        self.text = text
    }

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            code: try fields.text("code"), feature: try fields.text("feature"), pointsLost: try fields.int("pointsLost"),
            text: try Bilingual(try fields.required("text")))
    }

    package func write(to object: inout JSONWriter) {
        object.member("code", code)
        object.member("feature", feature)
        object.member("pointsLost", pointsLost)
        text.write(to: &object, as: "text")
    }
}

/// A market-oriented financing evaluation. Not the official public credit grade, which it only carries.
package struct Score: Hashable, Sendable {
    /// `<subject>#<revision>`: unique, and the same whenever the same decision is made again.
    package let scoreID: String
    package let points: Int64
    package let grade: String
    /// The interval, in points; wider the more is unknown.
    package let low: Int64
    package let high: Int64
    /// Basis points, twelve months.
    package let defaultProbability: Int64
    /// By points lost, the most first; at least four when the model has four features.
    package let reasons: [ScoreReason]
    package let model: String
    package let modelVersion: Int64

    package init(
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

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            scoreID: try fields.text("scoreId"), points: try fields.int("points"), grade: try fields.text("grade"),
            low: try fields.int("low"), high: try fields.int("high"), defaultProbability: try fields.int("defaultProbability"),
            reasons: try fields.list("reasons") { json throws(ContractDefect) in try ScoreReason(json) },
            model: try fields.text("model"), modelVersion: try fields.int("modelVersion"))
    }

    package func write(to writer: inout JSONWriter, as name: String) {
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

/// Everything scoring knows of one subject, at one revision.
package struct Portrait: Payload {
    package static let type = "scoring.portrait.v1"

    package let subject: String
    /// Counts the portraits of a subject; a higher one replaces a lower one.
    package let revision: Int64
    /// The latest moment at which anything in it became known.
    package let asOf: Instant
    package let name: String
    /// Division code as issued; empty when unknown.
    package let region: String
    /// GB/T 4754 code; empty when unknown.
    package let industry: String
    /// `enterprise`, `sole-trader`, `cooperative`, `other`.
    package let subjectKind: String
    /// Sorted by name.
    package let indicators: [(name: String, value: IndicatorValue)]
    /// Sorted.
    package let tags: [String]
    /// The three dimensions of the portrait, 0…1000 each: `commercial`, `financial`, `regulatory`; absent when nothing is known.
    package let dimensions: [(name: String, points: Int64)]
    /// Nil while no model applies.
    package let score: Score?
    /// Official public credit grade, imported: A…D or empty.
    package let publicGrade: String
    /// Catalogue version (topic offset) the portrait was computed with.
    package let catalogVersion: Int64

    package init(
        subject: String, revision: Int64, asOf: Instant, name: String, region: String, industry: String, subjectKind: String,
        indicators: [(name: String, value: IndicatorValue)], tags: [String], dimensions: [(name: String, points: Int64)], score: Score?,
        publicGrade: String, catalogVersion: Int64
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
        self.catalogVersion = catalogVersion
    }

    package init(_ json: JSONValue) throws(ContractDefect) {
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
            publicGrade: try fields.text("publicGrade"), catalogVersion: try fields.int("catalogVersion"))
    }

    package func write(to object: inout JSONWriter) {
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
        object.member("catalogVersion", catalogVersion)
    }

    /// The indicator's value; nil when it is not known. Binary search: `indicators` is sorted.
    package func indicator(_ name: String) -> IndicatorValue? {
        let place = indicators.prefixCount { $0.name < name }
        guard place < indicators.count, indicators[place].name == name else { return nil }
        return indicators[place].value
    }
}

/// What a firm asks for.
package struct FinancingRequest: Hashable, Sendable {
    package let applicationID: String
    package let amount: Money
    package let months: Int64
    /// A purpose code such as `working-capital`.
    package let purpose: String
    /// A product or an institution that the firm prefers; empty when it leaves the choice to the platform.
    package let productID: String
    package let institution: String
    package let consentID: String
    package let requestedAt: Instant

    package init(
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

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            applicationID: try fields.text("applicationId"), amount: try fields.money("amountFen"), months: try fields.int("months"),
            purpose: try fields.text("purpose"), productID: try fields.text("productId"), institution: try fields.text("institution"),
            consentID: try fields.text("consentId"), requestedAt: try fields.instant("requestedAt"))
    }

    package func write(to writer: inout JSONWriter, as name: String) {
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
package struct Assessment: Payload {
    package static let type = "scoring.assessment.v1"

    package let request: FinancingRequest
    package let portrait: Portrait

    package init(request: FinancingRequest, portrait: Portrait) {
        self.request = request
        self.portrait = portrait
    }

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(request: try FinancingRequest(try fields.required("request")), portrait: try Portrait(try fields.required("portrait")))
    }

    package func write(to object: inout JSONWriter) {
        request.write(to: &object, as: "request")
        object.member("portrait", object: { portrait.write(to: &$0) })
    }
}

/// A subject entered or left a white list.
package struct WhitelistChange: Payload {
    package static let type = "scoring.whitelist.v1"

    package let list: String
    package let subject: String
    package let isMember: Bool
    package let reason: String
    package let at: Instant

    package init(list: String, subject: String, isMember: Bool, reason: String, at: Instant) {
        self.list = list
        self.subject = subject
        self.isMember = isMember
        self.reason = reason
        self.at = at
    }

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            list: try fields.text("list"), subject: try fields.text("subject"), isMember: try fields.requiredBool("isMember"),
            reason: try fields.text("reason"), at: try fields.instant("at"))
    }

    package func write(to object: inout JSONWriter) {
        object.member("list", list)
        object.member("subject", subject)
        object.member("isMember", isMember)
        object.member("reason", reason)
        object.member("at", at)
    }
}

/// A comprehensive credit report was issued: its number and what it rests on. The pages are made from the portrait.
package struct ReportIssued: Payload {
    package static let type = "scoring.report.v1"

    package let reportID: String
    package let subject: String
    /// The application it was made for; empty when on demand.
    package let applicationID: String
    package let scoreID: String
    package let revision: Int64
    package let issuedAt: Instant
    /// Bilingual Markdown, ready to read.
    package let text: Bilingual

    package init(
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

    package init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            reportID: try fields.text("reportId"), subject: try fields.text("subject"), applicationID: try fields.text("applicationId"),
            scoreID: try fields.text("scoreId"), revision: try fields.int("revision"), issuedAt: try fields.instant("issuedAt"),
            text: try Bilingual(try fields.required("text")))
    }

    package func write(to object: inout JSONWriter) {
        object.member("reportId", reportID)
        object.member("subject", subject)
        object.member("applicationId", applicationID)
        object.member("scoreId", scoreID)
        object.member("revision", revision)
        object.member("issuedAt", issuedAt)
        text.write(to: &object, as: "text")
    }
}
