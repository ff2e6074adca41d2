/// An amount of yuan in whole fen (1/100 yuan). May be negative.
public struct Money: Hashable, Comparable, Sendable {
    public let fen: Int64

    public init(fen: Int64) { self.fen = fen }

    /// Whole yuan; clamped at the ends of what 64 bits hold.
    public init(yuan: Int64) {
        let (product, overflow) = yuan.multipliedReportingOverflow(by: 100)
        fen = overflow ? (yuan < 0 ? .min : .max) : product
    }

    public static let zero = Money(fen: 0)

    public static func < (a: Money, b: Money) -> Bool { a.fen < b.fen }

    /// Clamped at the ends rather than trapping: no input may stop a service.
    public static func + (a: Money, b: Money) -> Money { Money(fen: a.fen.addingClamped(b.fen)) }
    public static func - (a: Money, b: Money) -> Money { Money(fen: a.fen.subtractingClamped(b.fen)) }
    public static prefix func - (a: Money) -> Money { Money(fen: a.fen == .min ? .max : -a.fen) }
    public static func += (a: inout Money, b: Money) { a = a + b }
    public static func * (a: Money, factor: Int64) -> Money { Money(fen: a.fen.multipliedClamped(by: factor)) }

    /// The share of the amount, rounded down (towards minus infinity): who pays never pays the fraction.
    public func share(_ ratio: BasisPoints) -> Money {
        let product = fen.multipliedFullWidth(by: ratio.value)
        let quotient = Int64(10_000).dividingClamped(product)
        return Money(fen: quotient)
    }

    /// This amount in basis points of `whole`, rounded down; nil when `whole` is not positive.
    public func basisPoints(of whole: Money) -> BasisPoints? {
        guard whole.fen > 0 else { return nil }
        return BasisPoints(whole.fen.dividingClamped(fen.multipliedFullWidth(by: 10_000)))
    }

    /// `1234.50`: yuan with two decimals.
    public var text: String {
        let digits = [UInt8](reserving: 22) { bytes in
            if fen < 0 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(digitsOf: Int(fen.magnitude / 100), count: 1)
            bytes.append(UInt8(ascii: "."))
            bytes.append(digitsOf: Int(fen.magnitude % 100), count: 2)
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// A ratio in hundredths of a percent. 10,000 is the whole.
public struct BasisPoints: Hashable, Comparable, Sendable {
    public let value: Int64
    public init(_ value: Int64) { self.value = value }
    public static func < (a: BasisPoints, b: BasisPoints) -> Bool { a.value < b.value }
}

extension Int64 {
    public func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    public func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    public func multipliedClamped(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// A double-width dividend divided by `self` (positive), rounded down and clamped.
    func dividingClamped(_ dividend: (high: Int64, low: UInt64)) -> Int64 {
        let wide = Int128(dividend.high) << 64 | Int128(dividend.low)
        // Nearly every amount of money fits 64 bits even when multiplied; 128-bit division is several times slower.
        if let narrow = Int64(exactly: wide) { return narrow.floorDivided(by: self) }
        let (quotient, remainder) = wide.quotientAndRemainder(dividingBy: Int128(self))
        return Int64(clamping: remainder < 0 ? quotient - 1 : quotient)
    }
}

extension Money {
    /// `wan` times ten thousand yuan (万元), the unit of most Chinese statistics; clamped at the ends of what 64 bits hold.
    public init(wan: Int64) { self = Money(yuan: 10_000) * wan }
}
