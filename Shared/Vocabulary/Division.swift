/// A six-digit code of an administrative division (GB/T 2260): two digits each of province, prefecture and county.
///
/// Any six digits are a code; whether it was ever in force is the `DivisionTable`'s to say.
public struct DivisionCode: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0…999999.
    public let number: Int32

    init(number: Int32) { self.number = number }

    /// Reads six ASCII digits and nothing else.
    public init?(_ text: some StringProtocol) {
        var digits = DigitReader(Array(text.utf8))
        guard let number = digits.number(6), digits.atEnd else { return nil }
        self.number = Int32(number)
    }

    /// Six digits.
    public var text: String {
        let digits = String(number)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    public var description: String { text }

    /// Province, prefecture or county, as the zeros at the end say.
    public var level: DivisionLevel {
        if number % 10_000 == 0 { return .province }
        return number % 100 == 0 ? .prefecture : .county
    }

    /// `xx0000`.
    public var province: DivisionCode { DivisionCode(number: number / 10_000 * 10_000) }

    /// `xxxx00`; nil for a province.
    public var prefecture: DivisionCode? { level == .province ? nil : DivisionCode(number: number / 100 * 100) }

    /// 430102 lies in 430102, in 430100 and in 430000. By the digits alone: what stands for an abolished code is the `DivisionTable`'s to say.
    public func lies(in zone: DivisionCode) -> Bool {
        switch zone.level {
        case .province: province == zone
        case .prefecture: prefecture == zone
        case .county: self == zone
        }
    }

    public static func < (a: DivisionCode, b: DivisionCode) -> Bool { a.number < b.number }
}

/// The three levels of a division code.
public enum DivisionLevel: String, CaseIterable, Sendable {
    case province, prefecture, county
}

/// One row of the table: a code with its name for a stretch of time.
public struct Division: Hashable, Sendable {
    public let code: DivisionCode
    public let name: String
    /// The first day; nil when in force since before the table begins.
    public let validFrom: Day?
    /// The first day no longer in force; nil when still in force.
    public let validTo: Day?
    /// The division which took over on `validTo`.
    public let successor: DivisionCode?
    /// False when the dates were not compared with the official notice.
    public let isSourceChecked: Bool

    public init(code: DivisionCode, name: String, validFrom: Day?, validTo: Day?, successor: DivisionCode?, isSourceChecked: Bool) {
        self.code = code
        self.name = name
        self.validFrom = validFrom
        self.validTo = validTo
        self.successor = successor
        self.isSourceChecked = isSourceChecked
    }

    /// True from `validFrom` up to the day before `validTo`.
    public func isValid(on day: Day) -> Bool {
        if let validFrom, day < validFrom { return false }
        if let validTo, day >= validTo { return false }
        return true
    }
}
