/// JSON strings for the log and `/version`: everything that could start a new line, move a terminal's cursor or turn the reading
/// direction is escaped, so that what a stranger sent can never look like a line of ours.
enum JSONText {
    /// Appends the text in quotes, stopping before `bytes` would be longer than `sizeMax`; false when something was left out.
    static func append(_ text: String, to bytes: inout [UInt8], sizeMax: Int = .max) -> Bool {
        // One byte is kept for the closing quote.
        guard bytes.count < sizeMax - 1 else { return false }
        bytes.append(UInt8(ascii: "\""))
        var isWhole = true
        for scalar in text.unicodeScalars {
            let size = bytes.count
            appendEscaped(scalar, to: &bytes)
            if bytes.count >= sizeMax {
                bytes.removeLast(bytes.count - size)
                isWhole = false
                break
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return isWhole
    }

    /// The text in quotes.
    static func quoted(_ text: String, sizeMax: Int = .max) -> String {
        var bytes: [UInt8] = []
        _ = append(text, to: &bytes, sizeMax: sizeMax)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func appendEscaped(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar.value {
        case 0x22, 0x5C: bytes += [UInt8(ascii: "\\"), UInt8(scalar.value)]
        case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
        case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
        case 0x20...0x7E: bytes.append(UInt8(scalar.value))
        // C0 and C1 controls, line and paragraph separators, direction marks, byte order mark.
        case 0...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
            let digits = String(scalar.value, radix: 16)
            bytes += Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        default: bytes += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
