import Schema
import Testing
import Vocabulary
import Wire

/// The pass over the bytes says what the check of the parsed value says.
struct ByteCheckTests {
    private static let records = #""$schema": "urn:xinqiao:schema:record""#

    private static let schemas = [
        "true",
        "false",
        "{}",
        #"{"type": "object", "required": ["id", "amount"], "properties": {"id": {"pattern": "^AP[0-9]{11}$"}, "amount": {"minimum": 0, "maximum": 360}}}"#,
        ##"{"additionalProperties": false, "properties": {"id": {}, "name": {"minLength": 1, "maxLength": 4}, "amount": {"type": "integer"}, "when": true, "grade": {"enum": ["A", "WORKINGCAPITAL", null, 1]}, "tags": {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 1, "maxItems": 4}, "inner": {"$ref": "#"}, "flag": {"const": true}, "other": {"type": "string"}}}"##,
        ##"{"properties": {"amount": {"exclusiveMinimum": 0.5, "exclusiveMaximum": 100}, "inner": {"$ref": "#/$defs/inner"}, "tags": {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false}}, "$defs": {"inner": {"maxProperties": 3, "minProperties": 1, "additionalProperties": {"type": ["string", "number"]}}}}"##,
        #"{"properties": {"amount": {"exclusiveMinimum": 0, "exclusiveMaximum": 360, "multipleOf": 0.5}, "name": {"pattern": "^[^@ ]+@[^@ ]+$"}, "legalRepresentativeName": {"type": "string"}, "flag": {"const": false}, "grade": {"enum": [1.0, "B"]}}}"#,
        #"{"properties": {"amount": {"minimum": -1, "exclusiveMaximum": 1000000000000000000}, "tags": {"items": {"minimum": 0}}, "id": {"minLength": 2, "maxLength": 13}}, "required": ["missing"], "additionalProperties": {"type": ["string", "number", "array", "object", "boolean", "null"]}}"#,
        "{\(records), \"properties\": {\"amount\": {\"format\": \"money\"}, \"when\": {\"format\": \"day\"}, \"name\": {\"format\": \"uscc\"}, \"other\": {\"format\": \"instant\"}, \"id\": {\"format\": \"month\"}}}",
        "{\(records), \"properties\": {\"amount\": {\"format\": \"money-fen\", \"type\": \"number\"}, \"when\": {\"format\": \"industry\"}, \"name\": {\"format\": \"division\"}, \"inner\": {\"type\": \"object\", \"properties\": {\"name\": {\"format\": \"day\"}}}}}",
        #"{"properties": {"name": {"anyOf": [{"minLength": 2}, {"const": "A"}]}, "tags": {"uniqueItems": true}}, "unevaluatedProperties": {"not": {"const": 1}}}"#,
    ]

    @Test(arguments: schemas) func `both ways say the same of every text`(text: String) throws {
        let checked = try schema(text)
        var random = SplitMix64(seed: UInt64(text.utf8.count))
        var accepted = 0
        var refused = 0
        var malformed = 0
        for _ in 0..<4_000 {
            let bytes = RandomDocument.text(&random)
            let verdict = checked.verdict(on: bytes)
            let isAccepted = checked.accepts(bytes)
            let seen = "\(String(decoding: bytes, as: UTF8.self))"
            guard let document = try? JSONDocument(parsing: bytes) else {
                malformed += 1
                #expect(!isAccepted, "malformed: \(seen)")
                if case .malformed = verdict {} else { Issue.record("malformed: \(seen)") }
                continue
            }
            let list = checked.violations(in: document.root)
            #expect(checked.accepts(document.root) == list.isEmpty, "listing: \(seen)")
            #expect(isAccepted == list.isEmpty, "bytes: \(seen)")
            #expect(verdict == (list.isEmpty ? .accepted : .refused(list)), "verdict: \(seen)")
            if isAccepted { accepted += 1 } else { refused += 1 }
        }
        print(
            "texts by both ways: \(accepted) accepted, \(refused) refused, \(malformed) malformed, on the bytes: \(checked.readsBytes) — \(text.prefix(40))…"
        )
        #expect(malformed > 100)
    }

    @Test func `what needs the whole value is not read from the bytes`() throws {
        #expect(try schema(Self.schemas[4]).readsBytes)
        #expect(try !schema(#"{"oneOf": [true, false]}"#).readsBytes)
        #expect(try !schema(#"{"properties": {"a": {"uniqueItems": true}}}"#).readsBytes)
        #expect(try !schema(#"{"enum": [[1]]}"#).readsBytes)
    }

    @Test func `a member that is there twice is refused, whatever the schema says of it`() throws {
        for text in [#"{"a": 1, "a": 1}"#, #"{"b": 1, "b": 1}"#, #"{"b": 1, "\u0062": 1}"#, #"{"a": {"x": 1, "x": 2}}"#] {
            #expect(try !schema(#"{"properties": {"a": {}}}"#).accepts(Array(text.utf8)))
        }
    }

    @Test func `names are found in any order, also many of them`() throws {
        let names = (0..<100).map { "member\($0)" }
        let properties = names.map { "\"\($0)\": {\"const\": \"\($0)\"}" }.joined(separator: ",")
        let checked = try schema("{\"additionalProperties\": false, \"properties\": {\(properties)}}")
        var random = SplitMix64(seed: 7)
        for _ in 0..<50 {
            let shuffled = names.shuffled(using: &random)
            let right = "{" + shuffled.map { "\"\($0)\": \"\($0)\"" }.joined(separator: ", ") + "}"
            #expect(checked.accepts(Array(right.utf8)))
            #expect(!checked.accepts(Array(right.replacing("\"member7\": ", with: "\"member7x\": ").utf8)))
        }
        #expect(checked.readsBytes)
    }

    @Test func `limits hold on the bytes as they do for the parser`() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try schema("{}").accepts(Array(deep.utf8)))
        #expect(try !schema("{}").accepts(Array("[\(deep)]".utf8)))
        let two = try Schema(try JSONDocument(parsing: Array("{}".utf8)).root, limits: JSONLimits(bytesMax: 20, membersMax: 2))
        #expect(two.accepts(Array(#"{"a":1,"b":2}"#.utf8)))
        #expect(!two.accepts(Array(#"{"a":1,"b":2,"c":3}"#.utf8)))
        #expect(!two.accepts(Array(#"{"a":1,"b":         2}"#.utf8)))
    }
}
