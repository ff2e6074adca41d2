import Adapters
import Deciding
import Vocabulary
import Wire

/// What is wrong with entries about files: layouts and code lists. Each defect says its line in the entry's file.
enum LayoutEntryChecks {
    static func codeList(_ entry: CatalogEntry, _ examples: [JSONValue], _ defects: inout [String]) {
        var found: [LayoutDefect] = []
        let list = CodeList(entry.body, defects: &found)
        defects += found.map(\.description)
        guard let list else { return }
        for (number, example) in examples.enumerated() {
            guard let code = example["code"]?.string else {
                defects.append("example \(number + 1): `code` is not a text")
                continue
            }
            let means = list.meaning(of: code)
            if means != example["means"]?.string {
                defects.append("example \(number + 1): `\(code)` means \(means.map { "`\($0)`" } ?? "nothing")")
            }
        }
    }

    static func layout(_ entry: CatalogEntry, _ examples: [JSONValue], in catalog: Catalog, _ defects: inout [String]) {
        var found: [LayoutDefect] = []
        let layout = Layouts.compile(entry, in: catalog, defects: &found)
        defects += found.map(\.description)
        guard let layout else { return }
        let source = catalog.latest("source").first { $0.id == layout.source && !$0.isWithdrawn }
        if let source, source.body["recordTypes"]?.elements.contains(where: { $0.string == layout.recordType }) == false {
            defects.append("line \(line(entry, "recordType")): the source `\(layout.source)` does not send `\(layout.recordType)`")
        }
        let typeEntry = catalog.latest("recordType").first { $0.id == layout.recordType && !$0.isWithdrawn }
        var unusable: [String] = []
        let type = typeEntry.flatMap { RecordType($0, defects: &unusable) }
        for (number, example) in examples.enumerated() {
            if let defect = self.defect(of: example, layout, type) {
                defects.append("line \(example.line), example \(number + 1): \(defect)")
            }
        }
    }

    private static func line(_ entry: CatalogEntry, _ member: String) -> Int { (entry.body[member] ?? entry.body).line }

    /// Runs `{"text", "records": [{"line", "subject", "occurredAt", "data"}], "rejected": [{"line", "code", "column"?}]}`. The records must
    /// also be what their type asks for.
    private static func defect(of example: JSONValue, _ layout: Layout, _ type: RecordType?) -> String? {
        guard let text = example["text"]?.string else { return "`text` is not a text" }
        var left = layout.encoding.encode(text)
        var reader = LayoutReader(layout) { most in
            defer { left.removeFirst(min(most, left.count)) }
            return Array(left.prefix(most))
        }
        var records = example["records"].map { Array($0.elements) } ?? []
        var rejected = example["rejected"].map { Array($0.elements) } ?? []
        if records.isEmpty, rejected.isEmpty { return "neither `records` nor `rejected` says what comes of it" }
        do throws(FileDefect) {
            while let reading = try reader.next() {
                switch reading {
                case .record(let record):
                    guard !records.isEmpty else { return "line \(record.line) of the text becomes a record that is not listed" }
                    if let defect = self.defect(of: record, records.removeFirst(), type) {
                        return "line \(record.line) of the text: \(defect)"
                    }
                case .rejected(let line):
                    guard !rejected.isEmpty else {
                        return "line \(line.line) of the text is refused: \(line.defect.code.rawValue) \(line.defect.column ?? "")"
                    }
                    let expected = rejected.removeFirst()
                    let isSame =
                        expected["line"]?.int == Int64(line.line) && expected["code"]?.string == line.defect.code.rawValue
                        && (expected["column"] == nil || expected["column"]?.string == line.defect.column)
                    if !isSame {
                        return
                            "line \(line.line) of the text is refused as \(line.defect.code.rawValue), column \(line.defect.column ?? "none")"
                    }
                }
            }
        } catch {
            return "the text can not be read on: \(error)"
        }
        return records.isEmpty && rejected.isEmpty ? nil : "\(records.count) records and \(rejected.count) refused lines did not come"
    }

    private static func defect(of record: MappedRecord, _ expected: JSONValue, _ type: RecordType?) -> String? {
        if let line = expected["line"]?.int, line != Int64(record.line) { return "line \(line) expected" }
        if let subject = expected["subject"]?.string, subject != record.subject { return "the subject is `\(record.subject)`" }
        if let when = expected["occurredAt"]?.string, when != record.occurredAt.dayInChina.text, when != record.occurredAt.rfc3339 {
            return "it happened at \(record.occurredAt.rfc3339)"
        }
        guard let data = (try? JSONDocument(parsing: record.data))?.root else { return "the data is not JSON" }
        if let fields = type?.defects(in: data), !fields.isEmpty { return FieldDefect.detail(of: fields) }
        guard let wanted = expected["data"], wanted.canonicalBytes != data.canonicalBytes else { return nil }
        return "the data is \(String(decoding: record.data, as: UTF8.self))"
    }
}
