/// Tests for numbers of natural persons, with which logs, dead letters and dumps are searched for what must not be there.
public enum PersonalNumber: String, CaseIterable, Sendable {
    /// A citizen's identity number. Source: GB 11643-1999.
    case identity
    /// A mobile telephone number.
    case phone
    /// A bank card number.
    case card

    /// What a whole run of digits (with a final X) is; nil when it is none of these.
    ///
    /// The caller cuts the text at characters that are neither digits nor X. One number in ten of 16–19 digits passes the card test by
    /// chance.
    public init?(reading token: some StringProtocol) {
        let bytes = Array(token.utf8)
        if PersonalNumber.isIdentity(bytes) {
            self = .identity
        } else if PersonalNumber.isPhone(bytes) {
            self = .phone
        } else if (16...19).contains(bytes.count), PersonalNumber.passesLuhn(bytes) {
            self = .card
        } else {
            return nil
        }
    }

    /// Eighteen characters, a province, a birthday that exists from 1800 on, and the right check character.
    public static func isIdentity(_ bytes: [UInt8]) -> Bool {
        var digits = DigitReader(bytes)
        guard bytes.count == 18, let region = digits.number(6), (110_000...829_999).contains(region),
            let year = digits.number(4), year >= 1800, let month = digits.number(2), let day = digits.number(2),
            Day(year: year, month: month, day: day) != nil, digits.number(3) != nil
        else { return false }
        let sum = zip(bytes, identityWeights).reduce(0) { $0 + Int($1.0 - 48) * $1.1 }
        return identityChecks[sum % 11] == (bytes[17] == UInt8(ascii: "x") ? UInt8(ascii: "X") : bytes[17])
    }

    /// Eleven digits beginning 13…19.
    public static func isPhone(_ bytes: [UInt8]) -> Bool {
        bytes.count == 11 && bytes[0] == UInt8(ascii: "1") && (51...57).contains(bytes[1]) && bytes.allSatisfy { (48...57).contains($0) }
    }

    /// The Luhn test (ISO/IEC 7812-1): every second digit from the right doubled, digits summed, divisible by ten. False for no digits
    /// or for zeros only.
    public static func passesLuhn(_ bytes: [UInt8]) -> Bool {
        guard bytes.allSatisfy({ (48...57).contains($0) }), bytes.contains(where: { $0 != 48 }) else { return false }
        var sum = 0
        for (offset, byte) in bytes.reversed().enumerated() {
            let digit = Int(byte - 48)
            sum += offset % 2 == 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2
        }
        return sum % 10 == 0
    }

    private static let identityWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    private static let identityChecks: [UInt8] = Array("10X98765432".utf8)
}
