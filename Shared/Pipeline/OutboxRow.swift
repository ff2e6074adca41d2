import Deciding
import Vocabulary

/// The messages of one batch on one link, in order: one row of the outbox whatever their number.
package struct OutboxRow: Sendable {
    package let link: LinkOut
    package let firstSequence: Int64
    package let messages: [OutboxMessage]

    package init(link: LinkOut, firstSequence: Int64, messages: [OutboxMessage]) {
        self.link = link
        self.firstSequence = firstSequence
        self.messages = messages
    }

    package var lastSequence: Int64 { firstSequence + Int64(messages.count) - 1 }

    /// The messages as one block of length-prefixed fields.
    package var frames: [UInt8] {
        var frame = FrameWriter()
        frame.bytes.reserveCapacity(messages.reduce(0) { $0 + $1.message.value.count + 96 })
        for entry in messages {
            frame.short(Array(entry.message.type.utf8))
            frame.short(Array(entry.message.subject.utf8))
            frame.short(Array(entry.message.key.utf8))
            frame.number(entry.time.microseconds)
            frame.long(entry.message.value)
        }
        return frame.bytes
    }

    /// Reads a row back. Nil when the block is not what `frames` writes.
    package init?(link: LinkOut, firstSequence: Int64, lastSequence: Int64, frames: [UInt8]) {
        var reader = FrameReader(frames)
        var messages: [OutboxMessage] = []
        while !reader.atEnd {
            guard let type = reader.short(), let subject = reader.short(), let key = reader.short(), let time = reader.number(),
                let value = reader.long()
            else { return nil }
            messages.append(
                OutboxMessage(
                    message: OutgoingMessage(
                        topic: link.place.topic, key: String(decoding: key, as: UTF8.self),
                        subject: String(decoding: subject, as: UTF8.self),
                        type: String(decoding: type, as: UTF8.self), value: value),
                    time: Instant(microseconds: time)))
        }
        guard lastSequence - firstSequence + 1 == Int64(messages.count) else { return nil }
        self.init(link: link, firstSequence: firstSequence, messages: messages)
    }
}

package struct OutboxMessage: Sendable {
    package let message: OutgoingMessage
    /// When it was decided: the CloudEvents `time`.
    package let time: Instant

    package init(message: OutgoingMessage, time: Instant) {
        self.message = message
        self.time = time
    }
}

/// Appends length-prefixed fields, big-endian.
struct FrameWriter {
    var bytes: [UInt8] = []

    mutating func short(_ field: [UInt8]) {
        let count = UInt16(clamping: field.count)
        bytes.append(UInt8(count >> 8))
        bytes.append(UInt8(count & 0xFF))
        bytes.append(contentsOf: field.prefix(Int(count)))
    }

    mutating func long(_ field: [UInt8]) {
        let count = UInt32(clamping: field.count)
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        bytes.append(contentsOf: field)
    }

    mutating func number(_ value: Int64) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> Int64(shift))) }
    }
}

/// Reads what `FrameWriter` wrote; nil when the bytes end too early.
struct FrameReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var atEnd: Bool { position == bytes.count }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, position + count <= bytes.count else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func short() -> [UInt8]? {
        guard let prefix = take(2) else { return nil }
        return take(prefix.reduce(0) { $0 << 8 | Int($1) }).map(Array.init)
    }

    mutating func long() -> [UInt8]? {
        guard let prefix = take(4) else { return nil }
        return take(prefix.reduce(0) { $0 << 8 | Int($1) }).map(Array.init)
    }

    mutating func number() -> Int64? {
        guard let prefix = take(8) else { return nil }
        return prefix.reduce(0) { $0 << 8 | Int64($1) }
    }
}
