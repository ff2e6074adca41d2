import Contracts
import Deciding
import Vocabulary
import Wire

/// `registered_subject`: what each registration says of where a firm is and whether it still is. The base of every coverage figure; which
/// record type is a registration, and which fields say it, is in the catalogue (`InformationItem.Registry`).
public enum RegisteredSubjectTable {
    public static let table = StoreTable(
        "registered_subject",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("occurred_at", .instant), .init("division", .text),
            .init("is_active", .bool),
        ],
        key: ["subject", "record_id"], onConflict: .keepFirst)

    /// Nil when the record does not say where.
    static func row(_ record: AcceptedRecord, key: String, _ registry: InformationItem.Registry) -> [Cell]? {
        guard let division = record.data[registry.divisionField]?.string else { return nil }
        let status = record.data[registry.statusField]?.string ?? ""
        return [
            .text(key), .text(record.recordID), .instant(record.occurredAt), .text(division), .bool(!registry.ended.contains(status)),
        ]
    }
}
