import Contracts
import Deciding
import Vocabulary
import Wire

/// The subject says that a statement about it is wrong (异议). Marked until it is answered, within twenty days.
///
/// Source: 征信业管理条例, article 25. The opening and the answer may come in either order.
package struct Dispute: Sendable {
    package enum Outcome: String, CaseIterable, Sendable {
        /// The statement is right and stays.
        case upheld
        /// The source says it again, and better.
        case corrected
        /// The statement is wrong and is taken back.
        case removed
    }

    package let id: String
    /// The statement's record.
    var recordID = ""
    var openedOn: Day?
    var answeredBy: String?
    var outcome: Outcome?
    var isOverdue = false

    static let openedType = "dispute.opened"
    static let answeredType = "dispute.answered"
    static let timer = "disputes"
    /// Disputes of one subject at the most.
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
    }

    func write(to object: inout JSONWriter) {
        object.member("id", id)
        if !recordID.isEmpty { object.member("record", recordID) }
        object.memberIfPresent("opened", openedOn)
        object.memberIfPresent("answeredBy", answeredBy)
        object.memberIfPresent("outcome", outcome?.rawValue)
        if isOverdue { object.member("overdue", true) }
    }
}

extension Turn {
    /// A dispute is opened or answered.
    func dispute(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let id = record.data["disputeId"]?.string ?? record.recordID
        var place = state.disputes.firstIndex { $0.id == id }
        if place == nil {
            if state.disputes.count >= Dispute.countMax, let over = state.disputes.firstIndex(where: { !$0.isOpen && !$0.isRemoved }) {
                state.disputes.remove(at: over)
            }
            guard state.disputes.count < Dispute.countMax else {
                return send("refused", record, reason: "disputes-full", effects: &effects)
            }
            let insertion = state.disputes.firstIndex { id.utf8.lexicographicallyPrecedes($0.id.utf8) } ?? state.disputes.endIndex
            state.disputes.insert(Dispute(id: id), at: insertion)
            place = insertion
        }
        guard let place else { return }
        if let named = record.data["recordId"]?.string, state.disputes[place].recordID.isEmpty { state.disputes[place].recordID = named }
        if record.recordType == Dispute.openedType {
            guard state.disputes[place].openedOn == nil else { return }
            // The clock runs from the day on which we have it.
            state.disputes[place].openedOn = record.receivedAt.dayInChina
            let due = state.disputes[place].dueOn?.text ?? ""
            send("disputed", record, reason: "\(state.disputes[place].recordID) due=\(due)", effects: &effects)
        } else {
            guard state.disputes[place].outcome == nil,
                let outcome = record.data["outcome"]?.string.flatMap({ Dispute.Outcome(rawValue: $0) })
            else { return }
            state.disputes[place].outcome = outcome
            state.disputes[place].answeredBy = record.recordID
            send("dispute-answered", record, reason: "\(id) \(outcome.rawValue)", effects: &effects)
        }
        let dispute = state.disputes[place]
        if dispute.isRemoved, !dispute.recordID.isEmpty { try remove(dispute, cause: record, state: &state, effects: &effects) }
        writeDispute(dispute, effects: &effects)
        scheduleDisputes(state: state, effects: &effects)
    }

    private func remove(
        _ dispute: Dispute, cause record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        for type in state.memories.map(\.type) {
            let place = try state.openMemory(of: type)
            guard let slot = state.memories[place].slots.first(where: { $0.order.id == dispute.recordID && $0.sent != nil }) else {
                continue
            }
            try takeBack(slot, type, by: dispute.answeredBy ?? record.recordID, cause: record, state: &state, effects: &effects)
        }
    }

    /// Tells of disputes that nobody answered in time.
    func remindOfDisputes(state: inout GovernanceState, effects: inout Effects) {
        for place in state.disputes.indices where state.disputes[place].isOpen && !state.disputes[place].isOverdue {
            guard let due = state.disputes[place].dueOn, due < now.dayInChina else { continue }
            state.disputes[place].isOverdue = true
            send("dispute-overdue", state.disputes[place].recordID, Dispute.openedType, reason: state.disputes[place].id, effects: &effects)
            writeDispute(state.disputes[place], effects: &effects)
        }
        scheduleDisputes(state: state, effects: &effects)
    }

    private func scheduleDisputes(state: GovernanceState, effects: inout Effects) {
        let dues = state.disputes.filter { $0.isOpen && !$0.isOverdue }.compactMap(\.dueOn)
        if let next = dues.min() {
            effects.schedule(Dispute.timer, at: (next + 1).startInChina)
        } else {
            effects.cancel(Dispute.timer)
        }
    }

    private func writeDispute(_ dispute: Dispute, effects: inout Effects) {
        effects.write(
            [
                .text(key), .text(dispute.id), .text(dispute.recordID), .text(dispute.status),
                dispute.openedOn.map { .day($0) } ?? .null, dispute.dueOn.map { .day($0) } ?? .null, .textOrNull(dispute.answeredBy),
                .instant(now),
            ],
            to: GovernanceTables.dispute)
    }
}
