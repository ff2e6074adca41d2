/// A decimal number held exactly: `mantissa` × 10^-`scale`. Equal numbers are equal values: 1.50 and 1.5 and 15e-1 are one.
public struct ExactDecimal: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// All digits as one integer. Ends in 0 only when `scale` is 0.
    public let mantissa: Int64
    /// Digits after the point, 0…255.
    public let scale: Int

    /// The most digits after the point; a text with more is refused.
    public static let scaleMax = 255

    /// The whole number.
    public init(_ whole: Int64) {
        mantissa = whole
        scale = 0
    }

    /// Drops trailing zeros of the fraction. Nil when `scale` is negative or, without them, above `scaleMax`.
    public init?(mantissa: Int64, scale: Int) {
        guard scale >= 0 else { return nil }
        var mantissa = mantissa
        var scale = mantissa == 0 ? 0 : scale
        while scale > 0, mantissa % 10 == 0 {
            mantissa /= 10
            scale -= 1
        }
        guard scale <= Self.scaleMax else { return nil }
        self.mantissa = mantissa
        self.scale = scale
    }

    /// Reads a number as JSON writes it (`-12.50`, `3`, `1e2`), without space around. Nil for anything else, and for what 64 bits cannot
    /// hold exactly: nothing is ever rounded.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        self.init(token: bytes.span)
    }

    /// A number's bytes, checked or not.
    init?(token: Span<UInt8>) {
        let end = token.count
        var at = 0
        let isNegative = end > 0 && token[0] == Ascii.minus
        if isNegative { at = 1 }
        let firstDigit = at
        var digits = Digits()

        guard digits.read(token, from: &at), at - firstDigit == 1 || token[firstDigit] != Ascii.zero else { return nil }
        var fractionDigits = 0
        if at < end, token[at] == Ascii.point {
            at += 1
            let firstOfFraction = at
            guard digits.read(token, from: &at) else { return nil }
            fractionDigits = at - firstOfFraction
        }
        var exponent = 0
        if at < end, token[at] | 0x20 == Ascii.letterE {
            at += 1
            let isBelowOne = at < end && token[at] == Ascii.minus
            if at < end, isBelowOne || token[at] == Ascii.plus { at += 1 }
            let firstOfExponent = at
            while at < end, token[at] &- Ascii.zero < 10 {
                // Held at a size that no text's digits can bring back into range.
                exponent = min(exponent * 10 + Int(token[at] &- Ascii.zero), 1_000_000_000_000)
                at += 1
            }
            guard at > firstOfExponent else { return nil }
            if isBelowOne { exponent = -exponent }
        }
        guard at == end else { return nil }

        guard digits.fit else { return nil }
        var magnitude = digits.value
        guard magnitude != 0 else {
            self.init(0)
            return
        }
        var scale = fractionDigits - exponent - digits.zerosPending
        guard scale <= Self.scaleMax, scale >= -19 else { return nil }
        while scale < 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            magnitude = product
            scale += 1
        }
        guard magnitude <= UInt64(Int64.max) + (isNegative ? 1 : 0) else { return nil }
        self.init(
            normalized: isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(truncatingIfNeeded: magnitude), scale: scale)
    }

    private init(normalized mantissa: Int64, scale: Int) {
        self.mantissa = mantissa
        self.scale = scale
    }

    /// Significant digits as they come; zeros wait until a digit follows, so that no trailing one takes room.
    private struct Digits {
        var value: UInt64 = 0
        var zerosPending = 0
        var fit = true

        /// False when there is no digit at `at`.
        @inline(__always) mutating func read(_ token: Span<UInt8>, from at: inout Int) -> Bool {
            let start = at
            while at < token.count, case let digit = token[at] &- Ascii.zero, digit < 10 {
                at += 1
                if digit == 0 {
                    if value != 0 { zerosPending += 1 }
                    continue
                }
                append(0, times: zerosPending)
                zerosPending = 0
                append(digit, times: 1)
            }
            return at > start
        }

        @inline(__always) private mutating func append(_ digit: UInt8, times: Int) {
            guard fit else { return }
            for _ in 0..<times {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
                value = sum
                if overflow || carry {
                    fit = false
                    return
                }
            }
        }
    }

    /// Compares across scales, exactly.
    public static func < (a: ExactDecimal, b: ExactDecimal) -> Bool {
        let (coarse, fine) = a.scale < b.scale ? (a, b) : (b, a)
        let steps = fine.scale - coarse.scale
        // Twenty digits more than any 64-bit mantissa has: the coarser one decides, unless it is zero.
        guard steps < 19 else {
            guard coarse.mantissa == 0 else { return (coarse.mantissa < 0) == (a.scale < b.scale) }
            return (fine.mantissa > 0) == (a.scale < b.scale)
        }
        let widened = Int128(coarse.mantissa) * Int128(Self.powerOfTen(steps))
        return a.scale < b.scale ? widened < Int128(b.mantissa) : Int128(a.mantissa) < widened
    }

    /// Up to 10^18.
    private static func powerOfTen(_ exponent: Int) -> Int64 {
        var power: Int64 = 1
        for _ in 0..<max(0, exponent) { power &*= 10 }
        return power
    }

    /// The nearest double.
    public var double: Double {
        if scale == 0 { return Double(mantissa) }
        // Both exact as doubles, so that one division rounds once.
        if mantissa.magnitude <= 1 << 53, scale <= 22 {
            var power = 1.0
            for _ in 0..<scale { power *= 10 }
            return Double(mantissa) / power
        }
        return Double(text) ?? 0
    }

    /// Plain digits, never an exponent: `-0.05`, `12.3`, `100`.
    public var text: String {
        guard scale > 0 else { return String(mantissa) }
        let digits = String(mantissa.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        let point = padded.index(padded.endIndex, offsetBy: -scale)
        return (mantissa < 0 ? "-" : "") + padded[..<point] + "." + padded[point...]
    }

    /// The same as `text`.
    public var description: String { text }
}
