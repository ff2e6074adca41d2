import Testing
import Vocabulary
import Wire

struct JSONValueTests {
    /// The tape is measured by vectors whose lanes count to 255: a comma in the same place of every sixteen bytes is the worst that can come.
    @Test(arguments: [0, 1, 7, 8, 9, 2_030, 2_039, 2_040, 2_041, 2_048, 4_079, 4_080, 4_081, 20_000])
    func `a list of so many elements is read whole, whatever stands before it`(count: Int) throws {
        for lead in 0..<3 {
            let text = String(repeating: " ", count: lead) + "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
            let list = try JSONDocument(parsing: Array(text.utf8)).root
            #expect(list.count == count && list.elements.allSatisfy { $0.int == 1 })
        }
    }

    @Test func `a value is read as its own kind and as no other`() throws {
        let text = #" {"s":"杭州\n\"\uD834\uDD1E\/","e":"","n":-12.50,"i":7,"t":true,"f":false,"z":null,"a":[1,"2",[]],"o":{"k":{}}} "#
        let root = try JSONDocument(parsing: bytes(text)).root
        #expect(root.kind == .object)
        #expect(root.count == 9)
        #expect(root.offset == 1)
        #expect(root["s"]?.string == "杭州\n\"\u{1D11E}/")
        #expect(root["s"]?.utf8 == nil)
        #expect(root["e"]?.string == "")
        #expect(root["e"]?.utf8 == [])
        #expect(root["n"]?.decimal == ExactDecimal("-12.5"))
        #expect(root["n"]?.double == -12.5)
        #expect(root["n"]?.int == nil)
        #expect(root["i"]?.int == 7)
        #expect(root["i"]?.string == nil)
        #expect(root["t"]?.bool == true)
        #expect(root["f"]?.bool == false)
        #expect(root["z"]?.isNull == true)
        #expect(root["z"]?.bool == nil)
        #expect(root["missing"] == nil)
        #expect(root["a"]?.count == 3)
        #expect(root["a"]?[at: 1]?.string == "2")
        #expect(root["a"]?[at: 3] == nil)
        #expect(root["a"]?[at: -1] == nil)
        #expect(root["a"]?["0"] == nil)
        #expect(root["a"]?.elements.map(\.kind) == [.number, .string, .array])
        #expect(root["o"]?["k"]?.kind == .object)
        #expect(root.members.map(\.key) == ["s", "e", "n", "i", "t", "f", "z", "a", "o"])
        #expect(root["o"].map { String(decoding: $0.rawBytes, as: UTF8.self) } == #"{"k":{}}"#)
        #expect(root["i"]?.elements.first { _ in true } == nil)
        #expect(root["i"]?.members.first { _ in true } == nil)
    }

    @Test func `keys are compared by their bytes, not by how they look`() throws {
        let root = try JSONDocument(parsing: bytes("{\"\u{E9}\":1,\"e\u{301}\":2,\"k\\u0065y\":3}")).root
        #expect(root["\u{E9}"]?.int == 1)
        #expect(root["e\u{301}"]?.int == 2)
        #expect(root["key"]?.int == 3)
    }

    @Test func `a number is an integer exactly when it is one`() throws {
        let cases: [(String, Int64?)] = [
            ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("999999999", 999_999_999),
            ("-999999999", -999_999_999), ("1000000000", 1_000_000_000),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil), ("-9223372036854775809", nil),
            ("1e2", 100), ("3.0", 3), ("1.5e1", 15), ("1.5", nil), ("1e-1", nil), ("10e-1", 1), ("1e18", 1_000_000_000_000_000_000),
            ("1e19", nil),
            ("1e400", nil), ("0e400", 0), ("0e-400", 0), ("1e99999999999999999999", nil), ("1E+2", 100), ("100000000000000000000e-19", 10),
        ]
        for (text, expected) in cases { #expect(try number(text).int == expected, "\(text)") }
    }

