import Wire

/// What a rule reads and yields: the values of JSON, numbers as doubles.
public enum RuleValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([RuleValue])
    case object([String: RuleValue])

    /// The same value, read out of a document.
    public init(_ json: JSONValue) {
        switch json.kind {
        case .null: self = .null
        case .bool: self = .bool(json.bool ?? false)
        case .number: self = .number(json.double ?? .nan)
        case .string: self = .string(json.string ?? "")
        case .array: self = .array(json.elements.map { RuleValue($0) })
        case .object: self = .object(Dictionary(json.members.map { ($0.key, RuleValue($0.value)) }) { _, last in last })
        }
    }

    /// False are: null, false, zero, not-a-number, the empty string and the empty array. Source: JsonLogic's truth table.
    public var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .number(let number): number != 0 && !number.isNaN
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object: true
        }
    }

    /// For people and logs: strings as they are, lists with commas, objects as their keys.
    public var text: String {
        switch self {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): RuleValue.text(of: number)
        case .string(let text): text
        case .array(let elements): elements.map(\.text).joined(separator: ",")
        case .object(let members): "{" + members.keys.sorted().joined(separator: ",") + "}"
        }
    }

    /// A whole number without a point, as JavaScript writes it.
    static func text(of number: Double) -> String {
        if number.magnitude < 9e18, number == number.rounded(.towardZero) { return String(Int64(number)) }
        return number.description
    }

    /// The number that JavaScript would make of it; not-a-number where there is none.
    var coercedToNumber: Double {
        switch self {
        case .null: 0
        case .bool(let flag): flag ? 1 : 0
        case .number(let number): number
        case .string(let text): RuleValue.number(in: text)
        case .array(let elements): elements.isEmpty ? 0 : (elements.count == 1 ? elements[0].coercedToNumber : .nan)
        case .object: .nan
        }
    }

    private static func number(in text: String) -> Double {
        let trimmed = text.utf8.drop { isSpace($0) }.reversed().drop { isSpace($0) }
        guard !trimmed.isEmpty else { return 0 }
        // Double's own reader also takes "nan", "inf" and hexadecimal, which no rule means.
        let isDecimal = trimmed.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                true
            default: false
            }
        }
        guard isDecimal else { return .nan }
        return Double(String(decoding: trimmed.reversed(), as: UTF8.self)) ?? .nan
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
