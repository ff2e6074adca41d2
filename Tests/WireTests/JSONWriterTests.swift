import Testing
import Vocabulary
import Wire

struct JSONWriterTests {
    @Test func `members stand in the order of the calls, with commas where they belong`() throws {
        let part = try JSONDocument(parsing: bytes(#"{ "kept" : 1.50 }"#)).root
        let text = JSONWriter.encode { json in
            json.object { json in
                json.member("b", "x")
                json.member("a", 1)
                json.member("long", Int64.min)
                json.member("yes", true)
                json.member("ratio", 0.1)
                json.member("none", Double.nan)
                json.member("fen", Money(fen: -5))
                json.member("bp", BasisPoints(435))
                json.member("day", Day(number: 0))
                json.member("month", Month(year: 2026, month: 5))
                json.member("at", Instant(microseconds: 1))
                json.memberIfPresent("decimal", ExactDecimal("1.50"))
                json.memberIfPresent("absent", String?.none)
                json.member("null", Int?.none)
                json.member("part", part)
                json.member("empty", object: { _ in })
                json.member(
                    "list",
                    array: { json in
                        json.element(1)
                        json.element("two")
                        json.object { $0.member("three", 3) }
                        json.element(array: { _ in })
                        json.raw(bytes("null"))
                    })
                json.member("names", ["a", "b"])
                json.member("raw", raw: bytes("[0]"))
            }
        }
        #expect(
            String(decoding: text, as: UTF8.self) == #"""
                {"b":"x","a":1,"long":-9223372036854775808,"yes":true,"ratio":0.1,"none":null,"fen":-5,"bp":435,"day":"1970-01-01",\#
                "month":"2026-05","at":"1970-01-01T00:00:00.000001Z","decimal":1.5,"null":null,"part":{ "kept" : 1.50 },"empty":{},\#
                "list":[1,"two",{"three":3},[],null],"names":["a","b"],"raw":[0]}
                """#)
        #expect(defect(text) == nil)
    }

    @Test func `quotes, backslashes and control characters are escaped and nothing else`() throws {
        let string = "\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}杭州\u{2028}\u{1D11E}"
        let text = JSONWriter.encode { $0.element(string) }
        #expect(text == bytes(#""\"\\/\b\f\n\r\t\u0001\u001f"# + "\u{7F}杭州\u{2028}\u{1D11E}\""))
        #expect(try JSONDocument(parsing: text).root.string == string)
        for scalar in (0..<0x20 as Range<UInt32>).compactMap({ Unicode.Scalar($0) }) {
            let text = JSONWriter.encode { $0.element("a" + String(scalar)) }
            #expect(try JSONDocument(parsing: text, limits: JSONLimits(nul: .allowed)).root.string == "a" + String(scalar))
        }
    }

    @Test func `a closure's refusal comes through`() {
        struct Refusal: Error, Equatable {}
        #expect(throws: Refusal()) {
            try JSONWriter.encode { json throws(Refusal) in
                try json.object { _ throws(Refusal) in throw Refusal() }
            }
        }
    }

    @Test func `what is written reads back as the same tree`() throws {
        var random = SplitMix64(seed: 20_260_510)
        for _ in 0..<400 {
            let tree = Tree.grown(depth: 5, &random)
            let text = JSONWriter.encode { tree.write(to: &$0) }
            let root = try JSONDocument(parsing: text).root
            #expect(Tree(root) == tree)
            // The reader's own copies say the same.
            #expect(JSONWriter.encode { $0.element(root) } == text)
            let canonical = root.canonicalBytes
            #expect(try JSONDocument(parsing: canonical).root.canonicalBytes == canonical)
        }
    }

    @Test func `a damaged text is refused with an offset inside it or read, and never stops the process`() throws {
        var random = SplitMix64(seed: 3)
        var refused = 0
        for _ in 0..<3_000 {
            let tree = Tree.grown(depth: 3, &random)
            var text = JSONWriter.encode { tree.write(to: &$0) }
            for _ in 0...random.next() % 3 where !text.isEmpty {
                let place = Int(random.next() % UInt64(text.count))
                switch random.next() % 3 {
                case 0: text.remove(at: place)
                case 1: text[place] = UInt8(truncatingIfNeeded: random.next())
                default: text.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                }
            }
            do throws(JSONDefect) {
                _ = readEverything(try JSONDocument(parsing: text).root)
            } catch {
                refused += 1
                #expect((0...text.count).contains(error.offset))
            }
        }
        #expect(refused > 500)
    }
}

/// A JSON value as plain Swift, to compare with.
private indirect enum Tree: Equatable, JSONWritable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([Tree])
    case object([Member])

    struct Member: Equatable {
        let key: [UInt8]
        let value: Tree
    }

    static func grown(depth: Int, _ random: inout SplitMix64) -> Tree {
        switch random.next() % (depth > 0 ? 9 : 6) {
        case 0: .null
        case 1: .bool(random.next() % 2 == 0)
        case 2: .integer(Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
        case 3: .double(Double(bitPattern: random.next()).isFinite ? Double(Int64(bitPattern: random.next())) * 1.1e-7 : 0.5)
        case 4, 5: .string(text(&random))
        case 6: .array((0..<random.next() % 6).map { _ in grown(depth: depth - 1, &random) })
        default:
            .object(
                (0..<random.next() % 40).map { place in
                    Member(key: bytes(text(&random) + "\(place)"), value: grown(depth: depth - 2, &random))
                })
        }
    }

    private static func text(_ random: inout SplitMix64) -> String {
        let alphabet: [Unicode.Scalar] = ["a", "b", "\"", "\\", "\n", "\u{1}", "é", "杭", "\u{1D11E}", "\u{FFFF}", "/", " "]
        var text = ""
        for _ in 0..<random.next() % 24 { text.unicodeScalars.append(alphabet[Int(random.next() % UInt64(alphabet.count))]) }
        return text
    }

    /// Numbers that are whole are integers, whichever way they were written.
    init(_ value: JSONValue) {
        self =
            switch value.kind {
            case .null: .null
            case .bool: .bool(value.bool == true)
            case .number: value.int.map { .integer($0) } ?? .double(value.double ?? .nan)
            case .string: .string(value.string ?? "")
            case .array: .array(value.elements.map { Tree($0) })
            case .object: .object(value.members.map { Member(key: bytes($0.key), value: Tree($0.value)) })
            }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let bool): writer.element(bool)
        case .integer(let integer): writer.element(integer)
        case .double(let double): writer.element(double)
        case .string(let string): writer.element(string)
        case .array(let elements): writer.element(elements)
        case .object(let members):
            writer.object { writer in
                for member in members { writer.member(String(decoding: member.key, as: UTF8.self), member.value) }
            }
        }
    }
}
