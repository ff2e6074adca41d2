import Rules
import Testing
import Wire

@Test func `conditions show what is met, what is not, and what is open`() throws {
    let text = #"""
        [{"id": "age", "title": {"en": "At least 2 years old", "zh": "成立满两年"}, "logic": {">=": [{"var": "ageMonths"}, 24]}},
         {"id": "overdue", "title": {"en": "No overdue loan", "zh": "无逾期"}, "logic": {"==": [{"var": "overdueDays"}, 0]}},
         {"id": "tax", "title": {"en": "Pays tax", "zh": "有纳税"},
          "logic": {"and": [{">": [{"var": "taxPaid"}, 0]}, {"<": [{"var": "ageMonths"}, 600]}]}}]
        """#
    let conditions = try Condition.list(JSONDocument(parsing: Array(text.utf8)).root)
    let facts: [String: RuleValue] = ["ageMonths": .number(30), "overdueDays": .number(12)]
    #expect(conditions.map(\.id) == ["age", "overdue", "tax"])
    let verdicts = conditions.map { $0.logic.judge(facts) }
    #expect(verdicts.map(\.truth) == [.yes, .no, .unknown])
    #expect(verdicts.map(\.missing) == [[], [], ["taxPaid"]])
    #expect(conditions[0].title == Condition.Title(en: "At least 2 years old", zh: "成立满两年"))
}

@Test func `a condition that is not whole is refused with its place`() {
    let refused: [(text: String, kind: RuleDefect.Kind, pointer: String)] = [
        (#"{"id": "x"}"#, .field("conditions"), ""),
        (#"[{"title": {"en": "a", "zh": "b"}, "logic": true}]"#, .field("id"), "/0"),
        (#"[{"id": "x", "title": {"en": "a"}, "logic": true}]"#, .field("zh"), "/0/title"),
        (#"[{"id": "x", "title": {"en": "a", "zh": "b"}}]"#, .field("logic"), "/0"),
        (#"[{"id": "x", "title": {"en": "a", "zh": "b"}, "logic": {"!": {"foo": 1}}}]"#, .unknownOperator("foo"), "/0/logic/!"),
        (
            #"[{"id": "x", "title": {"en": "a", "zh": "b"}, "logic": 1}, {"id": "x", "title": {"en": "a", "zh": "b"}, "logic": 1}]"#,
            .repeatedID("x"), "/1/id"
        ),
    ]
    for (text, kind, pointer) in refused {
        do {
            _ = try Condition.list(JSONDocument(parsing: Array(text.utf8)).root)
            Issue.record("accepted \(text)")
        } catch let defect as RuleDefect {
            #expect(defect.kind == kind)
            #expect(defect.pointer == pointer)
        } catch {
            Issue.record("\(error)")
        }
    }
}
