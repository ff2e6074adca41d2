import Vocabulary
import Wire

/// The formats of our vocabulary. Each asserts about one kind of value and says nothing about others, as formats do.
public enum SchemaFormat: String, CaseIterable, Sendable {
    /// A unified social credit code, both check characters verified.
    case uscc
    /// Six digits of an administrative division.
    case division
    /// A code of the national industry classification.
    case industry
    /// A number: a whole count of fen that 64 bits hold.
    case moneyFen = "money-fen"
    /// A number: yuan with two decimals at the most, within what fen can hold.
    case money
    /// `yyyy-MM-dd`, a day that exists.
    case day
    /// `yyyy-MM`.
    case month
    /// A moment by RFC 3339.
    case instant

    /// What it asserts about.
    var kind: JSONKind {
        switch self {
        case .money, .moneyFen: .number
        case .uscc, .division, .industry, .day, .month, .instant: .string
        }
    }

    /// The stable code of what is wrong; nil when nothing is. For a value of the format's kind.
    func defect(of value: JSONValue) -> String? {
        switch self {
        case .money, .moneyFen: defect(ofNumber: SchemaNumber(value))
        case .uscc, .division, .industry, .day, .month, .instant: value.string.flatMap { defect(of: $0) }
        }
    }

    /// For the formats of strings.
    func defect(of text: String) -> String? {
        switch self {
        case .uscc:
            do throws(USCCDefect) {
                _ = try USCC(text)
                return nil
            } catch {
                return error.code
            }
        case .division: return DivisionCode(text) == nil ? code : nil
        case .industry: return (try? IndustryCode(text)) == nil ? code : nil
        case .day: return Day(text) == nil ? code : nil
        case .month: return Month(text) == nil ? code : nil
        case .instant: return Instant(rfc3339: text) == nil ? code : nil
        case .money, .moneyFen: return nil
        }
    }

    /// For the formats of numbers.
    func defect(ofNumber number: SchemaNumber) -> String? {
        switch self {
        case .money:
            if number.decimals > 2 { return "money-decimals" }
            return number < Self.yuanMin || Self.yuanMax < number ? "money-range" : nil
        case .moneyFen:
            if !number.isInteger { return "money-decimals" }
            return number.int64 == nil ? "money-range" : nil
        case .uscc, .division, .industry, .day, .month, .instant: return nil
        }
    }

    var code: String { "format-" + rawValue }

    private static let yuanMin = SchemaNumber(token: "-92233720368547758.08".utf8)
    private static let yuanMax = SchemaNumber(token: "92233720368547758.07".utf8)
}
