import Rules
import Vocabulary
import Wire

/// A line of a file that became a record.
public struct MappedRecord: Sendable {
    /// Of the file, from 1.
    public let line: Int
    public let subject: String
    public let occurredAt: Instant
    /// A JSON object: the record's data. The same cells give the same bytes.
    public let data: [UInt8]
}

/// A line that was not taken, with its bytes: nothing of a file is lost.
public struct RejectedLine: Sendable {
    /// Of the file, from 1.
    public let line: Int
    /// Bytes of the file before the line.
    public let offset: Int
    /// The line as it came; empty when it was too long to be kept.
    public let bytes: [UInt8]
    public let defect: LineDefect
}

/// Reads a file by its layout, line by line, with bounded memory however long the file is: a record or a reason for every line.
public struct LayoutReader {
    public enum Reading: Sendable {
        case record(MappedRecord)
        case rejected(RejectedLine)
    }

    /// Where to read on after a break: just before a line.
    public struct Position: Hashable, Sendable {
        public let line: Int
        /// Bytes of the file before it.
        public let offset: Int

        public init(line: Int, offset: Int) {
            self.line = line
            self.offset = offset
        }
    }

    private let layout: Layout
    private var cells: Cells
    private var source: Source
    /// Delimited: for each cell of a line the layout's column, or nil for one that is not read.
    private var order: [Int?] = []
    private var isBegun = false

    private enum Source {
        case lines(LineSplitter)
        case xml(XMLRecords)
        /// In use: taken out while it works, so that its bytes are not copied.
        case taken
    }

    /// `read` gives the next bytes, at most so many as asked for, none at the end.
    public init(_ layout: Layout, read: @escaping (Int) throws -> [UInt8]) {
        self.layout = layout
        cells = Cells(columns: layout.columns.count)
        source =
            switch layout.format {
            case .delimited(let format, _, _, _):
                .lines(
                    LineSplitter(
                        window: ByteWindow(read: read), encoding: layout.encoding,
                        quoting: format.quote.map { LineSplitter.Quoting(quote: $0, delimiter: format.delimiter) }))
            case .fixed, .lines: .lines(LineSplitter(window: ByteWindow(read: read), encoding: layout.encoding, quoting: nil))
            case .xml(let record, let paths):
                .xml(XMLRecords(window: ByteWindow(read: read), encoding: layout.encoding, record: record, paths: paths))
            }
    }

    /// Where the next line begins; nil for XML, which is read from its beginning.
    public var position: Position? {
        guard isBegun, case .lines(let splitter) = source else { return nil }
        return Position(line: splitter.number, offset: splitter.offset)
    }

    /// Goes on at a position of an earlier reading of the same file. `read` gives the bytes from there. The first line is read before.
    public mutating func resume(at position: Position, read: @escaping (Int) throws -> [UInt8]) throws(FileDefect) {
        try begin()
        guard case .lines(let splitter) = source else { return }
        source = .lines(
            LineSplitter(
                window: ByteWindow(from: position.offset, read: read), encoding: splitter.encoding, quoting: splitter.quoting,
                number: position.line))
    }

    /// The next record or refused line; nil at the end of the file. Empty lines are passed over.
    public mutating func next() throws(FileDefect) -> Reading? {
        try begin()
        switch source {
        case .lines(var splitter):
            source = .taken
            defer { source = .lines(splitter) }
            while let line = try splitter.next() {
                if line.defect == nil, line.range.isEmpty { continue }
                return reading(line, splitter.window.bytes)
            }
            return nil
        case .xml(var records):
            source = .taken
            defer { source = .xml(records) }
            guard let record = try records.next(into: &cells) else { return nil }
            do throws(LineDefect) {
                if let defect = record.defect { throw defect }
                return .record(try map(line: record.line))
            } catch {
                let named = error.place.map { place in
                    LineDefect(error.code, column: error.column ?? layout.columns[place - 1], place: place, error.detail)
                }
                return .rejected(RejectedLine(line: record.line, offset: record.offset, bytes: record.bytes, defect: named ?? error))
            }
        case .taken: return nil
        }
    }

