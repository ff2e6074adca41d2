import Schema
import Testing
import Wire

/// What a schema lists, and which schemas are not taken.
struct SchemaTests {
    @Test func `every violation is listed with its place, its code and the place in the schema`() throws {
        let checked = try schema(
            #"""
            {"type": "object", "required": ["id", "when"], "additionalProperties": false,
             "properties": {"id": {"pattern": "^A"}, "n": {"minimum": 1, "multipleOf": 2}, "list": {"items": {"maxLength": 1}}, "when": {}}}
            """#)
        let text = #"{"id": "B", "n": -1, "list": ["a", "bb", 3, "cc"], "x/y": 1}"#
        #expect(
            try violations(checked, text) == [
                "/when: required", "/id: pattern", "/n: minimum", "/n: multiple-of", "/list/1: max-length", "/list/3: max-length",
                "/x~1y: additional-properties",
            ])
        let first = checked.violations(in: try JSONDocument(parsing: Array(text.utf8)).root)[1]
        #expect(first.schema == "/properties/id/pattern")
        #expect(first.keyword == "pattern")
    }

    @Test func `a violation carries nothing of the value`() throws {
        let checked = try schema(#"{"properties": {"name": {"const": "x", "maxLength": 2, "pattern": "^x", "type": "string"}}}"#)
        for violation in checked.violations(in: try JSONDocument(parsing: Array(#"{"name": "陈建国四"}"#.utf8)).root) {
            #expect(!"\(violation)".contains("陈"))
        }
    }

    @Test func `numbers are compared exactly, whatever their size`() throws {
        let checked = try schema(#"{"maximum": 9007199254740993, "not": {"const": 9007199254740992.5}}"#)
        #expect(checked.accepts(Array("9007199254740993.0".utf8)))
        #expect(!checked.accepts(Array("9007199254740993.0000000000000000000001".utf8)))
        #expect(!checked.accepts(Array("90071992547409925e-1".utf8)))
        #expect(!checked.accepts(Array("1e1000000000000000000000".utf8)))
        #expect(try schema(#"{"multipleOf": 0.01}"#).accepts(Array("123456789012345678901234567890.12".utf8)))
        #expect(try !schema(#"{"multipleOf": 0.01}"#).accepts(Array("123456789012345678901234567890.123".utf8)))
        #expect(try schema(#"{"multipleOf": 123456789012345678901234567890}"#).accepts(Array("370370367037037036703703703670".utf8)))
        #expect(try !schema(#"{"multipleOf": 123456789012345678901234567890}"#).accepts(Array("370370367037037036703703703671".utf8)))
    }

    @Test func `our formats are asserted where the schema says our dialect, and noted elsewhere`() throws {
        let text = #"{"properties": {"u": {"format": "uscc"}, "m": {"format": "money"}, "d": {"format": "day"}}}"#
        let value = #"{"u": "91430102PDY0000790", "m": 1.505, "d": "2026-02-30"}"#
        #expect(try violations(try schema(text), value) == [])
        let ours = try schema(text.replacing("{\"properties\"", with: #"{"$schema": "urn:xinqiao:schema:record", "properties""#))
        #expect(try violations(ours, value) == ["/u: uscc-check-character", "/m: money-decimals", "/d: format-day"])
        #expect(try violations(ours, #"{"u": 1, "m": "1.505", "d": null}"#) == [])
    }

    @Test(arguments: [
        ("[]", ": not-a-schema", ""), (#"{"type": "text"}"#, "/type", "keyword-value"),
        (#"{"minLength": -1}"#, "/minLength", "keyword-value"),
        (#"{"multipleOf": 0}"#, "/multipleOf", "keyword-value"), (#"{"required": ["a", "a"]}"#, "/required", "keyword-value"),
        (##"{"properties": {"a": 1}}"##, "/properties/a", "not-a-schema"), (##"{"$ref": "#/nowhere"}"##, "/$ref", "reference-unresolved"),
        (#"{"$ref": "http://example.com/other"}"#, "/$ref", "reference-unresolved"),
        (#"{"minlength": 1}"#, "/minlength", "keyword-unknown"),
        (##"{"pattern": "(?=a)"}"##, "/pattern", "pattern-unsupported"), (##"{"$ref": "#"}"##, "", "endless"),
        (##"{"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#"}]}}}"##, "", "endless"),
        (#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#, "/$schema", "dialect-unknown"),
        (#"{"$schema": "urn:xinqiao:schema:record", "format": "email"}"#, "/format", "format-unknown"),
        (#"{"class": "public"}"#, "/class", "keyword-unknown"),
        (#"{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}"#, "/$defs/b", "identifier-twice"),
        (#"{"$defs": {"a": {"pattern": "("}}}"#, "/$defs/a/pattern", "pattern-syntax"),
    ])
    func `a schema that is wrong is refused, with the place`(text: String, pointer: String, code: String) throws {
        let found = try refusals(text)
        #expect(found.contains { $0.contains(pointer) && $0.hasSuffix(code) }, "\(text): \(found)")
    }

    @Test func `a refusal names the line`() throws {
        #expect(try refusals("{\n \"properties\": {\n  \"a\": {\"maxlength\": 3}}}") == ["/properties/a/maxlength line 3: keyword-unknown"])
        #expect(try refusals("{\"maxlength\": 3}", mode: .conformance) == [])
    }

    @Test func `a schema that would look at one value too often is refused`() throws {
        var definitions: [String] = []
        for level in 0..<30 {
            definitions.append("\"d\(level)\": {\"allOf\": [{\"$ref\": \"#/$defs/d\(level + 1)\"}, {\"$ref\": \"#/$defs/d\(level + 1)\"}]}")
        }
        definitions.append("\"d30\": {}")
        #expect(
            try refusals("{\"$ref\": \"#/$defs/d0\", \"$defs\": {\(definitions.joined(separator: ","))}}").first?.hasSuffix("endless")
                == true)
    }

    @Test func `a schema may refer to the meta-schema, and satisfies it`() throws {
        let meta = try schema(#"{"$ref": "urn:xinqiao:schema:record"}"#)
        #expect(
            meta.accepts(
                Array(#"{"$schema": "urn:xinqiao:schema:record", "properties": {"a": {"format": "day", "class": "public"}}}"#.utf8)))
        #expect(!meta.accepts(Array(#"{"properties": {"a": {"format": "date"}}}"#.utf8)))
        #expect(!meta.accepts(Array(#"{"properties": {"a": {"minLength": "1"}}}"#.utf8)))
    }
}
