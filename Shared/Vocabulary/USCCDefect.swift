/// Why a text is not a unified social credit code. Carries the culprit; positions count from 1.
public enum USCCDefect: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not 18 characters once spaces and hyphens are gone.
    case length(Int)
    /// A character outside the alphabet of 31, such as O or I.
    case character(Character, position: Int)
    /// Characters 1–2 name no authority and kind of the standard's table.
    case authorityAndKind(String)
    /// Characters 3–8 are not six digits.
    case regionNotDigits(String)
    /// Character 18 is not the one which the other seventeen ask for.
    case checkCharacter(expected: Character, found: Character)
    /// Character 17, the check of the organisation code inside, is wrong although character 18 fits.
    case organisationCheck(expected: Character, found: Character)

    /// Stable name, for records, counters and messages to sources.
    public var code: String {
        switch self {
        case .length: "uscc-length"
        case .character: "uscc-character"
        case .authorityAndKind: "uscc-authority-and-kind"
        case .regionNotDigits: "uscc-region-not-digits"
        case .checkCharacter: "uscc-check-character"
        case .organisationCheck: "uscc-organisation-check"
        }
    }

    /// The digit that the writer may have meant by O or I. A hint for people: nothing is ever corrected with it.
    public var digitLikelyMeant: Character? {
        switch self {
        case .character("O", _): "0"
        case .character("I", _): "1"
        case .length, .character, .authorityAndKind, .regionNotDigits, .checkCharacter, .organisationCheck: nil
        }
    }

    public var description: String {
        switch self {
        case .length(let count): "\(count) characters instead of 18"
        case .character(let character, let position):
            "'\(character)' at position \(position) is not a character of the code"
                + (digitLikelyMeant.map { "; the digit \($0) may be meant" } ?? "")
        case .authorityAndKind(let pair): "'\(pair)' names no registering authority and kind"
        case .regionNotDigits(let region): "the division '\(region)' is not six digits"
        case .checkCharacter(let expected, let found): "check character is '\(found)', the code asks for '\(expected)'"
        case .organisationCheck(let expected, let found): "organisation check is '\(found)', the organisation code asks for '\(expected)'"
        }
    }
}
