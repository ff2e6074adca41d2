import Wire

/// A record as a source sends it: flat, some words, some numbers. The same fields for both contenders.
struct FlatRecord: Codable, Hashable {
    var id: String
    var subject: String
    var name: String
    var recordType: String
    var occurredAt: String
    var amountFen: Int64
    var employees: Int64
    var ratio: Double
    var isListed: Bool
    var note: String

    /// The length of `sample` as JSON.
    static let byteCount = 250

    /// A record of an invented firm that takes exactly `byteCount` bytes as JSON.
    static var sample: FlatRecord {
        var record = FlatRecord(
            id: "r-000042", subject: "91430100MA00000000", name: "湘江示例有限公司", recordType: "tax-filing",
            occurredAt: "2026-03-31T08:00:00Z", amountFen: 123_456_700, employees: 87, ratio: 0.4375, isListed: false, note: "")
        record.note = String(repeating: "n", count: max(0, byteCount - record.json.count))
        return record
    }

    init(
        id: String, subject: String, name: String, recordType: String, occurredAt: String, amountFen: Int64, employees: Int64,
        ratio: Double, isListed: Bool, note: String
    ) {
        self.id = id
        self.subject = subject
        self.name = name
        self.recordType = recordType
        self.occurredAt = occurredAt
        self.amountFen = amountFen
        self.employees = employees
        self.ratio = ratio
        self.isListed = isListed
        self.note = note
    }

    /// Reads every field through `Wire`; nil when one is missing or of another kind.
    init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, let subject = json["subject"]?.string, let name = json["name"]?.string,
            let recordType = json["recordType"]?.string, let occurredAt = json["occurredAt"]?.string,
            let amountFen = json["amountFen"]?.int, let employees = json["employees"]?.int, let ratio = json["ratio"]?.double,
            let isListed = json["isListed"]?.bool, let note = json["note"]?.string
        else { return nil }
        self.init(
            id: id, subject: subject, name: name, recordType: recordType, occurredAt: occurredAt, amountFen: amountFen,
            employees: employees, ratio: ratio, isListed: isListed, note: note)
    }

    /// Written through `Wire`.
    var json: [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                object.member("id", id)
                object.member("subject", subject)
                object.member("name", name)
                object.member("recordType", recordType)
                object.member("occurredAt", occurredAt)
                object.member("amountFen", amountFen)
                object.member("employees", employees)
                object.member("ratio", ratio)
                object.member("isListed", isListed)
                object.member("note", note)
            }
        }
    }
}
