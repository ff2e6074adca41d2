import Contracts
import Deciding
import Vocabulary

/// `accepted_record`: one row for every record let in, and where its bytes lie.
public enum AcceptedRecordTable {
    public static let table = StoreTable(
        "accepted_record",
        columns: [
            .init("record_id", .text), .init("record_type", .text), .init("writer", .text), .init("subject", .text),
            .init("occurred_at", .instant), .init("received_at", .instant), .init("topic", .text), .init("partition", .int64),
            .init("offset", .int64), .init("sha256", .text),
        ],
        key: ["record_id"], onConflict: .refuse)

    /// `key` is the subject in the form that downstream services know it by.
    static func row(_ record: AcceptedRecord, key: String) -> [Cell] {
        [
            .text(record.recordID), .text(record.recordType), .text(record.writer), .text(key), .instant(record.occurredAt),
            .instant(record.receivedAt), .text(record.origin.topic), .int64(Int64(record.origin.partition)), .int64(record.origin.offset),
            .text(record.origin.sha256),
        ]
    }
}
