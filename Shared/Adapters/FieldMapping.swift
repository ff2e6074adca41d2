import Rules
import Vocabulary
import Wire

/// How one field of the record comes from a line.
struct FieldMapping: Sendable {
    enum Origin: Sendable {
        case column(Int)
        /// JSON as it stands in the entry.
        case constant([UInt8])
        case computed(Logic)
    }

    enum FieldType: String, CaseIterable, Sendable {
        case text, int, number, yuan, fen, bool, day, month, instant, list, json
    }

    let name: String
    let origin: Origin
    let type: FieldType
    /// The power of ten that a number is multiplied with for its unit.
    let power: Int
    let isGrouped: Bool
    /// Digits behind a point that the file does not write.
    let impliedDecimals: Int
    /// Digits after the point at the most: a computed number is rounded to them, half away from zero; any other is refused with more.
    let decimalsMax: Int
    let date: DateFormat
    /// A month stands for its last day, not its first.
    let isAtEnd: Bool
    let codes: CodeList?
    let yes: Set<String>
    let no: Set<String>
    /// Between the texts of a list.
    let separator: [UInt8]
    /// An empty cell refuses the line.
    let isRequired: Bool

    var isComputed: Bool { if case .computed = origin { true } else { false } }

    /// Stands in where the entry says nothing usable; such a layout is never used.
    static let nothing = FieldMapping(
        name: "", origin: .constant([]), type: .text, power: 0, isGrouped: false, impliedDecimals: 0, decimalsMax: 0, date: .dayDefault,
        isAtEnd: false, codes: nil, yes: [], no: [], separator: [], isRequired: false)
    var isNothing: Bool { name.isEmpty }
}

/// What a cell has become.
enum FieldValue {
    case text(String)
    case decimal(ExactDecimal)
    case bool(Bool)
    case day(Day)
    case month(Month)
    case instant(Instant)
    case texts([String])
    /// One JSON value, unchanged.
    case raw([UInt8])

    func write(_ name: String, to object: inout JSONWriter) {
        switch self {
        case .text(let text): object.member(name, text)
        case .decimal(let decimal): object.member(name, decimal)
        case .bool(let flag): object.member(name, flag)
        case .day(let day): object.member(name, day)
        case .month(let month): object.member(name, month)
        case .instant(let instant): object.member(name, instant)
        case .texts(let texts): object.member(name, texts)
        case .raw(let bytes): object.member(name, raw: bytes)
        }
    }

    /// For the rules of computed fields.
    var ruleValue: RuleValue {
        switch self {
        case .text(let text): .string(text)
        case .decimal(let decimal): .number(decimal.double)
        case .bool(let flag): .bool(flag)
        case .day(let day): .string(day.text)
        case .month(let month): .string(month.text)
        case .instant(let instant): .string(instant.rfc3339)
        case .texts(let texts): .array(texts.map { .string($0) })
        case .raw(let bytes): (try? JSONDocument(parsing: bytes)).map { RuleValue($0.root) } ?? .null
        }
    }
}

extension FieldMapping {
    /// Reads the column's cell; nil when there is nothing in it.
    func value(of cells: Cells, in layout: Layout) throws(LineDefect) -> FieldValue? {
        switch origin {
        case .constant(let bytes): return .raw(bytes)
        case .computed: return nil
        case .column(let column):
            guard let range = cells.range(column), !isAbsent(cells, range, layout) else {
                guard isRequired else { return nil }
                throw defect(.cellMissing, layout)
            }
            return try read(cells.text.span.extracting(range), column, layout)
        }
    }

    private func isAbsent(_ cells: Cells, _ range: Range<Int>, _ layout: Layout) -> Bool {
        guard !layout.absent.isEmpty, range.count <= 32 else { return false }
        return layout.absent.contains(String(decoding: cells.text[range], as: UTF8.self))
    }

