import Contracts
import Deciding
import Kafka
import Vocabulary

/// One Kafka message of a link, as the sending service would send it.
package struct LinkRecord: Sendable {
    /// The last sequence that the message carries.
    package let lastSequence: Int64
    package let key: [UInt8]
    package let value: [UInt8]
    package let headers: [KafkaHeader]
}

/// Turns an outbox row back into what goes to the broker, so that a link can be sent again with its own sequences.
package enum LinkRecords {
    /// - Parameter from: sequences below it are left out.
    package static func records(of row: OutboxRow, from: Int64, service: ServiceName) -> [LinkRecord] {
        let skipped = Int(clamping: max(0, from - row.firstSequence))
        return row.messages.enumerated().dropFirst(skipped).map { index, entry in
            let sequence = row.firstSequence + Int64(index)
            return LinkRecord(
                lastSequence: sequence, key: Array(entry.message.key.utf8), value: entry.message.value,
                headers: headers(entry, row.link, sequence, service))
        }
    }

    /// CloudEvents 1.0, Kafka binding, binary mode. The sequence is the link's.
    static func headers(_ entry: OutboxMessage, _ link: LinkOut, _ sequence: Int64, _ service: ServiceName) -> [KafkaHeader] {
        func header(_ name: String, _ text: String) -> KafkaHeader { KafkaHeader(name: name, value: Array(text.utf8)) }
        return [
            header("ce_specversion", "1.0"),
            header("ce_id", "\(link.place.topic)/\(link.place.partition)/\(link.lane)/\(sequence)"),
            header("ce_source", Publisher.source(service, lane: link.lane)),
            header("ce_type", entry.message.type),
            header("ce_subject", entry.message.subject),
            header("ce_time", entry.time.rfc3339),
            header("ce_sequence", String(sequence)),
            header("content-type", "application/json"),
        ]
    }
}
