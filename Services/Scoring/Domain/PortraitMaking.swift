import Contracts
import Models
import Rules
import Vocabulary

/// Makes the portrait of one subject out of its state: indicators, tags, dimensions, score, white lists. Pure: the same state and the same
/// catalogue always give the same portrait.
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
    private let publicGrade: String
    private let tags: [String]
    private let dimensions: [(name: String, points: Int64)]
    private let asOf: Instant
    private let scored: (model: ScoringModel, result: ScoreResult, grade: String)?

    init(of subject: String, _ state: ScoringState, _ book: ScoringBook) {
        self.subject = subject
        self.book = book
        asOf = state.known ?? .epoch
        let reading = IndicatorReading(book.indicators, of: state, until: state.latest ?? .epoch)
        indicators = reading.values
        name = state.text(SubjectProfile.registration, "name")
        region = state.text(SubjectProfile.registration, "division")
        industry = state.text(SubjectProfile.registration, "industry")
        subjectKind = SubjectProfile.kind(of: subject)
        let grade = PublicGrade(wording: state.text(SubjectProfile.publicGrade, "grade"))
        publicGrade = grade.map { $0 == .unrated ? "" : $0.rawValue } ?? ""

        // Tags and dimensions are judged by the indicators alone, before anything is put beside them.
        tags = book.tags.filter { $0.logic.judge(reading.facts).truth == .yes }.map(\.id)
        dimensions = book.dimensions.filter { $0.isKnown(reading.facts) }.map { ($0.id, $0.points(reading.facts)) }
        var facts = reading.facts
        for tag in tags { facts["tag." + tag] = .bool(true) }
        facts["subjectKind"] = .string(subjectKind)
        for (name, text) in [("publicGrade", publicGrade), ("region", region), ("industry", industry)] where !text.isEmpty {
            facts[name] = .string(text)
        }
        scored = Self.score(book, indicators, facts, publicGrade: grade)
        if let scored {
            facts["points"] = .number(Double(scored.result.points))
            facts["grade"] = .string(scored.grade)
        }
        self.facts = facts
    }

    /// What the portrait says, apart from when it was made and with what: two that say the same need not both be sent.
    var unnumbered: Portrait {
        Portrait(
            subject: subject, revision: 0, asOf: .epoch, name: name, region: region, industry: industry, subjectKind: subjectKind,
            indicators: book.indicatorIDs.compactMap { id in indicators[id].map { (name: id, value: $0) } }, tags: tags,
            dimensions: dimensions, score: score, publicGrade: publicGrade, catalogVersion: 0)
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
            catalogVersion: book.catalogVersion)
    }

    // MARK: score

    /// The first model by priority that applies; nil when none does.
    private static func score(
        _ book: ScoringBook, _ indicators: [String: IndicatorValue], _ facts: [String: RuleValue], publicGrade: PublicGrade?
    ) -> (model: ScoringModel, result: ScoreResult, grade: String)? {
        guard let model = book.models.first(where: { $0.appliesTo.judge(facts).truth == .yes }) else { return nil }
        let result = model.card.score { indicators[$0]?.number }
        return (model, result, publicGrade == .d ? model.card.gradeAtMostC(result.grade) : result.grade)
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
                    code: "R-PUBLIC-D", feature: "publicGrade", pointsLost: 0,
                    text: Bilingual(
                        en: "The official public credit grade is D: the grade is C at the best",
                        zh: "公共信用评价为D级，等级最高为C")))
        }
        // Two missing features that are one fact in words count once; the card's others fill up to four.
        for feature in model.card.features where reasons.count < Scorecard.reasonsMin && !missing.contains(feature.indicator) {
            guard !reasons.contains(where: { $0.feature == feature.indicator }) else { continue }
            reasons.append(
                ScoreReason(
                    code: feature.reasonCode, feature: feature.indicator, pointsLost: 0,
                    text: Bilingual(en: "\(feature.label.en): no points lost", zh: "\(feature.label.zh)：未扣分")))
        }
        return reasons
    }

    private func isBorrowing(_ indicator: String) -> Bool { !book.recordTypes(of: indicator).isDisjoint(with: Self.borrowing) }

    private static let thinFile = (code: "R-THIN", text: Bilingual(en: "no borrowing record", zh: "无借贷记录"))

    // MARK: for the report

    /// Title, unit and value of what the score rests on; of every indicator when there is no score. By the model's order.
    var keyIndicators: [(title: Bilingual, unit: String, value: IndicatorValue?)] {
        let ids = scored.map { $0.model.card.features.map(\.indicator) } ?? indicators.keys.sorted()
        return ids.map { id in
            let indicator = book.indicator(id)
            return (indicator?.title ?? Bilingual(en: id, zh: id), indicator?.unit ?? "", indicators[id])
        }
    }

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

extension Scorecard {
    /// The official grade D guards ours: nobody whom the state distrusts most is among our better half. The card's grade C, or its worst
    /// one where it has no C.
    func gradeAtMostC(_ grade: String) -> String {
        let cap = grades.firstIndex { $0.grade == "C" } ?? grades.count - 1
        guard let place = grades.firstIndex(where: { $0.grade == grade }), place < cap, grades.indices.contains(cap) else { return grade }
        return grades[cap].grade
    }
}
