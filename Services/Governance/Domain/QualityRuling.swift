import Contracts
import Deciding
import Vocabulary
import Wire

/// What people say about a record that a rule holds or flags. Comes in by the front door like everything else.
///
/// `quality.release`: judge it again, the rule was wrong and has been changed. `quality.override`: the record is right although a rule says that
/// it is not, with the reason; it may come before the record.
enum QualityRuling {
    static let releaseType = "quality.release"
    static let overrideType = "quality.override"
}

/// A record that a rule holds, kept so that people can let it go.
public struct HeldRecord: Sendable {
    public let recordID: String
    let rule: String
    let since: Instant
    /// The `AcceptedRecord`, as it came; nil for one that was held before records were kept.
    let record: JSONValue?
    /// How often its writer was asked for a better one.
    let asked: Int64

    init(recordID: String, rule: String, since: Instant, record: JSONValue?, asked: Int64 = 0) {
        self.recordID = recordID
        self.rule = rule
        self.since = since
        self.record = record
        self.asked = asked
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        // As it was written once.
        if let id = json.string {
            self.init(recordID: id, rule: "", since: .epoch, record: nil)
            return
        }
        let fields = try Fields(json)
        let record = try fields.required("record")
        self.init(
            recordID: try Fields(record).text("recordId"), rule: try fields.text("rule"), since: try fields.instant("since"),
            record: record, asked: try fields.intOrNil("asked") ?? 0)
    }

    func write(to list: inout JSONWriter) {
        guard let record else { return list.element(recordID) }
        list.element(object: { object in
            object.member("rule", rule)
            object.member("since", since)
            object.member("record", record)
            if asked != 0 { object.member("asked", asked) }
        })
    }
}

extension Turn {
    /// Whether people have said that the record is right.
    func isSaidToBeRight(_ recordID: String, state: inout GovernanceState) throws(ContractDefect) -> Bool {
        // Most subjects have no such statement: their memory is not even made.
        guard state.memories.contains(where: { $0.type == QualityRuling.overrideType }) else { return false }
        let place = try state.openMemory(of: QualityRuling.overrideType)
        return state.memories[place].slots.contains { $0.data["recordId"]?.string == recordID }
    }

    /// Lets a held record go: judged again, or taken as it is. One that is a fact already, and only flagged, can be said to be right.
    func letGo(_ ruling: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let id = ruling.data["recordId"]?.string ?? ""
        let isOverride = ruling.recordType == QualityRuling.overrideType
        guard let place = state.held.firstIndex(where: { $0.recordID == id }) else {
            if isOverride {
                try acquit(id, by: ruling, state: &state, effects: &effects)
            } else {
                send("refused", ruling, reason: "ruling-of-nothing", effects: &effects)
            }
            return
        }
        guard let raw = state.held[place].record else { return }
        let held = state.held.remove(at: place)
        let record = try AcceptedRecord(raw)
        guard let type = book.type(record.recordType, at: now) else {
            state.held.insert(held, at: place)
            return
        }
        _ = try judge(
            record, raw: raw, type, type.slotKey(of: record), isOverridden: isOverride, asked: held.asked, state: &state,
            effects: &effects)
        guard !state.held.contains(where: { $0.recordID == id }) else { return }
        let status = isOverride ? "overridden" : "released"
        writeQuarantine(record, raw: raw, reason: held.rule, status: status, since: held.since, effects: &effects)
        send(status, record, reason: isOverride ? "\(held.rule) by \(ruling.recordID)" : held.rule, effects: &effects)
    }

    /// The record is right as it is: its numbers are a measure for others again, and nothing is asked for any more. Where it stands, that closes
    /// what was asked of its writer under its key before, as it does when the word of the desk comes first.
    private func acquit(
        _ id: String, by ruling: AcceptedRecord, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        var standing: (type: String, key: String)?
        for type in state.memories.map(\.type) {
            let place = try state.openMemory(of: type)
            if let key = state.memories[place].acquit(id) { standing = (type, key) }
        }
        for correction in state.corrections where correction.recordID == id {
            send("overridden", id, correction.recordType, reason: "\(correction.rule) by \(ruling.recordID)", effects: &effects)
        }
        let writer = Self.writer(of: id)
        // As when it is judged: what closes the request is the record that is right, not the ruling, whose id says nothing to the writer.
        let record = AcceptedRecord(
            recordID: id, recordType: standing?.type ?? "", writer: writer, subject: key, occurredAt: ruling.occurredAt, receivedAt: now,
            origin: ruling.origin, data: ruling.data)
        closeCorrections(by: record, "accepted", state: &state, effects: &effects) { correction in
            correction.recordID == id || standing.map { correction.isAbout($0.type, $0.key, of: writer) } ?? false
        }
    }
}
