import Contracts
import Deciding
import Vocabulary
import Wire

/// A standing statement whose mark went downstream: where it was told, and what was told of it.
struct DisputedStatement: Hashable, Sendable {
    /// The code under which the statement stands: the subject's own, or the one that it went into.
    let subject: String
    let recordType: String
    /// Its place among what is said of the type.
    let key: String
    /// What was sent last to say it.
    let factID: String
    /// When that happened.
    let occurredAt: Instant
    let period: Month?

    init(subject: String, recordType: String, key: String, factID: String, occurredAt: Instant, period: Month?) {
        self.subject = subject
        self.recordType = recordType
        self.key = key
        self.factID = factID
        self.occurredAt = occurredAt
        self.period = period
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            subject: try fields.text("subject"), recordType: try fields.text("type"), key: try fields.text("key"),
            factID: try fields.text("fact"), occurredAt: Instant(microseconds: try fields.int("at")),
            period: try fields.monthOrNil("period"))
    }

    func write(to object: inout JSONWriter) {
        object.member("subject", subject)
        object.member("type", recordType)
        object.member("key", key)
        object.member("fact", factID)
        object.member("at", occurredAt.microseconds)
        object.memberIfPresent("period", period)
    }
}

extension Turn {
    /// Says downstream what is under dispute now, as far as that is something else than was said before: an objection was opened or answered, or
    /// what it is about has come, was corrected, was taken back, or goes under another code. Asked after every decision, so nothing hangs on what
    /// came first; and looked for only where something has changed since.
    func tellOfDisputes(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        guard effects.refusal == nil else { return }
        for place in state.objections.indices where state.objections[place].isOpen || state.objections[place].mark != nil {
            let objection = state.objections[place]
            let disputed = try disputedStatement(of: objection, state: &state)
            guard disputed != objection.mark else { continue }
            if let former = objection.mark, former.subject != disputed?.subject {
                say(former, of: objection, isOpen: false, state: &state, effects: &effects)
            }
            if let disputed { say(disputed, of: objection, isOpen: true, state: &state, effects: &effects) }
            state.objections[place].mark = disputed
        }
        for place in state.objections.indices where state.objections[place].isNews { state.objections[place].isNews = false }
        for place in state.memories.indices where state.memories[place].isChanged { state.memories[place].settle() }
    }

    /// The statement that the objection is about, where it stands; nil when it does not, or is not disputed any more.
    private func disputedStatement(
        of objection: Objection, state: inout GovernanceState
    ) throws(ContractDefect) -> DisputedStatement? {
        guard objection.isOpen, !objection.recordID.isEmpty else { return nil }
        // Once it was found, it is looked for where it was: that is what lets a statement that is only forgotten keep its mark.
        if let mark = objection.mark {
            guard state.memories.contains(where: { $0.type == mark.recordType && $0.isChanged }) else { return mark }
            let place = try state.openMemory(of: mark.recordType)
            guard let slot = state.memories[place].slot(mark.key) else {
                return state.memories[place].hasForgotten(mark.key) ? mark : nil
            }
            return disputed(slot, mark.recordType, by: objection, state)
        }
        for type in state.memories.filter({ objection.isNews || $0.isChanged }).map(\.type) {
            let place = try state.openMemory(of: type)
            guard let slot = state.memories[place].slots.first(where: { objection.isAbout($0) }) else { continue }
            return disputed(slot, type, by: objection, state)
        }
        return nil
    }

    /// What stands there as it was told, when the objection is about it.
    private func disputed(_ slot: Slot, _ type: String, by objection: Objection, _ state: GovernanceState) -> DisputedStatement? {
        guard let sent = slot.sent, objection.isAbout(slot) else { return nil }
        return DisputedStatement(
            subject: holder(of: type, state), recordType: type, key: slot.key, factID: sent, occurredAt: slot.sentAt,
            period: slot.data["period"]?.month)
    }

    /// The code under which statements of the type are told.
    private func holder(of type: String, _ state: GovernanceState) -> String {
        guard let merger = state.merger, merger.isOn, isMovable(type) else { return key }
        return merger.into
    }

    private func say(
        _ statement: DisputedStatement, of objection: Objection, isOpen: Bool, state: inout GovernanceState, effects: inout Effects
    ) {
        let openedOn = objection.openedOn ?? now.dayInChina
        effects.send(
            FactDispute(
                disputeID: "\(key)/\(objection.id)", subject: statement.subject, recordID: objection.recordID, factID: statement.factID,
                recordType: statement.recordType, occurredAt: statement.occurredAt, period: statement.period, isOpen: isOpen,
                openedOn: openedOn, dueOn: objection.dueOn ?? openedOn, at: state.disputesSaid.next(at: now)),
            to: Topic.governanceFacts, key: statement.subject)
    }
}

extension Objection {
    /// What stands under the key, here and downstream, is what the disputed record says.
    func isAbout(_ slot: Slot) -> Bool { slot.sent != nil && slot.says(recordID) }
}
