/// One thing that a schema asks for and a value is not. Carries nothing of the value: it may be a person's.
package struct SchemaViolation: Hashable, Sendable, CustomStringConvertible {
    /// Where in the value, RFC 6901.
    package let instance: String
    /// The keyword that is not satisfied; `false` for a schema that nothing satisfies.
    package let keyword: String
    /// Where in the schema, as the URI of the document and the place in it; for the root document the place alone.
    package let schema: String
    /// What the schema expects, in words.
    package let expected: String

    /// Stable, for counters and dead letters: the keyword's own word in kebab case, such as `max-length`; a format's with its name, such
    /// as `format-day`; a credit code's with its defect, such as `uscc-check-character`.
    package let code: String

    package var description: String {
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
package enum SchemaVerdict: Equatable, Sendable {
    case accepted
    /// Every violation, never empty.
    case refused([SchemaViolation])
    /// No JSON, or beyond the limits.
    case malformed(JSONFault)

    /// The defect's stable word and the offset in bytes.
    package struct JSONFault: Hashable, Sendable {
        package let code: String
        package let offset: Int
    }
}
