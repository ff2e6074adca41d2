import Schema
import Testing
import Vocabulary
import Wire

/// Which versions can read which.
struct SchemaCompatibilityTests {
    private func directions(_ old: String, _ new: String) throws -> String {
        let found = SchemaCompatibility(old: try schema(old), new: try schema(new))
        return "\(found.backward.isReadable ? "backward" : "-") \(found.forward.isReadable ? "forward" : "-")"
    }

    @Test(arguments: [
        ("{}", "true", "backward forward"), ("{}", #"{"type": "string"}"#, "- forward"), ("false", "{}", "backward -"),
        (#"{"minimum": 1}"#, #"{"minimum": 0}"#, "backward -"), (#"{"exclusiveMinimum": 0}"#, #"{"minimum": 0}"#, "backward -"),
        (#"{"type": "integer"}"#, #"{"type": "number"}"#, "backward -"), (#"{"enum": ["A"]}"#, #"{"enum": ["A", "B"]}"#, "backward -"),
        (#"{"enum": ["A", "BB"]}"#, #"{"maxLength": 2, "type": "string"}"#, "backward -"),
        (#"{"multipleOf": 10}"#, #"{"multipleOf": 5}"#, "backward -"), (#"{"maxLength": 5}"#, #"{"maxLength": 9}"#, "backward -"),
        (#"{"pattern": "^AP[0-9]{11}$"}"#, #"{"pattern": "^[A-Z]{2}[0-9]+$"}"#, "backward -"),
        (#"{"required": ["a", "b"]}"#, #"{"required": ["a"]}"#, "backward -"),
        (#"{"properties": {"a": {"minimum": 3}}}"#, #"{"properties": {"a": {"minimum": 1}, "b": true}}"#, "backward -"),
        (
            #"{"properties": {"a": {}}, "additionalProperties": false}"#,
            #"{"properties": {"a": {}, "b": {}}, "additionalProperties": false}"#,
            "backward -"
        ),
        (#"{"additionalProperties": {"type": "integer"}}"#, #"{"additionalProperties": {"type": "number"}}"#, "backward -"),
        (#"{"items": {"type": "string"}, "maxItems": 3}"#, #"{"items": {"type": ["string", "null"]}, "maxItems": 9}"#, "backward -"),
        (#"{"prefixItems": [{"type": "string"}], "items": false}"#, #"{"prefixItems": [{"type": "string"}]}"#, "backward -"),
        (#"{"allOf": [{"type": "string"}, {"minLength": 2}]}"#, #"{"type": "string", "minLength": 1}"#, "backward -"),
        (#"{"type": "string"}"#, #"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#, "backward -"),
        (#"{"anyOf": [{"const": 1}, {"const": "a"}]}"#, #"{"type": ["integer", "string"]}"#, "backward -"),
        (#"{"oneOf": [{"type": "string"}, {"minLength": 3}]}"#, #"{"oneOf": [{"type": "string"}, {"minLength": 3}]}"#, "backward forward"),
        (#"{"not": {"const": 1}}"#, #"{"not": {"const": 2}}"#, "- -"),
        (
            ##"{"properties": {"next": {"$ref": "#"}, "n": {"minimum": 1}}}"##,
            ##"{"properties": {"next": {"$ref": "#"}, "n": {"minimum": 0}}}"##, "backward -"
        ),
        (#"{"patternProperties": {"^x": {"type": "integer"}}}"#, #"{"patternProperties": {"^x": {"type": "number"}}}"#, "backward -"),
        (
            #"{"type": "object", "properties": {"a": {}}}"#, #"{"type": "object", "properties": {"a": {}}, "additionalProperties": false}"#,
            "- forward"
        ),
        (#"{"dependentRequired": {"a": ["b"]}}"#, #"{"dependentRequired": {"a": ["b", "c"]}}"#, "- forward"),
    ])
    func `the directions that hold are found`(old: String, new: String, wanted: String) throws {
        #expect(try directions(old, new) == wanted, "\(old) → \(new)")
    }

    @Test func `the reasons name the places`() throws {
        let found = SchemaCompatibility(
            old: try schema(#"{"properties": {"a": {"maximum": 9}, "b": {}}, "additionalProperties": false}"#),
            new: try schema(#"{"properties": {"a": {"maximum": 5}, "c": {}}, "additionalProperties": false, "required": ["a"]}"#))
        guard case .notProvable(let reasons) = found.backward else {
            Issue.record("should not be readable")
            return
        }
        #expect(reasons.map(\.instance) == ["/a", "/a", "/b"])
        #expect(reasons.map(\.schema) == ["/required", "/properties/a/maximum", "/additionalProperties"])
    }

    /// Pairs of schemas drawn by chance, and values of all sorts: where a direction is called readable, no value refutes it.
    @Test func `no counterexample refutes what is called readable`() throws {
        var random = SplitMix64(seed: 20)
        var values: [[UInt8]] = []
        while values.count < 3_000 {
            let text = random.chance(70) ? RandomDocument.text(&random) : Array(RandomDocument.value(&random, depth: 0).utf8)
            if (try? JSONDocument(parsing: text)) != nil { values.append(text) }
        }
        var proven = 0
        var open = 0
        var refuted = 0
        for _ in 0..<600 {
            let first = RandomSchema.text(&random)
            // Near relatives are where proofs are tempting.
            let second = random.chance(75) ? RandomSchema.changed(first, &random) : RandomSchema.text(&random)
            guard let old = try? schema(first), let new = try? schema(second) else { continue }
            let found = SchemaCompatibility(old: old, new: new)
            let sample = (0..<300).map { _ in random.one(of: values) }
            for (answer, writer, reader) in [(found.backward, old, new), (found.forward, new, old)] {
                let counter = sample.first { writer.accepts($0) && !reader.accepts($0) }
                if answer.isReadable {
                    proven += 1
                    #expect(counter == nil, "\(first) → \(second): \(String(decoding: counter ?? [], as: UTF8.self))")
                } else if counter != nil {
                    refuted += 1
                } else {
                    open += 1
                }
            }
        }
        print("compatibility: \(proven) directions readable, 0 refuted; \(refuted) not provable with a counterexample, \(open) without")
        #expect(proven > 100)
        #expect(refuted > 100)
    }
}
