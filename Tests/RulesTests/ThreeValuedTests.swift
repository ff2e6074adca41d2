import Rules
import Testing
import Vocabulary
import Wire

private let facts: [String: RuleValue] = [
    "age": .number(5), "revenue": .number(100), "city": .string("3301"), "name": .string("x"), "gone": .null,
    "company": .object(["size": .string("small")]), "loans": .array([.object(["days": .number(3)]), .object([:])]),
]

@Test func `a missing fact makes nothing true and nothing false`() throws {
    let verdicts: [(text: String, truth: Truth, missing: [String])] = [
        (#"{"<": [{"var": "age"}, 6]}"#, .yes, []),
        (#"{"<": [{"var": "tax"}, 6]}"#, .unknown, ["tax"]),
        (#"{">": [{"var": "tax"}, {"var": "debt"}]}"#, .unknown, ["debt", "tax"]),
        (#"{"<": [{"var": "gone"}, 6]}"#, .unknown, ["gone"]),
        (#"{"==": [{"var": "tax"}, 6]}"#, .unknown, ["tax"]),
        (#"{"!=": [{"var": "tax"}, 6]}"#, .unknown, ["tax"]),
        (#"{"!": {"var": "tax"}}"#, .unknown, ["tax"]),
        (#"{"in": [{"var": "tax"}, [1, 2]]}"#, .unknown, ["tax"]),
        (#"{"in": [{"var": "city"}, ["3301", "3302"]]}"#, .yes, []),
        // Kleene: what does not matter is not missing.
        (#"{"and": [{"var": "tax"}, {"<": [{"var": "age"}, 1]}]}"#, .no, []),
        (#"{"or": [{"var": "tax"}, {"<": [{"var": "age"}, 6]}]}"#, .yes, []),
        (#"{"and": [{"var": "tax"}, {"var": "debt"}, {"var": "age"}]}"#, .unknown, ["debt", "tax"]),
        (#"{"and": [{"or": [{"var": "tax"}, true]}, {"var": "debt"}]}"#, .unknown, ["debt"]),
        // A choice between equals needs no condition.
        (#"{"if": [{"var": "tax"}, 1, 1]}"#, .yes, []),
        (#"{"if": [{"var": "tax"}, 1, 2]}"#, .yes, []),
        // A known truth of an unknown value: it may be compared only by its truth.
        (#"{"!": {"or": [{"var": "tax"}, 3]}}"#, .no, []),
        (#"{"==": [{"or": [{"var": "tax"}, 3]}, 3]}"#, .unknown, ["tax"]),
        (#"{"if": [{"var": "tax"}, 1, 0]}"#, .unknown, ["tax"]),
        (#"{"if": [{"var": "age"}, true, {"var": "tax"}]}"#, .yes, []),
        (#"{"if": [{"var": "tax"}, {"var": "debt"}, false]}"#, .unknown, ["debt", "tax"]),
        (#"{"var": ["tax", 7]}"#, .yes, []),
        (#"{"==": [{"var": "company.size"}, "small"]}"#, .yes, []),
        (#"{"==": [{"var": "company.kind"}, "x"]}"#, .unknown, ["company.kind"]),
        (#"{"missing": ["tax"]}"#, .yes, []),
        (#"{"!": {"missing": ["age"]}}"#, .yes, []),
        (#"{"!": {"missing_some": [1, ["tax", "age"]]}}"#, .yes, []),
        (#"{"if": [{"missing": ["tax"]}, false, {">": [{"var": "tax"}, 1]}]}"#, .no, []),
        (#"{"all": [{"var": "loans"}, {"<": [{"var": "days"}, 90]}]}"#, .unknown, ["days"]),
        (#"{"all": [{"var": "loans"}, {"<": [{"var": "days"}, 1]}]}"#, .no, []),
        (#"{"some": [{"var": "loans"}, {"<": [{"var": "days"}, 90]}]}"#, .yes, []),
        (#"{"none": [{"var": "loans"}, {"<": [{"var": "days"}, 90]}]}"#, .no, []),
        (#"{"all": [{"var": "branches"}, true]}"#, .unknown, ["branches"]),
        // No result is no answer either.
        (#"{">": [{"/": [{"var": "age"}, 0]}, 1]}"#, .unknown, []),
        (#"{"<": [{"var": "name"}, 3]}"#, .unknown, []),
    ]
    for (text, truth, missing) in verdicts {
        let verdict = try rule(text).judge(facts)
        #expect(verdict.truth == truth, "\(text)")
        #expect(verdict.missing == missing, "\(text)")
        #expect(verdict.overBudget == nil)
    }
}

@Test func `more knowledge never turns a yes into a no or back`() throws {
    // Kleene logic is monotone: whatever a fact turns out to be, a known truth stays.
    var dice = SplitMix64(seed: 20_260_512)
    let names = ["a", "b", "c", "d"]
    var known = 0
    for _ in 0..<20_000 {
        let logic = try rule(randomRule(depth: 4, &dice))
        var facts: [String: RuleValue] = [:]
        for name in names where Bool.random(using: &dice) { facts[name] = .number(Double(Int.random(in: 0...3, using: &dice))) }
        let before = logic.judge(facts)
        var more = facts
        for name in names where more[name] == nil { more[name] = .number(Double(Int.random(in: 0...3, using: &dice))) }
        let after = logic.judge(more)
        #expect(after.truth != .unknown)
        if before.truth == .unknown {
            #expect(!before.missing.isEmpty)
            #expect(before.missing.allSatisfy { facts[$0] == nil })
        } else {
            known += 1
            #expect(before.truth == after.truth)
            #expect(before.missing.isEmpty)
        }
        // With every fact there, three values and two values agree.
        let classic = try logic.evaluate(RuleValue.object(more))
        #expect((after.truth == .yes) == classic.isTruthy)
    }
    #expect(known > 5_000)
}

private func randomRule(depth: Int, _ dice: inout SplitMix64) -> String {
    let name = ["a", "b", "c", "d"][Int.random(in: 0..<4, using: &dice)]
    let number = Int.random(in: 0...3, using: &dice)
    if depth == 0 { return #"{"var": "\#(name)"}"# }
    func inner() -> String { randomRule(depth: depth - 1, &dice) }
    switch Int.random(in: 0..<9, using: &dice) {
    case 0: return #"{"and": [\#(inner()), \#(inner())]}"#
    case 1: return #"{"or": [\#(inner()), \#(inner()), \#(inner())]}"#
    case 2: return #"{"!": [\#(inner())]}"#
    case 3: return #"{"if": [\#(inner()), \#(inner()), \#(inner())]}"#
    case 4: return #"{"<": [{"var": "\#(name)"}, \#(number)]}"#
    case 5: return #"{">=": [{"var": "\#(name)"}, \#(number)]}"#
    case 6: return #"{"==": [\#(inner()), \#(inner())]}"#
    case 7: return #"{"in": [{"var": "\#(name)"}, [\#(number), 2]]}"#
    default: return #"{"<=": [\#(number), {"var": "\#(name)"}, {"+": [\#(number), 1]}]}"#
    }
}
