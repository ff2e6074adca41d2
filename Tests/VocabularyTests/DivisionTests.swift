import Testing
import Vocabulary

@Suite struct DivisionTests {
    private func table() throws -> DivisionTable { try DivisionTable(tsv: Repository.text("packs/codes/divisions.tsv")) }
    private func code(_ text: String) throws -> DivisionCode { try #require(DivisionCode(text)) }
    private func day(_ text: String) throws -> Day { try #require(Day(text)) }

    @Test func `Hunan has 14 prefectures and 122 counties, before and after its changes`() throws {
        let table = try table()
        let prefectures: [(String, Int)] = [
            ("430100", 9), ("430200", 9), ("430300", 5), ("430400", 12), ("430500", 12), ("430600", 9), ("430700", 9), ("430800", 4),
            ("430900", 6), ("431000", 11), ("431100", 11), ("431200", 12), ("431300", 5), ("433100", 8),
        ]
        for text in ["2010-01-01", "2011-05-20", "2017-04-10", "2019-04-30", "2026-05-10"] {
            let under = table.divisions(under: try code("430000"), on: try day(text))
            #expect(under.count { $0.code.level == .prefecture } == 14)
            #expect(under.count { $0.code.level == .county } == 122, "\(text)")
            for (prefecture, count) in prefectures {
                #expect(table.divisions(under: try code(prefecture), on: try day(text)).count == count, "\(prefecture) \(text)")
            }
        }
    }

    @Test func `a county that became a city keeps its code as issued and counts under its successor`() throws {
        let table = try table()
        let pairs = [
            ("430124", "宁乡县", "430182", "宁乡市"), ("430521", "邵东县", "430582", "邵东市"), ("431121", "祁阳县", "431181", "祁阳市"),
            ("430221", "株洲县", "430212", "渌口区"), ("430122", "望城县", "430112", "望城区"),
        ]
        for (old, oldName, new, newName) in pairs {
            let past = try code(old)
            #expect(table.division(past, on: try day("2010-12-31"))?.name == oldName)
            #expect(table.division(past, on: try day("2026-05-10")) == nil)
            #expect(table.successor(of: past, on: try day("2026-05-10"))?.name == newName)
            #expect(table.successor(of: past, on: try day("2010-12-31"))?.code == past)
            #expect(table.division(try code(new), on: try day("2010-12-31")) == nil)
            #expect(table.division(try code(new), on: try day("2026-05-10"))?.name == newName)
            if case .abolished(let row) = table.standing(of: past, on: try day("2026-05-10")) {
                #expect(row.isSourceChecked == false)
                #expect(table.division(past, on: try #require(row.validTo) - 1)?.name == oldName)
                #expect(table.successor(of: past, on: try #require(row.validTo))?.name == newName)
            } else {
                Issue.record("\(old) is not abolished")
            }
        }
    }

    @Test func `counties roll up to prefecture and province`() throws {
        let table = try table()
        let today = try day("2026-05-10")
        #expect(table.rollUp(try code("430124"), to: .county, on: today)?.name == "宁乡市")
        #expect(table.rollUp(try code("430124"), to: .prefecture, on: today)?.name == "长沙市")
        #expect(table.rollUp(try code("430124"), to: .province, on: today)?.name == "湖南省")
        #expect(table.rollUp(try code("430100"), to: .county, on: today) == nil)
        #expect(table.rollUp(try code("110105"), to: .prefecture, on: today) == nil)
        #expect(table.rollUp(try code("110105"), to: .province, on: today)?.name == "北京市")
    }

    @Test func `statistics count a code under the last of its successors, and under itself where none is known`() throws {
        let header = "code\tname\tvalid_from\tvalid_to\tsuccessor\tsource_checked\n"
        let table = try DivisionTable(
            tsv: header + "430101\ta\t\t2010-01-01\t430102\ttrue\n430102\tb\t\t2020-01-01\t430103\ttrue\n"
                + "430103\tc\t\t2024-01-01\t\ttrue\n430104\td\t2020-01-01\t\t\ttrue\n")
        let first = try code("430101")
        #expect(table.counted(first, on: try day("2009-12-31")) == first)
        #expect(table.counted(first, on: try day("2010-01-01")).text == "430102")
        #expect(table.counted(first, on: try day("2020-01-01")).text == "430103")
        // The last one is over and nobody took over: what is counted stays where it was.
        #expect(table.counted(first, on: try day("2026-05-10")).text == "430103")
        for text in ["430104", "430999"] { #expect(table.counted(try code(text), on: try day("2019-12-31")).text == text) }
        #expect(DivisionTable.empty.counted(first, on: try day("2026-05-10")) == first)
    }

    @Test func `a county lies in itself, in its prefecture and in its province`() throws {
        let cases = [
            ("430102", "430102", true), ("430102", "430100", true), ("430102", "430000", true), ("430102", "430103", false),
            ("430102", "430200", false), ("430102", "440000", false), ("430100", "430102", false), ("430100", "430100", true),
            ("430000", "430100", false), ("430000", "430000", true), ("430100", "430000", true),
        ]
        for (inner, outer, lies) in cases { #expect(try code(inner).lies(in: code(outer)) == lies, "\(inner) in \(outer)") }
    }

    @Test func `a code outside the table is unknown and no error`() throws {
        let table = try table()
        let today = try day("2026-05-10")
        for text in ["100000", "133100"] { #expect(table.standing(of: try code(text), on: today) == .unknown) }
        #expect(table.standing(of: try code("430582"), on: try day("2018-01-01")) == .notYet)
        #expect(table.rollUp(try code("133100"), to: .province, on: today) == nil)
    }

    @Test func `only six digits are a code`() {
        for text in ["", "43010", "4301000", "43010A", "４３０１００", "430 00"] { #expect(DivisionCode(text) == nil) }
        #expect(DivisionCode("000001")?.text == "000001")
    }

    @Test func `a table with holes in its logic is refused`() {
        let header = "code\tname\tvalid_from\tvalid_to\tsuccessor\tsource_checked\n"
        let cases: [(String, TableDefect)] = [
            ("code\tname\n", .header(found: "code\tname")),
            (header + "430100\t长沙市\n", .columns(line: 2, found: 2)),
            (header + "43010\t长沙市\t\t\t\ttrue\n", .field(line: 2, column: "code", found: "43010")),
            (header + "430100\t长沙市\t2017-02-29\t\t\ttrue\n", .field(line: 2, column: "valid_from", found: "2017-02-29")),
            (header + "430100\t长沙市\t\t\t\tyes\n", .field(line: 2, column: "source_checked", found: "yes")),
            (header + "430100\ta\t\t\t\ttrue\n430100\tb\t2020-01-01\t\t\ttrue\n", .overlap(code: "430100")),
            (header + "430101\ta\t\t2020-01-01\t430102\ttrue\n", .successor(code: "430101", successor: "430102")),
            (header + "430101\ta\t\t\t430102\ttrue\n430102\tb\t\t\t\ttrue\n", .successor(code: "430101", successor: "430102")),
            // Two codes that hand over to each other on the same day would lead round in a circle.
            (
                header + "430101\ta\t\t2020-01-01\t430102\ttrue\n430102\tb\t\t2020-01-01\t430101\ttrue\n",
                .successor(code: "430101", successor: "430102")
            ),
        ]
        for (text, defect) in cases { #expect(throws: defect, "\(text)") { try DivisionTable(tsv: text) } }
        #expect(throws: TableDefect.header(found: "")) { try DivisionTable(tsv: "") }
    }

    @Test func `the same code may name one division after another`() throws {
        let header = "code\tname\tvalid_from\tvalid_to\tsuccessor\tsource_checked\r\n"
        let table = try DivisionTable(tsv: header + "430101\t旧\t\t2020-01-01\t\ttrue\r\n430101\t新\t2020-01-01\t\t\ttrue\r\n")
        #expect(table.division(try code("430101"), on: try day("2019-12-31"))?.name == "旧")
        #expect(table.division(try code("430101"), on: try day("2020-01-01"))?.name == "新")
    }
}
