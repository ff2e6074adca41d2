import Testing

@testable import Schema

/// Regular expressions: what is taken is checked exactly, the rest is refused.
struct PatternTests {
    @Test(arguments: [
        ("a", "bab", true), ("^a", "ba", false), ("a$", "ab", false), ("^$", "", true), ("^$", "a", false), ("", "anything", true),
        ("^(ab|cd)+$", "abcdab", true), ("^(ab|cd)+$", "abc", false), ("^a{2,3}$", "aaa", true), ("^a{2,3}$", "aaaa", false),
        ("^a{2,}?$", "aaaaa", true), ("^[^@ ]+@[^@ ]+$", "u@example.com", true), ("^[^@ ]+@[^@ ]+$", "u@@x", false),
        ("^\\d{4}-\\d{2}$", "2026-11", true), ("^\\d$", "٣", false), ("^\\w+$", "a_9", true), ("^\\w$", "é", false),
        ("^\\s$", "\u{3000}", true), ("^.$", "\n", false), ("^.$", "𠀀", true), ("^..$", "𠀀", false), ("^[一-龥]+$", "信桥", true),
        ("^[一-龥]+$", "信桥a", false), ("^\\p{Lu}", "É", true), ("^\\P{L}+$", "123", true), ("^\\p{gc=Nd}$", "٣", true),
        ("^\\u4fe1$", "信", true), ("^\\ud840\\udc00$", "𠀀", true), ("^\\u{20000}$", "𠀀", true), ("^\\x41\\cJ$", "A\n", true),
        ("^[\\b]$", "\u{8}", true), ("^[a\\-z]$", "-", true), ("^[]$", "", false), ("^[^]$", "x", true), ("(?<year>\\d+)", "x12", true),
        ("(?:^a|b$)", "xb", true), ("(?:^a|b$)", "xbx", false), ("a|b|", "", true), ("^(a|ab)(c|bcd)$", "abcd", true), ("$^", "", true),
        ("x*$", "ab", true), ("^(a*)*$", "aaab", false), ("^(a?){20}a{20}$", "aaaaaaaaaaaaaaaaaaaa", true), ("\\/", "a/b", true),
    ])
    func `an expression finds what it should`(expression: String, text: String, isFound: Bool) throws {
        #expect(try Pattern(expression).matches(text) == isFound, "`\(expression)` in `\(text)`")
    }

    @Test(arguments: [
        ("(?=a)", PatternDefect.Kind.unsupported), ("(?!a)", .unsupported), ("(?<=a)b", .unsupported), ("(?<!a)b", .unsupported),
        ("(a)\\1", .unsupported), ("\\bword", .unsupported), ("\\k<x>", .unsupported), ("\\p{Script=Han}", .unsupported),
        ("(?i)a", .unsupported), ("(", .syntax), (")", .syntax), ("[", .syntax), ("[z-a]", .syntax), ("*", .syntax), ("a**", .syntax),
        ("a{", .syntax), ("a{2,1}", .syntax), ("^*", .syntax), ("\\", .syntax), ("\\q", .syntax), ("\\u12", .syntax), ("\\01", .syntax),
        ("[\\d-z]", .syntax), ("(?<1>a)", .syntax), ("a]", .syntax), ("a{10001}", .tooLarge), ("(a|b)*a(a|b){20}", .tooLarge),
        (String(repeating: "(", count: 60), .tooLarge),
    ])
    func `what is not taken is refused when it is compiled`(expression: String, kind: PatternDefect.Kind) {
        do throws(PatternDefect) {
            _ = try Pattern(expression)
            Issue.record("`\(expression)` was taken")
        } catch {
            #expect(error.kind == kind, "`\(expression)`: \(error)")
        }
    }

    @Test func `bytes of one range and of its complement are all of UTF-8`() {
        for range: ClosedRange<UInt32> in [0...0x10FFFF, 0x80...0x7FF, 0xFFF...0x10000, 0x4E00...0x9FA5, 0xE000...0xFFFF] {
            let all = ScalarSet([range]).ranges.flatMap { UTF8Ranges.all(of: $0) }
            for value in stride(from: UInt32(0), through: 0x10FFFF, by: 17) {
                guard let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar).map(Array.init) else { continue }
                let isIn = all.contains { $0.count == bytes.count && zip($0, bytes).allSatisfy { $0.contains($1) } }
                #expect(isIn == range.contains(value), "U+\(String(value, radix: 16))")
                if isIn != range.contains(value) { return }
            }
        }
    }

    @Test func `time is linear, also where others go back and forth`() throws {
        let pattern = try Pattern("^(a+)+$")
        #expect(!pattern.matches(String(repeating: "a", count: 200_000) + "b"))
    }
}
