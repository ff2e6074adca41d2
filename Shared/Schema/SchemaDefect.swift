import Wire

/// Why a schema is not taken: one thing that is wrong with it, and where.
public struct SchemaDefect: Error, Hashable, Sendable, CustomStringConvertible {
    /// The raw values are stable.
    public enum Kind: String, CaseIterable, Sendable {
        /// Neither an object nor true or false where a schema is expected.
        case notASchema = "not-a-schema"
        /// A keyword's value is not of the shape that the keyword has.
        case keywordValue = "keyword-value"
        /// No keyword of the dialect (strict reading only).
        case keywordUnknown = "keyword-unknown"
        /// A format that this engine does not check, where formats are asserted (strict reading of our dialect only).
        case formatUnknown = "format-unknown"
        /// `$schema` names a dialect that this engine does not have, or one that requires a vocabulary that it does not have.
        case dialectUnknown = "dialect-unknown"
        /// `$ref` or `$dynamicRef` leads nowhere.
        case referenceUnresolved = "reference-unresolved"
        /// Two places have the same `$id`, `$anchor` or `$dynamicAnchor`.
        case identifierTwice = "identifier-twice"
        /// A schema that would have to check a value before it has checked that value.
        case endless = "endless"
        case patternSyntax = "pattern-syntax"
        case patternUnsupported = "pattern-unsupported"
        case patternTooLarge = "pattern-too-large"
        /// More schemas in one another than any record needs.
        case tooLarge = "too-large"
    }

    public let kind: Kind
    /// RFC 6901, from the root of the document that the culprit is in.
    public let pointer: String
    /// Counted from 1, in that document's text.
    public let line: Int
    /// What was found, in words.
    public let detail: String

    /// The kind's stable word, such as `keyword-unknown`.
    public var code: String { kind.rawValue }

    /// `keyword-unknown at /properties/name (line 7): …`
    public var description: String { "\(code) at \(pointer.isEmpty ? "the root" : pointer) (line \(line)): \(detail)" }
}

/// Everything that is wrong with a schema, in the order in which it was found.
public struct SchemaRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// Never empty.
    public let defects: [SchemaDefect]

    public var description: String { defects.map(\.description).joined(separator: "\n") }
}
