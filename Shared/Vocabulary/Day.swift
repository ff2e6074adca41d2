/// A civil day of the Gregorian calendar, as days since 1970-01-01. What PostgreSQL's `date` holds.
public struct Day: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01; negative before.
    public let number: Int32

    public init(number: Int32) { self.number = number }

    public static func < (a: Day, b: Day) -> Bool { a.number < b.number }

    /// Nil for a day that no calendar has, such as 2026-02-29.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= Month(year: year, month: month).length
        else { return nil }
        self.init(number: Day.number(year: year, month: month, day: day))
    }

    /// Reads `yyyy-MM-dd` and nothing else.
    public init?(_ text: some StringProtocol) {
        var digits = DigitReader(Array(text.utf8))
        guard let day = digits.day(), digits.atEnd else { return nil }
        self = day
    }

    /// `yyyy-MM-dd`.
    public var text: String { String(decoding: [UInt8](reserving: 10) { append(to: &$0) }, as: UTF8.self) }

    /// The text, byte by byte: every record has several of them.
    public func append(to bytes: inout [UInt8]) {
        let (year, month, day) = civil
        bytes.append(digitsOf: year, count: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(digitsOf: month, count: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(digitsOf: day, count: 2)
    }

    /// Year, month 1…12, day 1…31.
    public var civil: (year: Int, month: Int, day: Int) {
        // Days counted from 0000-03-01, so that the leap day is the last of its year.
        let shifted = Int(number) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func number(year: Int, month: Int, day: Int) -> Int32 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int32(era * 146_097 + dayOfEra - 719_468)
    }

    public var month: Month {
        let (year, month, _) = civil
        return Month(year: year, month: month)
    }

    /// 1 = Monday … 7 = Sunday.
    public var weekday: Int { (Int(number) % 7 + 7 + 3) % 7 + 1 }

    /// Clamped at the ends rather than trapping: no input may stop a service.
    public static func + (day: Day, count: Int) -> Day { Day(number: Int32(clamping: Int64(day.number).addingClamped(Int64(count)))) }
    public static func - (day: Day, count: Int) -> Day {
        Day(number: Int32(clamping: Int64(day.number).subtractingClamped(Int64(count))))
    }
    /// Days from `earlier` to `later`.
    public static func - (later: Day, earlier: Day) -> Int { Int(later.number) - Int(earlier.number) }

    /// The same day `count` months later; the last day of that month when it is shorter (31 January + 3 months = 30 April).
    public func adding(months count: Int) -> Day {
        let (year, month, day) = civil
        let target = Month(year: year, month: month) + count
        return target.first + (min(day, target.length) - 1)
    }

    /// Midnight at the start of the day in China Standard Time.
    public var startInChina: Instant {
        Instant(microseconds: Int64(number).multipliedClamped(by: 86_400_000_000).subtractingClamped(28_800_000_000))
    }
}

/// A calendar month.
public struct Month: Hashable, Comparable, Sendable {
    /// Months since 0000-01.
    public let number: Int32

    public init(number: Int32) { self.number = number }
    public init(year: Int, month: Int) { self.number = Int32(year * 12 + month - 1) }

    /// Reads `yyyy-MM` and nothing else.
    public init?(_ text: some StringProtocol) {
        var digits = DigitReader(Array(text.utf8))
        guard let year = digits.number(4), digits.one(of: UInt8(ascii: "-")), let month = digits.number(2), digits.atEnd,
            year >= 1, (1...12).contains(month)
        else { return nil }
        self.init(year: year, month: month)
    }

    public var year: Int { Int(number) / 12 }
    /// 1…12.
    public var month: Int { Int(number) % 12 + 1 }
    /// `yyyy-MM`.
    public var text: String { String(decoding: [UInt8](reserving: 7) { append(to: &$0) }, as: UTF8.self) }

    /// The text, byte by byte.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(digitsOf: year, count: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(digitsOf: month, count: 2)
    }

    public static func < (a: Month, b: Month) -> Bool { a.number < b.number }
    public static func + (month: Month, count: Int) -> Month {
        Month(number: Int32(clamping: Int64(month.number).addingClamped(Int64(count))))
    }
    public static func - (later: Month, earlier: Month) -> Int { Int(later.number) - Int(earlier.number) }

    /// 28…31.
    public var length: Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    public var first: Day {
        // The first of a month in 1…9999 always exists.
        Day(year: max(1, min(9999, year)), month: month, day: 1) ?? Day(number: 0)
    }
    public var last: Day { first + (length - 1) }
}
