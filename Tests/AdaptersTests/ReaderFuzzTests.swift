import Adapters
import Chassis
import Foundation
import Testing
import Vocabulary
import Wire

/// Whatever bytes come, the readers end, do not trap, and account for every line.
struct ReaderFuzzTests {
    private static let layouts: [String] = [
        LayoutDesk.flow(#""header":false,"#), LayoutDesk.flow(#""header":false,"quote":null,"delimiter":"||","#),
        LayoutDesk.flow(
            columns: #"[{"name":"单位","start":1,"length":4},{"name":"月份","start":5,"length":6},{"name":"流入","start":11,"length":9}]"#,
            format: #""fixed""#),
        LayoutDesk.flow(format: #""jsonl""#), LayoutDesk.flow(#""record":"/r/l","#, format: #""xml""#),
    ]

    @Test(arguments: layouts.indices, ["utf-8", "gb18030"])
    func `arbitrary bytes give readings or a reason, never a trap`(_ index: Int, _ encoding: String) throws {
        let layout = try LayoutDesk.layout(Self.layouts[index].replacing("utf-8", with: encoding))
        var chance = SplitMix64(seed: UInt64(index) &* 77 &+ UInt64(encoding.utf8.count))
        var (records, rejected, broken) = (0, 0, 0)
        for _ in 0..<3_000 {
            let bytes = chance.file(isXML: index == 4)
            var reader = LayoutReader(layout, read: LayoutDesk.feed(bytes, chunk: 1 + Int(chance.next() % 40)))
            var last = 0
            do throws(FileDefect) {
                while let reading = try reader.next() {
                    switch reading {
                    case .record(let record):
                        records += 1
                        #expect(record.line > last || index == 4)
                        last = record.line
                        // What comes out is JSON that the front door can read.
                        #expect((try? JSONDocument(parsing: record.data))?.root.kind == .object)
                    case .rejected(let line):
                        rejected += 1
                        #expect(line.line > last || index == 4)
                        last = line.line
                        #expect(Array(bytes[line.offset..<line.offset + line.bytes.count]) == line.bytes)
                    }
                }
            } catch {
                broken += 1
            }
        }
        print("reader fuzz \(index) \(encoding): 3000 files, \(records) records, \(rejected) refused lines, \(broken) refused files")
        #expect(records + rejected + broken > 0)
    }

    @Test func `lines in are records plus refused lines out, however the file is cut into chunks`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow(#""header":false,"quote":null,"#))
        var chance = SplitMix64(seed: 5)
        for _ in 0..<200 {
            let bytes = chance.file(isXML: false)
            let lines = bytes.split(separator: 10, omittingEmptySubsequences: true).count { $0 != [13] }
            let whole = try LayoutDesk.read(layout, bytes, chunk: 1 << 20)
            #expect(whole.count == lines)
            #expect(try LayoutDesk.read(layout, bytes, chunk: 1 + Int(chance.next() % 9)) == whole)
        }
    }

    @Test func `a long file takes no more memory than a short one`() throws {
        let layout = try LayoutDesk.layout(LayoutDesk.flow(#""header":false,"#))
        let line = Array((String(repeating: "9", count: 400) + ",202601,\"1,234.56\"\n").utf8)
        let block = Array(repeatElement(line, count: 1_000).joined())
        let blocks = 200
        var left = blocks
        var largest = 0
        var reader = LayoutReader(layout) { most in
            largest = max(largest, most)
            guard left > 0 else { return [] }
            left -= 1
            return block
        }
        // The reader never asks for more than a window's worth, and what it holds is what it asked for and one line.
        var count = 0
        let before = try #require(ProcessMemory.resident.kibibytes(of: getpid()))
        while try reader.next() != nil { count += 1 }
        let grown = try #require(ProcessMemory.resident.kibibytes(of: getpid())) - before
        #expect(count == blocks * 1_000)
        #expect(largest <= 1 << 18)
        // Half the file: other tests in this process take memory meanwhile.
        let read = blocks * block.count / 1_024
        #expect(grown < read / 2)
        print("bounded memory: \(count) lines, \(read) KiB read, \(grown) KiB more in memory")
    }
}

extension SplitMix64 {
    /// Pieces that mean something to a reader, mixed with bytes that mean nothing.
    mutating func file(isXML: Bool) -> [UInt8] {
        let pieces: [String] =
            isXML
            ? [
                "<r>", "</r>", "<l>", "</l>", "<l 单位='A'>", "<单位>A</单位>", "<月份>202601</月份>", "<流入>1</流入>", "&amp;", "<!--", "-->",
                "<l><单位>A</单位><月份>202601</月份><流入>1</流入></l>", "<l 单位='A'><月份>&#50;</月份></l>", "<![CDATA[x]]>",
            ]
            : [
                "A,202601,1", "\n", "\"", ",", "||", "A123202601000000012", "\r\n", "长沙", "{\"单位\":\"A\",\"月份\":\"202601\"}", "1,234.5",
                " ",
            ]
        var bytes: [UInt8] = isXML ? Array("<r>".utf8) : []
        for _ in 0..<next() % 24 {
            if next() % 8 == 0 {
                for _ in 0..<next() % 5 { bytes.append(UInt8(truncatingIfNeeded: next())) }
            } else {
                bytes += Array(pieces[Int(next() % UInt64(pieces.count))].utf8)
            }
        }
        if isXML, next() % 2 == 0 { bytes += Array("</r>".utf8) }
        return bytes
    }
}
