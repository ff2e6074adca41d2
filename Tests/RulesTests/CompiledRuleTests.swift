import Rules
import Testing

@Test func `what a rule compiles to is exact, or leaves the right part over`() throws {
    let schema = try Lottery.schema()
    let rules: [(text: String, conjunctions: Int, residual: String?)] = [
        (#"{"<": [{"var": "n"}, 5]}"#, 1, nil),
        (#"{"<=": [1, {"var": "n"}, 5]}"#, 1, nil),
        (#"{"!": {"and": [{"<": [{"var": "n"}, 5]}, {"var": "f"}]}}"#, 2, nil),
        // Alternatives of one attribute are one set.
        (#"{"or": [{"==": [{"var": "n"}, 1]}, {"==": [{"var": "n"}, 7]}, {">": [{"var": "n"}, 9]}]}"#, 1, nil),
        // What excludes itself never says yes.
        (#"{"and": [{"<": [{"var": "n"}, 1]}, {">": [{"var": "n"}, 2]}]}"#, 0, nil),
        (#"{"<": [{"var": "u"}, 5]}"#, 1, #"{"<": [{"var": "u"}, 5]}"#),
        (#"{"and": [{"var": "f"}, {"<": [{"var": "u"}, 5]}]}"#, 1, #"{"<": [{"var": "u"}, 5]}"#),
        (#"{"and": [{"var": "f"}, {"<": [{"var": "w"}, "b"]}]}"#, 1, #"{"<": [{"var": "w"}, "b"]}"#),
        // A text can equal a number only loosely: no list says which do.
        (#"{"==": [{"var": "w"}, 5]}"#, 1, #"{"==": [{"var": "w"}, 5]}"#),
        (#"{"===": [{"var": "w"}, 5]}"#, 0, nil),
        // An unlisted word is one stranger among others.
        (#"{"==": [{"var": "w"}, "z"]}"#, 1, #"{"==": [{"var": "w"}, "z"]}"#),
    ]
    for (text, conjunctions, residual) in rules {
        let compiled = try CompiledRule(rule(text), schema: schema)
        #expect(compiled.conjunctions.count == conjunctions, "\(text)")
        #expect(try compiled.residual?.logic == residual.map { try rule($0) }, "\(text)")
    }
}

@Test func `a rule that would explode is refused`() throws {
    let schema = try AttributeSchema((0..<40).map { .init("x\($0)", .flag) })
    // 2 to the 20th conjunctions.
    let pairs = (0..<20).map { #"{"or": [{"var": "x\#($0 * 2)"}, {"var": "x\#($0 * 2 + 1)"}]}"# }.joined(separator: ",")
    let exploding = try rule(#"{"and": [\#(pairs)]}"#)
    #expect(throws: CompileDefect.tooManyConjunctions(max: 64)) { try CompiledRule(exploding, schema: schema) }
    #expect(throws: CompileDefect.tooManyConjunctions(max: 3)) {
        try CompiledRule(
            rule(#"{"or": [{"var": "x0"}, {"var": "x1"}, {"var": "x2"}, {"var": "x3"}]}"#), schema: schema,
            limits: CompileLimits(conjunctionsMax: 3, nodesMax: 100))
    }
    let long = Logic.apply(.and, [Logic](repeating: .variable(VariableName("x0"), fallback: nil), count: 5_000))
    #expect(throws: CompileDefect.tooManyNodes(max: 4_096)) { try CompiledRule(long, schema: schema) }
    var deep = Logic.variable(VariableName("x0"), fallback: nil)
    for _ in 0..<100 { deep = .apply(.not, [deep]) }
    #expect(throws: CompileDefect.tooDeep(max: Logic.depthMax)) { try CompiledRule(deep, schema: schema) }
    // The negation of the exploding rule is small: either of 20 pairs is unset.
    let negated = try CompiledRule(.apply(.not, [exploding]), schema: schema)
    #expect(negated.conjunctions.count == 20)
}

@Test func `a residual that eats the budget does not make a rule say yes that the evaluator gives up on`() throws {
    let schema = try AttributeSchema([.init("f", .flag)])
    // 9,962 steps: 2 and 3 an element.
    let list = RuleValue.array((0..<3_320).map { .number(Double($0)) })
    let costly = try rule(#"{"none": [{"var": "list"}, {"<": [{"var": ""}, 0]}]}"#)
    let facts: [String: RuleValue] = ["f": .bool(true), "list": list]
    for (flags, truth) in [(10, Truth.yes), (100, Truth.unknown)] {
        let logic = Logic.apply(.and, [Logic](repeating: .variable(VariableName("f"), fallback: nil), count: flags) + [costly])
        let compiled = try CompiledRule(logic, schema: schema)
        #expect(compiled.residual?.logic == costly)
        #expect(logic.judge(facts).truth == truth)
        #expect(compiled.holds(for: try SubjectRow(facts, schema: schema), facts: facts) == (truth == .yes))
    }
}

@Test func `a fact of another kind than declared has no row`() throws {
    let schema = try Lottery.schema()
    let refused: [(String, RuleValue)] = [
        ("n", .string("5")), ("n", .number(.infinity)), ("w", .number(1)), ("region", .string("1")), ("f", .number(1)),
    ]
    for (name, value) in refused { #expect(throws: RowDefect.otherKind(name)) { try SubjectRow([name: value], schema: schema) } }
    #expect(throws: RowDefect.count(1)) { try SubjectRow(cells: [1], schema: schema) }
    #expect(throws: SchemaDefect.repeatedName("a")) { try AttributeSchema([.init("a", .flag), .init("a", .flag)]) }
    #expect(throws: SchemaDefect.repeatedValue("x", of: "a")) { try AttributeSchema([.init("a", .words(["x", "x"]))]) }
    #expect(throws: SchemaDefect.notFinite("a")) { try AttributeSchema([.init("a", .number(cuts: [.nan]))]) }
}
