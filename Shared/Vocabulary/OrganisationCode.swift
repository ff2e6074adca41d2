/// An organisation code (组织机构代码): eight characters and a check character. Source: GB 11714-1997.
///
/// Unlike in a unified social credit code all 36 digits and letters may occur in the body.
public struct OrganisationCode: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Nine characters without the hyphen.
    public let text: String

    /// Reads a code as people write it, `XXXXXXXX-X` included: full-width, lower-case, spaces and hyphens are normalised away.
    public init(_ text: some StringProtocol) throws(OrganisationCodeDefect) {
        let scalars = Array(CodeText.normalised(text).unicodeScalars)
        guard scalars.count == 9 else { throw .length(scalars.count) }
        var sum = 0
        for (index, scalar) in scalars.enumerated() {
            guard let byte = UInt8(exactly: scalar.value), OrganisationCode.isDigitOrLetter(byte) else {
                throw .character(Character(scalar), position: index + 1)
            }
            if index < 8 { sum += OrganisationCode.value(of: byte) * OrganisationCode.weights[index] }
        }
        let expected = Unicode.Scalar(OrganisationCode.checkByte(forSum: sum))
        guard scalars[8] == expected else { throw .checkCharacter(expected: Character(expected), found: Character(scalars[8])) }
        var verified = String.UnicodeScalarView()
        verified.append(contentsOf: scalars)
        self.text = String(verified)
    }

    /// For nine characters whose check was verified as part of a longer code.
    init(verified text: String) { self.text = text }

    /// `XXXXXXXX-X`, the form on certificates.
    public var hyphenated: String { text.prefix(8) + "-" + text.suffix(1) }

    public var description: String { hyphenated }

    public static func < (a: OrganisationCode, b: OrganisationCode) -> Bool { a.text < b.text }

    /// The check character of an eight-character body in normal form; nil when the body is anything else.
    public static func checkCharacter(body: String) -> Character? {
        let bytes = Array(body.utf8)
        guard bytes.count == 8, bytes.allSatisfy(isDigitOrLetter) else { return nil }
        return Character(Unicode.Scalar(checkByte(forSum: bytes.indices.reduce(0) { $0 + value(of: bytes[$1]) * weights[$1] })))
    }

    static let weights: InlineArray<8, Int> = [3, 7, 9, 10, 5, 8, 4, 2]

    /// 0–9 and A = 10 … Z = 35.
    static func value(of byte: UInt8) -> Int { byte <= 57 ? Int(byte) - 48 : Int(byte) - 55 }

    /// 11 − remainder, where 10 is written X and 11 is written 0.
    static func checkByte(forSum sum: Int) -> UInt8 {
        switch 11 - sum % 11 {
        case 10: UInt8(ascii: "X")
        case 11: UInt8(ascii: "0")
        case let digit: UInt8(48 + digit)
        }
    }

    private static func isDigitOrLetter(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (65...90).contains(byte) }
}

/// Why a text is not an organisation code. Positions count from 1.
public enum OrganisationCodeDefect: Error, Hashable, Sendable {
    /// Not nine characters once spaces and hyphens are gone.
    case length(Int)
    /// Neither a digit nor a Latin letter.
    case character(Character, position: Int)
    /// Character 9 is not the one which the other eight ask for.
    case checkCharacter(expected: Character, found: Character)

    /// Stable name, for records and counters.
    public var code: String {
        switch self {
        case .length: "organisation-code-length"
        case .character: "organisation-code-character"
        case .checkCharacter: "organisation-code-check-character"
        }
    }
}
