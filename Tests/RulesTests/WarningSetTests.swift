import Rules
import Testing

@Test func `a warning set fires exactly the rules for which the evaluator says yes`() throws {
    for seed in 21..<31 as Range<UInt64> {
        let trial = try Trial(rules: 60, subjects: 100, seed: seed)
        let set = try WarningSet(trial.rules, schema: trial.schema)
        for subject in trial.rows.indices {
            let firing = set.firing(trial.rows[subject], facts: trial.facts[subject])
            #expect(
                trial.rules.indices.filter { firing >> UInt64($0) & 1 == 1 } == trial.rules.indices.filter { trial.saysYes($0, subject) })
        }
    }
}

@Test func `warning rules are data that can be replaced at any time`() throws {
    let schema = try AttributeSchema([.init("x", .number(cuts: []))])
    func set(_ texts: [String]) throws -> WarningSet {
        try WarningSet(texts.map { try CompiledRule(rule($0), schema: schema) }, schema: schema)
    }
    let live = LiveWarningSet(try set([#"{">": [{"var": "x"}, 1]}"#, #"{"<": [{"var": "x"}, 0]}"#, "true"]))
    let row = try SubjectRow(["x": .number(2)], schema: schema)
    let before = live.snapshot
    #expect(before.candidates(row) == 0b101)
    #expect(before.candidates(try SubjectRow([String: RuleValue](), schema: schema)) == 0b100)
    live.replace(with: try set([#"{">": [{"var": "x"}, 2]}"#]))
    #expect(live.snapshot.candidates(row) == 0)
    #expect(before.candidates(row) == 0b101)
    let one = try CompiledRule(.constant(.bool(true)), schema: schema)
    #expect(throws: WarningDefect.tooManyRules(65)) { try WarningSet([CompiledRule](repeating: one, count: 65), schema: schema) }
}
