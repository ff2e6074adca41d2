import Contracts
import Deciding
import Models
import Rules
import Vocabulary

/// Makes the portrait of one subject out of its state: indicators, tags, dimensions, score, white lists. Pure: the same state and the same
/// catalogue on the same day always give the same portrait.
struct PortraitMaking {
    let subject: String
    let book: ScoringBook
    /// By indicator id.
    let indicators: [String: IndicatorValue]
    /// Indicators, and everything else that rules may ask for.
    let facts: [String: RuleValue]

    private let name: String
    private let region: String
    private let industry: String
    private let subjectKind: String
    /// A…D or empty.
    private let publicGrade: String
    private let officialGrade: OfficialGrade?
    /// When the official grade becomes stale; nil where there is none, or it is stale already.
    let gradeStaleFrom: Instant?
    let disputes: [DisputeMark]
    private let tags: [String]
    private let dimensions: [(name: String, points: Int64)]
    private let asOf: Instant
    private let scored: (model: ScoringModel, result: ScoreResult, grade: String)?

    init(of subject: String, _ state: ScoringState, _ book: ScoringBook, on today: Day) {
        self.subject = subject
        self.book = book
        asOf = state.known ?? .epoch
        let reading = IndicatorReading(book.indicators, of: state, until: state.windowsEnd ?? .epoch)
        indicators = reading.values
        name = state.text(SubjectProfile.registration, "name")
        region = state.text(SubjectProfile.registration, "division")
        industry = state.text(SubjectProfile.registration, "industry")
        subjectKind = SubjectProfile.kind(of: subject)
        let official = state.officialGrade?.grade
        publicGrade = official?.rawValue ?? ""

        // Tags and dimensions are judged by the indicators alone, before anything is put beside them.
        tags = book.tags.filter { $0.logic.judge(reading.facts).truth == .yes }.map(\.id)
        dimensions = book.dimensions.filter { $0.isKnown(reading.facts) }.map { ($0.id, $0.points(reading.facts)) }
        var facts = reading.facts
        for tag in tags { facts["tag." + tag] = .bool(true) }
        facts["subjectKind"] = .string(subjectKind)
        // The portrait says the division as issued; rules ask where it counts.
        let counted = book.divisions.counted(region, on: today)
        for (name, text) in [("publicGrade", publicGrade), ("region", counted), ("industry", industry)] where !text.isEmpty {
            facts[name] = .string(text)
        }
        let scored = Self.score(book, indicators, facts, publicGrade: official)
        if let scored {
            facts["points"] = .number(Double(scored.result.points))
            facts["grade"] = .string(scored.grade)
        }
        self.scored = scored
        self.facts = facts

        if let official, let onFile = state.officialGrade {
            let lastDay = (scored?.model.publicGrade ?? .usual).lastDay(evaluatedOn: onFile.evaluatedOn)
            officialGrade = OfficialGrade(
                grade: official.rawValue, evaluatedOn: onFile.evaluatedOn, source: onFile.source, isStale: lastDay < today,
                isDisputed: state.disputes.isOpen(about: onFile.order.id))
            gradeStaleFrom = lastDay < today ? nil : (lastDay + 1).startInChina
        } else {
            officialGrade = nil
            gradeStaleFrom = nil
        }
        let features = scored?.model.card.features.map(\.indicator) ?? []
        disputes = state.disputes.open.map { dispute in
            let resting = state.indicators(restingOn: dispute, among: book.indicators, known: reading.values)
            return DisputeMark(
                recordID: dispute.recordID, recordType: dispute.recordType, openedOn: dispute.openedOn, dueOn: dispute.dueOn,
                indicators: resting.sorted { $0.precedesBytewise($1) }, features: features.filter { resting.contains($0) })
        }
    }

    /// What the portrait says, apart from when it was made and with what: two that say the same need not both be sent.
    var unnumbered: Portrait {
        Portrait(
            subject: subject, revision: 0, asOf: .epoch, name: name, region: region, industry: industry, subjectKind: subjectKind,
            indicators: book.indicatorIDs.compactMap { id in indicators[id].map { (name: id, value: $0) } }, tags: tags,
            dimensions: dimensions, score: score, publicGrade: publicGrade, officialGrade: officialGrade, disputes: disputes,
            catalogVersion: 0)
    }

    /// The portrait as it is sent.
    func portrait(_ said: Portrait, revision: Int64) -> Portrait {
        let score = said.score.map { score in
            Score(
                scoreID: "\(subject)#\(revision)", points: score.points, grade: score.grade, low: score.low, high: score.high,
                defaultProbability: score.defaultProbability, reasons: score.reasons, model: score.model, modelVersion: score.modelVersion)
        }
        return Portrait(
            subject: subject, revision: revision, asOf: asOf, name: name, region: region, industry: industry, subjectKind: subjectKind,
            indicators: said.indicators, tags: tags, dimensions: dimensions, score: score, publicGrade: publicGrade,
            officialGrade: officialGrade, disputes: disputes, catalogVersion: book.catalogVersion)
    }

    // MARK: score

    /// The first model by priority that applies; nil when none does.
    private static func score(
        _ book: ScoringBook, _ indicators: [String: IndicatorValue], _ facts: [String: RuleValue], publicGrade: PublicGrade?
    ) -> (model: ScoringModel, result: ScoreResult, grade: String)? {
        guard let model = book.models.first(where: { $0.appliesTo.judge(facts).truth == .yes }) else { return nil }
        let result = model.card.score { indicators[$0]?.number }
        return (model, result, model.publicGrade.capped(result.grade, under: publicGrade, of: model.card))
    }

