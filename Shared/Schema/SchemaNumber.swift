import Wire

/// A JSON number of any size, exactly: compared by what it is, however it is written (1, 1.0 and 10e-1 are one number).
struct SchemaNumber: Hashable, Comparable, Sendable {
    /// Without zeros at either end; empty for zero. Values 0…9.
    private let digits: [UInt8]
    /// The value is 0.d₁d₂d₃… × 10^exponent.
    private let exponent: Int
    private let isNegative: Bool

    /// The bytes are a number by RFC 8259, which who read the document has seen to.
    init(token: some Sequence<UInt8>) {
        var digits: [UInt8] = []
        var isNegative = false
        var seenPoint = false
        var whole = 0
        var power = 0
        var powerIsNegative = false
        var inPower = false
        for byte in token {
            switch byte {
            case UInt8(ascii: "-"): if inPower { powerIsNegative = true } else { isNegative = true }
            case UInt8(ascii: "."): seenPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): inPower = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = byte - UInt8(ascii: "0")
                if inPower {
                    // Held at a size that no text's digits can bring back into range.
                    power = min(power * 10 + Int(digit), 1_000_000_000_000)
                } else {
                    // Zeros in front take no room, but those behind the point move it.
                    if !digits.isEmpty || digit != 0 { digits.append(digit) } else if seenPoint { whole -= 1 }
                    if !seenPoint, !digits.isEmpty { whole += 1 }
                }
            default: break
            }
        }
        while digits.last == 0 { digits.removeLast() }
        self.digits = digits
        exponent = digits.isEmpty ? 0 : whole + (powerIsNegative ? -power : power)
        self.isNegative = isNegative && !digits.isEmpty
    }

    init(_ value: JSONValue) { self.init(token: value.rawBytes) }

    init(_ whole: Int) { self.init(token: String(whole).utf8) }

    var isInteger: Bool { digits.count <= exponent || digits.isEmpty }
    var isPositive: Bool { !isNegative && !digits.isEmpty }
    var isZero: Bool { digits.isEmpty }

    /// Digits behind the point.
    var decimals: Int { digits.isEmpty ? 0 : max(0, digits.count - exponent) }

    /// For people: plain digits where few are enough, otherwise with an exponent.
    var text: String {
        guard !isZero else { return "0" }
        let plain = String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
        let sign = isNegative ? "-" : ""
        if exponent >= digits.count, exponent <= 20 { return sign + plain + String(repeating: "0", count: exponent - digits.count) }
        if exponent > 0, exponent < digits.count { return sign + plain.prefix(exponent) + "." + plain.dropFirst(exponent) }
        if exponent <= 0, exponent > -10 { return sign + "0." + String(repeating: "0", count: -exponent) + plain }
        return sign + "0." + plain + "e\(exponent)"
    }

    /// The number as a 64-bit integer; nil when it is none.
    var int64: Int64? {
        guard isInteger, exponent <= 19 else { return nil }
        guard !isZero else { return 0 }
        var value: Int64 = 0
        for place in 0..<exponent {
            let digit = Int64(place < digits.count ? digits[place] : 0)
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    static func < (a: SchemaNumber, b: SchemaNumber) -> Bool {
        if a.isNegative != b.isNegative { return a.isNegative }
        return a.isNegative ? magnitudeIsLess(b, a) : magnitudeIsLess(a, b)
    }

    private static func magnitudeIsLess(_ a: SchemaNumber, _ b: SchemaNumber) -> Bool {
        if a.digits.isEmpty || b.digits.isEmpty { return a.digits.isEmpty && !b.digits.isEmpty }
        if a.exponent != b.exponent { return a.exponent < b.exponent }
        return a.digits.lexicographicallyPrecedes(b.digits)
    }

    /// True when this is a whole multiple of the divisor, which is above zero. By division of the digits: exact at any size.
    func isMultiple(of divisor: SchemaNumber) -> Bool {
        guard !digits.isEmpty else { return true }
        // value = D × 10^p, divisor = M × 10^q, D and M whole and without a zero at the end.
        let p = exponent - digits.count
        let q = divisor.exponent - divisor.digits.count
        // D × 10^(p−q) would have to be divisible by M; with p < q, D itself by 10.
        guard p >= q else { return false }
        guard let modulus = divisor.mantissa else { return slowIsMultiple(of: divisor, zeros: p - q) }
        var rest: UInt64 = 0
        for digit in digits { rest = UInt64((UInt128(rest) * 10 + UInt128(digit)) % UInt128(modulus)) }
        return UInt64(UInt128(rest) * UInt128(Self.powerOfTen(p - q, modulo: modulus)) % UInt128(modulus)) == 0
    }

    /// The digits as a whole number; nil beyond 64 bits.
    private var mantissa: UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    private static func powerOfTen(_ power: Int, modulo modulus: UInt64) -> UInt64 {
        var result = 1 % UInt128(modulus)
        var base = 10 % UInt128(modulus)
        var left = power
        while left > 0 {
            if left & 1 == 1 { result = result * base % UInt128(modulus) }
            base = base * base % UInt128(modulus)
            left >>= 1
        }
        return UInt64(result)
    }

    /// For divisors of more than 19 digits: long division, digit by digit. More zeros than the divisor has room for change nothing more.
    private func slowIsMultiple(of divisor: SchemaNumber, zeros: Int) -> Bool {
        // The factors 2 and 5 of a number of n digits are used up by 4n zeros.
        let bounded = min(zeros, divisor.digits.count * 4)
        var rest: [UInt8] = []
        for digit in digits + [UInt8](repeating: 0, count: bounded) {
            rest.append(digit)
            while let first = rest.first, first == 0 { rest.removeFirst() }
            while !Self.isLess(rest, divisor.digits) { rest = Self.difference(rest, divisor.digits) }
        }
        return rest.isEmpty
    }

    private static func isLess(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
    }

    private static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result = a
        var borrow = 0
        for step in 0..<a.count {
            let place = a.count - 1 - step
            let other = step < b.count ? Int(b[b.count - 1 - step]) : 0
            var digit = Int(a[place]) - other - borrow
            borrow = digit < 0 ? 1 : 0
            if digit < 0 { digit += 10 }
            result[place] = UInt8(digit)
        }
        while result.first == 0 { result.removeFirst() }
        return result
    }
}