    private func reject(_ line: LineSplitter.Line, _ bytes: [UInt8], _ defect: LineDefect) -> Reading {
        .rejected(RejectedLine(line: line.number, offset: line.offset, bytes: Array(bytes[line.range]), defect: defect))
    }

    private mutating func reading(_ line: LineSplitter.Line, _ bytes: [UInt8]) -> Reading {
        do throws(LineDefect) {
            if let defect = line.defect { throw defect }
            try fill(bytes.span.extracting(line.range))
            return .record(try map(line: line.number))
        } catch {
            return reject(line, bytes, error)
        }
    }

    // MARK: Cells

    private mutating func fill(_ line: Span<UInt8>) throws(LineDefect) {
        cells.clear()
        switch layout.format {
        case .delimited(let format, _, _, _):
            let text = try decoded(line)
            var count = 0
            let defect = format.split(text.span) { number, cell in
                count = number + 1
                guard number < order.count, let column = order[number] else { return }
                let start = cells.text.count
                cells.append(cell)
                cells.close(column, from: start)
            }
            if let defect { throw defect }
            guard count == order.count else { throw LineDefect(.cellCount, "\(count) cells, \(order.count) are expected") }
        case .fixed(let stretches, let inCharacters): try fillFixed(line, stretches, inCharacters)
        case .lines(let pointers): try fillJSON(line, pointers)
        case .xml: break
        }
    }

    private func decoded(_ line: Span<UInt8>) throws(LineDefect) -> [UInt8] {
        var text: [UInt8] = []
        if let bad = layout.encoding.decode(line, into: &text) {
            throw LineDefect(.encoding, place: bad + 1, "no \(layout.encoding.rawValue) character begins at byte \(bad + 1) of the line")
        }
        return text
    }

    private mutating func fillFixed(_ line: Span<UInt8>, _ stretches: [Layout.Stretch], _ inCharacters: Bool) throws(LineDefect) {
        // Where the characters of the line begin, when they are what is counted.
        var text: [UInt8] = []
        var begins: [Int] = []
        if inCharacters {
            text = try decoded(line)
            for index in text.indices where text[index] & 0xC0 != 0x80 { begins.append(index) }
            begins.append(text.count)
        }
        for (column, stretch) in stretches.enumerated() {
            let start = cells.text.count
            let length = inCharacters ? begins.count - 1 : line.count
            // A line may end where only spaces would follow, in its last column.
            guard stretch.start < length else {
                throw LineDefect(.lineShort, column: layout.columns[column], place: column + 1, "the line ends before the column")
            }
            let end = min(length, stretch.start + stretch.length)
            if inCharacters {
                cells.append(contentsOf: text[begins[stretch.start]..<begins[end]])
            } else if let bad = cells.decode(line.extracting(stretch.start..<end), layout.encoding) {
                throw LineDefect(
                    .encoding, column: layout.columns[column], place: stretch.start + bad + 1,
                    "no \(layout.encoding.rawValue) character begins at byte \(stretch.start + bad + 1) of the line")
            }
            cells.close(column, from: start)
        }
    }

    private mutating func fillJSON(_ line: Span<UInt8>, _ pointers: [String]) throws(LineDefect) {
        let root: JSONValue
        do throws(JSONDefect) {
            root = try JSONDocument(parsing: try decodedJSON(line)).root
        } catch {
            throw LineDefect(.json, place: error.offset + 1, error.code)
        }
        guard root.kind == .object else { throw LineDefect(.json, "not an object") }
        for (column, pointer) in pointers.enumerated() {
            guard let value = root.value(at: pointer), !value.isNull else { continue }
            let start = cells.text.count
            if let text = value.string { cells.append(contentsOf: text.utf8) } else { cells.append(contentsOf: value.rawBytes) }
            cells.close(column, from: start)
        }
    }

    /// UTF-8 is checked by the JSON reader itself.
    private func decodedJSON(_ line: Span<UInt8>) throws(JSONDefect) -> [UInt8] {
        if layout.encoding == .utf8 { return Array(line) }
        var text: [UInt8] = []
        if let bad = layout.encoding.decode(line, into: &text) { throw JSONDefect(.invalidUTF8, at: bad) }
        return text
    }

