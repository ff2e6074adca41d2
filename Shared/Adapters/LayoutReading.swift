import Rules
import Vocabulary
import Wire

/// Reads the parts of a layout's body and collects what is wrong, each defect with its line.
struct LayoutReading {
    let body: JSONValue
    let targets: Set<String>?
    private(set) var defects: [LayoutDefect] = []
    private var columnNames: [String] = []
    private var columnJSON: [JSONValue] = []

    init(body: JSONValue, targets: Set<String>?) {
        self.body = body
        self.targets = targets
    }

    mutating func refuse(_ culprit: JSONValue, _ text: String) { defects.append(LayoutDefect(culprit, text)) }

    mutating func text(_ name: String) -> String {
        guard let text = body[name]?.string, !text.isEmpty else {
            refuse(body[name] ?? body, "`\(name)` is missing or not a text")
            return ""
        }
        return text
    }

    mutating func choice<Choice>(_ name: String, _ read: (String) -> Choice?, of words: [String]) -> Choice? {
        let found = body[name]?.string.flatMap(read)
        if found == nil { refuse(body[name] ?? body, "`\(name)` is none of \(words.joined(separator: ", "))") }
        return found
    }

    mutating func int(_ name: String, in json: JSONValue? = nil, _ range: ClosedRange<Int>, default fallback: Int) -> Int {
        guard let value = (json ?? body)[name], !value.isNull else { return fallback }
        guard let number = value.int, range.contains(Int(clamping: number)) else {
            refuse(value, "`\(name)` is not \(range.lowerBound)…\(range.upperBound)")
            return fallback
        }
        return Int(number)
    }

    mutating func flag(_ name: String, in json: JSONValue? = nil, default fallback: Bool) -> Bool {
        guard let value = (json ?? body)[name], !value.isNull else { return fallback }
        if value.bool == nil { refuse(value, "`\(name)` is not true or false") }
        return value.bool ?? fallback
    }

    mutating func texts(_ name: String, in json: JSONValue? = nil) -> [String] {
        guard let value = (json ?? body)[name], !value.isNull else { return [] }
        let texts = value.elements.compactMap(\.string)
        if value.kind != .array || texts.count != value.count { refuse(value, "`\(name)` is not a list of texts") }
        return texts
    }

    /// `columns`: texts, or objects with a `name`. Refuses a name that comes twice.
    mutating func columns() -> [String] {
        guard let list = body["columns"], list.kind == .array, (1...Layout.columnsMax).contains(list.count) else {
            refuse(body["columns"] ?? body, "`columns` is not a list of 1…\(Layout.columnsMax) columns")
            return []
        }
        for element in list.elements {
            guard let name = element.string ?? element["name"]?.string, !name.isEmpty else {
                refuse(element, "a column has no name")
                continue
            }
            if columnNames.contains(name) { refuse(element, "the column `\(name)` stands there twice") }
            columnNames.append(name)
            columnJSON.append(element)
        }
        return columnNames
    }

    mutating func format(_ kind: Layout.Kind?) -> Layout.Format {
        switch kind {
        case .csv, nil: return delimited(isMeant: kind != nil)
        case .fixed: return fixed()
        case .jsonl:
            return .lines(
                pointers: zip(columnNames, columnJSON).map { name, json in
                    json["pointer"]?.string ?? JSONPointer.text(through: [name])
                })
        case .xml: return xml()
        }
    }

    private mutating func delimited(isMeant: Bool) -> Layout.Format {
        let delimiter = Array((body["delimiter"]?.string ?? ",").utf8)
        let isOrdinary = delimiter.allSatisfy { $0 > 0 && $0 < 0x80 && $0 != 10 && $0 != 13 }
        if !(1...4).contains(delimiter.count) || !isOrdinary {
            refuse(body["delimiter"] ?? body, "`delimiter` is not one to four ASCII characters")
        }
        var quote: UInt8? = UInt8(ascii: "\"")
        if let member = body["quote"] {
            let bytes = Array((member.string ?? "").utf8)
            quote = bytes.first
            let isPlain = bytes.count == 1 && bytes[0] < 0x80 && bytes[0] > 0x20 && !delimiter.contains(bytes[0])
            if !member.isNull, !isPlain { refuse(member, "`quote` is neither null nor one ASCII character") }
        }
        let ignored = texts("ignored")
        return .delimited(
            DelimitedFormat(delimiter: delimiter.isEmpty ? [UInt8(ascii: ",")] : delimiter, quote: quote),
            hasHeader: flag("header", default: true), ignored: Set(ignored), ignoresOthers: flag("ignoreOthers", default: false))
    }

