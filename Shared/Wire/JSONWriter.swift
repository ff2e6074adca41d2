import Vocabulary

/// Writes JSON text into bytes. Commas are put where they belong; keys stand in the order of the calls and are not checked for repeats.
///
///     let bytes = JSONWriter.encode { json in
///         json.object { json in
///             json.member("id", "A-1")
///             json.member("lines", array: { json in json.element(Int64(1)) })
///         }
///     }
public struct JSONWriter: Sendable {
    /// What is written so far.
    public private(set) var bytes: [UInt8] = []
    /// A value stands before, in the same container, that has no comma yet.
    private var needsComma = false

    /// Room for `capacity` bytes; more is found when needed.
    public init(reserving capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// The text that the closure writes.
    public static func encode<Failure: Error>(
        reserving capacity: Int = 256, _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) -> [UInt8] {
        var writer = JSONWriter(reserving: capacity)
        try body(&writer)
        return writer.bytes
    }

    // MARK: Containers

    /// An object, as the next value.
    public mutating func object<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        openObject()
        try body(&self)
        closeObject()
    }

    /// An array, as the next value.
    public mutating func array<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        openArray()
        try body(&self)
        closeArray()
    }

    // MARK: Members

    /// A member with a value; a nil value is written as null.
    public mutating func member(_ key: String, _ value: some JSONWritable) {
        self.key(key)
        value.write(to: &self)
    }

    /// A member, or nothing at all when there is no value.
    public mutating func memberIfPresent(_ key: String, _ value: (some JSONWritable)?) {
        if let value { member(key, value) }
    }

    /// A member whose value is an object.
    public mutating func member<Failure: Error>(
        _ key: String, object body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.key(key)
        try object(body)
    }

    /// A member whose value is an array.
    public mutating func member<Failure: Error>(
        _ key: String, array body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.key(key)
        try array(body)
    }

    /// A member whose value is this text, which must be one JSON value: it is not checked.
    public mutating func member(_ key: String, raw text: some Collection<UInt8>) {
        self.key(key)
        raw(text)
    }

    // MARK: Elements

    /// The next value of an array, or the document's only value.
    public mutating func element(_ value: some JSONWritable) { value.write(to: &self) }

    /// An object as the next value of an array.
    public mutating func element<Failure: Error>(object body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        try object(body)
    }

    /// An array as the next value of an array.
    public mutating func element<Failure: Error>(array body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        try array(body)
    }

    // MARK: Parts

    /// A key and its colon; a value must follow.
    public mutating func key(_ key: String) {
        separate()
        append(quoted: key)
        bytes.append(Ascii.colon)
        needsComma = false
    }

    /// A key as it stands in a checked document, with its quotes, and its colon; a value must follow.
    mutating func key(written text: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
        bytes.append(Ascii.colon)
        needsComma = false
    }

    /// This text as the next value. It must be one JSON value: it is not checked.
    public mutating func raw(_ text: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
    }

    /// The next value is an object; every opening needs its closing.
    public mutating func openObject() { open(Ascii.openBrace) }
    /// Ends the object opened last.
    public mutating func closeObject() { close(Ascii.closeBrace) }
    /// The next value is an array; every opening needs its closing.
    public mutating func openArray() { open(Ascii.openBracket) }
    /// Ends the array opened last.
    public mutating func closeArray() { close(Ascii.closeBracket) }

    /// A string as the next value, with the necessary escapes and no others.
    public mutating func value(_ string: String) {
        separate()
        append(quoted: string)
    }

    /// A string as the next value, of bytes that need no escapes.
    fileprivate mutating func value(plain write: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(Ascii.quote)
        write(&bytes)
        bytes.append(Ascii.quote)
    }

    /// True or false as the next value.
    public mutating func value(_ bool: Bool) {
        separate()
        append(bool ? "true" : "false")
    }

    /// Null as the next value.
    public mutating func null() {
        separate()
        append("null")
    }

    /// A whole number as the next value.
    public mutating func value(_ integer: Int64) {
        separate()
        // Int64 has at most 19 digits and a sign.
        var digits = InlineArray<20, UInt8>(repeating: Ascii.zero)
        var rest = integer.magnitude
        var first = 20
        repeat {
            first -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[first] = Ascii.zero &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        if integer < 0 {
            first -= 1
            digits[first] = Ascii.minus
        }
        unsafe digits.span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: $0[first...])) }
    }

    /// The shortest text that reads back as the same double; null for what JSON has no number for.
    public mutating func value(_ double: Double) {
        guard double.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: double.description.utf8)
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    @inline(__always) private mutating func separate() {
        if needsComma { bytes.append(Ascii.comma) }
        needsComma = true
    }

    private mutating func append(_ word: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    private mutating func append(quoted string: String) {
        bytes.append(Ascii.quote)
        let isDone: Void? = unsafe string.utf8.withContiguousStorageIfAvailable { unsafe append(escaping: $0) }
        if isDone == nil {
            var copy = string
            copy.withUTF8 { unsafe append(escaping: $0) }
        }
        bytes.append(Ascii.quote)
    }

    /// Copies the stretches between the bytes that need an escape.
    private mutating func append(escaping text: UnsafeBufferPointer<UInt8>) {
        var copied = 0
        var at = unsafe Self.cleanStart(of: text, from: 0)
        while at < text.count {
            let byte = unsafe text[at]
            guard byte < 0x20 || byte == Ascii.quote || byte == Ascii.backslash else {
                at += 1
                continue
            }
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<at]))
            bytes.append(Ascii.backslash)
            switch byte {
            case 0x08: bytes.append(Ascii.letterB)
            case 0x09: bytes.append(Ascii.letterT)
            case 0x0A: bytes.append(Ascii.letterN)
            case 0x0C: bytes.append(Ascii.letterF)
            case 0x0D: bytes.append(Ascii.letterR)
            case Ascii.quote, Ascii.backslash: bytes.append(byte)
            default:
                append("u00")
                bytes.append(Ascii.zero + byte >> 4)
                bytes.append(byte & 15 < 10 ? Ascii.zero + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
            }
            at += 1
            copied = at
            at = unsafe Self.cleanStart(of: text, from: at)
        }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied...]))
    }
}

