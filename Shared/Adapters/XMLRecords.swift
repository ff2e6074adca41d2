/// Reads the repeated elements of an XML file one at a time. A strict and bounded part of XML 1.0: elements, attributes, text, CDATA, comments
/// and processing instructions; the five predefined entities and character references; no document type, so no entity can be defined and
/// nothing can grow. The frame must be whole: at the first fault the file is not read on.
struct XMLRecords {
    static let depthMax = 64
    static let nameBytesMax = 256
    static let attributesMax = 64
    /// Bytes of one record, and of anything between two.
    static let recordBytesMax = 1 << 20

    struct Record {
        let line: Int
        let offset: Int
        /// The element as it came; empty when it was too long to be kept.
        let bytes: [UInt8]
        let defect: LineDefect?
    }

    private var window: ByteWindow
    private let encoding: TextEncoding
    private let record: [String]
    private let paths: [String: Int]
    private var line = 1
    private var stack: [String] = []
    private var isBegun = false
    private var isAfterRoot = false
    /// The bytes of the record so far; nil outside.
    private var kept: [UInt8]?

    init(window: ByteWindow, encoding: TextEncoding, record: [String], paths: [String: Int]) {
        self.window = window
        self.encoding = encoding
        self.record = record
        self.paths = paths
    }

    /// The record that is being read.
    private struct Open {
        let line: Int
        let offset: Int
        var defect: LineDefect?
        /// The text of each open element since the record's, for those that are a column.
        var texts: [(column: Int?, text: [UInt8])] = []
        var seen: Set<Int> = []
        var bytes = 0
    }

    /// The next record, its cells filled; nil at the end of the file.
    mutating func next(into cells: inout Cells) throws(FileDefect) -> Record? {
        if !isBegun {
            isBegun = true
            try window.skip(encoding.mark)
        }
        var open: Open?
        cells.clear()
        while true {
            let at = (line: line, offset: window.offset)
            guard let byte = try peek() else {
                guard stack.isEmpty, isAfterRoot else { throw fault(.xml, "the file ends inside its elements") }
                return nil
            }
            if byte != Byte.less {
                try text(&open, &cells)
                continue
            }
            // A record's bytes begin with its first bracket; whether this is one shows after the name.
            if kept == nil { kept = [] }
            try skip()
            switch try peek() {
            case Byte.slash:
                try skip()
                if try close(&open, &cells), let done = open {
                    let bytes = kept ?? []
                    kept = nil
                    return Record(
                        line: done.line, offset: done.offset, bytes: bytes.count > Self.recordBytesMax ? [] : bytes, defect: done.defect)
                }
            case Byte.bang: try markup(&open, &cells)
            case Byte.question: try until([Byte.question, Byte.greater])
            default:
                if try element(&open, &cells, at), let done = open {
                    let bytes = kept ?? []
                    kept = nil
                    return Record(line: done.line, offset: done.offset, bytes: bytes, defect: done.defect)
                }
            }
            if open == nil { kept = nil }
        }
    }

    // MARK: Elements

    /// A start tag. True when it was a record without content.
    private mutating func element(_ open: inout Open?, _ cells: inout Cells, _ at: (line: Int, offset: Int)) throws(FileDefect) -> Bool {
        guard !isAfterRoot else { throw fault(.xml, "a second root element") }
        let name = try name()
        guard stack.count < Self.depthMax else { throw fault(.xmlLimit, "elements nest deeper than \(Self.depthMax)") }
        stack.append(name)
        if open == nil, stack == record { open = Open(line: at.line, offset: at.offset) }
        let path = open.map { _ in stack.dropFirst(record.count).joined(separator: "/") }
        if open != nil, stack.count > record.count { open?.texts.append((path.flatMap { paths[$0] }, [])) }
        let isEmpty = try attributes(&open, &cells, path)
        guard isEmpty else { return false }
        return try end(&open, &cells)
    }

