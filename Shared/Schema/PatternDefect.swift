/// Why a regular expression is not taken, and where.
public struct PatternDefect: Error, Equatable, Sendable, CustomStringConvertible {
    /// The raw values are stable.
    public enum Kind: String, CaseIterable, Sendable {
        /// No regular expression of ECMA-262 at all.
        case syntax = "pattern-syntax"
        /// One, but with what this engine does not have: look-around, back references, word boundaries, script properties, flags.
        case unsupported = "pattern-unsupported"
        /// Its automaton would be larger than is allowed.
        case tooLarge = "pattern-too-large"
    }

    public let kind: Kind
    /// Scalars from the start of the expression to the culprit.
    public let offset: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    public var description: String { "\(kind.rawValue) at character \(offset + 1)" }
}
