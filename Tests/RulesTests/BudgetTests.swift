import Rules
import Testing
import Wire

@Test func `a rule that costs too much is unknown and says so`() throws {
    let thousand = RuleValue.array((0..<1_000).map { .number(Double($0)) })
    let costly = [
        // A product of lists.
        #"{"all": [{"var": "xs"}, {"all": [{"var": ""}, true]}]}"#,
        // Text doubled, lists doubled and lists nested at every element.
        #"{"reduce": [{"var": "xs"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "x"]}"#,
        #"{"reduce": [{"var": "xs"}, {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, [1]]}"#,
        #"{"reduce": [{"var": "xs"}, [{"var": "accumulator"}, {"var": "accumulator"}], 1]}"#,
        #"{"reduce": [{"var": "xs"}, [{"var": "accumulator"}], 1]}"#,
    ]
    let nested = RuleValue.array((0..<1_000).map { _ in thousand })
    for (index, text) in costly.enumerated() {
        let verdict = try rule(text).judge(["xs": index == 0 ? nested : thousand])
        #expect(verdict.truth == .unknown, "\(text)")
        #expect(verdict.overBudget != nil, "\(text)")
        #expect(verdict.steps < 100_000)
    }
    let small = RuleBudget(stepsMax: 3, depthMax: 1)
    #expect(try rule(#"{"!": {"!": {"!": true}}}"#).judge([:], budget: small).overBudget == .depth)
    #expect(try rule(#"[1, {"var": "a"}, {"var": "a"}, {"var": "a"}]"#).judge([:], budget: small).overBudget == .steps)
    #expect(try rule(#"{"!": true}"#).judge([:], budget: small) == Verdict(truth: .no, missing: [], steps: 2))
}

@Test func `every rule gets a verdict on every value`() throws {
    // All operators over all kinds of value, and over nonsense: nothing traps.
    let values = [
        "null", "true", "-1", "1e308", "2.5", "\"\"", "\"abc\"", "\"12\"", "[]", "[1, \"a\", null]", "[[[]]]", "{\"var\": \"a\"}",
        "{\"var\": \"o\"}", "{\"var\": \"nan\"}", "{\"var\": \"inf\"}",
    ]
    let facts: [String: RuleValue] = [
        "a": .string("é€😀"), "o": .object(["x": .number(1)]), "nan": .number(.nan), "inf": .number(.infinity),
    ]
    var verdicts = 0
    for operation in Operator.allCases {
        for first in values {
            for second in values {
                for third in values {
                    for arguments in [[first], [first, second], [first, second, third]] {
                        let text = "{\"\(operation.rawValue)\": [\(arguments.joined(separator: ","))]}"
                        guard let logic = try? rule(text) else { continue }
                        _ = logic.judge(facts)
                        _ = try logic.evaluate(.object(facts))
                        verdicts += 1
                    }
                }
            }
        }
    }
    #expect(verdicts > 100_000)
}
