import Contracts
import Deciding
import Rules
import Vocabulary

/// Which products fit a subject, best first, and which do not and why.
public struct Matching: Sendable {
    /// The best `matchesMax`.
    public let matches: [ProductMatch]
    /// How many fit.
    public let eligibleCount: Int64
    /// The first `refusedMax` in the order of the products' ids: the first condition that says no, or if none does, the first that is not
    /// known, as `tax-grade (unknown: tax-grade)`.
    public let refused: [(productID: String, condition: String)]
    /// How many do not fit.
    public let refusedCount: Int64
    private let facts: SubjectFacts
    private let ranked: [Ranked]

    /// A list is a message, and nobody reads further.
    public static let matchesMax = 100
    public static let refusedMax = 200

    /// - Parameters:
    ///   - request: nil when the platform looks of its own accord. A condition that only lacks facts of a request then refuses nobody, and
    ///     the term is twelve months or the nearest that the product has.
    ///   - region: the division where the subject's counts today; nil: as the portrait has it.
    public init(
        _ portrait: Portrait, request: FinancingRequest?, shelf: Shelf, weights: RankingWeights, region: String? = nil
    ) {
        let facts = SubjectFacts(portrait, request: request, region: region)
        let grade = portrait.score?.grade
        var candidates: [Candidate] = []
        var refused: [(productID: String, condition: String)] = []
        var refusedCount: Int64 = 0
        func refuse(_ product: Product, _ condition: @autoclosure () -> String) {
            refusedCount += 1
            if refused.count < Self.refusedMax { refused.append((product.id, condition())) }
        }
        var possible = shelf.candidates(facts)[...]
        for (place, product) in shelf.products.enumerated() {
            let isPossible = possible.first == place
            if isPossible {
                possible.removeFirst()
            } else if refused.count == Self.refusedMax {
                refusedCount += 1
                continue
            }
            switch Eligibility(product, facts) {
            case .refused(let condition): refuse(product, condition)
            case .unknown(let condition, let missing):
                refuse(product, "\(condition) (unknown: \(missing.joined(separator: ", ")))")
            case .eligible(let limit, let truths):
                let months = request?.months ?? min(max(12, product.monthsMin), product.monthsMax)
                candidates.append(
                    Candidate(
                        product: product, limit: limit, truths: truths,
                        success: Objective.success(product, grade: grade, amount: request?.amount, limit: limit),
                        rate: Objective.annualRate(product, grade: grade, months: months)))
            }
        }
        self.refused = refused
        self.refusedCount = refusedCount
        self.facts = facts

        let rates = candidates.filter(\.product.hasRate).map(\.rate)
        let lowest = rates.min() ?? 0
        let highest = rates.max() ?? 0
        ranked = candidates.map { candidate in
            let product = candidate.product
            let cost =
                product.hasRate
                ? Objective.cost(candidate.rate, lowest: lowest, highest: highest) : Objective.costWithoutRate
            let speed = Objective.speed(days: product.days)
            return Ranked(
                candidate: candidate, cost: cost, speed: speed,
                total: weights.total(success: candidate.success, cost: cost, speed: speed, service: product.service))
        }.sorted { a, b in
            a.total != b.total ? a.total > b.total : a.candidate.product.id < b.candidate.product.id
        }
        eligibleCount = Int64(ranked.count)
        matches = ranked.prefix(Self.matchesMax).enumerated().map { place, entry in entry.match(place, facts) }
    }

    /// The best of those that fit and of which this is true, listed or not.
    public func best(where isWanted: (Product) -> Bool) -> ProductMatch? {
        ranked.firstIndex { isWanted($0.candidate.product) }.map { ranked[$0].match($0, facts) }
    }

    /// What is said of it.
    func list(for subject: String, application: String = "", revision: Int64, at moment: Instant) -> MatchList {
        MatchList(
            subject: subject, applicationID: application, portraitRevision: revision, at: moment, matches: matches,
            eligibleCount: eligibleCount, refused: refused, refusedCount: refusedCount)
    }

    private struct Candidate {
        let product: Product
        let limit: Money
        let truths: [Verdict]
        let success: Int64
        let rate: Int64
    }

    private struct Ranked {
        let candidate: Candidate
        let cost: Int64
        let speed: Int64
        let total: Int64

        func match(_ place: Int, _ facts: SubjectFacts) -> ProductMatch {
            let product = candidate.product
            return ProductMatch(
                productID: product.id, productVersion: product.version, institution: product.institution, rank: Int64(place + 1),
                success: candidate.success, cost: cost, speed: speed, service: product.service, total: total,
                annualRate: candidate.rate, limit: candidate.limit,
                conditions: Eligibility.results(product, facts, candidate.truths, limit: candidate.limit))
        }
    }
}

