/// The bytes that JSON gives a meaning to.
enum Ascii {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let slash = UInt8(ascii: "/")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let minus = UInt8(ascii: "-")
    static let plus = UInt8(ascii: "+")
    static let point = UInt8(ascii: ".")
    static let zero = UInt8(ascii: "0")
    static let nine = UInt8(ascii: "9")
    static let space = UInt8(ascii: " ")
    static let letterB = UInt8(ascii: "b")
    static let letterE = UInt8(ascii: "e")
    static let letterF = UInt8(ascii: "f")
    static let letterN = UInt8(ascii: "n")
    static let letterR = UInt8(ascii: "r")
    static let letterT = UInt8(ascii: "t")
    static let letterU = UInt8(ascii: "u")

    /// 0…15, or nil for a byte that is no hexadecimal digit.
    static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

/// What reader and writer both know about the inside of strings.
enum JSONText {
    /// Eight bytes of a string at once: the high bit of the first byte (in text order, so lowest) that is a quote, a backslash, a control
    /// character or not ASCII. Bits above the lowest may be wrong, as a borrow runs upwards.
    @inline(__always) static func special(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ 0x2222_2222_2222_2222
        let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let controls = (word &- ones &* 0x20) & ~word
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls | word) & (ones &* 0x80)
    }

    /// The text between the quotes with its escapes resolved. The reader has checked them; a stray one is left out.
    static func unescaped(_ text: Span<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var at = 0
        while at < text.count {
            let byte = text[at]
            guard byte == Ascii.backslash, at + 1 < text.count else {
                result.append(byte)
                at += 1
                continue
            }
            let letter = text[at + 1]
            at += 2
            switch letter {
            case Ascii.letterB: result.append(0x08)
            case Ascii.letterF: result.append(0x0C)
            case Ascii.letterN: result.append(0x0A)
            case Ascii.letterR: result.append(0x0D)
            case Ascii.letterT: result.append(0x09)
            case Ascii.letterU:
                var scalar = codeUnit(text, at)
                at += 4
                if case 0xD800...0xDBFF = scalar {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (codeUnit(text, at + 2) & 0x3FF)
                    at += 6
                }
                if let scalar = Unicode.Scalar(scalar), let encoded = UTF8.encode(scalar) { result.append(contentsOf: encoded) }
            default: result.append(letter)
            }
        }
        return result
    }

    private static func codeUnit(_ text: Span<UInt8>, _ at: Int) -> UInt32 {
        guard at + 4 <= text.count else { return 0 }
        var unit: UInt32 = 0
        for step in 0..<4 { unit = unit << 4 | UInt32(Ascii.hexadecimalValue(text[at + step]) ?? 0) }
        return unit
    }

    /// Below, at or above zero, byte by byte.
    static func order(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                let shared = min(a.count, b.count)
                var step = 0
                while step < shared {
                    let (x, y) = unsafe (a[step], b[step])
                    if x != y { return x < y ? -1 : 1 }
                    step += 1
                }
                return a.count - b.count
            }
        }
    }
}
