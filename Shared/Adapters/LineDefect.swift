/// Why one line of a file was not taken, and where in it. Never holds a value of the line: reasons are read by many.
public struct LineDefect: Error, Hashable, Sendable {
    /// What is wrong. The raw values are stable: they are stored beside refused lines and counted.
    public enum Code: String, CaseIterable, Sendable {
        /// Bytes that are no character in the layout's encoding; the place is the byte in the line, from 1.
        case encoding = "encoding"
        /// The line has more bytes than a line may have.
        case lineTooLong = "line-too-long"
        /// Another number of cells than the layout or the first line has.
        case cellCount = "cell-count"
        /// A quote inside a cell that does not begin with one, or something between a closing quote and the delimiter.
        case quote = "quote"
        /// A quoted cell that never ends.
        case quoteOpen = "quote-open"
        /// A fixed-width line that ends before its last column.
        case lineShort = "line-short"
        /// Not one JSON object in the line.
        case json = "json"
        /// A column that the layout reads once stands there twice.
        case cellRepeated = "cell-repeated"
        /// The subject's or the time's cell is empty, or a cell is that the layout requires.
        case cellMissing = "cell-missing"
        /// Not a number as the layout says it is written.
        case number = "number"
        /// More digits after the point than the target has: nothing is rounded.
        case decimals = "decimals"
        /// Beyond what 64 bits hold after the change of unit.
        case range = "range"
        /// Not a day, month or moment in the layout's format, or one that no calendar has.
        case date = "date"
        /// Neither of the layout's words for yes and no.
        case bool = "bool"
        /// Not in the code list.
        case codeUnknown = "code-unknown"
        /// The rule of a computed field gives no value of its type, or spends more than a rule may.
        case computed = "computed"
    }

    public let code: Code
    /// The column as the layout names it; nil when the line as a whole is meant.
    public let column: String?
    /// Cells: the column's number, from 1. Encoding and quotes: the character's place in bytes, from 1.
    public let place: Int?
    public let detail: String

    public init(_ code: Code, column: String? = nil, place: Int? = nil, _ detail: String = "") {
        self.code = code
        self.column = column
        self.place = place
        self.detail = detail
    }
}

/// Why a file can not be read on: its frame is broken, so that no line after this place has a meaning.
public struct FileDefect: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, CaseIterable, Sendable {
        /// The bytes could not be had.
        case unreadable = "file-unreadable"
        /// The first line lacks a column that the layout reads.
        case columnMissing = "column-missing"
        /// The first line has a column that the layout neither reads nor ignores.
        case columnUnknown = "column-unknown"
        /// The first line is itself not readable.
        case header = "header"
        /// Not well-formed XML, or more than the reader's strict part of it.
        case xml = "xml"
        /// A document type declaration: refused whatever it says.
        case xmlDocumentType = "xml-dtd"
        /// Beyond the reader's bounds on depth, names and attributes.
        case xmlLimit = "xml-limit"
    }

    public let code: Code
    /// From 1.
    public let line: Int
    /// Bytes from the start of the file.
    public let offset: Int
    public let detail: String

    public init(_ code: Code, line: Int, offset: Int, _ detail: String) {
        self.code = code
        self.line = line
        self.offset = offset
        self.detail = detail
    }

    public var description: String { "line \(line), byte \(offset): \(code.rawValue): \(detail)" }
}