    private mutating func fixed() -> Layout.Format {
        var stretches: [Layout.Stretch] = []
        for json in columnJSON {
            let start = int("start", in: json, 1...1_000_000, default: 0)
            let length = int("length", in: json, 1...65_536, default: 0)
            if start == 0 || length == 0 {
                refuse(json, "a column of a fixed-width layout has no `start` (from 1) or no `length`")
            }
            stretches.append(Layout.Stretch(start: max(0, start - 1), length: length))
        }
        var inCharacters = false
        if let measure = body["measure"], !measure.isNull {
            inCharacters = measure.string == "characters"
            if !inCharacters, measure.string != "bytes" { refuse(measure, "`measure` is none of bytes, characters") }
        }
        return .fixed(stretches, inCharacters: inCharacters)
    }

    private mutating func xml() -> Layout.Format {
        var paths: [String: Int] = [:]
        for (index, (name, json)) in zip(columnNames, columnJSON).enumerated() {
            let path = json["path"]?.string ?? name
            let steps = path.split(separator: "/", omittingEmptySubsequences: false)
            let isPath = steps.allSatisfy { !$0.isEmpty } && !steps.dropLast().contains { $0.hasPrefix("@") }
            if !isPath { refuse(json, "`\(path)` is no path such as a/b or a/@b") }
            if paths.updateValue(index, forKey: path) != nil { refuse(json, "the path `\(path)` stands there twice") }
        }
        let record = text("record")
        let steps = record.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if !record.hasPrefix("/") || steps.dropFirst().contains("") || steps.count < 2 {
            refuse(body["record"] ?? body, "`record` is no path from the root such as /list/row")
        }
        return .xml(record: Array(steps.dropFirst()), paths: paths)
    }

    // MARK: Fields

    private static let members: Set<String> = [
        "column", "constant", "compute", "type", "unit", "to", "grouped", "impliedDecimals", "decimals", "date", "at", "codes", "true",
        "false", "separator", "required",
    ]

    /// `subject` and `occurredAt`: always required, never computed from fields.
    mutating func special(_ name: String, _ codeList: (String) -> CodeList?) -> FieldMapping? {
        guard let json = body[name], json.kind == .object else {
            refuse(body[name] ?? body, "`\(name)` is missing or not an object")
            return nil
        }
        guard let field = mapping(name, json, codeList, isRequired: true) else { return nil }
        if field.isComputed { refuse(json, "`\(name)` is computed; it comes from a column or is a constant") }
        return field
    }

