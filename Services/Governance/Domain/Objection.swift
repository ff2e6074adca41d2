import Contracts
import Deciding
import Vocabulary
import Wire

/// The subject says that a statement about it is wrong (异议). Marked until it is answered, within twenty days.
///
/// Source: 征信业管理条例, article 25. The opening and the answer may come in either order.
public struct Objection: Sendable {
    public enum Outcome: String, CaseIterable, Sendable {
        /// The statement is right and stays.
        case upheld
        /// The source says it again, and better.
        case corrected
        /// The statement is wrong and is taken back.
        case removed
    }

    public let id: String
    /// The statement's record.
    var recordID = ""
    var openedOn: Day?
    var answeredBy: String?
    var outcome: Outcome?
    var isOverdue = false
    /// The mark that downstream has of it; nil when it has none.
    var mark: DisputedStatement?
    /// It was raised or answered in this decision.
    var isNews = false

    static let openedType = "objection.opened"
    static let answeredType = "objection.answered"
    static let timer = "objections"
    /// Objections of one subject at the most.
    static let countMax = 100

    var isRemoved: Bool { outcome == .removed }
    /// The last day for an answer.
    var dueOn: Day? { openedOn.map { RetentionRule.objectionDue(receivedOn: $0) } }
    var isOpen: Bool { openedOn != nil && outcome == nil }

    var status: String { outcome?.rawValue ?? (isOverdue ? "overdue" : "open") }

    init(id: String) { self.id = id }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        id = try fields.text("id")
        recordID = try fields.textOrNil("record") ?? ""
        openedOn = try fields.dayOrNil("opened")
        answeredBy = try fields.textOrNil("answeredBy")
        outcome = try fields.textOrNil("outcome").flatMap { Outcome(rawValue: $0) }
        isOverdue = try fields.bool("overdue")
        mark = try fields["mark"].map { json throws(ContractDefect) in try DisputedStatement(json) }
    }

    func write(to object: inout JSONWriter) {
        object.member("id", id)
        if !recordID.isEmpty { object.member("record", recordID) }
        object.memberIfPresent("opened", openedOn)
        object.memberIfPresent("answeredBy", answeredBy)
        object.memberIfPresent("outcome", outcome?.rawValue)
        if isOverdue { object.member("overdue", true) }
        if let mark { object.member("mark", object: { mark.write(to: &$0) }) }
    }
}

extension GovernanceState {
    /// The records that objections name.
    var objectedRecords: Set<String> { objections.isEmpty ? [] : Set(objections.map(\.recordID)) }
}

extension Turn {
    /// An objection is opened or answered.
    func objection(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let id = record.data["objectionId"]?.string ?? record.recordID
        var place = state.objections.firstIndex { $0.id == id }
        if place == nil {
            if state.objections.count >= Objection.countMax, let over = state.objections.firstIndex(where: { !$0.isOpen && !$0.isRemoved })
            {
                state.objections.remove(at: over)
            }
            guard state.objections.count < Objection.countMax else {
                return send("refused", record, reason: "objections-full", effects: &effects)
            }
            let insertion = state.objections.firstIndex { id.precedesBytewise($0.id) } ?? state.objections.endIndex
            state.objections.insert(Objection(id: id), at: insertion)
            place = insertion
        }
        guard let place else { return }
        if let named = record.data["recordId"]?.string, state.objections[place].recordID.isEmpty {
            state.objections[place].recordID = named
            state.objections[place].isNews = true
        }
        if record.recordType == Objection.openedType {
            guard state.objections[place].openedOn == nil else { return }
            // The clock runs from the day on which we have it.
            state.objections[place].openedOn = record.receivedAt.dayInChina
            let due = state.objections[place].dueOn?.text ?? ""
            send("objection-opened", record, reason: "\(state.objections[place].recordID) due=\(due)", effects: &effects)
        } else {
            guard state.objections[place].outcome == nil,
                let outcome = record.data["outcome"]?.string.flatMap({ Objection.Outcome(rawValue: $0) })
            else { return }
            state.objections[place].outcome = outcome
            state.objections[place].answeredBy = record.recordID
            send("objection-answered", record, reason: "\(id) \(outcome.rawValue)", effects: &effects)
        }
        state.objections[place].isNews = true
        let objection = state.objections[place]
        // Of one that was answered before it was opened, the answer has been told.
        if record.recordType == Objection.answeredType {
            tell(objection, explanation: record.data["explanation"]?.string, effects: &effects)
        } else if objection.isOpen {
            tell(objection, effects: &effects)
        }
        if objection.isRemoved, !objection.recordID.isEmpty { try remove(objection, cause: record, state: &state, effects: &effects) }
        writeObjection(objection, effects: &effects)
        scheduleObjections(state: state, effects: &effects)
    }

    private func remove(
        _ objection: Objection, cause record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        for type in state.memories.map(\.type) {
            let place = try state.openMemory(of: type)
            let slots = state.memories[place].slots
            let own = slots.compactMap(\.own).first { objection.isAbout($0) }
            guard let slot = own ?? slots.first(where: { objection.isAbout($0) }) else { continue }
            try takeBack(slot, type, by: objection.answeredBy ?? record.recordID, cause: record, state: &state, effects: &effects)
            try lookAtEnds(of: type, state: &state, effects: &effects)
        }
    }

    /// Tells of objections that nobody answered in time.
    func remindOfObjections(state: inout GovernanceState, effects: inout Effects) {
        for place in state.objections.indices where state.objections[place].isOpen && !state.objections[place].isOverdue {
            guard let due = state.objections[place].dueOn, due < now.dayInChina else { continue }
            state.objections[place].isOverdue = true
            send(
                "objection-overdue", state.objections[place].recordID, Objection.openedType, reason: state.objections[place].id,
                effects: &effects)
            writeObjection(state.objections[place], effects: &effects)
            tell(state.objections[place], effects: &effects)
        }
        scheduleObjections(state: state, effects: &effects)
    }

    private func scheduleObjections(state: GovernanceState, effects: inout Effects) {
        let dues = state.objections.filter { $0.isOpen && !$0.isOverdue }.compactMap(\.dueOn)
        if let next = dues.min() {
            effects.schedule(Objection.timer, at: (next + 1).startInChina)
        } else {
            effects.cancel(Objection.timer)
        }
    }

    private func writeObjection(_ objection: Objection, effects: inout Effects) {
        effects.write(
            [
                .text(key), .text(objection.id), .text(objection.recordID), .text(objection.status),
                objection.openedOn.map { .day($0) } ?? .null, objection.dueOn.map { .day($0) } ?? .null, .textOrNull(objection.answeredBy),
                .instant(now),
            ],
            to: GovernanceTables.objection)
    }
}
