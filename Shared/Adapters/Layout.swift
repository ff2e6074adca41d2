import Rules
import Vocabulary
import Wire

/// A `layout` entry, compiled: how the lines of a source's files become records of one type. Published like every entry, so a new layout
/// is at work without a rebuild and without a restart.
public struct Layout: Sendable {
    public let id: String
    public let version: Int64
    /// The source whose topic the records go to.
    public let source: String
    public let recordType: String
    public let encoding: TextEncoding
    let format: Format
    /// Lines at the start that are not read: titles and notes.
    let skippedLines: Int
    let columns: [String]
    let subject: FieldMapping
    let occurredAt: FieldMapping
    let fields: [FieldMapping]
    /// Texts that stand for an empty cell.
    let absent: Set<String>

    public enum Kind: String, CaseIterable, Sendable { case csv, fixed, jsonl, xml }

    enum Format: Sendable {
        /// With a first line of names, the columns may stand in any order there; `ignored` may stand there too.
        case delimited(DelimitedFormat, hasHeader: Bool, ignored: Set<String>, ignoresOthers: Bool)
        case fixed([Stretch], inCharacters: Bool)
        case lines(pointers: [String])
        case xml(record: [String], paths: [String: Int])
    }

    /// A column of a fixed-width line: where it begins, from 0, and how long it is.
    struct Stretch: Hashable, Sendable {
        let start: Int
        let length: Int
    }

    /// Columns of one layout at the most.
    public static let columnsMax = 1_000

    /// Compiles the body. `targets` are the fields of its record type, nil when the type is not known; `codeList` finds a list by its id.
    /// What is wrong goes to `defects`, each with its line.
    public init?(
        id: String, version: Int64, body: JSONValue, targets: Set<String>?, codeList: (String) -> CodeList?,
        defects: inout [LayoutDefect]
    ) {
        let before = defects.count
        self.id = id
        self.version = version
        var reader = LayoutReading(body: body, targets: targets)
        source = reader.text("source")
        recordType = reader.text("recordType")
        encoding = reader.choice("encoding", TextEncoding.init(rawValue:), of: TextEncoding.allCases.map(\.rawValue)) ?? .utf8
        let kind = reader.choice("format", Kind.init(rawValue:), of: Kind.allCases.map(\.rawValue))
        skippedLines = reader.int("skipLines", 0...1_000, default: 0)
        columns = reader.columns()
        format = reader.format(kind)
        absent = Set(reader.texts("absent"))
        // A record type's own fields come first; then the rules over them.
        let named = body["fields"].map { Array($0.members) } ?? []
        if body["fields"]?.kind != .object { reader.refuse(body["fields"] ?? body, "`fields` is missing or not an object") }
        var fields: [FieldMapping] = []
        for (name, json) in named {
            if let targets, !targets.contains(name) {
                reader.refuse(json, "the record type has no field `\(name)`")
            }
            if let field = reader.mapping(name, json, codeList) { fields.append(field) }
        }
        if fields.isEmpty, named.isEmpty { reader.refuse(body, "`fields` maps nothing") }
        let plain = Set(fields.filter { !$0.isComputed }.map(\.name))
        for field in fields { reader.check(field, knows: plain, named) }
        self.fields = fields.filter { !$0.isComputed } + fields.filter(\.isComputed)
        subject = reader.special("subject", codeList) ?? FieldMapping.nothing
        occurredAt = reader.special("occurredAt", codeList) ?? FieldMapping.nothing
        if case .constant = occurredAt.origin, let said = body["occurredAt"]?["constant"] {
            let isMoment = said.string.map { Instant(rfc3339: $0) != nil || Day($0) != nil } ?? false
            if !isMoment { reader.refuse(said, "`occurredAt` is neither a day nor an RFC 3339 time") }
        } else if !occurredAt.isNothing, ![.day, .month, .instant].contains(occurredAt.type) {
            reader.refuse(body["occurredAt"] ?? body, "`occurredAt` is none of day, month, instant")
        }
        if case .constant = subject.origin, let said = body["subject"]?["constant"], (said.string ?? "").isEmpty {
            reader.refuse(said, "`subject` is not a text")
        }
        if !subject.isNothing, subject.type != .text { reader.refuse(body["subject"] ?? body, "`subject` is not of type text") }
        for (name, value) in body.members where !Self.members.contains(name) {
            reader.refuse(value, "a layout has no `\(name)`")
        }
        defects += reader.defects
        if defects.count > before { return nil }
    }

    private static let members: Set<String> = [
        "title", "source", "recordType", "format", "encoding", "delimiter", "quote", "header", "ignored", "ignoreOthers", "skipLines",
        "measure", "record", "columns", "absent", "subject", "occurredAt", "fields",
    ]
}