    private var score: Score? {
        guard let (model, result, grade) = scored else { return nil }
        return Score(
            scoreID: "\(subject)#0", points: Int64(result.points), grade: grade, low: Int64(result.interval.low),
            high: Int64(result.interval.high), defaultProbability: Int64(result.probabilityBp ?? 0), reasons: reasons,
            model: model.id, modelVersion: model.version)
    }

    /// Record types that tell of borrowing.
    private static let borrowing: Set<String> = ["loan.status", "financing.disbursed", "financing.settled", "financing.credited"]

    /// What cost points, the most first. A reason states only what is known: a missing value is called missing, and a feature that cost
    /// nothing is not called a fault.
    private var reasons: [ScoreReason] {
        guard let (model, result, grade) = scored else { return [] }
        let features = Dictionary(model.card.features.map { ($0.indicator, $0) }) { first, _ in first }
        let missing = Set(result.missingFeatures)
        var hasThinReason = false
        var reasons: [ScoreReason] = []
        for reason in result.reasons {
            guard let feature = features[reason.feature] else { continue }
            var code = reason.code
            let text: Bilingual
            if missing.contains(reason.feature), isBorrowing(reason.feature) {
                if hasThinReason { continue }
                hasThinReason = true
                code = Self.thinFile.code
                text = Self.thinFile.text
            } else if missing.contains(reason.feature) {
                text = Bilingual(en: "\(feature.label.en): not known", zh: "\(feature.label.zh)：未知")
            } else if reason.pointsLost <= 0 {
                text = Bilingual(en: "\(feature.label.en): no points lost", zh: "\(feature.label.zh)：未扣分")
            } else {
                text = Bilingual(en: feature.reason.en, zh: feature.reason.zh)
            }
            reasons.append(ScoreReason(code: code, feature: reason.feature, pointsLost: Int64(reason.pointsLost), text: text))
        }
        if !hasThinReason, let feature = result.missingFeatures.first(where: { isBorrowing($0) }) {
            reasons.append(ScoreReason(code: Self.thinFile.code, feature: feature, pointsLost: 0, text: Self.thinFile.text))
        }
        if grade != result.grade {
            reasons.append(
                ScoreReason(
                    code: "R-PUBLIC-\(publicGrade)", feature: Self.publicGradeFeature, pointsLost: 0,
                    text: Bilingual(
                        en: "The official public credit grade is \(publicGrade): the grade is \(grade) at the best",
                        zh: "公共信用评价为\(publicGrade)级，等级最高为\(grade)")))
        }
        // Two missing features that are one fact in words count once; the card's others fill up to four.
        for feature in model.card.features where reasons.count < Scorecard.reasonsMin && !missing.contains(feature.indicator) {
            guard !reasons.contains(where: { $0.feature == feature.indicator }) else { continue }
            reasons.append(
                ScoreReason(
                    code: feature.reasonCode, feature: feature.indicator, pointsLost: 0,
                    text: Bilingual(en: "\(feature.label.en): no points lost", zh: "\(feature.label.zh)：未扣分")))
        }
        return reasons + disputeReasons(model)
    }

    private static let publicGradeFeature = "publicGrade"

    /// What of the score rests on a statement that the subject contests: one line for each feature, beside what it cost.
    private func disputeReasons(_ model: ScoringModel) -> [ScoreReason] {
        let contested = Set(disputes.flatMap(\.features))
        var labels = model.card.features.filter { contested.contains($0.indicator) }.map { ($0.indicator, $0.label.en, $0.label.zh) }
        if officialGrade?.isDisputed == true { labels.append((Self.publicGradeFeature, "Official public credit grade", "公共信用评价等级")) }
        return labels.map { feature, en, zh in
            ScoreReason(
                code: "R-DISPUTE", feature: feature, pointsLost: 0,
                text: Bilingual(en: "\(en): rests on a statement under dispute", zh: "\(zh)：所依据的信息存在异议"))
        }
    }

    private func isBorrowing(_ indicator: String) -> Bool { !book.recordTypes(of: indicator).isDisjoint(with: Self.borrowing) }

    private static let thinFile = (code: "R-THIN", text: Bilingual(en: "no borrowing record", zh: "无借贷记录"))

    // MARK: for the report

    /// What the score rests on; every indicator when there is no score. By the model's order.
    var keyIndicators: [KeyIndicator] {
        let ids = scored.map { $0.model.card.features.map(\.indicator) } ?? indicators.keys.sorted()
        let contested = Set(disputes.flatMap(\.indicators))
        return ids.map { id in
            KeyIndicator(
                title: title(of: id), unit: book.indicator(id)?.unit ?? "", value: indicators[id], isDisputed: contested.contains(id))
        }
    }

    struct KeyIndicator {
        let title: Bilingual
        let unit: String
        let value: IndicatorValue?
        /// It rests on a statement under dispute.
        let isDisputed: Bool
    }

    func title(of indicator: String) -> Bilingual { book.indicator(indicator)?.title ?? Bilingual(en: indicator, zh: indicator) }

    var modelTitle: Bilingual? { scored?.model.title }

    /// The titles of the tags that the subject has.
    var tagTitles: [Bilingual] { book.tags.filter { tags.contains($0.id) }.map(\.title) }

    var dimensionTitles: [(title: Bilingual, points: Int64)] {
        dimensions.map { dimension in
            (
                book.dimensions.first { $0.id == dimension.name }?.title ?? Bilingual(en: dimension.name, zh: dimension.name),
                dimension.points
            )
        }
    }
}
