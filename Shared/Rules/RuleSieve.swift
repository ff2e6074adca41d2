/// Many rules over one subject at a time: leaves out those that can not say yes, without judging each. What the others say, and why, is for
/// the evaluator.
public struct RuleSieve: Sendable {
    private enum Index: Sendable {
        case few(WarningSet)
        case many(RuleIndex)
    }

    private let schema: AttributeSchema
    private let index: Index
    /// By the number in the index the rule's place in the list.
    private let places: [Int]
    /// Rules that are too large for the index.
    private let unsifted: [Int]
    private let ruleCount: Int

    public init(_ rules: [Logic]) {
        let schema = AttributeSchema(askedBy: rules)
        var compiled: [CompiledRule] = []
        var places: [Int] = []
        var unsifted: [Int] = []
        for (place, rule) in rules.enumerated() {
            if let candidates = try? CompiledRule(rule, schema: schema).candidates {
                compiled.append(candidates)
                places.append(place)
            } else {
                unsifted.append(place)
            }
        }
        self.schema = schema
        self.places = places
        self.unsifted = unsifted
        ruleCount = rules.count
        index = (try? WarningSet(compiled, schema: schema)).map { .few($0) } ?? .many(RuleIndex(compiled, schema: schema))
    }

    /// The places of all rules that say yes, and of some that do not, ascending.
    public func passing(_ facts: some FactSource) -> [Int] {
        // A fact of another kind than the rules compare it with: they coerce it in ways that no index can follow.
        guard let row = try? SubjectRow(facts, schema: schema) else { return Array(0..<ruleCount) }
        var passing: [Int]
        switch index {
        case .few(let set):
            let word = set.candidates(row)
            passing = places.indices.filter { word >> UInt64($0) & 1 == 1 }.map { places[$0] }
        case .many(let index):
            var hits = RuleHits()
            index.match(row, facts: facts, into: &hits)
            passing = hits.unsorted.map { places[Int($0)] }
        }
        passing += unsifted
        passing.sort()
        return passing
    }
}
