import Rules
import Testing
import Vocabulary

@Test func `both indexes find exactly the pairs for which the evaluator says yes`() throws {
    let trial = try Trial(rules: 2_000, subjects: 2_000, seed: 11)
    let ruleIndex = RuleIndex(trial.rules, schema: trial.schema)
    let subjectIndex = SubjectIndex(trial.rows, schema: trial.schema)
    var byRule = [[Int]](repeating: [], count: trial.rules.count)
    var hits = RuleHits()
    var pairs = 0
    for subject in trial.rows.indices {
        let said = trial.rules.indices.filter { trial.saysYes($0, subject) }
        for rule in said { byRule[rule].append(subject) }
        ruleIndex.match(trial.rows[subject], facts: trial.facts[subject], into: &hits)
        #expect(hits.sorted == said, "subject \(subject)")
        pairs += said.count
    }
    var list = SubjectList()
    for rule in trial.rules.indices {
        subjectIndex.find(trial.rules[rule], facts: { trial.facts[$0] }, into: &list)
        #expect(list.numbers == byRule[rule], "rule \(rule): \(trial.logics[rule])")
    }
    let residuals = trial.rules.filter { $0.residual != nil }.count
    let several = trial.rules.filter { $0.conjunctions.count > 1 }.count
    print(
        "rule indexes: 2000 rules (\(residuals) with a residual, \(several) with several conjunctions) x 2000 subjects, \(pairs) pairs say yes"
    )
    #expect(residuals > 200 && several > 200 && pairs > 100_000)
}

@Test func `a changed index is as one built anew, and a snapshot stays as it was`() throws {
    var trial = try Trial(rules: 300, subjects: 300, seed: 12)
    let more = try Trial(rules: 300, subjects: 300, seed: 13)
    let liveRules = LiveRuleIndex(RuleIndex(trial.rules, schema: trial.schema))
    let liveSubjects = LiveSubjectIndex(SubjectIndex(trial.rows, schema: trial.schema))
    let (oldRules, oldSubjects) = (liveRules.snapshot, liveSubjects.snapshot)
    let old = trial
    var dice = SplitMix64(seed: 14)
    var goneRules: Set<Int> = []
    var goneSubjects: Set<Int> = []
    for step in 0..<300 {
        let rule = Int.random(in: 0..<300, using: &dice)
        let isGone = step % 7 == 0
        trial.logics[rule] = more.logics[step]
        trial.rules[rule] = more.rules[step]
        liveRules.set(isGone ? nil : more.rules[step], at: rule)
        if isGone { goneRules.insert(rule) } else { goneRules.remove(rule) }
        let subject = Int.random(in: 0..<300, using: &dice)
        trial.facts[subject] = more.facts[step]
        trial.rows[subject] = more.rows[step]
        liveSubjects.set(isGone ? nil : more.rows[step], at: subject)
        if isGone { goneSubjects.insert(subject) } else { goneSubjects.remove(subject) }
    }
    #expect(goneRules.count > 5 && goneSubjects.count > 5)
    // One that knew no attribute and no threshold when it was built.
    var grown = RuleIndex([], schema: trial.schema)
    for (number, rule) in trial.rules.enumerated() where !goneRules.contains(number) { grown.set(rule, at: number) }
    var rebuilt = liveSubjects.snapshot
    rebuilt.rebuild()
    var hits = RuleHits()
    var list = SubjectList()
    for number in 0..<300 {
        let hitting = trial.rules.indices.filter { !goneRules.contains($0) && trial.saysYes($0, number) }
        for index in [liveRules.snapshot, grown] {
            index.match(trial.rows[number], facts: trial.facts[number], into: &hits)
            #expect(hits.sorted == hitting)
        }
        oldRules.match(old.rows[number], facts: old.facts[number], into: &hits)
        #expect(hits.sorted == old.rules.indices.filter { old.saysYes($0, number) })

        let said = trial.rows.indices.filter { !goneSubjects.contains($0) && trial.saysYes(number, $0) }
        for index in [liveSubjects.snapshot, rebuilt] {
            index.find(trial.rules[number], facts: { trial.facts[$0] }, into: &list)
            #expect(list.numbers == said, "rule \(number)")
        }
        oldSubjects.find(old.rules[number], facts: { old.facts[$0] }, into: &list)
        #expect(list.numbers == old.rows.indices.filter { old.saysYes(number, $0) })
    }
}

@Test func `numbers beyond the end lengthen an index, over the edge of a chunk`() throws {
    let trial = try Trial(rules: 20, subjects: 50, seed: 15)
    var subjects = SubjectIndex([], schema: trial.schema)
    let places = [0, 1, 32_767, 32_768, 70_000]
    for (row, place) in places.enumerated() { subjects.set(trial.rows[row], at: place) }
    var many = RuleIndex([], schema: trial.schema)
    let always = try CompiledRule(.constant(.bool(true)), schema: trial.schema)
    for number in 0..<9_000 { many.set(number % 3 == 0 ? always : nil, at: number) }
    var list = SubjectList()
    subjects.find(always, into: &list)
    #expect(list.numbers == places)
    subjects.rebuild()
    subjects.find(always, into: &list)
    #expect(list.numbers == places)
    var hits = RuleHits()
    many.match(trial.rows[0], facts: trial.facts[0], into: &hits)
    #expect(hits.sorted == (0..<9_000).filter { $0 % 3 == 0 })
}

@Test func `a full list of changes is built into its chunk`() throws {
    var trial = try Trial(rules: 30, subjects: 3_000, seed: 16)
    let more = try Trial(rules: 1, subjects: 3_000, seed: 17)
    var index = SubjectIndex(trial.rows, schema: trial.schema)
    for number in 0..<3_000 where number % 2 == 0 {
        trial.facts[number] = more.facts[number]
        trial.rows[number] = more.rows[number]
        index.set(more.rows[number], at: number)
    }
    var list = SubjectList()
    for rule in trial.rules.indices {
        index.find(trial.rules[rule], facts: { trial.facts[$0] }, into: &list)
        #expect(list.numbers == trial.rows.indices.filter { trial.saysYes(rule, $0) })
    }
}

@Test func `an index says which attributes keep a rule from a subject`() throws {
    let schema = try Lottery.schema()
    let rules = try [
        #"{"and": [{">": [{"var": "n"}, 3]}, {"in": [{"var": "region"}, [1, 2]]}, {"==": [{"var": "f"}, true]}, {"var": "g"}]}"#,
        #"{"or": [{"<": [{"var": "m"}, 1]}, {"==": [{"var": "w"}, "a"]}]}"#,
        "true",
    ].map { try CompiledRule(rule($0), schema: schema) }
    let index = RuleIndex(rules + [nil], schema: schema)
    let row = try SubjectRow(["n": .number(2), "region": .number(2), "f": .bool(false), "w": .string("b")], schema: schema)
    func names(_ rule: Int) -> [[String]] {
        index.shortfalls(of: rule, for: row).map { $0.map { $0.attribute + ($0.isMissing ? "?" : "") } }
    }
    #expect(names(0) == [["n", "f", "g?"]])
    #expect(names(1) == [["m?"], ["w"]])
    #expect(names(2) == [[]])
    #expect(names(3).isEmpty)
    #expect(names(99).isEmpty)
}
