/// A rule as an index holds it: conjunctions of terms over declared attributes, and what they can not say.
public struct CompiledRule: Hashable, Sendable {
    /// Wherever the rule says yes, one of these holds. Without `residual` the reverse is true too.
    public let conjunctions: [Conjunction]
    /// What remains to be judged where a conjunction holds; nil when nothing does.
    public let residual: Residual?
    let schemaMark: Int

    public struct Residual: Hashable, Sendable {
        /// The parts that reach outside the subset; the rule itself when it is no conjunction of parts.
        public let logic: Logic
        let rule: Logic
        /// Nodes of the rule: an upper bound of what the other parts spend.
        let nodes: Int

        /// Whether the rule says yes, given that one of its conjunctions holds.
        public func holds(for facts: some FactSource, budget: RuleBudget = .standard) -> Bool {
            // The rule itself has one more level around its parts, and one purse for all of them. A part that leaves enough in it for
            // the others can not have been the one that made the rule exceed its budget.
            let inner = RuleBudget(stepsMax: budget.stepsMax, depthMax: budget.depthMax - 1)
            let verdict = logic.judge(facts, budget: inner)
            guard verdict.truth == .yes else { return false }
            return verdict.steps + nodes <= budget.stepsMax || rule.judge(facts, budget: budget).truth == .yes
        }
    }

    /// The rule without its residual.
    var candidates: CompiledRule { CompiledRule(conjunctions: conjunctions, schemaMark: schemaMark) }

    private init(conjunctions: [Conjunction], schemaMark: Int) {
        self.conjunctions = conjunctions
        residual = nil
        self.schemaMark = schemaMark
    }

    /// Compiles a rule. What says yes: exactly where `Logic.judge` does, missing facts included. Refuses a rule that would take more
    /// conjunctions, nodes or levels than the limits allow: no rule makes an index explode.
    public init(_ logic: Logic, schema: AttributeSchema, limits: CompileLimits = .standard) throws(CompileDefect) {
        var compiler = RuleCompiler(schema: schema, limits: limits)
        let parts: [Logic] = if case .apply(.and, let arguments) = logic, !arguments.isEmpty { arguments } else { [logic] }
        var conjunctions = [Conjunction.always]
        var open: [Logic] = []
        for part in parts {
            let candidates = try compiler.candidates(part, says: true, depth: 1)
            conjunctions = try compiler.both(conjunctions, candidates.conjunctions)
            if !candidates.isExact { open.append(part) }
        }
        self.conjunctions = conjunctions
        schemaMark = schema.mark
        residual =
            switch open.count {
            case 0: nil
            case parts.count: Residual(logic: logic, rule: logic, nodes: 0)
            case 1: Residual(logic: open[0], rule: logic, nodes: compiler.nodes)
            default: Residual(logic: .apply(.and, open), rule: logic, nodes: compiler.nodes)
            }
    }

    /// Puts a rule together from unary requirements, for rules that are read from columns and not from JSON.
    public init(_ requirements: [Requirement], schema: AttributeSchema) throws(CompileDefect) {
        try self.init(.apply(.and, requirements.map(\.logic)), schema: schema)
    }

    public func holds(for row: SubjectRow, facts: some FactSource) -> Bool {
        conjunctions.contains { $0.holds(for: row) } && (residual?.holds(for: facts) ?? true)
    }
}

/// One unary requirement: a shorthand for the JsonLogic that says the same.
public enum Requirement: Hashable, Sendable {
    case oneOf(String, Set<RuleValue>)
    case atLeast(String, Double)
    case atMost(String, Double)
    case above(String, Double)
    case below(String, Double)
    case flag(String, Bool)

    public var logic: Logic {
        switch self {
        case .oneOf(let name, let values): .member(variable(name), of: values)
        case .atLeast(let name, let bound): .apply(.atLeast, [variable(name), .constant(.number(bound))])
        case .atMost(let name, let bound): .apply(.atMost, [variable(name), .constant(.number(bound))])
        case .above(let name, let bound): .apply(.greater, [variable(name), .constant(.number(bound))])
        case .below(let name, let bound): .apply(.less, [variable(name), .constant(.number(bound))])
        case .flag(let name, let isSet): .apply(.equal, [variable(name), .constant(.bool(isSet))])
        }
    }

    private func variable(_ name: String) -> Logic { .variable(VariableName(name), fallback: nil) }
}

/// How large a compiled rule may become.
public struct CompileLimits: Hashable, Sendable {
    public let conjunctionsMax: Int
    public let nodesMax: Int

    public init(conjunctionsMax: Int, nodesMax: Int) {
        self.conjunctionsMax = conjunctionsMax
        self.nodesMax = nodesMax
    }

    /// 64 conjunctions, 4,096 nodes: the nodes stay well below what a judgement may spend (`RuleBudget.standard`), so that an indexed rule
    /// can not be one that the evaluator gives up on.
    public static let standard = CompileLimits(conjunctionsMax: 64, nodesMax: 4_096)
}

/// Why a rule is not indexed.
public enum CompileDefect: Error, Hashable, Sendable {
    /// More conjunctions than this; write the rule as several, or with fewer alternatives.
    case tooManyConjunctions(max: Int)
    case tooManyNodes(max: Int)
    case tooDeep(max: Int)
}
