/// One thing that a schema asks for and a value is not. Carries nothing of the value: it may be a person's.
public struct SchemaViolation: Hashable, Sendable, CustomStringConvertible {
    /// Where in the value, RFC 6901.
    public let instance: String
    /// The keyword that is not satisfied; `false` for a schema that nothing satisfies.
    public let keyword: String
    /// Where in the schema, as the URI of the document and the place in it; for the root document the place alone.
    public let schema: String
    /// What the schema expects, in words.
    public let expected: String

    /// Stable, for counters and dead letters: the keyword's own word in kebab case, such as `max-length`; a format's with its name, such
    /// as `format-day`; a credit code's with its defect, such as `uscc-check-character`.
    public let code: String

    public var description: String {
        "\(instance.isEmpty ? "the value" : instance): \(code)" + (expected.isEmpty ? "" : " (\(expected))")
    }

    static func code(of keyword: String) -> String {
        var code = ""
        for scalar in keyword.unicodeScalars {
            if ("A"..."Z").contains(scalar) {
                code += "-" + String(scalar).lowercased()
            } else if scalar != "$" {
                code.unicodeScalars.append(scalar)
            }
        }
        return code
    }
}

/// What a schema says about a text.
public enum SchemaVerdict: Equatable, Sendable {
    case accepted
    /// Every violation, never empty.
    case refused([SchemaViolation])
    /// No JSON, or beyond the limits.
    case malformed(JSONFault)

    /// The defect's stable word and the offset in bytes.
    public struct JSONFault: Hashable, Sendable {
        public let code: String
        public let offset: Int
    }
}
