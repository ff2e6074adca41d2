/// Where a rule finds what is known about a subject.
public protocol FactSource {
    /// The value of the fact; nil or null when it is not known.
    func value(_ name: String) -> RuleValue?
    /// The same by a name that is taken apart already, for sources that keep their facts by parts. Unless given: by the whole name.
    func value(of name: VariableName) -> RuleValue?
}

extension FactSource {
    public func value(of name: VariableName) -> RuleValue? { value(name.text) }
}

extension [String: RuleValue]: FactSource {
    public func value(_ name: String) -> RuleValue? { self[name] }
}

/// Kleene's three truths: what is not known makes nothing true and nothing false.
public enum Truth: String, Hashable, Sendable {
    case yes, no, unknown
}

/// What a rule may spend on one subject.
public struct RuleBudget: Hashable, Sendable {
    /// Evaluated nodes, and elements or text they touch.
    public let stepsMax: Int
    /// Nesting of rules and of the values they build.
    public let depthMax: Int

    public init(stepsMax: Int, depthMax: Int) {
        self.stepsMax = stepsMax
        self.depthMax = depthMax
    }

    /// 10,000 steps, 128 deep: far beyond any rule people write, and well under a millisecond or so.
    public static let standard = RuleBudget(stepsMax: 10_000, depthMax: 128)
}

/// Which budget a rule exceeded.
public enum RuleLimit: String, Error, Hashable, Sendable {
    case steps, depth
}

/// What a rule says about a subject, and why it could not say more.
public struct Verdict: Hashable, Sendable {
    /// `unknown` also when a budget was exceeded.
    public let truth: Truth
    /// The facts whose absence leaves the truth open, sorted, each once. Empty when the truth is known; also empty when it is unknown for
    /// another reason: a budget, or a calculation without result, such as a division by zero.
    public let missing: [String]
    /// What was spent.
    public let steps: Int
    /// The budget that was exceeded, if any.
    public let overBudget: RuleLimit?

    public init(truth: Truth, missing: [String], steps: Int, overBudget: RuleLimit? = nil) {
        self.truth = truth
        self.missing = missing
        self.steps = steps
        self.overBudget = overBudget
    }
}

extension Logic {
    /// Judges the subject in three-valued logic. Total: every input gets a verdict.
    public func judge(_ facts: some FactSource, budget: RuleBudget = .standard) -> Verdict {
        var evaluation = Evaluation(facts: facts, isThreeValued: true, budget: budget)
        do throws(RuleLimit) {
            let outcome = try evaluation.value(of: self, in: .facts, depth: 0)
            guard let truth = outcome.truth else {
                return Verdict(truth: .unknown, missing: Set(outcome.missing).sorted(), steps: evaluation.steps)
            }
            return Verdict(truth: truth ? .yes : .no, missing: [], steps: evaluation.steps)
        } catch {
            return Verdict(truth: .unknown, missing: [], steps: evaluation.steps, overBudget: error)
        }
    }

    /// The value in three-valued logic: nil when it hangs on something that is missing, is null, or is beyond the budget.
    public func known(in facts: some FactSource, budget: RuleBudget = .standard) -> RuleValue? {
        var evaluation = Evaluation(facts: facts, isThreeValued: true, budget: budget)
        guard case .known(let value)? = try? evaluation.value(of: self, in: .facts, depth: 0), value != .null else { return nil }
        return value
    }
}
