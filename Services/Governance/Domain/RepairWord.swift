import Contracts
import Deciding
import Vocabulary
import Wire

/// A record type whose records speak of the credit repair of other statements: a record type's `repairs`.
///
/// | member | |
/// |---|---|
/// | `step` | `applied`: the subject applies; `approved`: it has been decided |
/// | `recordType` | the type of the statement that is to be repaired |
/// | `typeField` | the field that names it; `recordType` is meant where the record leaves it out |
/// | `keyField` | the field with the values of that type's business key, in its order; without it, the fields of the same names |
/// | `day` | the field with the day of the word; the day on which it happened when there is none |
/// | `fulfilled`, `commitment` | fields of an application: since when the duties are fulfilled, whether a public commitment was made |
struct RepairWord: Sendable {
    enum Step: String, CaseIterable, Sendable {
        case applied, approved
    }

    let step: Step
    private let usualType: String?
    private let typeField: String?
    private let keyField: String?
    private let dayField: String?
    private let fulfilledField: String?
    private let commitmentField: String?

    private static let members: Set<String> = ["step", "recordType", "typeField", "keyField", "day", "fulfilled", "commitment"]

    init?(_ json: JSONValue, fields: RecordFields, defects: inout [String]) {
        var reader = MemberReader(fields: fields)
        reader.expect(json, "repairs", Self.members)
        usualType = json["recordType"]?.string
        typeField = reader.field(json["typeField"], "`repairs.typeField`")
        keyField = reader.field(json["keyField"], "`repairs.keyField`")
        dayField = reader.day(json["day"], "`repairs.day`")
        fulfilledField = reader.day(json["fulfilled"], "`repairs.fulfilled`")
        commitmentField = reader.field(json["commitment"], "`repairs.commitment`")
        if usualType == nil, typeField == nil { reader.defects.append("`repairs` has neither `recordType` nor `typeField`") }
        let told = json["step"]?.string.flatMap { Step(rawValue: $0) }
        if told == nil { reader.defects.append("`repairs.step` is none of \(Step.allCases.map(\.rawValue).joined(separator: ", "))") }
        defects += reader.defects
        guard let told, reader.defects.isEmpty else { return nil }
        step = told
    }

    /// The type whose statement the record speaks of.
    func recordType(of data: JSONValue) -> String? { typeField.flatMap { data[$0]?.string } ?? usualType }

    /// The key of that statement; nil when the record names none.
    func key(in data: JSONValue, of type: GovernedType) -> String? {
        if let values = keyField.flatMap({ data[$0] }), values.kind == .array { return type.slotKey(naming: Array(values.elements)) }
        return type.slotKey(namedIn: data)
    }

    func day(of data: JSONValue) -> Day? { dayField.flatMap { data[$0]?.day } }

    func fulfilledOn(_ data: JSONValue) -> Day? { fulfilledField.flatMap { data[$0]?.day } }

    func hasCommitment(_ data: JSONValue) -> Bool { commitmentField.flatMap { data[$0]?.bool } ?? false }
}

/// The statement that a word about its repair names.
struct RepairedStatement {
    let type: GovernedType
    let adverse: AdverseInformation
    let key: String
}

extension Turn {
    /// The statement that the record wants repaired; nil when what it names is no adverse information.
    func statement(repairedBy word: RepairWord, _ data: JSONValue) -> RepairedStatement? {
        guard let type = word.recordType(of: data).flatMap({ book.type($0, at: now) }), let adverse = type.adverse,
            let key = word.key(in: data, of: type)
        else { return nil }
        return RepairedStatement(type: type, adverse: adverse, key: key)
    }

    /// Tells that a word about repair names no adverse statement.
    func refuseRepairOfNothing(_ recordID: String, _ recordType: String, effects: inout Effects) {
        send("refused", recordID, recordType, reason: "repair-of-nothing", effects: &effects)
    }
}