    /// Up to the tag's end. True when it ends in `/>`.
    private mutating func attributes(_ open: inout Open?, _ cells: inout Cells, _ path: String?) throws(FileDefect) -> Bool {
        var names: Set<String> = []
        while true {
            let hadSpace = try skipSpace()
            switch try peek() {
            case Byte.greater:
                try skip()
                return false
            case Byte.slash:
                try skip()
                guard try peek() == Byte.greater else { throw fault(.xml, "`/` inside a tag") }
                try skip()
                return true
            default: break
            }
            guard hadSpace else { throw fault(.xml, "no space before an attribute") }
            let name = try name()
            guard names.insert(name).inserted else { throw fault(.xml, "an attribute stands there twice") }
            guard names.count <= Self.attributesMax else { throw fault(.xmlLimit, "more than \(Self.attributesMax) attributes") }
            _ = try skipSpace()
            guard try peek() == Byte.equals else { throw fault(.xml, "an attribute without a value") }
            try skip()
            _ = try skipSpace()
            guard let quote = try peek(), quote == Byte.quote || quote == Byte.apostrophe else {
                throw fault(.xml, "an attribute's value has no quotes")
            }
            try skip()
            var value: [UInt8] = []
            while let byte = try peek(), byte != quote {
                guard byte != Byte.less else { throw fault(.xml, "`<` in an attribute") }
                if byte == Byte.ampersand { value += try reference() } else { value.append(byte); try skip() }
                guard value.count <= Self.recordBytesMax else {
                    throw fault(.xmlLimit, "an attribute longer than \(Self.recordBytesMax) bytes")
                }
            }
            guard try peek() == quote else { throw fault(.xml, "the file ends inside an attribute") }
            try skip()
            guard let path, let column = paths[path.isEmpty ? "@" + name : path + "/@" + name] else { continue }
            fill(column, value, &open, &cells)
        }
    }

    /// An end tag, behind its `</`. True when it closes the record.
    private mutating func close(_ open: inout Open?, _ cells: inout Cells) throws(FileDefect) -> Bool {
        let name = try name()
        _ = try skipSpace()
        guard try peek() == Byte.greater else { throw fault(.xml, "an end tag does not end") }
        try skip()
        guard stack.last == name else { throw fault(.xml, "an end tag that closes nothing open") }
        return try end(&open, &cells)
    }

    private mutating func end(_ open: inout Open?, _ cells: inout Cells) throws(FileDefect) -> Bool {
        stack.removeLast()
        if stack.isEmpty { isAfterRoot = true }
        guard open != nil else { return false }
        guard let ended = open?.texts.popLast() else { return true }
        if let column = ended.column { fill(column, ended.text, &open, &cells) }
        return false
    }

    private func fill(_ column: Int, _ value: [UInt8], _ open: inout Open?, _ cells: inout Cells) {
        guard open?.seen.insert(column).inserted == true else {
            if open?.defect == nil { open?.defect = LineDefect(.cellRepeated, place: column + 1) }
            return
        }
        let start = cells.text.count
        if let bad = cells.decode(value.span, encoding) {
            if open?.defect == nil { open?.defect = LineDefect(.encoding, place: column + 1, "at byte \(bad + 1) of the text") }
            return
        }
        cells.close(column, from: start)
    }

    // MARK: Text and markup

    private mutating func text(_ open: inout Open?, _ cells: inout Cells) throws(FileDefect) {
        guard !stack.isEmpty else {
            guard try skipSpace() else { throw fault(.xml, "text outside the root element") }
            return
        }
        let isWanted = open?.texts.last?.column != nil
        var text: [UInt8] = []
        while let byte = try peek(), byte != Byte.less {
            if byte == Byte.ampersand {
                let meant = try reference()
                if isWanted { text += meant }
            } else {
                if isWanted { text.append(byte) }
                try skip()
            }
            guard text.count <= Self.recordBytesMax else { throw fault(.xmlLimit, "a text longer than \(Self.recordBytesMax) bytes") }
        }
        append(text, to: &open)
    }

    private func append(_ text: [UInt8], to open: inout Open?) {
        guard !text.isEmpty, let last = open?.texts.indices.last, open?.texts[last].column != nil else { return }
        open?.texts[last].text += text
        open?.bytes += text.count
        if let bytes = open?.bytes, bytes > Self.recordBytesMax {
            open?.defect = LineDefect(.lineTooLong, "more than \(Self.recordBytesMax) bytes of text")
            open?.texts[last].text = []
        }
    }

    /// Behind `<`: a comment, CDATA, or a document type.
    private mutating func markup(_ open: inout Open?, _ cells: inout Cells) throws(FileDefect) {
        try skip()
        if try takes("--") {
            try until([Byte.hyphen, Byte.hyphen, Byte.greater])
        } else if try takes("[CDATA[") {
            guard !stack.isEmpty else { throw fault(.xml, "text outside the root element") }
            let text = try until([Byte.closing, Byte.closing, Byte.greater])
            append(text, to: &open)
        } else {
            throw fault(.xmlDocumentType, "a document type declaration, or markup that is none of comment and CDATA")
        }
    }

