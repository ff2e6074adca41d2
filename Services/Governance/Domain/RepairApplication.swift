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
        let applied = word.day(of: data) ?? application.at.dayInChina
        func notice(
            _ status: RepairNotice.Status, of type: String, _ key: String, in statementID: String = "", reasons: [String] = [],
            earliest: Day? = nil
        ) -> RepairNotice {
            RepairNotice(
                step: .applied, recordID: application.id, status: status, recordType: type, key: key, statementID: statementID,
                day: applied, reasons: reasons, earliest: earliest)
        }
        guard let repaired = statement(repairedBy: word, data) else {
            refuseRepairOfNothing(application.id, recordType, effects: &effects)
            return tell(notice(.nothing, of: word.recordType(of: data) ?? "", ""), effects: &effects)
        }
        let place = try state.openMemory(of: repaired.type.id)
        // Answered when it comes. That it is waited for is not told: which of the two came first leaves no trace.
        guard let slot = state.memories[place].own(repaired.key) else { return }
        let (adverse, said) = (repaired.adverse, slot.statement)
        guard adverse.isAdverse(said) else {
            refuseRepairOfNothing(application.id, recordType, effects: &effects)
            return tell(notice(.nothing, of: repaired.type.id, slot.key, in: slot.order.id), effects: &effects)
        }

        let repairCase = adverse.repairCase(
            said, told: try toldEnd(of: said, repaired.type, slot.key, state.memories[place], state: &state),
            fulfilled: word.fulfilledOn(data) ?? adverse.fulfilledOn(said.data), hasCommitment: word.hasCommitment(data))
        let earliest =
            repairCase.isRepairable
            ? repairCase.term.earliestApplication(published: repairCase.published, fulfilled: repairCase.fulfilled) : nil
        let (status, reasons): (RepairNotice.Status, [String])
        switch repairCase.standing(on: applied) {
        case .open: (status, reasons) = (.admitted, [])
        case .endedByItself: (status, reasons) = (.ended, [Ending.Rule.publication.rawValue])
        case .closed(let obstacles): (status, reasons) = (.refused, obstacles.map(\.rawValue))
        }
        let reason = reasons.joined(separator: ",")
        effects.write(
            [
                .text(key), .text(application.id), .text(repaired.type.id), .text(slot.key), .day(applied), .text(status.rawValue),
                .text(reason),
                earliest.map { .day($0) } ?? .null, .instant(now),
            ],
            to: GovernanceTables.repairApplication)
        let when = status == .refused ? (earliest.map { " earliest=\($0.text)" } ?? "") : ""
        send(
            "repair-application-\(status.rawValue)", application.id, recordType, reason: reason.isEmpty ? slot.key : "\(reason)\(when)",
            effects: &effects)
        tell(
            notice(
                status, of: repaired.type.id, slot.key, in: slot.order.id, reasons: reasons, earliest: status == .refused ? earliest : nil),
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
