/// How a file writes its characters. Everything is read strictly: what is not a character in the encoding is a defect with its place.
public enum TextEncoding: String, CaseIterable, Sendable {
    case utf8 = "utf-8"
    /// GB 18030, with GBK and GB 2312 as parts of it.
    case gb18030

    /// Bytes at the start of a file that only say which encoding it has.
    public var mark: [UInt8] {
        switch self {
        case .utf8: [0xEF, 0xBB, 0xBF]
        case .gb18030: [0x84, 0x31, 0x95, 0x33]
        }
    }

    /// Appends the text as UTF-8. Returns nil, or the place of the first byte that begins no character; then `out` is as far as it got.
    /// U+0000 counts as no character: nothing behind this door can hold it.
    public func decode(_ text: Span<UInt8>, into out: inout [UInt8]) -> Int? {
        var isPlain = true
        for index in 0..<text.count where text[index] >= 0x80 || text[index] == 0 {
            isPlain = false
            break
        }
        if !isPlain {
            switch self {
            case .gb18030: return GB18030.decode(text, into: &out)
            case .utf8: if let bad = TextEncoding.firstNotUTF8(text) { return bad }
            }
        }
        out.reserveCapacity(out.count + text.count)
        for index in 0..<text.count { out.append(text[index]) }
        return nil
    }

    /// The text's bytes in this encoding.
    public func encode(_ text: String) -> [UInt8] { self == .utf8 ? Array(text.utf8) : GB18030.encode(text) }

    /// Source: Unicode, table 3-7, well-formed UTF-8 byte sequences.
    private static func firstNotUTF8(_ text: Span<UInt8>) -> Int? {
        var index = 0
        while index < text.count {
            let first = text[index]
            if first < 0x80 {
                if first == 0 { return index }
                index += 1
                continue
            }
            let length: Int
            var second: ClosedRange<UInt8> = 0x80...0xBF
            switch first {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            case 0xF1...0xF3: length = 4
            default: return index
            }
            guard index + length <= text.count, second.contains(text[index + 1]) else { return index }
            for place in index + 2..<index + max(2, length) where text[place] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }
}
