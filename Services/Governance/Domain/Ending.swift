import Contracts
import Deciding
import Vocabulary
import Wire

/// The first day on which a statement may no longer be shown, and by which rule. From a record type's `adverse` and `holdsUntil`.
struct Ending: Hashable, Sendable {
    enum Rule: String, Sendable {
        /// The longest publication of its class is over, or the state ended with which publication ends. Source: NDRC Order 36.
        case publication = "publication-ended"
        /// Five years have passed since the state ended. Source: 征信业管理条例, article 16.
        case retention = "retention-ended"
        /// The last day is over on which it holds by its own words.
        case validity = "validity-ended"
    }

    let day: Day
    let rule: Rule

    static let timer = "endings"

    /// Stands for the ending where a record's id would stand.
    var cause: String { rule.rawValue }
}

/// Why a statement may not be shown.
struct Withholding: Sendable {
    /// The record or the rule that takes it away.
    let by: String
}

extension Turn {
    /// Whether the subject is a natural person in trade, whose data article 16 protects.
    var isPerson: Bool { (try? USCC(key))?.kind == .soleTrader }

    /// Whether the statement may be shown: repair, ending, and an objection that ended with its removal.
    func withholding(
        of record: AcceptedRecord, _ type: GovernedType, _ slotKey: String, state: inout GovernanceState
    ) throws(ContractDefect) -> Withholding? {
        let statement = AdverseInformation.Statement(record)
        if type.canEnd(forPerson: isPerson) {
            let place = try state.openMemory(of: type.id)
            // Today's date first: it does not depend on what else has come.
            let ending = whenGone(statement, under: slotKey, type, state.memories[place])
            if let ending, ending.day <= now.dayInChina {
                return Withholding(by: ending.cause)
            }
        }
        if let adverse = type.adverse {
            if let repair = state.repair(of: type.id, slotKey), repair.ruling(on: statement, adverse) == .repaired {
                return Withholding(by: repair.recordID)
            }
        }
        guard state.objections.contains(where: \.isRemoved) else { return nil }
        // What was removed may be said again under another id.
        let place = try state.openMemory(of: type.id)
        return removal(of: [record.recordID] + (state.memories[place].slot(slotKey)?.ids(saying: record.data) ?? []), state)
    }

    /// The objection that ended with the removal of what one of the records says.
    func removal(of ids: [String], _ state: GovernanceState) -> Withholding? {
        state.objections.first { $0.isRemoved && ids.contains($0.recordID) }.map { Withholding(by: $0.answeredBy ?? $0.id) }
    }

    private func whenGone(
        _ statement: AdverseInformation.Statement, under slotKey: String, _ type: GovernedType, _ memory: TypeMemory
    ) -> Ending? {
        let byItself = type.lastDay(of: statement.data).map { Ending(day: $0 + 1, rule: .validity) }
        let byLaw = type.adverse.flatMap {
            $0.ending(of: statement, later: later(than: slotKey, $0, memory), isPerson: isPerson)
        }
        return [byItself, byLaw].compactMap { $0 }.min { $0.day < $1.day }
    }

    /// What stands of the same row for later periods, where the end of the state is told by it.
    func later(than slotKey: String, _ adverse: AdverseInformation, _ memory: TypeMemory) -> [AdverseInformation.Statement] {
        adverse.readsRow ? memory.later(than: slotKey).filter { $0.sent != nil }.map(\.statement) : []
    }

    /// Takes back what has ended by today, and sets the clock for the next.
    func endStatements(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        var next: Day?
        for id in state.memories.map(\.type) {
            guard let type = book.type(id, at: now), type.canEnd(forPerson: isPerson) else { continue }
            let place = try state.openMemory(of: id)
            let memory = state.memories[place]
            // What came along with a merged code is ended under that code.
            for slot in memory.slots where slot.sent != nil && slot.guestOf == nil {
                guard let ending = whenGone(slot.statement, under: slot.key, type, memory) else { continue }
                if ending.day > now.dayInChina {
                    next = next.map { min($0, ending.day) } ?? ending.day
                } else {
                    try takeBack(slot, id, by: ending.cause, cause: nil, state: &state, effects: &effects)
                }
            }
        }
        if let next { effects.schedule(Ending.timer, at: next.startInChina) } else { effects.cancel(Ending.timer) }
    }

    /// Nothing stands under the statement's key any more, here and downstream.
    func takeBack(
        _ slot: Slot, _ type: String, by cause: String, cause record: AcceptedRecord?, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        let writer = record?.writer ?? Self.writer(of: slot.order.id)
        let origin = record?.origin ?? Origin(topic: "", partition: -1, offset: -1, sha256: "")
        retract(slot, type, by: cause, writer: writer, origin: origin, quality: 10_000, state: &state, effects: &effects)
        writeRetraction(of: slot.order.id, by: cause, effects: &effects)
        send("retracted", slot.order.id, type, reason: cause, effects: &effects)
        let place = try state.openMemory(of: type)
        state.memories[place].takeBack(slot.key)
        try crossCheck(
            type, changed: [slot.data], cause: record?.order ?? slot.order, origin: origin, state: &state, effects: &effects)
    }

    /// Tells downstream that the standing fact is no more.
    func retract(
        _ slot: Slot, _ type: String, by cause: String, writer: String, origin: Origin, quality: Int64, state: inout GovernanceState,
        effects: inout Effects
    ) {
        if let merger = state.merger, merger.isOn, isMovable(type) {
            let saying = Saying(
                recordType: type, recordID: slot.order.id, writer: writer, occurredAt: slot.order.at, origin: origin, quality: quality,
                data: slot.data)
            return pass(saying, isComing: false, to: merger.into, state: &state, effects: &effects)
        }
        // The retraction's own id: the record that caused it, or the rule with what it took away.
        let id = cause.contains("/") ? cause : "\(CrossCheck.writer)/\(cause)/\(slot.order.id)"
        effects.send(
            Fact(
                factID: id, recordType: type, writer: writer, subject: key, occurredAt: slot.order.at, knownAt: now, origin: origin,
                quality: quality, data: slot.data, supersedes: slot.sent, supersededData: slot.data, isRetraction: true),
            to: Topic.governanceFacts, key: key)
    }

    func writeRetraction(of factID: String, by cause: String, effects: inout Effects) {
        effects.write([.text(factID), .text(cause), .instant(now)], to: GovernanceTables.factRetracted)
    }
}
