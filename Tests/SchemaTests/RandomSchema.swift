import Vocabulary
import Wire

/// Schemas about the values of `RandomDocument`.
struct RandomSchema {
    private static let names = ["id", "name", "amount", "when", "grade", "tags", "inner", "flag", "other"]

    static func text(_ random: inout SplitMix64) -> String { schema(&random, depth: 0) }

    private static func schema(_ random: inout SplitMix64, depth: Int) -> String {
        if random.chance(8) { return random.one(of: ["true", "false", "{}"]) }
        var members: [String] = []
        let choices = depth < 2 ? 16 : 9
        for _ in 0...random.below(3) { members.append(keyword(random.below(choices), &random, depth: depth)) }
        var seen: Set<String> = []
        members = members.filter { seen.insert(String($0.prefix { $0 != ":" })).inserted }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func keyword(_ number: Int, _ random: inout SplitMix64, depth: Int) -> String {
        func inner(_ random: inout SplitMix64) -> String { schema(&random, depth: depth + 1) }
        let bound = random.one(of: ["-1", "0", "0.5", "1", "10", "100", "360"])
        switch number {
        case 0:
            return #""type":"#
                + random.one(of: [#""object""#, #""string""#, #"["integer","null"]"#, #""number""#, #"["string","array","object"]"#])
        case 1: return "\"\(random.one(of: ["minimum", "exclusiveMinimum"]))\":\(bound)"
        case 2: return "\"\(random.one(of: ["maximum", "exclusiveMaximum"]))\":\(bound)"
        case 3: return "\"multipleOf\":\(random.one(of: ["1", "0.5", "10", "0.01"]))"
        case 4: return "\"\(random.one(of: ["minLength", "maxLength"]))\":\(random.below(14))"
        case 5: return #""pattern":"# + random.one(of: [#""^AP""#, #""^AP[0-9]{11}$""#, #""[0-9]""#, #""^[^@]*$""#, #""^.{0,3}$""#])
        case 6: return #""enum":"# + random.one(of: [#"["A","B"]"#, #"["A"]"#, #"[1,null,"A"]"#, #"[true,false]"#, "[0,0.5,[]]"])
        case 7: return #""required":["# + "\"\(random.one(of: names))\"" + "]"
        case 8: return "\"\(random.one(of: ["minItems", "maxItems", "minProperties", "maxProperties"]))\":\(random.below(6))"
        case 9, 10:
            let names = names.filter { _ in random.chance(40) }
            return "\"properties\":{" + names.map { "\"\($0)\":\(inner(&random))" }.joined(separator: ",") + "}"
        case 11: return "\"additionalProperties\":\(random.chance(40) ? "false" : inner(&random))"
        case 12: return "\"items\":\(inner(&random))"
        case 13: return "\"prefixItems\":[\(inner(&random)),\(inner(&random))]"
        case 14: return "\"\(random.one(of: ["allOf", "anyOf", "oneOf"]))\":[\(inner(&random)),\(inner(&random))]"
        default:
            return random.one(of: [
                "\"not\":\(inner(&random))", "\"contains\":\(inner(&random))", "\"propertyNames\":{\"maxLength\":5}",
                "\"uniqueItems\":true",
                "\"patternProperties\":{\"^[a-g]\":\(inner(&random))}", "\"if\":\(inner(&random)),\"then\":\(inner(&random))",
                "\"dependentRequired\":{\"id\":[\"name\"]}", "\"unevaluatedProperties\":false",
            ])
        }
    }

    /// The same with some numbers, words and lists a little different.
    static func changed(_ text: String, _ random: inout SplitMix64) -> String {
        let changes = [
            ("minimum\":0", "minimum\":1"), ("\":1", "\":10"), ("\":10", "\":1"), ("\"integer\"", "\"number\""),
            ("\"number\"", "\"integer\""),
            ("[\"A\"]", "[\"A\",\"B\"]"), ("[\"A\",\"B\"]", "[\"A\"]"), ("false", "true"), ("minLength", "maxLength"),
            ("exclusiveM", "m"), ("\"required\":[\"", "\"required\":[\"flag\",\""), ("\"items\"", "\"contains\""), ("anyOf", "oneOf"),
            ("oneOf", "anyOf"), ("allOf", "anyOf"), ("^AP[0-9]{11}$", "^AP"), ("\"null\"", "\"string\""), ("Items\":2", "Items\":4"),
            ("\"additionalProperties\"", "\"unevaluatedProperties\""), ("\":3", "\":5"),
        ]
        var result = text
        for _ in 0...random.below(3) {
            let (from, to) = random.one(of: changes)
            let parts = result.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result = parts.joined(separator: to) }
        }
        return result
    }
}
