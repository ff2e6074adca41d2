import Contracts
import Vocabulary
import Wire

/// One field of a record type, compiled: says what is wrong with a value.
public struct FieldChecker: Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case text, int, number, yuan, bool, day, month, instant, uscc, division, industry
        case choice = "enum"
        case list
    }

    public let name: String
    public let kind: Kind
    public let isRequired: Bool
    /// Says something about a natural person: its value is never repeated in a refusal.
    public let isPersonal: Bool
    /// Bounds of a number, both allowed.
    public let min: ExactDecimal?
    public let max: ExactDecimal?
    /// Characters of a text, or of each text of a list.
    public let lengthMax: Int
    /// What an `enum` may be; for a list, what each text may be. Empty: anything.
    public let values: Set<String>
    public let pattern: TextPattern?

    /// Characters of a text that states no `maxLength`.
    public static let lengthMaxDefault = 500
    /// Texts of one list at the most.
    public static let listCountMax = 200

    /// Reads `{"type", "required", "min", "max", "maxLength", "values", "pattern", "class"}`. What is wrong goes to `defects`.
    init?(name: String, _ json: JSONValue, defects: inout [String]) {
        let before = defects.count
        guard json.kind == .object else {
            defects.append("field `\(name)` is not an object")
            return nil
        }
        guard let kind = json["type"]?.string.flatMap({ Kind(rawValue: $0) }) else {
            defects.append("field `\(name)` has no known type")
            return nil
        }
        func flag(_ member: String) -> Bool {
            guard let value = json[member], !value.isNull else { return false }
            if value.bool == nil { defects.append("field `\(name)`: `\(member)` is not true or false") }
            return value.bool ?? false
        }
        func number(_ member: String) -> ExactDecimal? {
            guard let value = json[member], !value.isNull else { return nil }
            if value.decimal == nil { defects.append("field `\(name)`: `\(member)` is not a number") }
            return value.decimal
        }
        self.name = name
        self.kind = kind
        isRequired = flag("required")
        min = number("min")
        max = number("max")
        var sensitivity = FieldClass.public
        if let word = json["class"], !word.isNull {
            if let read = word.string.flatMap({ FieldClass(rawValue: $0) }) {
                sensitivity = read
            } else {
                defects.append("field `\(name)` has an unknown class")
            }
        }
        isPersonal = sensitivity.isPersonal || sensitivity == .secret
        let length = number("maxLength")
        if let length, length.scale != 0 || !(1...10_000).contains(length.mantissa) {
            defects.append("field `\(name)`: `maxLength` is not 1…10000")
        }
        lengthMax = length.map { Int(clamping: $0.mantissa) } ?? Self.lengthMaxDefault
        var choices: Set<String> = []
        if let list = json["values"], !list.isNull {
            for element in list.elements {
                if let choice = element.string { choices.insert(choice) } else { defects.append("field `\(name)`: a value is not a text") }
            }
            if choices.isEmpty { defects.append("field `\(name)`: `values` is not a list of texts") }
        } else if kind == .choice {
            defects.append("field `\(name)` is an enum without values")
        }
        values = choices
        var compiled: TextPattern?
        if let text = json["pattern"]?.string {
            compiled = TextPattern(text)
            if compiled == nil { defects.append("field `\(name)`: the pattern `\(text)` is not understood") }
        }
        pattern = compiled
        if let min, let max, max < min { defects.append("field `\(name)`: `max` is less than `min`") }
        if defects.count > before { return nil }
    }

    /// What is wrong with the value, or nil.
    func defect(in value: JSONValue) -> FieldDefect? {
        switch kind {
        case .text: text(value)
        case .int, .number, .yuan: number(value)
        case .bool: value.bool == nil ? wrong("field-type", value, "true or false expected") : nil
        case .day: calendar(value, value.day != nil)
        case .month: calendar(value, value.month != nil)
        case .instant: calendar(value, value.instant != nil)
        case .uscc: uscc(value)
        case .division: code(value) { DivisionCode($0) != nil }
        case .industry: code(value) { (try? IndustryCode($0)) != nil }
        case .choice: choice(value)
        case .list: list(value)
        }
    }

    /// Absent, null, and an empty text where a text is required.
    var missing: FieldDefect { FieldDefect(field: name, code: "field-missing", detail: "") }

    private func text(_ value: JSONValue) -> FieldDefect? {
        guard value.kind == .string else { return wrong("field-type", value, "a text expected") }
        // The common case reads the bytes where they lie.
        if let bytes = value.utf8, bytes.count <= lengthMax, pattern == nil { return bytes.isEmpty && isRequired ? missing : nil }
        guard let text = value.string else { return wrong("field-type", value, "a text expected") }
        if text.isEmpty { return isRequired ? missing : nil }
        let length = text.unicodeScalars.count
        guard length <= lengthMax else { return wrong("too-long", nil, "\(length) characters, \(lengthMax) are allowed") }
        if let pattern, !pattern.matches(text) { return wrong("pattern", value, "`\(pattern.text)` expected") }
        return nil
    }

    private func number(_ value: JSONValue) -> FieldDefect? {
        guard value.kind == .number else { return wrong("field-type", value, "a number expected") }
        guard let decimal = value.decimal else {
            // Beyond 64 bits: only a measured number may be so small that it is rounded.
            guard kind == .number, let double = value.double else { return wrong("out-of-range", value, "beyond 64 bits") }
            let isWithin = (min.map { $0.double <= double } ?? true) && (max.map { double <= $0.double } ?? true)
            return isWithin ? nil : outOfRange(value)
        }
        if kind == .int, decimal.scale > 0 { return wrong("field-type", value, "a whole number expected") }
        if kind == .yuan {
            if decimal.scale > 2 { return wrong("money-decimals", value, "") }
            if value.moneyInYuan == nil { return wrong("out-of-range", value, "beyond what fen can hold") }
        }
        if let min, decimal < min { return outOfRange(value) }
        if let max, max < decimal { return outOfRange(value) }
        return nil
    }

    private func outOfRange(_ value: JSONValue) -> FieldDefect {
        wrong("out-of-range", value, "\(min?.text ?? "")…\(max?.text ?? "") expected")
    }

    private func calendar(_ value: JSONValue, _ isRead: Bool) -> FieldDefect? {
        if isRead { return nil }
        guard value.kind == .string else { return wrong("field-type", value, "a \(kind) expected") }
        return wrong("date-impossible", value, "no such \(kind)")
    }

    private func uscc(_ value: JSONValue) -> FieldDefect? {
        guard let text = value.string else { return wrong("field-type", value, "a text expected") }
        do throws(USCCDefect) {
            _ = try USCC(text)
            return nil
        } catch {
            return wrong(error.code, nil, error.description)
        }
    }

    private func code(_ value: JSONValue, _ isKnown: (String) -> Bool) -> FieldDefect? {
        guard let text = value.string else { return wrong("field-type", value, "a text expected") }
        return isKnown(text) ? nil : wrong("enum-value", value, "no \(kind) code")
    }

    private func choice(_ value: JSONValue) -> FieldDefect? {
        guard let text = value.string else { return wrong("field-type", value, "a text expected") }
        return values.contains(text) ? nil : wrong("enum-value", value, "one of \(values.sorted().joined(separator: ", ")) expected")
    }

    private func list(_ value: JSONValue) -> FieldDefect? {
        guard value.kind == .array else { return wrong("field-type", value, "a list of texts expected") }
        let count = value.count
        guard count <= Self.listCountMax else { return wrong("too-long", nil, "\(count) texts, \(Self.listCountMax) are allowed") }
        if count == 0, isRequired { return missing }
        for (place, element) in value.elements.enumerated() {
            guard let text = element.string else { return wrong("field-type", element, "a list of texts expected").at(place) }
            guard text.unicodeScalars.count <= lengthMax else {
                return wrong("too-long", nil, "a text of more than \(lengthMax) characters").at(place)
            }
            if !values.isEmpty, !values.contains(text) {
                return wrong("enum-value", element, "one of \(values.sorted().joined(separator: ", ")) expected").at(place)
            }
            if let pattern, !pattern.matches(text) { return wrong("pattern", element, "`\(pattern.text)` expected").at(place) }
        }
        return nil
    }

    private func wrong(_ code: String, _ value: JSONValue?, _ expected: String) -> FieldDefect {
        guard let value, !isPersonal else { return FieldDefect(field: name, code: code, detail: expected) }
        let seen = String(String(decoding: value.rawBytes.prefix(64), as: UTF8.self))
        return FieldDefect(field: name, code: code, detail: expected.isEmpty ? seen : "\(seen): \(expected)")
    }
}
