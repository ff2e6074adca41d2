import Rules
import Testing

@Test func `a sieve lets every rule through that says yes, whether there are few or many`() throws {
    for (count, seed) in [(40, 41), (64, 42), (65, 43), (300, 44)] as [(Int, UInt64)] {
        let trial = try Trial(rules: count, subjects: 200, seed: seed)
        let sieve = RuleSieve(trial.logics)
        var passed = 0
        for subject in trial.facts.indices {
            let passing = sieve.passing(trial.facts[subject])
            #expect(passing == passing.sorted() && Set(passing).count == passing.count)
            let lost = trial.logics.indices.filter { trial.saysYes($0, subject) && !passing.contains($0) }
            #expect(lost.isEmpty, "seed \(seed), subject \(subject)")
            passed += passing.count
        }
        // It is a sieve and no open door.
        #expect(passed < count * trial.facts.count * 9 / 10, "seed \(seed): \(passed)")
    }
}

@Test func `conditions on numbers, words and flags are sifted exactly`() throws {
    let sieve = RuleSieve([
        try rule(#"{"and": [{">=": [{"var": "points"}, 600]}, {"in": [{"var": "kind"}, ["firm", "cooperative"]]}]}"#),
        try rule(#"{"!=": [{"var": ["publicGrade", ""]}, "D"]}"#),
        try rule(#"{"or": [{"==": [{"var": "tag.software"}, true]}, {"var": "tag.trade"}]}"#),
        try rule(#"{"<=": [31, {"var": "overdue"}, 90]}"#),
    ])
    #expect(sieve.passing(["points": .number(600), "kind": .string("firm"), "tag.trade": .bool(true)]) == [0, 1, 2])
    #expect(sieve.passing(["points": .number(599), "kind": .string("firm"), "publicGrade": .string("D")]) == [])
    #expect(sieve.passing(["points": .number(700), "kind": .string("person"), "publicGrade": .string("A")]) == [1])
    #expect(sieve.passing(["overdue": .number(31), "publicGrade": .string("D")]) == [3])
    #expect(sieve.passing(["overdue": .number(91), "publicGrade": .string("D")]) == [])
    // What is not known says nothing, but for where the rule has something in its place.
    #expect(sieve.passing([String: RuleValue]()) == [1])
}

@Test func `a fact of an unexpected kind opens the sieve`() throws {
    let sieve = RuleSieve([try rule(#"{">": [{"var": "x"}, 1]}"#), try rule(#"{"<": [{"var": "x"}, 0]}"#)])
    #expect(sieve.passing(["x": .number(2)]) == [0])
    #expect(sieve.passing(["x": .string("2")]) == [0, 1])
}

@Test func `names that are compared with several kinds of values stay for the evaluator`() throws {
    let sieve = RuleSieve([
        try rule(#"{"==": [{"var": "x"}, 1]}"#), try rule(#"{"==": [{"var": "x"}, "a"]}"#), try rule(#"{"<": [{"var": "y"}, 5]}"#),
    ])
    #expect(sieve.passing(["x": .number(1), "y": .number(6)]) == [0, 1])
    #expect(RuleSieve([]).passing(["x": .number(1)]) == [])
}
