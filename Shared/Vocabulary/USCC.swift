/// A unified social credit code (统一社会信用代码): the identity of an enterprise or other organisation, 18 characters.
///
/// Shape: registering authority, kind of organisation, six digits of the authority's division, nine characters of organisation code,
/// one check character. Both check characters have been verified once a value exists. Refusals: `USCCDefect`. Source: GB 32100-2015.
///
/// Sixteen bytes inline, so that a code as a key costs no allocation; values order as their texts do.
public struct USCC: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Characters 1–9 and 10–18, five bits each, the first in the highest place.
    private let head: UInt64
    private let tail: UInt64

    /// Reads a code as people write it: full-width, lower-case, spaces and hyphens are accepted and normalised away.
    public init(_ text: some StringProtocol) throws(USCCDefect) {
        let written = String(text)
        let span = written.utf8.span
        if span.count == USCC.length, let values = USCC.values(of: span) {
            self = try USCC(verifying: values)
        } else {
            self = try USCC(verifying: USCC.values(ofNormalised: CodeText.normalised(written)))
        }
    }

    /// Reads a code from bytes just parsed, without making a string when it is already in its normal form.
    public init(utf8 bytes: Span<UInt8>) throws(USCCDefect) {
        if bytes.count == USCC.length, let values = USCC.values(of: bytes) {
            self = try USCC(verifying: values)
            return
        }
        var copy: [UInt8] = []
        // A longer text cannot be a code however many spaces it holds; what is kept is enough to say so.
        for index in 0..<min(bytes.count, 256) { copy.append(bytes[index]) }
        self = try USCC(verifying: USCC.values(ofNormalised: CodeText.normalised(String(decoding: copy, as: UTF8.self))))
    }

    /// Completes a code: computes the organisation check character and the code's own check character.
    ///
    /// `organisationBody`: eight characters; `authorityKind`: the first two characters; `region`: six digits.
    public static func make(organisationBody: String, authorityKind: String, region: String) throws(USCCDefect) -> USCC {
        guard let check = OrganisationCode.checkCharacter(body: CodeText.normalised(organisationBody)) else {
            throw .length(organisationBody.count + authorityKind.count + region.count + 2)
        }
        // The placeholder "0" is replaced below by the character that the other seventeen ask for.
        let draft = CodeText.normalised(authorityKind + region + organisationBody) + String(check) + "0"
        var values = try USCC.values(ofNormalised: draft)
        values[17] = USCC.checkValue(of: values)
        return try USCC(verifying: values)
    }

    /// A code for an invented organisation: body `PDY00001`…`PDY99999`, the zone which GB 11714 leaves to internal use.
    ///
    /// Nil when `number` is outside 1…99,999 or `region` is not a six-digit code. Such codes must never be exchanged with another system.
    public static func synthetic(number: Int, kind: Kind = .enterprise, region: String = "430100") -> USCC? {
        guard (1...99_999).contains(number) else { return nil }
        let digits = String(number)
        let body = "PDY" + String(repeating: "0", count: 5 - digits.count) + digits
        return try? make(organisationBody: body, authorityKind: kind.authorityAndKind, region: region)
    }

    /// The 18 characters.
    public var text: String { String(decoding: ascii, as: UTF8.self) }

    /// The 18 characters as ASCII bytes.
    public var ascii: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(USCC.length)
        appendASCII(to: &bytes)
        return bytes
    }

    /// Appends the 18 characters to bytes being written.
    public func appendASCII(to bytes: inout [UInt8]) {
        for position in 0..<USCC.length { bytes.append(USCC.byte(ofValue: value(at: position))) }
    }

    public var description: String { text }

    /// Characters 9–17: the organisation code of GB 11714, whose own check character has been verified.
    public var organisationCode: OrganisationCode {
        let bytes = InlineArray<9, UInt8> { USCC.byte(ofValue: value(at: 8 + $0)) }
        // Straight from the stack into the string's own 15 bytes: no allocation.
        guard let text = try? UTF8Span(validating: bytes.span) else { preconditionFailure("the alphabet is ASCII") }
        return OrganisationCode(verified: String(copying: text))
    }

    /// Characters 3–8: the division of the registering authority on the day of issue.
    ///
    /// It never changes, so it may be abolished since, `100000` (national), or absent from every table (`133100`, 雄安): look it up,
    /// note what is found, refuse nothing.
    public var region: DivisionCode {
        DivisionCode(number: Int32((2..<8).reduce(0) { $0 * 10 + value(at: $1) }))
    }

    /// What sort of organisation the first two characters name.
    public var kind: Kind {
        // Verified in `init(verifying:)`; `.other` can only be read, never be a fallback that hides an unknown pair.
        Kind.byValues[value(at: 0) * 31 + value(at: 1)] ?? .other
    }

    /// Characters 1–2, such as `91`.
    public var authorityAndKind: String { String(decoding: ascii[0..<2], as: UTF8.self) }

    /// True for codes of the internal zone `PDY00001`…`PDY99999`: invented organisations, not for exchange. Source: GB 11714-1997.
    public var isSynthetic: Bool {
        // P, D and Y are worth 23, 13 and 30.
        guard value(at: 8) == 23, value(at: 9) == 13, value(at: 10) == 30 else { return false }
        let digits = 11..<16
        return digits.allSatisfy { value(at: $0) <= 9 } && digits.contains { value(at: $0) != 0 }
    }

    public static func < (a: USCC, b: USCC) -> Bool { (a.head, a.tail) < (b.head, b.tail) }
}

