/// A code of the national industry classification, at any of its four levels. Source: GB/T 4754-2017.
///
/// Written as a section letter (`C`), two digits (division), three (group) or four (class), the digits optionally after the section's
/// letter (`C3911`). The value is checked against the standard's sections and divisions; whether a group or class exists is the
/// `IndustryTable`'s to say.
public struct IndustryCode: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let section: IndustrySection
    public let level: IndustryLevel
    /// The digits as a number; 0 for a section.
    private let digits: Int32

    /// Reads a code; full-width, lower-case, spaces and hyphens are normalised away.
    public init(_ text: some StringProtocol) throws(IndustryCodeDefect) {
        let normalised = CodeText.normalised(text)
        var rest = normalised[...]
        var letter: IndustrySection?
        if let first = rest.first, !first.isASCII || !first.isNumber {
            guard let section = IndustrySection(rawValue: String(first)) else { throw .section(String(first)) }
            letter = section
            rest.removeFirst()
        }
        if let letter, rest.isEmpty {
            self.init(section: letter, level: .section, digits: 0)
            return
        }
        guard let level = IndustryLevel(digitCount: rest.count), rest.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int32(rest)
        else { throw .shape(normalised) }
        let division = level == .division ? number : level == .group ? number / 10 : number / 100
        guard let section = IndustrySection(division: Int(division)) else { throw .division(String(rest.prefix(2))) }
        if let letter, letter != section { throw .sectionMismatch(written: letter, actual: section) }
        self.init(section: section, level: level, digits: number)
    }

    /// A section as a code.
    public init(_ section: IndustrySection) { self.init(section: section, level: .section, digits: 0) }

    private init(section: IndustrySection, level: IndustryLevel, digits: Int32) {
        self.section = section
        self.level = level
        self.digits = digits
    }

    /// The letter, or two to four digits without it.
    public var text: String {
        guard level != .section else { return section.rawValue }
        let number = String(digits)
        return String(repeating: "0", count: level.digitCount - number.count) + number
    }

    public var description: String { text }

    /// The two-digit division 1…97; nil for a section.
    public var division: Int? { level == .section ? nil : classes.lowerBound / 100 }

    /// True when `other` is this code or lies under it.
    public func contains(_ other: IndustryCode) -> Bool {
        classes.lowerBound <= other.classes.lowerBound && other.classes.upperBound <= classes.upperBound
    }

    /// The next code up; nil for a section.
    public var parent: IndustryCode? {
        switch level {
        case .section: nil
        case .division: IndustryCode(section)
        case .group: IndustryCode(section: section, level: .division, digits: digits / 10)
        case .class: IndustryCode(section: section, level: .group, digits: digits / 10)
        }
    }

    /// In the order of the printed standard: a code before what lies under it.
    public static func < (a: IndustryCode, b: IndustryCode) -> Bool {
        (a.classes.lowerBound, a.level.digitCount) < (b.classes.lowerBound, b.level.digitCount)
    }

    /// The four-digit classes which the code spans, as numbers.
    var classes: ClosedRange<Int> {
        let number = Int(digits)
        switch level {
        case .section: return section.divisions.lowerBound * 100...section.divisions.upperBound * 100 + 99
        case .division: return number * 100...number * 100 + 99
        case .group: return number * 10...number * 10 + 9
        case .class: return number...number
        }
    }
}

/// The four levels of an industry code.
public enum IndustryLevel: Int, CaseIterable, Sendable {
    case section = 1
    case division, group, `class`

    /// Digits of a code of this level.
    public var digitCount: Int { self == .section ? 0 : rawValue }

    fileprivate init?(digitCount: Int) {
        switch digitCount {
        case 2: self = .division
        case 3: self = .group
        case 4: self = .class
        default: return nil
        }
    }
}

/// The twenty sections. Source: GB/T 4754-2017.
public enum IndustrySection: String, CaseIterable, Sendable {
    /// 农、林、牧、渔业.
    case a = "A"
    /// 采矿业.
    case b = "B"
    /// 制造业.
    case c = "C"
    /// 电力、热力、燃气及水生产和供应业.
    case d = "D"
    /// 建筑业.
    case e = "E"
    /// 批发和零售业.
    case f = "F"
    /// 交通运输、仓储和邮政业.
    case g = "G"
    /// 住宿和餐饮业.
    case h = "H"
    /// 信息传输、软件和信息技术服务业.
    case i = "I"
    /// 金融业.
    case j = "J"
    /// 房地产业.
    case k = "K"
    /// 租赁和商务服务业.
    case l = "L"
    /// 科学研究和技术服务业.
    case m = "M"
    /// 水利、环境和公共设施管理业.
    case n = "N"
    /// 居民服务、修理和其他服务业.
    case o = "O"
    /// 教育.
    case p = "P"
    /// 卫生和社会工作.
    case q = "Q"
    /// 文化、体育和娱乐业.
    case r = "R"
    /// 公共管理、社会保障和社会组织.
    case s = "S"
    /// 国际组织.
    case t = "T"

    /// The two-digit divisions of the section.
    public var divisions: ClosedRange<Int> {
        switch self {
        case .a: 1...5
        case .b: 6...12
        case .c: 13...43
        case .d: 44...46
        case .e: 47...50
        case .f: 51...52
        case .g: 53...60
        case .h: 61...62
        case .i: 63...65
        case .j: 66...69
        case .k: 70...70
        case .l: 71...72
        case .m: 73...75
        case .n: 76...79
        case .o: 80...82
        case .p: 83...83
        case .q: 84...85
        case .r: 86...90
        case .s: 91...96
        case .t: 97...97
        }
    }

    /// The section which a two-digit division belongs to; nil outside 1…97.
    public init?(division: Int) {
        guard let section = IndustrySection.allCases.first(where: { $0.divisions.contains(division) }) else { return nil }
        self = section
    }

    /// The section of a division.
    public static func section(of division: Int) -> IndustrySection? { IndustrySection(division: division) }
}

/// Why a text is not an industry code.
public enum IndustryCodeDefect: Error, Hashable, Sendable {
    /// The first character is a letter, but none of A…T.
    case section(String)
    /// Neither a letter alone nor two to four digits.
    case shape(String)
    /// The first two digits name no division of 01…97.
    case division(String)
    /// The letter is not the one of the digits' section.
    case sectionMismatch(written: IndustrySection, actual: IndustrySection)

    /// Stable name, for records and counters.
    public var code: String {
        switch self {
        case .section: "industry-section"
        case .shape: "industry-shape"
        case .division: "industry-division"
        case .sectionMismatch: "industry-section-mismatch"
        }
    }
}
