/// A moment, in microseconds since 1970-01-01T00:00:00Z. What PostgreSQL's `timestamptz` can hold, no more and no less.
public struct Instant: Hashable, Comparable, Sendable {
    /// Microseconds since the Unix epoch, UTC.
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static let epoch = Instant(microseconds: 0)

    public static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }

    // Sums are clamped at the ends: a far-away moment plus a length stays far away, and never wraps into the past.

    public static func + (instant: Instant, length: Duration) -> Instant {
        Instant(microseconds: instant.microseconds.addingClamped(length.wholeMicroseconds))
    }

    public static func - (instant: Instant, length: Duration) -> Instant {
        Instant(microseconds: instant.microseconds.subtractingClamped(length.wholeMicroseconds))
    }

    /// How long from `earlier` to `self`.
    public func since(_ earlier: Instant) -> Duration { .microseconds(microseconds.subtractingClamped(earlier.microseconds)) }
}

extension Duration {
    /// The length in whole microseconds, rounded towards zero.
    public var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    }
}

extension Instant {
    /// The civil day in China Standard Time (UTC+8, no summer time since 1991), which all deadlines are counted in.
    public var dayInChina: Day {
        Day(number: Int32(clamping: microseconds.addingClamped(28_800_000_000).floorDivided(by: 86_400_000_000)))
    }

    /// RFC 3339 in UTC with microseconds only when there are any: `2026-05-10T08:00:00Z`, `2026-05-10T08:00:00.000001Z`.
    public var rfc3339: String { String(decoding: [UInt8](reserving: 27) { append(to: &$0) }, as: UTF8.self) }

    /// The text `rfc3339`, byte by byte: every record has several of them.
    public func append(to bytes: inout [UInt8]) {
        let day = Day(number: Int32(clamping: microseconds.floorDivided(by: 86_400_000_000)))
        // Wrapping, because the first midnight of the earliest day lies before what 64 bits hold; the rest of the day does not.
        let rest = microseconds &- Int64(day.number) &* 86_400_000_000
        let seconds = Int(rest / 1_000_000)
        let fraction = Int(rest % 1_000_000)
        day.append(to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(digitsOf: seconds / 3_600, count: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(digitsOf: seconds / 60 % 60, count: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(digitsOf: seconds % 60, count: 2)
        if fraction != 0 {
            bytes.append(UInt8(ascii: "."))
            bytes.append(digitsOf: fraction, count: 6)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Reads RFC 3339 (`T` or space, any offset, up to nine fraction digits, which are cut to microseconds). Nil for anything else.
    public init?(rfc3339 text: some StringProtocol) {
        var digits = DigitReader(Array(text.utf8))
        guard let day = digits.day(), digits.one(of: UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")),
            let hour = digits.number(2), hour < 24, digits.one(of: UInt8(ascii: ":")),
            let minute = digits.number(2), minute < 60, digits.one(of: UInt8(ascii: ":")),
            let second = digits.number(2), second < 60
        else { return nil }
        var fraction: Int64 = 0
        if digits.one(of: UInt8(ascii: ".")) {
            var scale: Int64 = 100_000
            var count = 0
            while let digit = digits.number(1) {
                fraction += Int64(digit) * scale
                scale /= 10
                count += 1
                guard count <= 9 else { return nil }
            }
            guard count > 0 else { return nil }
        }
        var offsetMinutes = 0
        if !digits.one(of: UInt8(ascii: "Z"), UInt8(ascii: "z")) {
            let isEast = digits.one(of: UInt8(ascii: "+"))
            guard isEast || digits.one(of: UInt8(ascii: "-")), let hours = digits.number(2), hours < 24,
                digits.one(of: UInt8(ascii: ":")), let minutes = digits.number(2), minutes < 60
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (isEast ? 1 : -1)
        }
        guard digits.atEnd else { return nil }
        let seconds = Int64(day.number) * 86_400 + Int64(hour * 3600 + minute * 60 + second) - Int64(offsetMinutes * 60)
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }
}

extension [UInt8] {
    /// The bytes that the closure appends.
    init(reserving capacity: Int, _ append: (inout [UInt8]) -> Void) {
        self = []
        reserveCapacity(capacity)
        append(&self)
    }

    /// The number in at least so many digits, zeros in front. A number below zero has its sign behind the zeros, as it always had.
    mutating func append(digitsOf number: Int, count: Int) {
        guard number >= 0 else {
            let digits = String(number).utf8
            append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Swift.max(0, count - digits.count)))
            return append(contentsOf: digits)
        }
        if count > 2 || number > 99 {
            append(digitsOf: number / 100, count: count - 2)
            return append(digitsOf: number % 100, count: 2)
        }
        if count == 2 || number > 9 { append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10)) }
        if count > 0 || number > 0 { append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)) }
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity, so that moments before 1970 fall on the right day.
    func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return (self % divisor != 0 && (self < 0) != (divisor < 0)) ? quotient - 1 : quotient
    }
}

/// Reads fixed-width digits and separators from ASCII bytes.
struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var atEnd: Bool { position == bytes.count }

    /// Exactly `width` digits, or nil and no move.
    mutating func number(_ width: Int) -> Int? {
        guard position + width <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + width] {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        position += width
        return value
    }

    /// One of the bytes, or false and no move.
    mutating func one(of choices: UInt8...) -> Bool {
        guard position < bytes.count, choices.contains(bytes[position]) else { return false }
        position += 1
        return true
    }

    /// `yyyy-MM-dd`, a day that exists.
    mutating func day() -> Day? {
        guard let year = number(4), one(of: UInt8(ascii: "-")), let month = number(2), one(of: UInt8(ascii: "-")), let day = number(2)
        else { return nil }
        return Day(year: year, month: month, day: day)
    }
}
