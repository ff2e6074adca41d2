import Schema
import Wire

/// A schema from a text in a test.
func schema(_ text: String, mode: Schema.Mode = .strict) throws -> Schema {
    try Schema(try JSONDocument(parsing: Array(text.utf8)).root, mode: mode)
}

/// What is violated, one line each: the place and the code.
func violations(_ schema: Schema, _ text: String) throws -> [String] {
    schema.violations(in: try JSONDocument(parsing: Array(text.utf8)).root).map { "\($0.instance): \($0.code)" }
}

/// Why the text is not taken as a schema, one line each.
func refusals(_ text: String, mode: Schema.Mode = .strict) throws -> [String] {
    do throws(SchemaRefusal) {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: Array(text.utf8)) } catch { return ["no JSON: \(error)"] }
        _ = try Schema(document.root, mode: mode)
        return []
    } catch {
        return error.defects.map { "\($0.pointer) line \($0.line): \($0.code)" }
    }
}
