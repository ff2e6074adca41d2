import Testing
import Vocabulary

@testable import Wire

@Suite struct JSONSamenessTests {
    @Test(arguments: [
        (#"{"a":1,"b":"x"}"#, #"{ "b": "x", "a": 1.0 }"#, true),
        (#"{"a":1,"b":"x"}"#, #"{"a":1,"c":"x"}"#, false),
        (#"{"a":1}"#, #"{"a":1,"b":null}"#, false),
        (#"{"\u0061":1}"#, #"{"a":1}"#, true),
        (#"{"a":1}"#, #"{"\u0061":2}"#, false),
        (#""\u00e9""#, #""é""#, true),
        // Two ways to write one letter are two texts.
        (#""e\u0301""#, #""é""#, false),
        ("1e400", "1e400", true),
        ("1e400", "10e399", false),
        ("1e2", "100.0", true),
        ("true", "false", false),
        ("null", "null", true),
        (#"{"a":[1,{"b":2.0}]}"#, #"{"a":[1.0,{"b":2}]}"#, true),
        (#"{"a":{"b":1}}"#, #"{"a":{"b":2}}"#, false),
        ("[1,2]", "[2,1]", false),
        ("0", #""0""#, false),
    ])
    func `two texts say the same, or they do not`(a: String, b: String, same: Bool) throws {
        let (x, y) = (try JSONDocument(parsing: Array(a.utf8)).root, try JSONDocument(parsing: Array(b.utf8)).root)
        #expect(x.saysTheSame(as: y) == same)
        #expect(y.saysTheSame(as: x) == same)
        #expect((x.canonicalBytes == y.canonicalBytes) == same)
    }

    @Test func `of a key that comes twice the last counts`() throws {
        let limits = JSONLimits(duplicateKeys: .lastWins)
        let twice = try JSONDocument(parsing: Array(#"{"a":1,"a":2}"#.utf8), limits: limits).root
        let once = try JSONDocument(parsing: Array(#"{"a":2}"#.utf8)).root
        let other = try JSONDocument(parsing: Array(#"{"a":1,"b":2}"#.utf8)).root
        #expect(twice.saysTheSame(as: once) && once.saysTheSame(as: twice))
        #expect(!twice.saysTheSame(as: other) && !other.saysTheSame(as: twice))
    }

    @Test func `thousands of small objects say the same exactly where their canonical bytes are the same`() throws {
        var dice = SplitMix64(seed: 7)
        let values = [
            "1", "1.0", "10e-1", "2", #""x""#, #""\u0078""#, "null", "true", "[1]", "[1.0]", "[ 1 ]", #"{"k":1}"#, #"{"k":1.0}"#, "1e400",
        ]
        func object() -> String {
            // Each name as it is, or with an escape.
            let names = [("a", "\\u0061"), ("b", "\\u0062"), ("c", "\\u0063")].shuffled(using: &dice).prefix(
                Int.random(in: 0...3, using: &dice))
            let members = names.map { plain, escaped in
                "\"\(Bool.random(using: &dice) ? plain : escaped)\":\(values[Int.random(in: 0..<values.count, using: &dice)])"
            }
            return "{" + members.joined(separator: ",") + "}"
        }
        var same = 0
        for _ in 0..<20_000 {
            let (a, b) = (object(), object())
            let (x, y) = (try JSONDocument(parsing: Array(a.utf8)).root, try JSONDocument(parsing: Array(b.utf8)).root)
            let expected = x.canonicalBytes == y.canonicalBytes
            #expect(x.saysTheSame(as: y) == expected, "\(a) and \(b)")
            if expected { same += 1 }
        }
        #expect(same > 200)
    }
}
