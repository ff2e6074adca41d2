import Adapters
import Testing

struct GB18030Tests {
    private func decode(_ bytes: [UInt8]) -> String? {
        var out: [UInt8] = []
        return TextEncoding.gb18030.decode(bytes.span, into: &out) == nil ? String(decoding: out, as: UTF8.self) : nil
    }

    @Test func `characters of one, two and four bytes are read`() {
        #expect(decode(Array("plain".utf8)) == "plain")
        #expect(decode([0xB3, 0xA4, 0xC9, 0xB3]) == "长沙")
        #expect(decode([0xA2, 0xE3]) == "€")
        #expect(decode([0x81, 0x30, 0x81, 0x30]) == "\u{80}")
        #expect(decode([0x90, 0x30, 0x81, 0x30]) == "\u{10000}")
        #expect(decode([0xE3, 0x32, 0x9A, 0x35]) == "\u{10FFFF}")
        #expect(decode([0x95, 0x32, 0x82, 0x36]) == "𠀀")
    }

    @Test(
        arguments: [
            [0x80], [0xFF, 0x41], [0x41, 0xB3], [0xB3, 0x7F], [0xB3, 0xFF], [0x81, 0x30, 0x81], [0x81, 0x30, 0x80, 0x30],
            [0x84, 0x31, 0xA5, 0x30],
            [0xE3, 0x32, 0x9A, 0x36], [0x81, 0x20], [0x00],
        ] as [[UInt8]])
    func `what is no character is refused`(_ bytes: [UInt8]) { #expect(decode(bytes) == nil) }

    /// The digest was computed over the same sequences with another decoder (CPython's).
    @Test func `every code of two bytes and every code of four in the basic plane is the standard's character`() {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        var count = 0
        func add(_ bytes: [UInt8]) {
            var value = decode(bytes)?.unicodeScalars.first?.value ?? 0
            count += 1
            for _ in 0..<4 {
                digest = (digest ^ UInt64(value & 0xFF)) &* 0x100_0000_01B3
                value >>= 8
            }
        }
        for first in UInt8(0x81)...0xFE {
            for second in UInt8(0x40)...0xFE where second != 0x7F { add([first, second]) }
        }
        for linear in 0..<39_420 {
            add([
                UInt8(0x81 + linear / 12_600), UInt8(0x30 + linear / 1_260 % 10), UInt8(0x81 + linear / 10 % 126),
                UInt8(0x30 + linear % 10),
            ])
        }
        print("gb18030: \(count) codes")
        #expect(digest == 0x3127_168E_7C1A_72C1)
    }

    @Test func `what is written is read back, for every character there is`() {
        var text = String.UnicodeScalarView()
        for value in UInt32(1)...0x10FFFF where value < 0x30000 || value > 0x10FF00 {
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        let whole = String(text)
        #expect(decode(TextEncoding.gb18030.encode(whole)) == whole)
    }

    @Test func `UTF-8 is read strictly`() {
        func bad(_ bytes: [UInt8]) -> Int? {
            var out: [UInt8] = []
            return TextEncoding.utf8.decode(bytes.span, into: &out)
        }
        #expect(bad(Array("长沙𠀀é".utf8)) == nil)
        for bytes: [UInt8] in [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80],
            [0xE4, 0xBD], [0xE4, 0x41, 0x41], [0x00],
        ] {
            #expect(bad([0x41] + bytes) == 1, "\(bytes)")
        }
    }
}
