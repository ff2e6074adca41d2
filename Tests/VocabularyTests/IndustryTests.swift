import Testing
import Vocabulary

@Suite struct IndustryTests {
    private func table() throws -> IndustryTable { try IndustryTable(tsv: Repository.text("packs/codes/industries-2017.tsv")) }

    @Test func `the table has 20 sections, 97 divisions and their names`() throws {
        let table = try table()
        #expect(table.count(.section) == 20)
        #expect(table.count(.division) == 97)
        #expect(table.count(.group) == 274)
        #expect(table.count(.class) == 1_381)
        #expect(table.name(of: try IndustryCode("3741")) == "飞机制造")
        // The standard has 473 groups: those printed, and those printed only as their single class.
        let groups = (0...999).filter { number in
            guard let code = try? IndustryCode((number < 10 ? "00" : number < 100 ? "0" : "") + String(number)) else { return false }
            return table.name(of: code) != nil
        }
        #expect(groups.count == 473)
        #expect(table.name(of: try IndustryCode("58")) == "多式联运和运输代理业")
        #expect(table.name(of: try IndustryCode("79")) == "土地管理业")
        #expect(table.name(of: try IndustryCode("591")) == "装卸搬运")
        #expect(table.name(of: try IndustryCode("0111")) == "稻谷种植")
        #expect(table.name(of: try IndustryCode("0119")) != nil)
        #expect(table.name(of: try IndustryCode("0118")) == nil)
    }

    @Test func `every division belongs to exactly one section, without gaps`() {
        var next = 1
        for section in IndustrySection.allCases {
            #expect(section.divisions.lowerBound == next)
            next = section.divisions.upperBound + 1
        }
        #expect(next == 98)
        #expect(IndustrySection.section(of: 0) == nil)
        #expect(IndustrySection.section(of: 98) == nil)
        #expect(IndustrySection.section(of: 39) == .c)
    }

    @Test func `codes are read at four levels, with or without the letter`() throws {
        let cases: [(String, IndustrySection, IndustryLevel, String)] = [
            ("c", .c, .section, "C"), ("39", .c, .division, "39"), ("391", .c, .group, "391"), ("C3911", .c, .class, "3911"),
            ("０１", .a, .division, "01"), ("0111", .a, .class, "0111"), ("T97", .t, .division, "97"), ("I 65-10", .i, .class, "6510"),
        ]
        for (text, section, level, written) in cases {
            let code = try IndustryCode(text)
            #expect(code.section == section)
            #expect(code.level == level)
            #expect(code.text == written)
        }
        #expect(try IndustryCode("3911").division == 39)
        #expect(try IndustryCode("C").division == nil)
        #expect(try IndustryCode("3911").parent?.parent?.parent?.text == "C")
        #expect(try IndustryCode("39").contains(IndustryCode("3911")))
        #expect(try !IndustryCode("3911").contains(IndustryCode("39")))
    }

    @Test func `each defect names its culprit`() {
        let cases: [(String, IndustryCodeDefect)] = [
            ("U", .section("U")), ("企", .section("企")), ("", .shape("")), ("3", .shape("3")),
            ("39111", .shape("39111")), ("3A", .shape("3A")),
            ("00", .division("00")), ("98", .division("98")),
            ("9899", .division("98")), ("A39", .sectionMismatch(written: .a, actual: .c)),
        ]
        for (text, defect) in cases { #expect(throws: defect, "\(text)") { try IndustryCode(text) } }
    }

    @Test func `one name of the old edition gives a table away`() throws {
        #expect(IndustryEdition.detect(from: [("79", "居民服务业")]) == .edition2011)
        #expect(IndustryEdition.detect(from: [("79", "土地管理业"), ("82", "教育")]) == .edition2011)
        #expect(IndustryEdition.detect(from: [("58", "装卸搬运和运输代理业")]) == .edition2011)
        let renamed = [(code: "58", name: "多式联运和运输代理业"), (code: "79", name: "土地管理业"), (code: "82", name: "其他服务业")]
        #expect(IndustryEdition.detect(from: renamed) == .edition2017)
        #expect(IndustryEdition.detect(from: [("01", "农业")]) == nil)
        let shipped = try Repository.text("packs/codes/industries-2017.tsv").split(separator: "\n").dropFirst().map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            return (code: String(fields[0]), name: String(fields[2]))
        }
        #expect(IndustryEdition.detect(from: shipped) == .edition2017)
    }

    @Test func `codes of 2011 move to where their activity is in 2017`() throws {
        func code(_ text: String) throws -> IndustryCode { try IndustryCode(text) }
        #expect(IndustryEdition.translated(from2011: "C") == .exact(try code("C")))
        #expect(IndustryEdition.translated(from2011: "39") == .exact(try code("39")))
        #expect(IndustryEdition.translated(from2011: "3911") == .narrowedTo(try code("39")))
        #expect(IndustryEdition.translated(from2011: "79") == .exact(try code("80")))
        #expect(IndustryEdition.translated(from2011: "82") == .exact(try code("83")))
        #expect(IndustryEdition.translated(from2011: "P8210") == .narrowedTo(try code("83")))
        #expect(IndustryEdition.translated(from2011: "96") == .exact(try code("97")))
        #expect(IndustryEdition.translated(from2011: "581") == .exact(try code("591")))
        #expect(IndustryEdition.translated(from2011: "5810") == .narrowedTo(try code("591")))
        #expect(IndustryEdition.translated(from2011: "58") == .split([try code("582"), try code("591")]))
        #expect(IndustryEdition.translated(from2011: "701") == .exact(try code("701")))
        #expect(IndustryEdition.translated(from2011: "97") == .unknown("97"))
        #expect(IndustryEdition.translated(from2011: "x") == .unknown("X"))
        for division in 1...96 where division != 58 && division != 59 {
            let text = division < 10 ? "0\(division)" : String(division)
            guard case .exact(let moved) = IndustryEdition.translated(from2011: text) else {
                Issue.record("\(text) has no counterpart")
                continue
            }
            #expect(moved.division == (division < 79 ? division : division + 1))
        }
    }
}