    private func read(_ text: Span<UInt8>, _ column: Int, _ layout: Layout) throws(LineDefect) -> FieldValue {
        switch type {
        case .text:
            let word = text.string
            guard let codes else { return .text(word) }
            guard let meaning = codes.meaning(of: word) else { throw defect(.codeUnknown, layout) }
            return .text(meaning)
        case .int, .number, .yuan, .fen:
            guard let number = DecimalText.read(text, isGrouped: isGrouped, implied: impliedDecimals) else {
                throw defect(.number, layout)
            }
            guard let shifted = number.shifted(by: power) else { throw defect(.range, layout) }
            guard shifted.scale <= decimalsMax else {
                throw defect(.decimals, layout, "\(shifted.scale) digits after the point, \(decimalsMax) are allowed")
            }
            return .decimal(shifted)
        case .bool:
            let word = text.string
            if yes.contains(word) { return .bool(true) }
            guard no.contains(word) else { throw defect(.bool, layout) }
            return .bool(false)
        case .day, .month, .instant:
            guard let reading = date.read(text) else { throw defect(.date, layout) }
            return moment(reading)
        case .list:
            return .texts(text.string.utf8.split(separator: separator).map { String(decoding: $0, as: UTF8.self) }.filter { !$0.isEmpty })
        case .json:
            // A cell of a JSON line: checked when the line was read.
            return .raw(Array(text))
        }
    }

    private func moment(_ reading: DateFormat.Reading) -> FieldValue {
        switch type {
        case .month: .month(reading.month)
        case .instant: .instant((reading.day ?? edge(reading.month)).startInChina + .seconds(reading.seconds))
        default: .day(reading.day ?? edge(reading.month))
        }
    }

    private func edge(_ month: Month) -> Day { isAtEnd ? month.last : month.first }

    /// Judges the rule over the fields read so far and the columns as `column.<name>`. Without every value it asks for there is none.
    func computedValue(
        _ known: [String: RuleValue], _ cells: Cells, in layout: Layout
    ) throws(LineDefect) -> FieldValue? {
        guard case .computed(let logic) = origin else { return nil }
        var facts = known
        var columns: [String: RuleValue] = [:]
        for name in logic.variables {
            if name.hasPrefix("column.") {
                let column = String(name.dropFirst("column.".count))
                guard let index = layout.columns.firstIndex(of: column), let text = cells.string(index) else { return nil }
                columns[column] = .string(text)
            } else if known[name] == nil {
                return nil
            }
        }
        facts["column"] = .object(columns)
        let result: RuleValue
        do {
            result = try logic.evaluate(.object(facts))
        } catch {
            throw defect(.computed, layout, "the rule spends more \(error.rawValue) than a rule may")
        }
        switch (type, result) {
        case (_, .null): return nil
        case (.int, .number(let number)), (.number, .number(let number)), (.yuan, .number(let number)), (.fen, .number(let number)):
            guard let decimal = rounded(number) else { throw defect(.computed, layout, "the result is no number that 64 bits hold") }
            return .decimal(decimal)
        case (.text, .string(let text)):
            guard let codes else { return .text(text) }
            guard let meaning = codes.meaning(of: text) else { throw defect(.codeUnknown, layout) }
            return .text(meaning)
        case (.bool, .bool(let flag)): return .bool(flag)
        case (.day, .string(let text)), (.month, .string(let text)), (.instant, .string(let text)):
            let bytes = Array(text.utf8)
            guard let reading = date.read(bytes.span) else { throw defect(.date, layout) }
            return moment(reading)
        default: throw defect(.computed, layout, "the result is not of type \(type.rawValue)")
        }
    }

    /// Half away from zero, to `decimalsMax` digits.
    private func rounded(_ number: Double) -> ExactDecimal? {
        var factor = 1.0
        for _ in 0..<decimalsMax { factor *= 10 }
        let scaled = (number * factor).rounded(.toNearestOrAwayFromZero)
        guard scaled.magnitude < 9.2e18 else { return nil }
        return ExactDecimal(mantissa: Int64(scaled), scale: decimalsMax)
    }

    private func defect(_ code: LineDefect.Code, _ layout: Layout, _ detail: String = "") -> LineDefect {
        guard case .column(let column) = origin else { return LineDefect(code, column: name, detail) }
        return LineDefect(code, column: layout.columns[column], place: column + 1, detail)
    }
}

extension Span<UInt8> {
    /// Bytes known to be UTF-8.
    var string: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in 0..<count { bytes.append(self[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension [UInt8] {
    init(_ span: Span<UInt8>) {
        self = []
        reserveCapacity(span.count)
        for index in 0..<span.count { append(span[index]) }
    }
}