extension USCC {
    /// Characters of a code.
    public static let length = 18

    /// The value of a character of `0123456789ABCDEFGHJKLMNPQRTUWXY`; 255 for what is not among these 31 (no I, O, S, V, Z).
    ///
    /// Arithmetic and not a table, because every record of every topic passes here.
    static func value(ofByte byte: UInt8) -> UInt8 {
        switch byte {
        case 48...57: byte - 48
        case 65...72: byte - 55
        case 74...78: byte - 56
        case 80...82: byte - 57
        case 84...85: byte - 58
        case 87...89: byte - 59
        default: 255
        }
    }

    /// The character of a value 0…30.
    private static func byte(ofValue value: Int) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        return switch value {
        case ..<10: value + 48
        case ..<18: value + 55
        case ..<23: value + 56
        case ..<26: value + 57
        case ..<28: value + 58
        default: value + 59
        }
    }

    private func value(at position: Int) -> Int {
        position < 9 ? Int(head >> UInt64(5 * (8 - position)) & 31) : Int(tail >> UInt64(5 * (17 - position)) & 31)
    }

    /// The values of 18 bytes already in normal form; nil when one is not in the alphabet.
    private static func values(of bytes: borrowing Span<UInt8>) -> InlineArray<18, UInt8>? {
        var values = InlineArray<18, UInt8>(repeating: 0)
        for index in 0..<length {
            let value = USCC.value(ofByte: bytes[index])
            guard value != 255 else { return nil }
            values[index] = value
        }
        return values
    }

    private static func values(ofNormalised text: String) throws(USCCDefect) -> InlineArray<18, UInt8> {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count == length else { throw .length(scalars.count) }
        var values = InlineArray<18, UInt8>(repeating: 0)
        for (index, scalar) in scalars.enumerated() {
            let value = UInt8(exactly: scalar.value).map { USCC.value(ofByte: $0) } ?? 255
            guard value != 255 else { throw .character(Character(scalar), position: index + 1) }
            values[index] = value
        }
        return values
    }

    /// The value which the first seventeen ask for at the eighteenth place.
    private static func checkValue(of values: InlineArray<18, UInt8>) -> UInt8 {
        // The weights are the powers of 3 modulo 31, so the sum is a polynomial at 3; 17 terms stay far below 64 bits.
        var sum = 0
        for index in (0..<17).reversed() { sum = sum * 3 + Int(values[index]) }
        // The standard's 31 − remainder would be 31 for a remainder of 0; the outer remainder makes it the character "0".
        return UInt8((31 - sum % 31) % 31)
    }

    private init(verifying values: InlineArray<18, UInt8>) throws(USCCDefect) {
        func character(_ value: UInt8) -> Character { Character(Unicode.Scalar(USCC.byte(ofValue: Int(value)))) }
        func text(_ range: Range<Int>) -> String { String(range.map { character(values[$0]) }) }

        guard Kind.byValues[Int(values[0]) * 31 + Int(values[1])] != nil else { throw .authorityAndKind(text(0..<2)) }
        for index in 2..<8 where values[index] > 9 { throw .regionNotDigits(text(2..<8)) }
        let expected = USCC.checkValue(of: values)
        guard values[17] == expected else {
            throw .checkCharacter(expected: character(expected), found: character(values[17]))
        }
        var sum = 0
        for index in 8..<16 {
            sum += OrganisationCode.value(of: USCC.byte(ofValue: Int(values[index]))) * OrganisationCode.weights[index - 8]
        }
        let organisationCheck = OrganisationCode.checkByte(forSum: sum)
        guard USCC.byte(ofValue: Int(values[16])) == organisationCheck else {
            throw .organisationCheck(expected: Character(Unicode.Scalar(organisationCheck)), found: character(values[16]))
        }
        var head: UInt64 = 0
        var tail: UInt64 = 0
        for index in 0..<9 { head = head << 5 | UInt64(values[index]) }
        for index in 9..<18 { tail = tail << 5 | UInt64(values[index]) }
        self.head = head
        self.tail = tail
    }
}
