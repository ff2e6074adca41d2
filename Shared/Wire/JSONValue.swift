import Vocabulary

/// A view of one value in a document. Reading the wrong kind gives nil, never a guess.
public struct JSONValue: Sendable {
    let document: JSONDocument
    /// Where the value's entry is on the tape.
    let index: Int

    /// The word `null`, of no particular document.
    public static let null = JSONDocument.null.root

    @inline(__always) var entry: TapeEntry { document.tape[index] }

    /// Which of the six kinds the value is of.
    public var kind: JSONKind { JSONKind(rawValue: UInt8(truncatingIfNeeded: entry.kindCode)) ?? .null }

    /// The word `null`; a missing member is no value at all.
    public var isNull: Bool { entry.kindCode == JSONKind.null.code }

    /// Bytes from the start of the document's text to this value.
    public var offset: Int { entry.start }

    /// The line of the document's text on which the value begins, from 1. Walks the text: for messages to people.
    public var line: Int { document.bytes[..<offset].reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) } }

    /// The value's own text, unchanged: for passing on and for hashing "same bytes".
    public var rawBytes: ArraySlice<UInt8> {
        let entry = entry
        return document.bytes[entry.start..<entry.end]
    }

    // MARK: Scalars

    /// True or false; nil for every other kind.
    public var bool: Bool? {
        let entry = entry
        return entry.kindCode == JSONKind.bool.code ? entry.info & TapeEntry.isTrue != 0 : nil
    }

    /// A string with its escapes resolved; nil for every other kind.
    public var string: String? {
        let entry = entry
        guard entry.kindCode == JSONKind.string.code else { return nil }
        return JSONValue.string(entry, in: document)
    }

    static func string(_ entry: TapeEntry, in document: JSONDocument) -> String {
        let bytes = document.bytes
        let text = bytes.span.extracting(entry.inside)
        guard !entry.hasEscapes else { return String(decoding: JSONText.unescaped(text), as: UTF8.self) }
        return unsafe text.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A string's bytes in the document, without copying; nil for other kinds and when there are escapes (then see `string`).
    public var utf8: ArraySlice<UInt8>? {
        let entry = entry
        guard entry.kindCode == JSONKind.string.code, !entry.hasEscapes else { return nil }
        return document.bytes[entry.inside]
    }

    /// An exact whole number, however it is written: 100, 1e2, 100.0. Nil for a fraction and for what 64 bits cannot hold.
    public var int: Int64? {
        let entry = entry
        guard entry.kindCode == JSONKind.number.code else { return nil }
        if entry.info & TapeEntry.isSmallInteger != 0 { return Int64(Int32(bitPattern: entry.link)) }
        guard let decimal = exactDecimal(entry), decimal.scale == 0 else { return nil }
        return decimal.mantissa
    }

    /// A number without any rounding; nil for other kinds and for what an `ExactDecimal` cannot hold.
    public var decimal: ExactDecimal? {
        let entry = entry
        guard entry.kindCode == JSONKind.number.code else { return nil }
        if entry.info & TapeEntry.isSmallInteger != 0 { return ExactDecimal(Int64(Int32(bitPattern: entry.link))) }
        return exactDecimal(entry)
    }

    private func exactDecimal(_ entry: TapeEntry) -> ExactDecimal? {
        let bytes = document.bytes
        return ExactDecimal(token: bytes.span.extracting(entry.start..<entry.end))
    }

    /// The nearest double; nil for other kinds and beyond the largest double (1e400). What is too small for a double is 0.
    public var double: Double? {
        let entry = entry
        guard entry.kindCode == JSONKind.number.code else { return nil }
        if entry.info & TapeEntry.isSmallInteger != 0 { return Double(Int32(bitPattern: entry.link)) }
        // Zero goes the long way, for its sign.
        if let decimal = exactDecimal(entry), decimal.mantissa != 0 { return decimal.double }
        guard let double = Double(String(decoding: rawBytes, as: UTF8.self)), double.isFinite else { return nil }
        return double
    }

    // MARK: Containers

    /// Elements of an array or members of an object; 0 for scalars.
    public var count: Int {
        let entry = entry
        guard entry.isContainer else { return 0 }
        let stored = entry.info >> TapeEntry.countShift
        if stored < TapeEntry.countMax { return Int(stored) }
        var count = 0
        var at = index + 1
        while at < Int(entry.link) {
            // A member's value comes after its key.
            if entry.kindCode == JSONKind.object.code { at += 1 }
            at = document.tape[at].next(after: at)
            count += 1
        }
        return count
    }

    /// The member with this key, compared byte by byte; nil when there is none or this is no object.
    public subscript(key: String) -> JSONValue? {
        let entry = entry
        guard entry.kindCode == JSONKind.object.code else { return nil }
        let found = unsafe key.utf8.withContiguousStorageIfAvailable { key in
            unsafe find(key, from: index + 1, to: Int(entry.link))
        }
        if let found { return found.map { JSONValue(document: document, index: $0) } }
        let copy = Array(key.utf8)
        return unsafe copy.withUnsafeBufferPointer { unsafe find($0, from: index + 1, to: Int(entry.link)) }
            .map { JSONValue(document: document, index: $0) }
    }

    /// The tape index of the value whose key this is.
    private func find(_ key: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int? {
        let length = UInt32(clamping: key.count + 2)
        let lastWins = document.duplicateKeys == .lastWins
        return unsafe document.tape.withUnsafeBufferPointer { tape in
            unsafe document.bytes.withUnsafeBufferPointer { bytes in
                var found: Int?
                var at = start
                while at < end {
                    let entry = unsafe tape[at]
                    let isSame: Bool
                    if entry.hasEscapes {
                        isSame = unsafe JSONText.unescaped(bytes.span.extracting(entry.inside)).elementsEqual(key)
                    } else {
                        isSame = unsafe entry.length == length && same(bytes, entry.start + 1, key)
                    }
                    if isSame {
                        if !lastWins { return at + 1 }
                        found = at + 1
                    }
                    at = unsafe tape[at + 1].next(after: at + 1)
                }
                return found
            }
        }
    }

    @inline(__always)
    private func same(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        var step = 0
        while step < key.count {
            if unsafe bytes[start + step] != key[step] { return false }
            step += 1
        }
        return true
    }

    /// The element at this place, counted from 0; nil beyond the end and for other kinds. Walks: use `elements` to read all.
    public subscript(at place: Int) -> JSONValue? {
        guard place >= 0, place < count else { return nil }
        return elements.dropFirst(place).first { _ in true }
    }

    /// An array's elements in order; empty for every other kind.
    public var elements: JSONElements {
        let entry = entry
        let end = entry.kindCode == JSONKind.array.code ? Int(entry.link) : 0
        return JSONElements(document: document, index: index + 1, end: end)
    }

    /// An object's members in order; empty for every other kind.
    public var members: JSONMembers {
        let entry = entry
        let end = entry.kindCode == JSONKind.object.code ? Int(entry.link) : 0
        return JSONMembers(document: document, index: index + 1, end: end)
    }
}

/// The elements of an array, in order.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var index: Int
    let end: Int

    /// The next element; nil at the end.
    public mutating func next() -> JSONValue? {
        guard index < end else { return nil }
        defer { index = document.tape[index].next(after: index) }
        return JSONValue(document: document, index: index)
    }
}

