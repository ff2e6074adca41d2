import Contracts
import Deciding
import Vocabulary

/// Messages of one batch on one link, in order: one row of the outbox, and on a packed topic one Kafka message.
public struct OutboxRow: Sendable {
    public let link: LinkOut
    public let firstSequence: Int64
    /// How many messages.
    public let count: Int
    /// The messages as `EventFrames` lays them out.
    public let frames: [UInt8]

    /// A row's frames stay below this, so that a packed message fits the broker's limit; a single message may be larger.
    static let framesSizeMax = 512 << 10

    public init(link: LinkOut, firstSequence: Int64, count: Int, frames: [UInt8]) {
        self.link = link
        self.firstSequence = firstSequence
        self.count = count
        self.frames = frames
    }

    public var lastSequence: Int64 { firstSequence + Int64(count) - 1 }

    /// A row as the table has it. Nil when the block is damaged, or says another number of messages than the sequences.
    public init?(link: LinkOut, firstSequence: Int64, lastSequence: Int64, frames: [UInt8]) {
        guard var reader = FrameReader(frames), Int64(reader.count) == lastSequence - firstSequence + 1 else { return nil }
        while reader.next() != nil {}
        guard !reader.isDamaged else { return nil }
        self.init(link: link, firstSequence: firstSequence, count: reader.count, frames: frames)
    }

    /// A row made of messages, for what is sent without a batch.
    public init(link: LinkOut, firstSequence: Int64, at time: Instant, messages: [OutgoingMessage]) {
        var frames = FrameWriter(time: time)
        for message in messages { frames.append(type: message.type, key: message.key, subject: message.subject, value: message.value) }
        self.init(link: link, firstSequence: firstSequence, count: frames.count, frames: frames.block)
    }

    /// The messages one by one.
    public var messages: [OutgoingMessage] {
        guard var reader = FrameReader(frames) else { return [] }
        var messages: [OutgoingMessage] = []
        messages.reserveCapacity(count)
        while let frame = reader.next() {
            let key = String(decoding: frames[frame.key], as: UTF8.self)
            messages.append(
                OutgoingMessage(
                    topic: link.place.topic, key: key, subject: frame.subject.map { String(decoding: frames[$0], as: UTF8.self) } ?? key,
                    type: frame.type, value: Array(frames[frame.value])))
        }
        return messages
    }

    /// When they were decided: the CloudEvents `time` of all of them.
    public var time: Instant { FrameReader(frames)?.time ?? .epoch }
}

/// Collects what goes out on one link in one batch, and cuts it into rows.
struct LinkWriter {
    private let link: LinkOut
    private let time: Instant
    private var first: Int64
    private var frames: FrameWriter
    private var rows: [OutboxRow] = []

    init(_ link: LinkOut, after last: Int64, at time: Instant) {
        self.link = link
        self.time = time
        first = last + 1
        frames = FrameWriter(time: time)
    }

    mutating func append(_ message: OutgoingMessage) {
        if frames.count > 0, frames.bytes.count + message.value.count > OutboxRow.framesSizeMax { cut() }
        frames.append(type: message.type, key: message.key, subject: message.subject, value: message.value)
    }

    private mutating func cut() {
        guard frames.count > 0 else { return }
        rows.append(OutboxRow(link: link, firstSequence: first, count: frames.count, frames: frames.block))
        first += Int64(frames.count)
        frames = FrameWriter(time: time)
    }

    /// The rows, and the last sequence given out.
    mutating func finish() -> (rows: [OutboxRow], last: Int64) {
        cut()
        return (rows, first - 1)
    }
}