    mutating func mapping(
        _ name: String, _ json: JSONValue, _ codeList: (String) -> CodeList?, isRequired: Bool = false
    ) -> FieldMapping? {
        let before = defects.count
        guard json.kind == .object else {
            refuse(json, "`\(name)` is not an object")
            return nil
        }
        for (member, value) in json.members where !Self.members.contains(member) { refuse(value, "`\(name)` has no `\(member)`") }
        guard let type = FieldMapping.FieldType(rawValue: json["type"]?.string ?? "text") else {
            refuse(
                json["type"] ?? json,
                "the type of `\(name)` is none of \(FieldMapping.FieldType.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        guard let origin = origin(name, json) else { return nil }
        let isNumber = [.int, .number, .yuan, .fen].contains(type)
        for word in ["unit", "to", "grouped", "impliedDecimals", "decimals"] where !isNumber {
            if let member = json[word] { refuse(member, "`\(name)` is of type \(type.rawValue) and has no `\(word)`") }
        }
        let decimals = [.int: 0, .fen: 0, .yuan: 2][type] ?? int("decimals", in: json, 0...18, default: 18)
        var codes: CodeList?
        if let member = json["codes"], !member.isNull {
            if type != .text { refuse(member, "`\(name)` is of type \(type.rawValue) and has no code list") }
            codes = member.string.flatMap(codeList)
            if codes == nil { refuse(member, "there is no code list `\(member.string ?? "")`") }
        }
        let (yes, no) = (Set(texts("true", in: json)), Set(texts("false", in: json)))
        if type == .bool, !isComputed(origin), isColumn(origin), yes.isEmpty || no.isEmpty || !yes.isDisjoint(with: no) {
            refuse(json, "`\(name)` does not say which words mean true and which false")
        }
        let separator = Array((json["separator"]?.string ?? ",").utf8)
        if separator.isEmpty { refuse(json["separator"] ?? json, "`separator` is empty") }
        if type == .json, !isLines { refuse(json["type"] ?? json, "type json is only in a jsonl layout") }
        let (format, isAtEnd) = date(name, json, type)
        if defects.count > before { return nil }
        return FieldMapping(
            name: name, origin: origin, type: type, power: power(name, json, type), isGrouped: flag("grouped", in: json, default: false),
            impliedDecimals: int("impliedDecimals", in: json, 0...18, default: 0),
            decimalsMax: isComputed(origin) && type == .number ? min(decimals, 6) : decimals, date: format, isAtEnd: isAtEnd,
            codes: codes, yes: yes, no: no, separator: separator, isRequired: flag("required", in: json, default: isRequired) || isRequired)
    }

    private var isLines: Bool { body["format"]?.string == Layout.Kind.jsonl.rawValue }
    private func isComputed(_ origin: FieldMapping.Origin) -> Bool { if case .computed = origin { true } else { false } }
    private func isColumn(_ origin: FieldMapping.Origin) -> Bool { if case .column = origin { true } else { false } }

    private mutating func origin(_ name: String, _ json: JSONValue) -> FieldMapping.Origin? {
        switch (json["column"], json["constant"], json["compute"]) {
        case (let column?, nil, nil):
            guard let index = column.string.flatMap({ columnNames.firstIndex(of: $0) }) else {
                refuse(column, "`\(name)` reads the column `\(column.string ?? "")`, which `columns` does not have")
                return nil
            }
            return .column(index)
        case (nil, let constant?, nil): return .constant(Array(constant.rawBytes))
        case (nil, nil, let rule?):
            do {
                return .computed(try Logic(rule))
            } catch {
                refuse(rule, "the rule of `\(name)`: \(error)")
                return nil
            }
        default:
            refuse(json, "`\(name)` has not exactly one of `column`, `constant`, `compute`")
            return nil
        }
    }

    /// The power of ten between the file's unit and the target's: yuan for money unless `to` says otherwise, fen for type fen.
    private mutating func power(_ name: String, _ json: JSONValue, _ type: FieldMapping.FieldType) -> Int {
        guard let member = json["unit"], !member.isNull else { return type == .fen ? 2 : 0 }
        guard let unit = member.string.flatMap({ MeasureUnit($0) }) else {
            refuse(member, "`\(name)`: there is no unit `\(member.string ?? "")`")
            return 0
        }
        let word: String? =
            switch type {
            case .fen: "分"
            case .yuan: "元"
            default: json["to"]?.string
            }
        guard let word else { return unit.power }
        guard let target = MeasureUnit(word) else {
            refuse(json["to"] ?? member, "`\(name)`: there is no unit `\(word)`")
            return 0
        }
        guard let power = unit.power(to: target) else {
            refuse(member, "`\(name)`: \(unit.name) can not become \(target.name)")
            return 0
        }
        return power
    }

    private mutating func date(_ name: String, _ json: JSONValue, _ type: FieldMapping.FieldType) -> (DateFormat, isAtEnd: Bool) {
        let fallback = type == .month ? DateFormat.monthDefault : DateFormat.dayDefault
        var isAtEnd = false
        if let member = json["at"], !member.isNull {
            isAtEnd = member.string == "end"
            if !isAtEnd, member.string != "start" { refuse(member, "`\(name)`: `at` is none of start, end") }
        }
        guard let member = json["date"], !member.isNull else { return (fallback, isAtEnd) }
        guard let format = member.string.flatMap({ DateFormat($0) }) else {
            refuse(member, "`\(name)`: `\(member.string ?? "")` is no format of a date")
            return (fallback, isAtEnd)
        }
        if ![.day, .month, .instant].contains(type) { refuse(member, "`\(name)` is of type \(type.rawValue) and has no `date`") }
        return (format, isAtEnd)
    }

    /// A rule may ask for the fields that are read from the line, and for the columns.
    mutating func check(_ field: FieldMapping, knows fields: Set<String>, _ named: [(key: String, value: JSONValue)]) {
        guard case .computed(let logic) = field.origin, let json = named.first(where: { $0.key == field.name })?.value else { return }
        for name in logic.variables {
            let column = name.hasPrefix("column.") ? String(name.dropFirst("column.".count)) : nil
            guard column.map({ columnNames.contains($0) }) ?? fields.contains(name) else {
                refuse(
                    json, "the rule of `\(field.name)` asks for `\(name)`, which is neither a field read from the line nor `column.<name>`")
                continue
            }
        }
    }
}
