import Testing
import Wire

struct JSONDefectTests {
    @Test func `each defect names its kind and the byte where it is`() {
        let cases: [(text: [UInt8], kind: JSONDefect.Kind, offset: Int)] = [
            (bytes(""), .unterminated, 0),
            (bytes("  "), .unterminated, 2),
            (bytes("[1,2"), .unterminated, 4),
            (bytes(#"{"a""#), .unterminated, 4),
            (bytes(#"{"a":"#), .unterminated, 5),
            (bytes(#""abc"#), .unterminated, 4),
            (bytes(#""ab\"#), .unterminated, 4),
            (bytes(#""\u00"#), .unterminated, 5),
            (bytes("tru"), .unterminated, 3),
            (bytes("-"), .unterminated, 1),
            (bytes("1."), .unterminated, 2),
            (bytes("[1,]"), .syntax, 3),
            (bytes("[1 2]"), .syntax, 3),
            (bytes("[,1]"), .syntax, 1),
            (bytes("[1}"), .syntax, 2),
            (bytes(#"{"a":1]"#), .syntax, 6),
            (bytes(#"{"a":1,}"#), .syntax, 7),
            (bytes(#"{a:1}"#), .syntax, 1),
            (bytes(#"{"a" 1}"#), .syntax, 5),
            (bytes("trux"), .syntax, 3),
            (bytes("nul]"), .syntax, 3),
            (bytes("NaN"), .syntax, 0),
            (bytes("]"), .syntax, 0),
            (bytes("1 2"), .trailingBytes, 2),
            (bytes("[] x"), .trailingBytes, 3),
            (bytes("{}}"), .trailingBytes, 2),
            ([0xEF, 0xBB, 0xBF] + bytes("{}"), .byteOrderMark, 0),
            (bytes("[01]"), .badNumber, 1),
            (bytes("-01"), .badNumber, 1),
            (bytes("+1"), .badNumber, 0),
            (bytes(".5"), .badNumber, 0),
            (bytes("[1.]"), .badNumber, 3),
            (bytes("[1e]"), .badNumber, 3),
            (bytes("[-x]"), .badNumber, 2),
            (bytes(#"["\x"]"#), .badEscape, 2),
            (bytes(#"["\u12G4"]"#), .badEscape, 2),
            (bytes("[\"a\tb\"]"), .controlInString, 3),
            (bytes("[\"a\u{0}b\"]"), .nulInString, 3),
            (bytes(#"["ab\u0000"]"#), .nulInString, 4),
            (bytes(#"{"a\u0000":1}"#), .nulInString, 3),
            ([0x22, 0x61, 0xFF, 0x22], .invalidUTF8, 2),
            ([0x22, 0xC0, 0xAF, 0x22], .invalidUTF8, 1),
            ([0x22, 0xE2, 0x82, 0x22], .invalidUTF8, 1),
            ([0x22, 0xE4, 0xBC], .invalidUTF8, 1),
            ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, 1),
            ([0x22, 0xE0, 0x80, 0x80, 0x22], .invalidUTF8, 1),
            ([0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], .invalidUTF8, 1),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], .loneSurrogate, 1),
            (bytes(#""x\uD800""#), .loneSurrogate, 2),
            (bytes(#""\uD800\u0041""#), .loneSurrogate, 1),
            (bytes(#""\uDC00""#), .loneSurrogate, 1),
            (bytes(#"{"a":1,"b":2,"a":3}"#), .duplicateKey, 13),
            (bytes(#"{"a":1,"\u0061":3}"#), .duplicateKey, 7),
            (bytes(#"{"":1,"":3}"#), .duplicateKey, 6),
            (bytes(#"[{"x":{"é":1,"é":2}}]"#), .duplicateKey, 14),
        ]
        for (text, kind, offset) in cases {
            #expect(defect(text) == JSONDefect(kind, at: offset), "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test func `a defect's code is a stable word and its description a sentence`() {
        #expect(JSONDefect(.duplicateKey, at: 17).description == "duplicate-key at byte 17")
        #expect(
            JSONDefect.Kind.allCases.map(\.rawValue) == [
                "syntax", "unterminated", "trailing-bytes", "byte-order-mark", "bad-number", "bad-escape", "control-in-string",
                "nul-in-string", "invalid-utf8", "lone-surrogate", "duplicate-key", "depth-over-limit", "size-over-limit",
                "members-over-limit",
            ])
    }

    @Test func `each limit holds at its edge and breaks one beyond`() {
        let deep = { (depth: Int) in bytes(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)) }
        #expect(defect(deep(64)) == nil)
        #expect(defect(deep(65)) == JSONDefect(.depthOverLimit, at: 64))

        let limits = JSONLimits(depthMax: 0, bytesMax: 4, membersMax: 2)
        #expect(defect(bytes("1234"), limits) == nil)
        #expect(defect(bytes("12345"), limits) == JSONDefect(.sizeOverLimit, at: 4))
        #expect(defect(bytes("[]"), limits) == JSONDefect(.depthOverLimit, at: 0))

        let members = JSONLimits(membersMax: 2)
        #expect(defect(bytes(#"{"a":1,"b":2}"#), members) == nil)
        #expect(defect(bytes(#"{"a":1,"b":2,"c":3}"#), members) == JSONDefect(.membersOverLimit, at: 13))
        #expect(defect(bytes(#"[1,2,3,4]"#), members) == nil)
        #expect(defect(bytes("1"), JSONLimits(bytesMax: -1)) == JSONDefect(.sizeOverLimit, at: 0))
    }

    @Test func `a bomb of 100,000 brackets is refused, and read when the limits allow it`() throws {
        for bracket in ["[", #"{"a":"#] {
            let bomb = bytes(String(repeating: bracket, count: 100_000))
            #expect(defect(bomb)?.kind == .depthOverLimit)
            #expect(defect(bomb, JSONLimits(depthMax: .max)) == JSONDefect(.unterminated, at: bomb.count))
        }
        let closed = bytes(String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
        let document = try JSONDocument(parsing: closed, limits: JSONLimits(depthMax: .max))
        #expect(document.root.canonicalBytes == closed)
    }

    @Test func `10,000 keys are told apart quickly, and one repeated among them is found`() throws {
        for escape in ["", #"\u0041"#] {
            let keys = (0..<9_999).map { "\"prefix\(escape)\($0)\":\($0)" }
            let fine = bytes("{" + keys.joined(separator: ",") + "}")
            let length = try ContinuousClock().measure {
                let root = try JSONDocument(parsing: fine).root
                #expect(root.count == 9_999)
                #expect(root["prefix" + (escape.isEmpty ? "" : "A") + "7777"]?.int == 7777)
            }
            // Comparing each with each would take 50 million comparisons: minutes without optimisation.
            #expect(length < .seconds(10))
            let start = bytes("{" + keys.joined(separator: ",") + ",")
            let repeated = start + bytes("\"prefix\(escape)500\":0}")
            #expect(defect(repeated) == JSONDefect(.duplicateKey, at: start.count))
        }
    }

    @Test func `keys that look alike to the sieve are told apart`() throws {
        for count in [2, 3, 31, 32, 33, 64] {
            // Same length, same first, middle and last byte.
            let keys = (0..<count).map { "a\(100 + $0)mmmmmmz" }
            let text = keys.map { "\"\($0)\":1" }.joined(separator: ",")
            #expect(defect(bytes("{\(text)}")) == nil, "\(count)")
            #expect(defect(bytes("{\(text),\"\(keys[count / 2])\":1}")) == JSONDefect(.duplicateKey, at: text.utf8.count + 2), "\(count)")
        }
    }

    @Test func `on request the last of two equal keys counts and U+0000 is let in`() throws {
        let limits = JSONLimits(duplicateKeys: .lastWins, nul: .allowed)
        let root = try JSONDocument(parsing: bytes(#"{"a":1,"b":"\u0000","a":2}"#), limits: limits).root
        #expect(root["a"]?.int == 2)
        #expect(root["b"]?.string == "\u{0}")
        #expect(root.count == 3)
        #expect(String(decoding: root.canonicalBytes, as: UTF8.self) == #"{"a":2,"b":"\u0000"}"#)
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Nil when the text is read.
func defect(_ text: [UInt8], _ limits: JSONLimits = .standard) -> JSONDefect? {
    do throws(JSONDefect) {
        _ = try JSONDocument(parsing: text, limits: limits)
        return nil
    } catch {
        return error
    }
}
