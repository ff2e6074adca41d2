import Schema
import Testing
import Wire

/// The public JSON-Schema-Test-Suite, draft 2020-12: every required case.
struct JSONSchemaTestSuiteTests {
    /// Cases that are not kept, each with its reason. None.
    private static let exceptions: [String: String] = [:]
    private static let remoteBase = "http://localhost:1234/"
    /// The suite is about schemas: a key twice or U+0000 is the parser's matter and tested there.
    private static let limits = JSONLimits(nul: .allowed)

    @Test func `every required case of the public suite has its answer`() throws {
        guard let tests = try SharedFolder.files(below: "data/jsonschema/tests"),
            let remotes = try SharedFolder.files(below: "data/jsonschema/remotes")
        else {
            print("skipped: the JSON Schema test suite (no shared/data/jsonschema)")
            return
        }
        var documents: [String: JSONValue] = [:]
        for (path, bytes) in remotes { documents[Self.remoteBase + path] = try JSONDocument(parsing: bytes, limits: Self.limits).root }

        var cases = 0
        var passed = 0
        var onBytes = 0
        for (path, bytes) in tests where !path.contains("optional/") {
            for group in try JSONDocument(parsing: bytes, limits: Self.limits).root.elements {
                let schemaValue = try #require(group["schema"])
                let schemaText = try JSONDocument(parsing: Array(schemaValue.rawBytes), limits: Self.limits)
                let title = "\(path): \(group["description"]?.string ?? "")"
                let schema: Schema
                do {
                    schema = try Schema(schemaText.root, remotes: documents, mode: .conformance, limits: Self.limits)
                } catch {
                    cases += group["tests"]?.count ?? 0
                    Issue.record("\(title): \(error)")
                    continue
                }
                for test in group["tests"].map({ Array($0.elements) }) ?? [] {
                    let data = Array(try #require(test["data"]).rawBytes)
                    let isValid = test["valid"]?.bool == true
                    cases += 1
                    let listed = schema.violations(in: try JSONDocument(parsing: data, limits: Self.limits).root)
                    let isRight = schema.accepts(data) == isValid && listed.isEmpty == isValid
                    if isRight { passed += 1 }
                    if schema.readsBytes { onBytes += 1 }
                    #expect(isRight, "\(title): \(test["description"]?.string ?? "")")
                }
            }
        }
        print(
            "JSON Schema 2020-12: \(cases) required cases, \(passed) passed (\(onBytes) also on the bytes), \(Self.exceptions.count) named exceptions"
        )
        #expect(cases == 1_299)
        #expect(passed == cases)
    }
}