extension JSONWriter {
    /// Where to look byte by byte again: the eight bytes there, or the fewer at the end, may hold one that needs an escape.
    @inline(__always)
    private static func cleanStart(of text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = unsafe UnsafeRawPointer(text.baseAddress) else { return start }
        var at = start
        while at + 8 <= text.count {
            let word = unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            // The high bit of a byte is set where subtracting went below zero and the byte itself had none (exact for the lowest such
            // byte, and one is enough).
            let control = (word &- 0x2020_2020_2020_2020) & ~word
            let quotes = word ^ 0x2222_2222_2222_2222
            let slashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
            let found = control | ((quotes &- 0x0101_0101_0101_0101) & ~quotes) | ((slashes &- 0x0101_0101_0101_0101) & ~slashes)
            guard found & 0x8080_8080_8080_8080 == 0 else { return at }
            at += 8
        }
        return at
    }
}

/// What can stand as a JSON value. Writes exactly one value.
public protocol JSONWritable {
    /// One value, no more and no less; the writer sees to the comma before it.
    func write(to writer: inout JSONWriter)
}

extension String: JSONWritable {
    /// A string.
    public func write(to writer: inout JSONWriter) { writer.value(self) }
}

extension Bool: JSONWritable {
    /// True or false.
    public func write(to writer: inout JSONWriter) { writer.value(self) }
}

extension Int64: JSONWritable {
    /// All digits: readers that know only doubles lose some beyond 2^53.
    public func write(to writer: inout JSONWriter) { writer.value(self) }
}

extension Int: JSONWritable {
    /// All digits.
    public func write(to writer: inout JSONWriter) { writer.value(Int64(self)) }
}

extension Int32: JSONWritable {
    /// All digits.
    public func write(to writer: inout JSONWriter) { writer.value(Int64(self)) }
}

extension Double: JSONWritable {
    /// Null for NaN and the infinities.
    public func write(to writer: inout JSONWriter) { writer.value(self) }
}

extension ExactDecimal: JSONWritable {
    /// All digits, as a number.
    public func write(to writer: inout JSONWriter) {
        if scale == 0 { writer.value(mantissa) } else { writer.raw(text.utf8) }
    }
}

extension Money: JSONWritable {
    /// Whole fen.
    public func write(to writer: inout JSONWriter) { writer.value(fen) }
}

extension BasisPoints: JSONWritable {
    /// A whole number of hundredths of a percent.
    public func write(to writer: inout JSONWriter) { writer.value(value) }
}

extension Day: JSONWritable {
    /// `"yyyy-MM-dd"`.
    public func write(to writer: inout JSONWriter) { writer.value(plain: { append(to: &$0) }) }
}

extension Month: JSONWritable {
    /// `"yyyy-MM"`.
    public func write(to writer: inout JSONWriter) { writer.value(plain: { append(to: &$0) }) }
}

extension Instant: JSONWritable {
    /// RFC 3339 in UTC, as a string.
    public func write(to writer: inout JSONWriter) { writer.value(plain: { append(to: &$0) }) }
}

extension JSONValue: JSONWritable {
    /// The value's text, unchanged.
    public func write(to writer: inout JSONWriter) { writer.raw(rawBytes) }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    /// Null when there is nothing.
    public func write(to writer: inout JSONWriter) {
        if let self { self.write(to: &writer) } else { writer.null() }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    /// An array of the elements in order.
    public func write(to writer: inout JSONWriter) {
        writer.openArray()
        for element in self { element.write(to: &writer) }
        writer.closeArray()
    }
}