    // MARK: Mapping

    private func map(line: Int) throws(LineDefect) -> MappedRecord {
        guard let subject = try layout.subject.value(of: cells, in: layout)?.string else {
            throw LineDefect(.cellMissing, column: "subject")
        }
        guard let occurredAt = try layout.occurredAt.value(of: cells, in: layout)?.moment(layout.occurredAt) else {
            throw LineDefect(.date, column: "occurredAt")
        }
        var object = JSONWriter(reserving: 512)
        object.openObject()
        var known: [String: RuleValue] = [:]
        let isComputing = layout.fields.last?.isComputed ?? false
        for field in layout.fields where !field.isComputed {
            guard let value = try field.value(of: cells, in: layout) else { continue }
            value.write(field.name, to: &object)
            if isComputing { known[field.name] = value.ruleValue }
        }
        if isComputing {
            for field in layout.fields where field.isComputed {
                if let value = try field.computedValue(known, cells, in: layout) { value.write(field.name, to: &object) }
            }
        }
        object.closeObject()
        return MappedRecord(line: line, subject: subject, occurredAt: occurredAt, data: object.bytes)
    }

    // MARK: The beginning

    private mutating func begin() throws(FileDefect) {
        guard !isBegun else { return }
        isBegun = true
        guard case .lines(var splitter) = source else { return }
        source = .taken
        defer { source = .lines(splitter) }
        try splitter.skipMark()
        for _ in 0..<layout.skippedLines { _ = try splitter.next() }
        guard case .delimited(let format, let hasHeader, let ignored, let ignoresOthers) = layout.format else { return }
        order = Array(layout.columns.indices)
        guard hasHeader else { return }
        let at = (line: splitter.number, offset: splitter.offset)
        guard let line = try splitter.next(), line.defect == nil else {
            throw FileDefect(.header, line: at.line, offset: at.offset, "there is no first line with the columns' names")
        }
        var names: [String] = []
        var text: [UInt8] = []
        let bad = layout.encoding.decode(splitter.window.bytes.span.extracting(line.range), into: &text)
        var header = Cells(columns: 1)
        let defect = format.split(text.span) { _, cell in
            let start = header.text.count
            header.append(cell)
            header.close(0, from: start)
            names.append(header.string(0) ?? "")
        }
        guard bad == nil, defect == nil else {
            throw FileDefect(.header, line: at.line, offset: at.offset, bad.map { "encoding at byte \($0 + 1)" } ?? "quotes")
        }
        for column in layout.columns where !names.contains(column) {
            throw FileDefect(.columnMissing, line: at.line, offset: at.offset, "the first line has no column `\(column)`")
        }
        var seen: Set<String> = []
        order = []
        for name in names {
            let column = layout.columns.firstIndex(of: name)
            guard column != nil || ignoresOthers || ignored.contains(name), column == nil || seen.insert(name).inserted else {
                throw FileDefect(
                    .columnUnknown, line: at.line, offset: at.offset,
                    "the column `\(name.prefix(64))` of the first line is \(column == nil ? "not in the layout" : "there twice")")
            }
            order.append(column)
        }
    }
}

extension FieldValue {
    /// The subject: a text, or a constant of the entry.
    fileprivate var string: String? {
        switch self {
        case .text(let text): text
        case .raw(let bytes): (try? JSONDocument(parsing: bytes))?.root.string
        case .decimal, .bool, .day, .month, .instant, .texts: nil
        }
    }

    /// When it happened: the start of the day in China.
    fileprivate func moment(_ field: FieldMapping) -> Instant? {
        switch self {
        case .day(let day): day.startInChina
        case .month(let month): (field.isAtEnd ? month.last : month.first).startInChina
        case .instant(let instant): instant
        case .raw(let bytes): (try? JSONDocument(parsing: bytes))?.root.string.flatMap { Instant(rfc3339: $0) ?? Day($0)?.startInChina }
        case .text, .decimal, .bool, .texts: nil
        }
    }
}