/// Whether one product fits one subject.
public enum Eligibility: Sendable {
    /// `truths`: the verdicts on the product's own conditions, in order.
    case eligible(limit: Money, truths: [Verdict])
    /// The first condition that says no.
    case refused(condition: String)
    /// No condition says no; this is the first that cannot be judged.
    case unknown(condition: String, missing: [String])

    /// The request's figures first, then the product's own conditions in their order, then the limit.
    public init(_ product: Product, _ facts: SubjectFacts) {
        let hasRequest = facts.number("request.amount") != nil
        if let failing = Self.requestFailure(product, facts) {
            self = .refused(condition: failing.rawValue)
            return
        }
        var open: (condition: String, missing: [String])?
        if !product.regions.isEmpty {
            if let region = facts.text("region") {
                guard product.regions.contains(where: { region.hasPrefix($0) }) else {
                    self = .refused(condition: BuiltInCondition.region.rawValue)
                    return
                }
            } else {
                open = (BuiltInCondition.region.rawValue, ["region"])
            }
        }
        var truths: [Verdict] = []
        truths.reserveCapacity(product.requirements.count)
        for requirement in product.requirements {
            let verdict = requirement.condition.logic.judge(facts)
            truths.append(verdict)
            guard requirement.isHard else { continue }
            switch verdict.truth {
            case .yes: continue
            case .no:
                self = .refused(condition: requirement.condition.id)
                return
            case .unknown:
                let waitsForRequest = !hasRequest && !verdict.missing.isEmpty && verdict.missing.allSatisfy { $0.hasPrefix("request.") }
                if !waitsForRequest, open == nil { open = (requirement.condition.id, verdict.missing) }
            }
        }
        switch facts.amount(of: product.limit) {
        case .unknown(let missing):
            let (condition, lacking) = open ?? (BuiltInCondition.limit.rawValue, missing)
            self = .unknown(condition: condition, missing: lacking)
        case .known(let formula):
            let limit = min(formula, product.amountMax)
            guard limit >= product.amountMin, limit > .zero else {
                self = .refused(condition: BuiltInCondition.limit.rawValue)
                return
            }
            if let open {
                self = .unknown(condition: open.condition, missing: open.missing)
            } else {
                self = .eligible(limit: limit, truths: truths)
            }
        }
    }

    private static func requestFailure(_ product: Product, _ facts: SubjectFacts) -> BuiltInCondition? {
        if let amount = facts.number("request.amount"),
            amount < Double(product.amountMin.fen) / 100 || amount > Double(product.amountMax.fen) / 100
        {
            return .amountRange
        }
        if let months = facts.number("request.months"), months < Double(product.monthsMin) || months > Double(product.monthsMax) {
            return .monthsRange
        }
        if let purpose = facts.text("request.purpose"), !product.purposes.isEmpty, !product.purposes.contains(purpose) { return .purpose }
        return nil
    }

    /// Every condition of an eligible product with what was seen, in the order in which they were judged.
    static func results(_ product: Product, _ facts: SubjectFacts, _ truths: [Verdict], limit: Money) -> [ConditionResult] {
        var results: [ConditionResult] = []
        func met(_ condition: BuiltInCondition, _ observed: String) {
            results.append(
                ConditionResult(condition: condition.rawValue, truth: Truth.yes.rawValue, title: condition.title, observed: observed))
        }
        if let amount = facts.value("request.amount") { met(.amountRange, "request.amount=\(amount.text)") }
        if let months = facts.value("request.months") { met(.monthsRange, "request.months=\(months.text)") }
        if let purpose = facts.text("request.purpose") { met(.purpose, "request.purpose=\(purpose)") }
        if !product.regions.isEmpty, let region = facts.text("region") { met(.region, "region=\(region)") }
        for (requirement, verdict) in zip(product.requirements, truths) {
            let title = requirement.condition.title
            results.append(
                ConditionResult(
                    condition: requirement.condition.id, truth: verdict.truth.rawValue, title: Bilingual(en: title.en, zh: title.zh),
                    observed: observed(requirement.names, verdict, facts)))
        }
        met(.limit, "limit=\(limit.text)")
        return results
    }

    private static func observed(_ names: [String], _ verdict: Verdict, _ facts: SubjectFacts) -> String {
        if verdict.truth == .unknown { return "missing: " + verdict.missing.joined(separator: ", ") }
        return names.compactMap { name in facts.value(name).map { "\(name)=\($0.text)" } }.joined(separator: ", ")
    }
}
