import Adapters
import Testing
import Wire

/// What is wrong with an entry is said before it is published, with the line of its file.
struct LayoutEntryTests {
    private let body = """
        {
          "source": "s", "recordType": "t", "format": "csv", "encoding": "utf-8",
          "columns": ["a", "b"],
          "subject": {"column": "a"},
          "occurredAt": {"column": "b", "type": "day"},
          "fields": {
            "x": {"column": "b", "type": "yuan", "unit": "万元"},
            "y": {"compute": {"+": [{"var": "x"}, 1]}, "type": "number"}
          }
        }
        """

    @Test func `a sound entry has no defect`() throws { #expect(try LayoutDesk.defects(body, targets: ["x", "y"]) == []) }

    @Test(
        arguments: [
            (#""unit": "万元""#, #""unit": "万圆""#, 7, "unit"),
            (#"{"column": "b", "type": "yuan""#, #"{"column": "c", "type": "yuan""#, 7, "column `c`"),
            (#""columns": ["a", "b"]"#, #""columns": ["a", "b", "a"]"#, 3, "twice"),
            (#""type": "day""#, #""type": "day", "date": "yyyy-dd""#, 5, "format of a date"),
            (#""format": "csv""#, #""format": "xls""#, 2, "format"), (#""encoding": "utf-8""#, #""encoding": "big5""#, 2, "encoding"),
            (#"{"var": "x"}"#, #"{"var": "z"}"#, 8, "`z`"), (#""+": "#, #""plus": "#, 8, "unknown operator"),
            (#""unit": "万元""#, #""codes": "grades""#, 7, "code list"),
            (#""type": "yuan", "unit": "万元""#, #""codes": "nobody's""#, 7, "no code list"),
            (#""unit": "万元""#, #""unit": "吨""#, 7, "can not become"), (#""columns""#, #""colour": 1, "columns""#, 3, "no `colour`"),
            (#""type": "yuan""#, #""typ": "yuan""#, 7, "no `typ`"),
            (#"{"column": "a"}"#, #"{"column": "a", "constant": 1}"#, 4, "exactly one"),
            (#""columns""#, #""delimiter": "，", "columns""#, 3, "ASCII"),
        ])
    func `a slip is named with its line`(_ was: String, _ becomes: String, _ line: Int, _ word: String) throws {
        let broken = body.replacing(was, with: becomes, maxReplacements: 1)
        #expect(broken != body)
        let defects = try LayoutDesk.defects(broken, targets: ["x", "y"])
        #expect(defects.contains { $0.line == line && $0.text.contains(word) }, "\(defects)")
    }

    @Test func `a field that the record type does not have is named`() throws {
        let defects = try LayoutDesk.defects(body, targets: ["x"])
        #expect(defects.map(\.line) == [8])
        #expect(defects.first?.text.contains("no field `y`") == true)
    }

    @Test func `a code that comes twice is named with both lines`() throws {
        let list =
            "{\"codes\": [\n{\"code\": \"1\", \"means\": \"a\"},\n{\"code\": \"2\", \"means\": \"b\"},\n{\"code\": \"1\", \"means\": \"c\"}]}"
        var defects: [LayoutDefect] = []
        #expect(CodeList(try LayoutDesk.json(list), defects: &defects) == nil)
        #expect(defects.map(\.description) == ["line 4: the code `1` stands already on line 2"])
    }

    @Test func `units differ from their base by a power of ten and change only into their like`() throws {
        #expect(MeasureUnit.all.map(\.name).count == Set(MeasureUnit.all.map(\.name)).count)
        let wan = try #require(MeasureUnit("万元"))
        #expect(try wan.power(to: #require(MeasureUnit("分"))) == 6)
        #expect(try wan.power(to: #require(MeasureUnit("亿元"))) == -4)
        #expect(try wan.power(to: #require(MeasureUnit("吨"))) == nil)
        #expect(MeasureUnit("亩") == nil)
    }

    @Test(arguments: ["yyyy-MM-dd", "yyyyMMdd", "yyyy年M月d日", "dd/MM/yyyy HH:mm:ss", "yyyy-MM-ddTHH:mm:ss", "yyyyMM", "yyyy.M"])
    func `a format of a date is taken`(_ text: String) { #expect(DateFormat(text) != nil) }

    @Test(arguments: ["", "yy-MM-dd", "yyyy-MM-dd mm", "MM-dd", "yyyyMMMM", "yyyyMdd", "yyyy-MM-dd HH", "yyyyDDD", "yyyy1MM"])
    func `what is no format of a date is not taken`(_ text: String) { #expect(DateFormat(text) == nil) }
}
