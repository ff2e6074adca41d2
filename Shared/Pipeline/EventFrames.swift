import Vocabulary

/// The events of one link in order, as one block of bytes: what a row of the outbox keeps and what a packed Kafka message carries.
///
///     version (1) · count (4) · time (8) · then per event: type (1 + n, 0 = as before) · key (2 + n) · subject (2 + n, FFFF = the key)
///     · value (4 + n)
///
/// Numbers are big-endian; time is in microseconds since 1970 and is the batch's. The version changes with the layout.
public enum EventFrames {
    static let version: UInt8 = 1
    static let headLength = 13
    /// A subject that is the key.
    static let sameAsKey: UInt16 = 0xFFFF

    /// The four lengths of an event with nothing in it.
    static let eventLengthMin = 9

    /// How many events a block says it has; nil when it is no block of ours, or can not hold that many.
    static func count(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= headLength, bytes[0] == version else { return nil }
        let count = Int(bytes[1]) << 24 | Int(bytes[2]) << 16 | Int(bytes[3]) << 8 | Int(bytes[4])
        return count <= (bytes.count - headLength) / eventLengthMin ? count : nil
    }
}

/// Writes a block, event by event.
struct FrameWriter {
    private(set) var bytes: [UInt8]
    private(set) var count = 0
    private var lastType = ""

    init(time: Instant) {
        bytes = [EventFrames.version, 0, 0, 0, 0]
        bytes.reserveCapacity(1_024)
        bytes.append(bigEndian: UInt64(bitPattern: time.microseconds))
    }

    /// Names longer than a field's length allows are cut; contracts keep them far below.
    mutating func append(type: String, key: String, subject: String, value: [UInt8]) {
        count += 1
        if type == lastType {
            bytes.append(0)
        } else {
            let text = type.utf8.prefix(255)
            bytes.append(UInt8(text.count))
            bytes.append(contentsOf: text)
            lastType = type
        }
        append(short: key)
        if subject == key { bytes.append(bigEndian: EventFrames.sameAsKey) } else { append(short: subject) }
        bytes.append(bigEndian: UInt32(clamping: value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func append(short text: String) {
        let utf8 = text.utf8
        bytes.append(bigEndian: UInt16(min(utf8.count, 0xFFFE)))
        bytes.append(contentsOf: utf8.prefix(0xFFFE))
    }

    /// The block, with its count.
    var block: [UInt8] {
        var block = bytes
        for (place, shift) in [24, 16, 8, 0].enumerated() { block[1 + place] = UInt8(truncatingIfNeeded: count >> shift) }
        return block
    }
}

/// One event of a block: where its parts lie.
struct EventFrame {
    let type: String
    let key: Range<Int>
    /// Nil: the same as the key.
    let subject: Range<Int>?
    let value: Range<Int>
}

/// Reads what `FrameWriter` wrote. Every length is checked: a damaged block ends early with `isDamaged`.
struct FrameReader {
    let bytes: [UInt8]
    let count: Int
    let time: Instant
    private(set) var isDamaged = false
    private var position = EventFrames.headLength
    private var read = 0
    private var type = ""

    /// Nil when it is no block of ours.
    init?(_ bytes: [UInt8]) {
        guard let count = EventFrames.count(of: bytes) else { return nil }
        self.bytes = bytes
        self.count = count
        time = Instant(microseconds: bytes[5..<13].reduce(0) { $0 << 8 | Int64($1) })
    }

    /// The next event; nil at the end, or where the block is damaged.
    mutating func next() -> EventFrame? {
        guard read < count, !isDamaged else {
            // What follows the last event is damage too.
            if !isDamaged, position != bytes.count { isDamaged = true }
            return nil
        }
        guard let typeLength = number(1), let typeRange = range(typeLength) else { return damaged() }
        if typeLength > 0 { type = String(decoding: bytes[typeRange], as: UTF8.self) }
        guard let keyLength = number(2), let key = range(keyLength), let subjectLength = number(2) else { return damaged() }
        var subject: Range<Int>?
        if subjectLength != Int(EventFrames.sameAsKey) {
            guard let found = range(subjectLength) else { return damaged() }
            subject = found
        }
        guard let valueLength = number(4), let value = range(valueLength) else { return damaged() }
        read += 1
        return EventFrame(type: type, key: key, subject: subject, value: value)
    }

    private mutating func damaged() -> EventFrame? {
        isDamaged = true
        return nil
    }

    private mutating func range(_ length: Int) -> Range<Int>? {
        guard position + length <= bytes.count else { return nil }
        defer { position += length }
        return position..<position + length
    }

    private mutating func number(_ width: Int) -> Int? {
        guard position + width <= bytes.count else { return nil }
        var number = 0
        for index in position..<position + width { number = number << 8 | Int(bytes[index]) }
        position += width
        return number
    }
}

extension [UInt8] {
    mutating func append(bigEndian number: some FixedWidthInteger) {
        var shift = number.bitWidth - 8
        while shift >= 0 {
            append(UInt8(truncatingIfNeeded: number >> shift))
            shift -= 8
        }
    }
}