    /// `&lt;` and its four likes, `&#…;`, `&#x…;`.
    private mutating func reference() throws(FileDefect) -> [UInt8] {
        try skip()
        var name: [UInt8] = []
        while let byte = try peek(), byte != Byte.semicolon {
            guard name.count < 10 else { throw fault(.xml, "an entity that is none of the five") }
            name.append(byte)
            try skip()
        }
        guard try peek() == Byte.semicolon else { throw fault(.xml, "an entity does not end") }
        try skip()
        switch String(decoding: name, as: UTF8.self) {
        case "lt": return [Byte.less]
        case "gt": return [Byte.greater]
        case "amp": return [Byte.ampersand]
        case "quot": return [Byte.quote]
        case "apos": return [Byte.apostrophe]
        case let text where text.hasPrefix("#"):
            let isHexadecimal = text.hasPrefix("#x")
            let digits = text.dropFirst(isHexadecimal ? 2 : 1)
            guard digits.first.map({ $0 != "+" && $0 != "-" }) == true, let value = UInt32(digits, radix: isHexadecimal ? 16 : 10),
                value >= 0x20 || [9, 10, 13].contains(value), value != 0xFFFE, value != 0xFFFF, let scalar = Unicode.Scalar(value)
            else { throw fault(.xml, "a reference to no character") }
            // Beyond ASCII the file's encoding would have to be written back; nobody refers to such a character in a file that can hold it.
            guard encoding == .utf8 || value < 0x80 else { throw fault(.xml, "a reference to a character beyond ASCII in a GB 18030 file") }
            return Array(String(scalar).utf8)
        default: throw fault(.xml, "an entity that is none of the five")
        }
    }

    // MARK: Bytes

    private mutating func name() throws(FileDefect) -> String {
        var name: [UInt8] = []
        while let byte = try peek(), byte >= 0x80 || isNameByte(byte) || isTrailing(name, byte) {
            name.append(byte)
            guard name.count <= Self.nameBytesMax else { throw fault(.xmlLimit, "a name longer than \(Self.nameBytesMax) bytes") }
            try skip()
        }
        var text: [UInt8] = []
        guard let first = name.first, first >= 0x80 || isNameStart(first), encoding.decode(name.span, into: &text) == nil else {
            throw fault(.xml, "a name is missing or no name")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The second byte of a GB 18030 character may be a bracket or a bar; it belongs to the name.
    private func isTrailing(_ name: [UInt8], _ byte: UInt8) -> Bool {
        guard encoding == .gb18030, byte >= 0x40 else { return false }
        var index = 0
        while index < name.count { index += name[index] >= 0x80 ? 2 : 1 }
        return index > name.count
    }

    private func isNameStart(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        isNameStart(byte) || (48...57).contains(byte) || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":")].contains(byte)
    }

    private mutating func peek() throws(FileDefect) -> UInt8? {
        if window.count == 0 { guard try window.grow(line: line) else { return nil } }
        return window.bytes[window.start]
    }

    /// Takes the byte that `peek` saw.
    private mutating func skip() throws(FileDefect) {
        let byte = window.bytes[window.start]
        window.take(1)
        if byte == 10 { line += 1 }
        if byte == 0 { throw fault(.xml, "a zero byte") }
        guard let size = kept?.count else { return }
        // One byte more says that it was too long.
        if size <= Self.recordBytesMax { kept?.append(byte) }
    }

    private mutating func skipSpace() throws(FileDefect) -> Bool {
        var skipped = false
        while let byte = try peek(), byte == 0x20 || byte == 9 || byte == 10 || byte == 13 {
            try skip()
            skipped = true
        }
        return skipped
    }

    private mutating func takes(_ word: StaticString) throws(FileDefect) -> Bool {
        let bytes = Array(String(describing: word).utf8)
        while window.count < bytes.count { guard try window.grow(line: line) else { return false } }
        guard window.bytes[window.start..<window.start + bytes.count].elementsEqual(bytes) else { return false }
        for _ in bytes { try skip() }
        return true
    }

    /// Everything before the mark, which is taken too.
    @discardableResult
    private mutating func until(_ mark: [UInt8]) throws(FileDefect) -> [UInt8] {
        var text: [UInt8] = []
        while let byte = try peek() {
            text.append(byte)
            try skip()
            if byte == mark.last, text.suffix(mark.count).elementsEqual(mark) { return Array(text.dropLast(mark.count)) }
            guard text.count <= Self.recordBytesMax else { throw fault(.xmlLimit, "longer than \(Self.recordBytesMax) bytes") }
        }
        throw fault(.xml, "the file ends inside markup")
    }

    private func fault(_ code: FileDefect.Code, _ detail: String) -> FileDefect {
        FileDefect(code, line: line, offset: window.offset, detail)
    }

    private enum Byte {
        static let less = UInt8(ascii: "<")
        static let greater = UInt8(ascii: ">")
        static let slash = UInt8(ascii: "/")
        static let bang = UInt8(ascii: "!")
        static let question = UInt8(ascii: "?")
        static let equals = UInt8(ascii: "=")
        static let quote = UInt8(ascii: "\"")
        static let apostrophe = UInt8(ascii: "'")
        static let ampersand = UInt8(ascii: "&")
        static let semicolon = UInt8(ascii: ";")
        static let hyphen = UInt8(ascii: "-")
        static let closing = UInt8(ascii: "]")
    }
}
