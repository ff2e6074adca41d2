import Rules
import Testing
import Wire

@Test func `what is no rule is refused with its place`() {
    let refused: [(text: String, kind: RuleDefect.Kind, pointer: String)] = [
        (#"{"foo": 1}"#, .unknownOperator("foo"), ""),
        (#"{"and": [true, {"foo": [1]}]}"#, .unknownOperator("foo"), "/and/1"),
        (#"{"if": [true, {"!": {"a/b~": 1}}]}"#, .unknownOperator("a/b~"), "/if/1/!"),
        (#"{"<": [1]}"#, .argumentCount(of: "<", 1), ""),
        (#"{"==": [1, 2, 3]}"#, .argumentCount(of: "==", 3), ""),
        (#"{"and": [{"var": ["a", 1, 2]}]}"#, .argumentCount(of: "var", 3), "/and/0"),
        (#"{"<": [1, 2], ">": [2, 1]}"#, .severalKeys(["<", ">"]), ""),
    ]
    for (text, kind, pointer) in refused {
        do {
            _ = try rule(text)
            Issue.record("accepted \(text)")
        } catch let defect as RuleDefect {
            #expect(defect.kind == kind)
            #expect(defect.pointer == pointer)
        } catch {
            Issue.record("\(error)")
        }
    }
    let written = "{\"and\":\n[true,\n{\"foo\": [1]}]}"
    let defect = RuleDefect(.unknownOperator("foo"), pointer: "/and/1", offset: 15, line: 3)
    #expect(throws: defect) { try rule(written) }
    #expect(defect.description == "unknown operator `foo` at /and/1 (line 3, byte 15)")
}

@Test func `a rule nests no deeper than its limit`() throws {
    let limits = JSONLimits(depthMax: 400)
    func nested(_ depth: Int) throws -> Logic {
        let text = String(repeating: #"{"!":"#, count: depth) + "true" + String(repeating: "}", count: depth)
        return try Logic(JSONDocument(parsing: Array(text.utf8), limits: limits).root)
    }
    #expect(try nested(Logic.depthMax).judge([:]).truth == .yes)
    #expect(throws: RuleDefect.self) { try nested(Logic.depthMax + 1) }
}

@Test func `a rule names the facts it asks for`() throws {
    let names: [(text: String, variables: [String])] = [
        (#"{"and": [{"<": [{"var": "b"}, 1]}, {"var": ["a.x", {"var": "c"}]}, {"var": "b"}]}"#, ["a.x", "b", "c"]),
        (#"{"missing": ["p", "q"]}"#, ["p", "q"]),
        (#"{"missing_some": [1, ["p", "q"]]}"#, ["p", "q"]),
        (#"{"all": [{"var": "loans"}, {"<": [{"var": "days"}, 90]}]}"#, ["loans"]),
        (#"{"reduce": [{"var": "loans"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, {"var": "start"}]}"#, ["loans", "start"]),
        (#"{"in": [{"var": "city"}, ["3301", "3302"]]}"#, ["city"]),
        ("true", []),
    ]
    for (text, variables) in names { #expect(try rule(text).variables == variables) }
}
