import Contracts
import Deciding
import Vocabulary
import Wire

// A subject applies for credit repair: admissible, or refused with all that stands against it and the first day on which it may come again.
// Source: NDRC Order 36. Application and statement may come in either order. What is decided about it comes as a record of its own.

extension Turn {
    /// Answers the application, once what it is about is known.
    func answer(
        _ application: Order, _ recordType: String, _ data: JSONValue, _ word: RepairWord, state: inout GovernanceState,
        effects: inout Effects
    ) throws(ContractDefect) {
        guard let repaired = statement(repairedBy: word, data) else {
            return refuseRepairOfNothing(application.id, recordType, effects: &effects)
        }
        let place = try state.openMemory(of: repaired.type.id)
        guard let slot = state.memories[place].own(repaired.key) else { return }
        let (adverse, said) = (repaired.adverse, slot.statement)
        guard adverse.isAdverse(said) else { return refuseRepairOfNothing(application.id, recordType, effects: &effects) }

        let applied = word.day(of: data) ?? application.at.dayInChina
        let repairCase = adverse.repairCase(
            said, next: whatEnds(slot.key, adverse, state.memories[place], state),
            fulfilled: word.fulfilledOn(data) ?? adverse.fulfilledOn(said.data), hasCommitment: word.hasCommitment(data))
        let earliest =
            repairCase.isRepairable
            ? repairCase.term.earliestApplication(published: repairCase.published, fulfilled: repairCase.fulfilled) : nil
        let (status, reason): (String, String)
        switch repairCase.standing(on: applied) {
        case .open: (status, reason) = ("admitted", "")
        case .endedByItself: (status, reason) = ("ended", Ending.Rule.publication.rawValue)
        case .closed(let obstacles): (status, reason) = ("refused", obstacles.map(\.rawValue).joined(separator: ","))
        }
        effects.write(
            [
                .text(key), .text(application.id), .text(repaired.type.id), .text(slot.key), .day(applied), .text(status), .text(reason),
                earliest.map { .day($0) } ?? .null, .instant(now),
            ],
            to: GovernanceTables.repairApplication)
        let when = status == "refused" ? (earliest.map { " earliest=\($0.text)" } ?? "") : ""
        send(
            "repair-application-\(status)", application.id, recordType, reason: reason.isEmpty ? slot.key : "\(reason)\(when)",
            effects: &effects)
    }

    /// Answers the applications that came before the statement, and anew those that were answered by what it said before.
    func answerApplications(for type: GovernedType, _ slotKey: String, state: inout GovernanceState, effects: inout Effects)
        throws(ContractDefect)
    {
        for applying in state.memories.map(\.type) {
            guard let word = book.type(applying, at: now)?.repairs, word.step == .applied else { continue }
            let place = try state.openMemory(of: applying)
            let applications = state.memories[place].slots.filter { slot in
                word.recordType(of: slot.data) == type.id && word.key(in: slot.data, of: type) == slotKey
            }
            for slot in applications.sorted(by: { $0.order < $1.order }) {
                try answer(slot.order, applying, slot.data, word, state: &state, effects: &effects)
            }
        }
    }
}
