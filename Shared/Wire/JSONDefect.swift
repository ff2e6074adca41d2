/// Why a text is not a document we read, and where.
public struct JSONDefect: Error, Equatable, Sendable, CustomStringConvertible {
    /// The raw values are stable: they are stored beside refused messages and counted in metrics.
    public enum Kind: String, CaseIterable, Sendable {
        /// A byte that cannot stand here.
        case syntax = "syntax"
        /// The text ends inside a value; also the empty text.
        case unterminated = "unterminated"
        /// Something other than white space follows the document.
        case trailingBytes = "trailing-bytes"
        /// The text begins with U+FEFF, which RFC 8259 section 8.1 forbids a sender to add.
        case byteOrderMark = "byte-order-mark"
        /// Not a number by RFC 8259 section 6: a leading zero or plus, a bare point, an empty exponent.
        case badNumber = "bad-number"
        /// A backslash with anything but `"\/bfnrtu`, or `\u` without four hexadecimal digits.
        case badEscape = "bad-escape"
        /// U+0001…U+001F written raw in a string.
        case controlInString = "control-in-string"
        /// U+0000 in a string, raw or as `\u0000`.
        case nulInString = "nul-in-string"
        /// Bytes in a string that are no UTF-8: overlong, truncated, beyond U+10FFFF, a stray continuation.
        case invalidUTF8 = "invalid-utf8"
        /// Half of a surrogate pair, as an escape or as raw bytes.
        case loneSurrogate = "lone-surrogate"
        /// An object has a key twice; the offset is the later one's.
        case duplicateKey = "duplicate-key"
        case depthOverLimit = "depth-over-limit"
        case sizeOverLimit = "size-over-limit"
        case membersOverLimit = "members-over-limit"
    }

    /// What is wrong.
    public let kind: Kind
    /// Bytes from the start of the text to the culprit.
    public let offset: Int

    /// Offset in bytes from the start of the text.
    public init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// The kind's stable word, such as `duplicate-key`.
    public var code: String { kind.rawValue }

    /// `duplicate-key at byte 17`.
    public var description: String { "\(code) at byte \(offset)" }
}
