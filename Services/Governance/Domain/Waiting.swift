import Contracts
import Deciding
import Vocabulary
import Wire

// What does not become a fact, now or ever.

extension Turn {
    /// Sets the record aside until what it waits for comes, or `until` has passed.
    func park(
        _ record: AcceptedRecord, raw: JSONValue, reason: ParkedRecord.Reason, until: Instant? = nil, state: inout GovernanceState,
        effects: inout Effects
    ) -> Refusal? {
        guard !state.parked.contains(where: { $0.recordID == record.recordID }) else { return nil }
        guard state.parked.count < ParkedRecord.countMax else {
            return Refusal(code: "parking-full", detail: "\(ParkedRecord.countMax) records of \(key) wait already (\(reason.rawValue))")
        }
        state.parked.append(ParkedRecord(recordID: record.recordID, reason: reason, since: now, until: until, record: raw))
        if until != nil { scheduleWaiting(state: state, effects: &effects) }
        writeQuarantine(record, raw: raw, reason: reason.rawValue, status: "held", since: now, effects: &effects)
        send("quarantined", record, reason: reason.rawValue, effects: &effects)
        return nil
    }

    /// Sets the record aside for people: a corrected record with an id of its own takes its place.
    ///
    /// - Parameter asked: how often its writer has been asked for one.
    func hold(
        _ record: AcceptedRecord, raw: JSONValue, reason: String, asked: Int64 = 0, state: inout GovernanceState, effects: inout Effects
    ) {
        state.held.append(HeldRecord(recordID: record.recordID, rule: reason, since: now, record: raw, asked: asked))
        if state.held.count > GovernanceState.heldMax { letFall(state.held.removeFirst(), effects: &effects) }
        effects.count(.recordJudged, record.recordType, "held")
        writeQuarantine(record, raw: raw, reason: reason, status: "held", since: now, effects: &effects)
        send("quarantined", record, reason: reason, effects: &effects)
    }

    /// A held record that there is no room for any more: nobody can let it go now, so it is refused, and what it says stays in its row.
    private func letFall(_ held: HeldRecord, effects: inout Effects) {
        guard let raw = held.record, let record = try? AcceptedRecord(raw) else { return }
        effects.count(.recordJudged, record.recordType, "refused")
        writeQuarantine(record, raw: raw, reason: Self.heldFull, status: "refused", since: held.since, effects: &effects)
        send("refused", record, reason: "\(Self.heldFull) \(held.rule)", effects: &effects)
    }

    private static let heldFull = "held-full"

    /// What waited goes on. What it says is kept where it goes, and not here: it may not be kept there for want of a consent.
    func released(_ record: AcceptedRecord, _ parked: ParkedRecord, effects: inout Effects) {
        released(record, raw: parked.record, reason: parked.reason.rawValue, since: parked.since, effects: &effects)
    }

    /// The same for a record that was set aside for whatever reason.
    func released(_ record: AcceptedRecord, raw: JSONValue, reason: String, since: Instant, effects: inout Effects) {
        writeQuarantine(record, raw: Self.withoutData(raw), reason: reason, status: "released", since: since, effects: &effects)
        send("released", record, reason: reason, effects: &effects)
    }

    /// The record as it came, but for what it says.
    static func withoutData(_ raw: JSONValue) -> JSONValue {
        JSONValue.written { object in
            for (name, value) in raw.members where name != "data" { object.member(name, value) }
        }
    }

    func writeQuarantine(
        _ record: AcceptedRecord, raw: JSONValue, reason: String, status: String, since: Instant, effects: inout Effects
    ) {
        effects.write(
            [
                .text(key), .text(record.recordID), .text(record.recordType), .text(record.writer), .text(reason), .text(status),
                .json(Array(raw.rawBytes)), .instant(since), .instant(now),
            ],
            to: GovernanceTables.quarantine)
    }

    func send(_ kind: String, _ record: AcceptedRecord, reason: String, effects: inout Effects) {
        send(kind, record.recordID, record.recordType, writer: record.writer, reason: reason, effects: &effects)
    }

    func send(
        _ kind: String, _ recordID: String, _ recordType: String, writer: String? = nil, reason: String, effects: inout Effects
    ) {
        let writer = writer ?? Self.writer(of: recordID)
        effects.send(
            GovernanceEvent(
                kind: kind, subject: key, recordID: recordID, recordType: recordType, writer: writer, reason: reason, at: now),
            to: Topic.governanceEvents, key: key)
    }
}

/// A record that waits for something that another record will say.
public struct ParkedRecord: Sendable {
    public enum Reason: String, CaseIterable, Sendable {
        case identityUnresolved = "identity-unresolved"
        case consentMissing = "consent-missing"
    }

    public let recordID: String
    public let reason: Reason
    public let since: Instant
    /// When it is refused, unless what it waits for has come; nil when it waits for as long as it takes.
    public let until: Instant?
    /// The `AcceptedRecord`, as it came.
    public let record: JSONValue

    /// Records of one key that may wait; what comes beyond is refused.
    public static let countMax = 200
    static let timer = "consent-wait"

    init(recordID: String, reason: Reason, since: Instant, until: Instant?, record: JSONValue) {
        self.recordID = recordID
        self.reason = reason
        self.since = since
        self.until = until
        self.record = record
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        guard let reason = Reason(rawValue: try fields.text("reason")) else { throw .wrong(field: "reason", expected: "a reason to wait") }
        self.reason = reason
        let since = try fields.instant("since")
        self.since = since
        let usual = reason == .consentMissing ? since + ConsentDemand().wait : nil
        until = try fields.instantOrNil("until") ?? usual
        record = try fields.required("record")
        recordID = try Fields(record).text("recordId")
    }

    func write(to object: inout JSONWriter) {
        object.member("reason", reason.rawValue)
        object.member("since", since)
        object.memberIfPresent("until", until)
        object.member("record", record)
    }
}
