/// A JSON text that was checked as a whole: RFC 8259, UTF-8, within limits. Values are views into it and cost nothing until read.
public final class JSONDocument: Sendable {
    /// The text as it came.
    public let bytes: [UInt8]
    let tape: [TapeEntry]
    let duplicateKeys: JSONLimits.DuplicateKeys

    /// Reads the text in one pass. Refuses anything that is not exactly one JSON value with white space around it.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONDefect) {
        let bytesMax = min(limits.bytesMax, JSONLimits.bytesCeiling)
        guard bytes.count <= bytesMax else { throw JSONDefect(.sizeOverLimit, at: max(0, bytesMax)) }
        guard !bytes.isEmpty else { throw JSONDefect(.unterminated, at: 0) }

        var defect: JSONDefect?
        tape = unsafe bytes.withUnsafeBufferPointer { text in
            let capacity = unsafe JSONParser.entriesMax(in: text)
            return unsafe [TapeEntry](unsafeUninitializedCapacity: capacity) { tape, count in
                var parser = unsafe JSONParser(text: text, tape: tape, limits: limits)
                do throws(JSONDefect) {
                    try parser.parse()
                    count = parser.tapeCount
                } catch {
                    defect = error
                }
            }
        }
        self.bytes = bytes
        duplicateKeys = limits.duplicateKeys
        if let defect { throw defect }
    }

    /// The document `null`.
    static let null = JSONDocument(null: ())

    private init(null: Void) {
        bytes = Array("null".utf8)
        tape = [TapeEntry(offset: 0, length: 4, link: 0, info: JSONKind.null.code)]
        duplicateKeys = .refused
    }

    /// The document's one value.
    public var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// One value or key on the tape, in the order of the text: sixteen bytes.
struct TapeEntry: Sendable {
    /// Where the value's text begins, the opening quote or bracket included.
    var offset: UInt32
    /// Bytes of the value's text, quotes and brackets included.
    var length: UInt32
    /// Containers: the tape index after the last descendant (while open: the parent's index). Small integers: the value.
    var link: UInt32
    /// Kind in the low three bits, flags above, a container's count from bit 8 up.
    var info: UInt32

    static let kindMask: UInt32 = 0b111
    /// Strings: a backslash occurs. Bools: true.
    static let hasEscapes: UInt32 = 1 << 3
    static let isTrue: UInt32 = 1 << 3
    /// Numbers: an integer of at most nine digits, which `link` holds as an Int32.
    static let isSmallInteger: UInt32 = 1 << 4
    static let countShift: UInt32 = 8
    /// A count that did not fit is stored as this and counted anew when asked for.
    static let countMax: UInt32 = 0xFF_FFFF

    @inline(__always) var kindCode: UInt32 { info & Self.kindMask }
    @inline(__always) var isContainer: Bool { kindCode >= JSONKind.array.code }
    @inline(__always) var hasEscapes: Bool { info & Self.hasEscapes != 0 }
    @inline(__always) var start: Int { Int(offset) }
    @inline(__always) var end: Int { Int(offset) + Int(length) }
    /// A string's bytes without its quotes.
    @inline(__always) var inside: Range<Int> { start + 1..<end - 1 }
    /// The tape index of what follows, for the entry at `index`.
    @inline(__always) func next(after index: Int) -> Int { isContainer ? Int(link) : index + 1 }
}

/// The six kinds of JSON value.
public enum JSONKind: UInt8, Sendable {
    case null, bool, number, string, array, object

    @inline(__always) var code: UInt32 { UInt32(rawValue) }
}
