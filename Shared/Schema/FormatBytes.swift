import Vocabulary

/// The formats of strings on bytes without escapes: the forms that nearly all texts have cost no allocation, the others are read as texts.
enum FormatBytes {
    /// `number` is 1 and the place of the format in `SchemaFormat.allCases`.
    static func areRight(_ bytes: Span<UInt8>, _ number: UInt8) -> Bool {
        let format = SchemaFormat.allCases[Int(number) - 1]
        switch format {
        case .uscc: return (try? USCC(utf8: bytes)) != nil
        case .division: return bytes.count == 6 && areDigits(bytes, 0, 6)
        case .industry:
            if (2...4).contains(bytes.count), areDigits(bytes, 0, bytes.count) {
                return IndustrySection(division: value(bytes, 0, 2)) != nil
            }
        case .day:
            if bytes.count == 10 { return isDay(bytes) }
        case .instant:
            let isPlain =
                bytes.count == 20 && bytes[10] == UInt8(ascii: "T") && bytes[13] == UInt8(ascii: ":") && bytes[16] == UInt8(ascii: ":")
                && bytes[19] == UInt8(ascii: "Z")
            if isPlain, areDigits(bytes, 11, 2), areDigits(bytes, 14, 2), areDigits(bytes, 17, 2), isDay(bytes), value(bytes, 11, 2) < 24,
                value(bytes, 14, 2) < 60, value(bytes, 17, 2) < 60
            {
                return true
            }
        case .month, .money, .moneyFen: break
        }
        let text = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        return format.defect(of: text) == nil
    }

    private static func isDay(_ bytes: Span<UInt8>) -> Bool {
        guard bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), areDigits(bytes, 0, 4), areDigits(bytes, 5, 2),
            areDigits(bytes, 8, 2)
        else { return false }
        return Day(year: value(bytes, 0, 4), month: value(bytes, 5, 2), day: value(bytes, 8, 2)) != nil
    }

    private static func areDigits(_ bytes: Span<UInt8>, _ from: Int, _ count: Int) -> Bool {
        for at in from..<from + count where bytes[at] &- 48 > 9 { return false }
        return true
    }

    private static func value(_ bytes: Span<UInt8>, _ from: Int, _ count: Int) -> Int {
        var value = 0
        for at in from..<from + count { value = value * 10 + Int(bytes[at] &- 48) }
        return value
    }
}
