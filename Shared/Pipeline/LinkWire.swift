import Contracts
import Deciding
import Kafka
import Vocabulary
import Wire

/// One Kafka message that a row of the outbox becomes, or is part of.
public struct WireMessage: Sendable {
    /// The row's block, in which key and value lie; shared, not copied.
    public let frames: [UInt8]
    public let key: Range<Int>?
    public let value: Range<Int>
    public let headers: [KafkaHeader]
    /// The link's sequences that it carries.
    public let sequences: ClosedRange<Int64>
}

/// How a link looks on the broker: pure, so that what the simulator sends is what the publisher sends.
public struct LinkWire: Sendable {
    private let service: ServiceName
    private let dialect: @Sendable (String) -> Dialect

    public init(service: ServiceName, dialect: @escaping @Sendable (String) -> Dialect) {
        self.service = service
        self.dialect = dialect
    }

    /// The content type of a packed message.
    public static let packedType = "application/vnd.xinqiao.frames"

    /// The CloudEvents source of what a lane of a service sends.
    public static func source(_ service: ServiceName, lane: Int32) -> String { "xinqiao/\(service.rawValue)/\(lane)" }

    /// The row as Kafka messages, in order: one when the topic is packed, else one an event.
    public func messages(of row: OutboxRow) -> [WireMessage] {
        let source = Self.source(service, lane: row.link.lane)
        switch dialect(row.link.place.topic) {
        case .packed:
            return [
                WireMessage(
                    frames: row.frames, key: nil, value: 0..<row.frames.count,
                    headers: [
                        header("ce_source", source), header("ce_sequence", String(row.firstSequence)),
                        header("content-type", Self.packedType),
                    ], sequences: row.firstSequence...row.lastSequence)
            ]
        case .cloudEvents:
            return events(of: row) { frame, sequence, time in
                let subject = frame.subject ?? frame.key
                return [
                    Self.specVersion,
                    header(
                        "ce_id",
                        Message.linkID(
                            topic: row.link.place.topic, partition: row.link.place.partition, source: source, sequence: sequence)),
                    header("ce_source", source), header("ce_type", frame.type),
                    KafkaHeader(name: "ce_subject", value: Array(row.frames[subject])), header("ce_time", time.rfc3339),
                    header("ce_sequence", String(sequence)), Self.json,
                ]
            }
        case .bare:
            let sender = "\(service.rawValue)/\(row.link.lane)/"
            return events(of: row) { _, sequence, _ in [header("xinqiao-link", sender + String(sequence))] }
        }
    }

    /// The same as the broker would hand them out, from `offset` on.
    public func raw(_ row: OutboxRow, at offset: Int64) -> [RawMessage] {
        messages(of: row).enumerated().map { index, message in
            RawMessage(
                topic: row.link.place.topic, partition: row.link.place.partition, offset: offset + Int64(index),
                key: message.key.map { Array(message.frames[$0]) }, value: Array(message.frames[message.value]),
                headers: message.headers.map { ($0.name, $0.value) })
        }
    }

    private func events(of row: OutboxRow, headers: (EventFrame, Int64, Instant) -> [KafkaHeader]) -> [WireMessage] {
        guard var reader = FrameReader(row.frames) else { return [] }
        var messages: [WireMessage] = []
        messages.reserveCapacity(row.count)
        var sequence = row.firstSequence
        while let frame = reader.next() {
            messages.append(
                WireMessage(
                    frames: row.frames, key: frame.key, value: frame.value, headers: headers(frame, sequence, reader.time),
                    sequences: sequence...sequence))
            sequence += 1
        }
        return messages
    }

    private static let specVersion = KafkaHeader(name: "ce_specversion", value: Array("1.0".utf8))
    private static let json = KafkaHeader(name: "content-type", value: Array("application/json".utf8))
}

private func header(_ name: String, _ text: String) -> KafkaHeader { KafkaHeader(name: name, value: Array(text.utf8)) }
