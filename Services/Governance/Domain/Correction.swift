import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// A request to a source to say something again, and better. Closed by a statement of the same thing that passes.
public struct Correction: Sendable {
    /// The record that failed.
    public let recordID: String
    let recordType: String
    let key: String
    let rule: String
    let openedAt: Instant
    /// The last day.
    public let dueOn: Day
    let isProvisional: Bool
    /// How often the record's writer has been asked for a better one, this time included.
    let number: Int64
    var isOverdue = false

    static let timer = "corrections"
    /// Open requests of one subject at the most; of more the oldest is let go, and its row stays open.
    static let countMax = 100
    /// The type of the message that leaves the house.
    public static let messageType = "correction.requested.v1"
    /// The type of the message that says that nothing is asked for any more.
    public static let closedMessageType = "correction.closed.v1"
    static let purpose = "correction"

    init(
        recordID: String, recordType: String, key: String, rule: String, openedAt: Instant, dueOn: Day, isProvisional: Bool, number: Int64
    ) {
        self.recordID = recordID
        self.recordType = recordType
        self.key = key
        self.rule = rule
        self.openedAt = openedAt
        self.dueOn = dueOn
        self.isProvisional = isProvisional
        self.number = number
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            recordID: try fields.text("record"), recordType: try fields.text("type"), key: try fields.text("key"),
            rule: try fields.text("rule"), openedAt: try fields.instant("opened"), dueOn: try fields.day("due"),
            isProvisional: try fields.bool("provisional"), number: try fields.intOrNil("number") ?? 1)
        isOverdue = try fields.bool("overdue")
    }

    /// Whether it asks the writer for what stands under the key.
    func isAbout(_ type: String, _ key: String, of writer: String) -> Bool {
        recordType == type && self.key == key && Turn.writer(of: recordID) == writer
    }

    func write(to object: inout JSONWriter) {
        object.member("record", recordID)
        object.member("type", recordType)
        object.member("key", key)
        object.member("rule", rule)
        object.member("opened", openedAt)
        object.member("due", dueOn)
        if isProvisional { object.member("provisional", true) }
        if number > 1 { object.member("number", number) }
        if isOverdue { object.member("overdue", true) }
    }

    /// The id of what is let out about it. Each time that is asked for the same record has ids of its own: exchange answers an id once.
    func releaseID(_ kind: String) -> String { number > 1 ? "\(kind)-\(number)/\(recordID)" : "\(kind)/\(recordID)" }
}

extension Turn {
    /// Asks the writer for a better record, within the rule's working days.
    ///
    /// - Parameter number: how often it has been asked, this time included.
    func askForCorrection(
        of record: AcceptedRecord, _ slotKey: String, _ judgement: Judgement, number: Int64, state: inout GovernanceState,
        effects: inout Effects
    ) {
        guard let rule = judgement.correctionRule else { return }
        let due = book.deadline(from: now, workingDays: rule.correctionDays ?? QualityRule.correctionDaysUsual, at: now)
        let correction = Correction(
            recordID: record.recordID, recordType: record.recordType, key: slotKey, rule: rule.id, openedAt: now, dueOn: due.day,
            isProvisional: due.isProvisional, number: number)
        if state.corrections.count >= Correction.countMax { state.corrections.removeFirst() }
        state.corrections.append(correction)
        writeCorrection(correction, status: "open", closedBy: nil, effects: &effects)
        send("correction-requested", record, reason: "\(rule.id) due=\(due.day.text)", effects: &effects)

        let finding = judgement.findings.first { $0.rule.id == rule.id }
        let body = JSONValue.written { object in
            object.member("writer", record.writer)
            object.member("recordId", Self.ownID(of: record.recordID))
            object.member("recordType", record.recordType)
            object.member("subject", record.subject)
            object.member("businessKey", slotKey)
            object.member("rule", rule.id)
            object.member("kind", rule.kind.rawValue)
            object.member("observed", finding?.observedOfRecord ?? "")
            object.member("threshold", rule.threshold?.text ?? "")
            object.member("dueOn", due.day)
            object.member("at", now)
        }
        askToRelease(
            correction.releaseID("correction"), Correction.messageType, to: record.writer, for: Correction.purpose, body, effects: &effects)
        scheduleCorrections(state: state, effects: &effects)
    }