    @Test func `a double is the nearest one, and nothing beyond the largest`() throws {
        let cases: [(String, Double?)] = [
            ("0", 0), ("1.5", 1.5), ("0.1", 0.1), ("1e22", 1e22), ("1e23", 1e23), ("123456789012345678", 123_456_789_012_345_680),
            ("9007199254740993", 9_007_199_254_740_992), ("0.30000000000000004", 0.30000000000000004), ("1e308", 1e308),
            ("1.7976931348623157e308", Double.greatestFiniteMagnitude), ("1e309", nil), ("1e400", nil), ("-1e400", nil),
            ("5e-324", Double.leastNonzeroMagnitude), ("1e-400", 0),
            ("2.2250738585072014e-308", 2.2250738585072014e-308), ("3.141592653589793238462643383279", .pi), ("0.000001", 1e-6),
        ]
        for (text, expected) in cases { #expect(try number(text).double == expected, "\(text)") }
        #expect(try number("-0").double?.sign == .minus)
        #expect(try number("-0.0").double?.sign == .minus)
    }

    @Test func `dates and amounts are read from their own spellings only`() throws {
        func value(_ text: String) throws -> JSONValue { try JSONDocument(parsing: bytes(text)).root }
        #expect(try value(#""2026-05-10""#).day?.text == "2026-05-10")
        #expect(try value(#""2026-02-29""#).day == nil)
        #expect(try value(#""2026-05""#).month?.text == "2026-05")
        #expect(try value("20260510").day == nil)
        #expect(try value(#""2026-05-10T16:00:00+08:00""#).instant?.rfc3339 == "2026-05-10T08:00:00Z")
        #expect(try value(#""yesterday""#).instant == nil)
        #expect(try value("12345").money == Money(fen: 12_345))
        #expect(try value("123.45").money == nil)
        let amounts: [(String, Int64?)] = [
            ("123.45", 12_345), ("\"123.45\"", 12_345), ("1.5", 150), ("-0.01", -1), ("1.500", 150), ("1.505", nil), ("100", 10_000),
            ("92233720368547758.07", .max), ("92233720368547758.08", nil), ("92233720368547759", nil), ("\"\"", nil), ("\" 1\"", nil),
            ("\"1,000\"", nil), ("true", nil), ("\"+1\"", nil), ("\"01\"", nil), ("\"NaN\"", nil),
        ]
        for (text, fen) in amounts { #expect(try value(text).moneyInYuan?.fen == fen, "\(text)") }
    }

    @Test func `texts with the same content have the same canonical bytes`() throws {
        let a = #" { "b" : [ 1e2 , 1.50 , "\u00e9\/" , true ] , "a" : { "y" : null , "x" : -0 } } "#
        let b = #"{"a":{"x":0,"y":null},"b":[100,1.5,"é/",true]}"#
        #expect(try JSONDocument(parsing: bytes(a)).root.canonicalBytes == bytes(b))
        #expect(try JSONDocument(parsing: bytes(b)).root.canonicalBytes == bytes(b))
        #expect(try JSONDocument(parsing: bytes("[1e400]")).root.canonicalBytes == bytes("[1e400]"))
    }

    @Test func `a pointer leads to its value or nowhere`() throws {
        let root = try JSONDocument(parsing: bytes(#"{"a":[10,{"b/c":1,"m~n":2,"":3}],"0":4}"#)).root
        let cases: [(String, Int64?)] = [
            ("/a/0", 10), ("/a/1/b~1c", 1), ("/a/1/m~0n", 2), ("/a/1/", 3), ("/0", 4), ("/a/2", nil), ("/a/-", nil), ("/a/00", nil),
            ("/a/+0", nil),
            ("a", nil), ("/a/1/m~2n", nil), ("/a/1/m~", nil), ("/x", nil), ("/a/0/0", nil),
        ]
        for (pointer, expected) in cases { #expect(root.value(at: pointer)?.int == expected, "\(pointer)") }
        #expect(root.value(at: "")?.offset == 0)
        #expect(JSONPointer.text(through: ["a", "1", "b/c~"]) == "/a/1/b~1c~0")
        #expect(JSONPointer.text(through: []) == "")
    }

    private func number(_ text: String) throws -> JSONValue {
        let root = try JSONDocument(parsing: bytes(text)).root
        #expect(root.kind == .number)
        return root
    }
}
