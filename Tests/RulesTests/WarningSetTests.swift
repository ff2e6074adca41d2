import Rules
import Testing

@Test func `a warning set leaves each rule for which the evaluator says yes, and no other but those with a residual`() throws {
    for seed in 21..<31 as Range<UInt64> {
        let trial = try Trial(rules: 60, subjects: 100, seed: seed)
        let set = try WarningSet(trial.rules, schema: trial.schema)
        for subject in trial.rows.indices {
            let left = set.candidates(trial.rows[subject])
            for (bit, rule) in trial.rules.enumerated() {
                let isLeft = left >> UInt64(bit) & 1 == 1
                let saysYes = trial.saysYes(bit, subject)
                #expect(isLeft == saysYes || isLeft && rule.residual != nil, "rule \(bit) of seed \(seed)")
            }
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
