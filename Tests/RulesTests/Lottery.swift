import Rules
import Vocabulary

/// Seeded rules and subjects over a few attributes of every kind, some of them missing, strange or not declared.
struct Lottery {
    var dice: SplitMix64

    init(seed: UInt64) { dice = SplitMix64(seed: seed) }

    static let words = ["a", "b", "c", "", "d"]

    static func schema() throws -> AttributeSchema {
        try AttributeSchema([
            .init("n", .number(cuts: [0, 3, 5])), .init("m", .number(cuts: [])), .init("w", .words(words)),
            .init("region", .codes((0..<30).map { Double($0) })), .init("trade", .codes((0..<40).map { Double($0) })),
            .init("f", .flag), .init("g", .flag), .init("owner.h", .flag),
        ])
    }

    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &dice) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func facts() -> [String: RuleValue] {
        var facts: [String: RuleValue] = [:]
        if chance(85) { facts["n"] = .number(Double(below(12) - 3)) }
        if chance(85) { facts["m"] = .number(Double(below(40)) / 4) }
        if chance(85) { facts["w"] = .string(chance(10) ? "stranger" : Lottery.words[below(5)]) }
        if chance(90) { facts["region"] = .number(Double(chance(5) ? 77 : below(30))) }
        if chance(90) { facts["trade"] = .number(Double(chance(5) ? 99 : below(40))) }
        if chance(80) { facts["f"] = .bool(chance(50)) }
        if chance(80) { facts["g"] = chance(90) ? .bool(chance(50)) : .null }
        if chance(70) { facts["owner"] = .object(["h": .bool(chance(50))]) }
        if chance(70) { facts["u"] = .number(Double(below(5))) }
        return facts
    }

    mutating func rule() -> Logic {
        // As people write rules: a list of requirements, some of them with alternatives.
        .apply(.and, (0...below(4)).map { _ in chance(70) ? atom() : logic(2) })
    }

    private mutating func logic(_ depth: Int) -> Logic {
        switch depth == 0 ? 0 : below(6) {
        case 0, 1: atom()
        case 2: .apply(.not, [logic(depth - 1)])
        case 3: .apply(.and, (0...below(2)).map { _ in logic(depth - 1) })
        default: .apply(.or, (0...below(3)).map { _ in logic(depth - 1) })
        }
    }

    private mutating func atom() -> Logic {
        switch below(16) {
        case 0...4: ordered(chance(50) ? "n" : "m")
        case 5: .apply(chance(50) ? .less : .atMost, [number(), variable(chance(50) ? "n" : "m"), number()])
        case 6: .apply(equality(), [variable("n"), number()])
        case 7: .apply(equality(), [variable("w"), .constant(.string(chance(10) ? "unlisted" : Lottery.words[below(5)]))])
        case 8: .member(variable("w"), of: Set((0...below(3)).map { _ in .string(chance(10) ? "unlisted" : Lottery.words[below(5)]) }))
        case 9, 10: .member(variable("region"), of: Set((0...below(12)).map { _ in .number(Double(below(31))) }))
        case 11, 12: .member(variable("trade"), of: Set((0...below(16)).map { _ in .number(Double(below(40))) }))
        case 13: variable(["f", "g", "owner.h", "n"][below(4)])
        case 14: .apply(equality(), [variable(["f", "g", "owner.h"][below(3)]), .constant(chance(80) ? .bool(chance(50)) : .number(1))])
        default: outside()
        }
    }

    private mutating func ordered(_ name: String) -> Logic {
        let operation = [Operator.less, .atMost, .greater, .atLeast][below(4)]
        // Some bounds are texts that rules coerce; some missing numbers have a stand-in.
        let bound = chance(10) ? Logic.constant(.string("4")) : number()
        let subject = chance(10) ? Logic.variable(VariableName(name), fallback: number()) : variable(name)
        return .apply(operation, chance(70) ? [subject, bound] : [bound, subject])
    }

    /// What no index can say.
    private mutating func outside() -> Logic {
        switch below(4) {
        case 0: .apply(.less, [variable("u"), number()])
        case 1: .apply(.less, [variable("n"), variable("m")])
        case 2: .apply(.greater, [.apply(.sum, [variable("n"), variable("m")]), number()])
        default: .apply(.if, [variable("f"), variable("g"), .apply(.less, [variable("n"), number()])])
        }
    }

    private mutating func equality() -> Operator { [.equal, .notEqual, .strictlyEqual, .notStrictlyEqual][below(4)] }
    private mutating func number() -> Logic { .constant(.number(Double(below(40)) / 4 - 1)) }
    private func variable(_ name: String) -> Logic { .variable(VariableName(name), fallback: nil) }
}

/// Rules, subjects, and what the evaluator says about each pair.
struct Trial {
    let schema: AttributeSchema
    var logics: [Logic] = []
    var rules: [CompiledRule] = []
    var facts: [[String: RuleValue]] = []
    var rows: [SubjectRow] = []

    init(rules ruleCount: Int, subjects: Int, seed: UInt64) throws {
        schema = try Lottery.schema()
        var lottery = Lottery(seed: seed)
        while rules.count < ruleCount {
            let logic = lottery.rule()
            guard let rule = try? CompiledRule(logic, schema: schema) else { continue }
            logics.append(logic)
            rules.append(rule)
        }
        for _ in 0..<subjects { try add(lottery.facts()) }
    }

    mutating func add(_ one: [String: RuleValue]) throws {
        facts.append(one)
        rows.append(try SubjectRow(one, schema: schema))
    }

    func saysYes(_ rule: Int, _ subject: Int) -> Bool { logics[rule].judge(facts[subject]).truth == .yes }
}