/// The members of an object, in order, keys with their escapes resolved.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    let document: JSONDocument
    var index: Int
    let end: Int

    /// The next key and value; nil at the end.
    public mutating func next() -> (key: String, value: JSONValue)? {
        guard index < end else { return nil }
        let key = JSONValue.string(document.tape[index], in: document)
        let value = JSONValue(document: document, index: index + 1)
        index = document.tape[index + 1].next(after: index + 1)
        return (key, value)
    }
}

extension JSONValue {
    /// A string `yyyy-MM-dd` that names a day which exists.
    public var day: Day? { string.flatMap { Day($0) } }

    /// A string `yyyy-MM` that names a month.
    public var month: Month? { string.flatMap { Month($0) } }

    /// An RFC 3339 string.
    public var instant: Instant? { string.flatMap { Instant(rfc3339: $0) } }

    /// A whole number of fen.
    public var money: Money? { int.map { Money(fen: $0) } }

    /// Yuan as a number or as a string of one, at most two decimals (1.50 and 1.500 are the same amount; 1.505 is refused, not rounded).
    public var moneyInYuan: Money? {
        guard let yuan = kind == .string ? string.flatMap({ ExactDecimal($0) }) : decimal, yuan.scale <= 2 else { return nil }
        let (fen, overflow) = yuan.mantissa.multipliedReportingOverflow(by: [100, 10, 1][yuan.scale])
        return overflow ? nil : Money(fen: fen)
    }
}
