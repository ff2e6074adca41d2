import Contracts
import Rules
import Vocabulary

/// What rules may ask about a subject: its indicators by id, tags as `tag.<id>`, `points`, `grade`, `publicGrade`, `subjectKind`, `region`,
/// `industry`, and for a request `request.amount` (yuan), `request.months`, `request.purpose`. What is not known is absent; so is a tag
/// that the subject does not have.
public struct SubjectFacts: FactSource, Sendable {
    private var facts: [String: RuleValue]

    /// What there is to ask for beside indicators and tags.
    public static let names: Set<String> = unscoredNames.union(["points", "grade"])

    /// What of it is known before there is a score.
    public static let unscoredNames: Set<String> = ["publicGrade", "subjectKind", "region", "industry"]

    /// What a request adds.
    public static let requestNames: Set<String> = ["request.amount", "request.months", "request.purpose"]

    /// - Parameter region: the division where the subject's counts today, as `DivisionTables` has it; nil: as the portrait has it.
    public init(_ portrait: Portrait, request: FinancingRequest? = nil, region: String? = nil) {
        var facts: [String: RuleValue] = [:]
        facts.reserveCapacity(portrait.indicators.count + portrait.tags.count + 9)
        for (name, value) in portrait.indicators {
            switch value {
            case .number(let number): facts[name] = .number(number)
            case .text(let text): facts[name] = .string(text)
            }
        }
        for tag in portrait.tags { facts["tag." + tag] = .bool(true) }
        if let score = portrait.score {
            facts["points"] = .number(Double(score.points))
            facts["grade"] = .string(score.grade)
        }
        for (name, text) in [
            ("publicGrade", portrait.publicGrade), ("subjectKind", portrait.subjectKind), ("region", region ?? portrait.region),
            ("industry", portrait.industry),
        ] where !text.isEmpty {
            facts[name] = .string(text)
        }
        if let request {
            facts["request.amount"] = .number(Double(request.amount.fen) / 100)
            facts["request.months"] = .number(Double(request.months))
            if !request.purpose.isEmpty { facts["request.purpose"] = .string(request.purpose) }
        }
        self.facts = facts
    }

    /// The facts of an entry's example, as they stand there.
    public init(_ facts: [String: RuleValue]) { self.facts = facts }

    public func value(_ name: String) -> RuleValue? { facts[name] }

    public func text(_ name: String) -> String? { if case .string(let text) = facts[name] { text } else { nil } }

    public func number(_ name: String) -> Double? { if case .number(let number) = facts[name] { number } else { nil } }

    /// The amount that a formula in yuan yields, rounded down to whole fen and never negative; or the facts that it lacks.
    public func amount(of formula: Logic) -> FormulaAmount {
        let verdict = formula.judge(self)
        guard verdict.truth != .unknown else { return .unknown(missing: verdict.missing) }
        var names: [String: RuleValue] = [:]
        // The formula's own names only: a portrait has many facts and a formula asks for two or three. Dots are paths there.
        for name in formula.variables {
            guard let value = facts[name] else { continue }
            Self.insert(value, at: name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...], into: &names)
        }
        guard let result = try? formula.evaluate(.object(names)), case .number(let yuan) = result, yuan.isFinite else {
            return .unknown(missing: [])
        }
        return .known(Money(fen: Int64(max(0, min(yuan * 100, 9e17)).rounded(.down))))
    }

    private static func insert(_ value: RuleValue, at path: ArraySlice<String>, into object: inout [String: RuleValue]) {
        guard let first = path.first else { return }
        guard path.count > 1 else {
            object[first] = value
            return
        }
        var inner: [String: RuleValue] = [:]
        if case .object(let members) = object[first] { inner = members }
        insert(value, at: path.dropFirst(), into: &inner)
        object[first] = .object(inner)
    }
}

/// What a formula in yuan yields for a subject.
public enum FormulaAmount: Hashable, Sendable {
    case known(Money)
    /// Names the facts that are not known; none when the calculation itself has no result.
    case unknown(missing: [String])
}
