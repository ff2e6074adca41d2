import Adapters
import Testing
import Vocabulary
import Wire

/// Layouts and files for the tests, written as people write them.
enum LayoutDesk {
    static func json(_ text: String) throws -> JSONValue { try JSONDocument(parsing: Array(text.utf8)).root }

    static let grades = #"{"codes":[{"code":"1","means":"minor"},{"code":"2","means":"ordinary"},{"code":"3","means":"serious"}]}"#

    static func defects(_ body: String, targets: Set<String>? = nil) throws -> [LayoutDefect] {
        var defects: [LayoutDefect] = []
        _ = Layout(id: "x", version: 1, body: try json(body), targets: targets, codeList: codeList, defects: &defects)
        return defects
    }

    static func layout(_ body: String, targets: Set<String>? = nil) throws -> Layout {
        var defects: [LayoutDefect] = []
        let layout = Layout(id: "x", version: 1, body: try json(body), targets: targets, codeList: codeList, defects: &defects)
        #expect(defects == [])
        return try #require(layout)
    }

    private static func codeList(_ id: String) -> CodeList? {
        guard id == "grades", let body = try? json(grades) else { return nil }
        var defects: [LayoutDefect] = []
        return CodeList(body, defects: &defects)
    }

    /// What the layout makes of the bytes, a chunk of `chunk` bytes at a time: for each line its number and data or the reason.
    static func read(_ layout: Layout, _ bytes: [UInt8], chunk: Int = 7) throws -> [String] {
        var reader = LayoutReader(layout, read: feed(bytes, chunk: chunk))
        var said: [String] = []
        while let reading = try reader.next() { said.append(text(reading)) }
        return said
    }

    static func read(_ layout: Layout, _ text: String, chunk: Int = 7) throws -> [String] {
        try read(layout, Array(text.utf8), chunk: chunk)
    }

    static func text(_ reading: LayoutReader.Reading) -> String {
        switch reading {
        case .record(let record):
            "\(record.line) \(record.subject) \(record.occurredAt.dayInChina.text) \(String(decoding: record.data, as: UTF8.self))"
        case .rejected(let rejected):
            "\(rejected.line) \(rejected.defect.code.rawValue) \(rejected.defect.column ?? "-") \(rejected.defect.place ?? 0)"
        }
    }

    static func feed(_ bytes: [UInt8], chunk: Int) -> (Int) -> [UInt8] {
        var at = 0
        return { most in
            let end = min(bytes.count, at + min(chunk, most))
            defer { at = end }
            return Array(bytes[at..<end])
        }
    }

    /// A layout of three columns: subject, month, and an amount in ten thousand yuan.
    static func flow(_ more: String = "", columns: String = #"["单位","月份","流入"]"#, format: String = #""csv""#) -> String {
        """
        {"source":"s","recordType":"t","format":\(format),"encoding":"utf-8","columns":\(columns),\(more)
         "subject":{"column":"单位"},"occurredAt":{"column":"月份","type":"month","date":"yyyyMM","at":"end"},
         "fields":{
           "period":{"column":"月份","type":"month","date":"yyyyMM"},
           "inflow":{"column":"流入","type":"yuan","unit":"万元","grouped":true}}}
        """
    }
}