    /// Whether the writer is being asked for a better one already.
    func isAskedFor(_ recordID: String, _ state: GovernanceState) -> Bool { state.corrections.contains { $0.recordID == recordID } }

    /// Has somebody told what is theirs: the writer what became of its record, which the body then names as `writer`, since the exit door lets it
    /// go to nobody else; the subject what became of its own matters.
    func askToRelease(
        _ releaseID: String, _ messageType: String, to receiver: String, for purpose: String, _ body: JSONValue, effects: inout Effects
    ) {
        effects.send(
            ReleaseRequest(
                releaseID: releaseID, subject: key, receiver: receiver, messageType: messageType, purpose: purpose,
                categories: [], consentID: "", at: now, body: body),
            to: Topic.governanceEvents, key: key)
    }

    /// The same thing was said again by the same writer, and well; or it was right after all.
    ///
    /// - Parameter record: what closes them.
    func closeCorrections(
        by record: AcceptedRecord, _ status: String, state: inout GovernanceState, effects: inout Effects,
        where isClosed: (Correction) -> Bool
    ) {
        let recordID = record.recordID
        let closed = state.corrections.filter(isClosed)
        guard !closed.isEmpty else { return }
        state.corrections.removeAll { one in closed.contains { $0.recordID == one.recordID } }
        for correction in closed {
            writeCorrection(correction, status: status, closedBy: recordID, effects: &effects)
            send("correction-closed", correction.recordID, correction.recordType, reason: "\(status) by \(recordID)", effects: &effects)
            let writer = Self.writer(of: correction.recordID)
            let body = JSONValue.written { object in
                object.member("writer", writer)
                object.member("recordId", Self.ownID(of: correction.recordID))
                object.member("recordType", correction.recordType)
                object.member("subject", record.subject)
                object.member("businessKey", correction.key)
                object.member("rule", correction.rule)
                object.member("outcome", status)
                object.member("closedBy", Self.ownID(of: recordID))
                object.member("dueOn", correction.dueOn)
                object.member("at", now)
            }
            askToRelease(
                correction.releaseID("correction-closed"), Correction.closedMessageType, to: writer, for: Correction.purpose, body,
                effects: &effects)
        }
        scheduleCorrections(state: state, effects: &effects)
    }

    /// Tells of requests whose last day is over.
    func remindOfCorrections(state: inout GovernanceState, effects: inout Effects) {
        for place in state.corrections.indices where !state.corrections[place].isOverdue && state.corrections[place].dueOn < now.dayInChina
        {
            state.corrections[place].isOverdue = true
            let correction = state.corrections[place]
            writeCorrection(correction, status: "overdue", closedBy: nil, effects: &effects)
            send("correction-overdue", correction.recordID, correction.recordType, reason: correction.rule, effects: &effects)
        }
        scheduleCorrections(state: state, effects: &effects)
    }

    private func scheduleCorrections(state: GovernanceState, effects: inout Effects) {
        if let next = state.corrections.filter({ !$0.isOverdue }).map(\.dueOn).min() {
            effects.schedule(Correction.timer, at: (next + 1).startInChina)
        } else {
            effects.cancel(Correction.timer)
        }
    }

    private func writeCorrection(_ correction: Correction, status: String, closedBy: String?, effects: inout Effects) {
        let isClosed = closedBy != nil
        effects.write(
            [
                .text(key), .text(correction.recordID), .text(correction.recordType), .text(correction.key),
                .text(Self.writer(of: correction.recordID)), .text(correction.rule), .instant(correction.openedAt), .day(correction.dueOn),
                .bool(correction.isProvisional), .text(status), .textOrNull(closedBy), isClosed ? .instant(now) : .null,
                isClosed
                    ? .int64(Int64(book.workingDays(after: correction.openedAt, through: now, at: now))) : .null,
            ],
            to: GovernanceTables.correction)
    }

    /// The id that the writer itself gave the record.
    static func ownID(of recordID: String) -> String { String(recordID.dropFirst(writer(of: recordID).utf8.count + 1)) }

    /// A record's id begins with its writer's name.
    static func writer(of recordID: String) -> String {
        recordID.split(separator: "/", maxSplits: 1).first.map(String.init) ?? ""
    }
}
