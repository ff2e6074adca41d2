import Contracts
import Deciding
import Vocabulary
import Wire

/// When a statement may no longer be shown, by law or by what it says, and by itself.
enum Ending: Sendable {
    /// Publication ends at the maximum of its class. Source: NDRC Order 36.
    case publication(classField: String, fromField: String)
    /// Adverse data about a person go five years after the act has ended. Source: 征信业管理条例, article 16.
    case retention(fromField: String)
    /// It says itself until which day it holds; without such a day it holds on.
    case validity(toField: String)

    static let timer = "endings"

    /// Reads a record type's `ends`.
    init?(_ json: JSONValue, defects: inout [String]) {
        switch json["kind"]?.string {
        case "publication":
            self = .publication(classField: json["class"]?.string ?? "class", fromField: json["from"]?.string ?? "publishedOn")
        case "retention": self = .retention(fromField: json["from"]?.string ?? "endedOn")
        case "validity": self = .validity(toField: json["to"]?.string ?? "validTo")
        default:
            defects.append("`ends` is none of publication, retention, validity")
            return nil
        }
    }

    /// The first day on which it must be gone; nil while it has not begun to end.
    func goneOn(_ data: JSONValue, occurredAt: Instant) -> Day? {
        switch self {
        case .publication(let classField, let fromField):
            // A class that nobody knows counts as the longest.
            let repairClass = data[classField]?.string.flatMap { RepairClass(rawValue: $0) } ?? .serious
            return repairClass.automaticEnd(published: data[fromField]?.day ?? occurredAt.dayInChina)
        case .retention(let fromField):
            return data[fromField]?.day.map { RetentionRule.adverseLastDay(endedOn: $0) + 1 }
        case .validity(let toField): return data[toField]?.day.map { $0 + 1 }
        }
    }

    /// Stands for the ending where a record's id would stand.
    var cause: String {
        switch self {
        case .publication: "publication-ended"
        case .retention: "retention-ended"
        case .validity: "validity-ended"
        }
    }
}

/// Why a statement may not be shown.
struct Withholding: Sendable {
    /// The record or the rule that takes it away.
    let by: String
}

extension Turn {
    /// Whether the statement may be shown: repair, ending, and an objection that ended with its removal.
    func withholding(
        of record: AcceptedRecord, _ type: GovernedType, _ slotKey: String, state: inout GovernanceState
    ) throws(ContractDefect) -> Withholding? {
        // Today's date first: it does not depend on what else has come.
        if let ending = type.ending, let gone = ending.goneOn(record.data, occurredAt: record.occurredAt), gone <= now.dayInChina {
            return Withholding(by: ending.cause)
        }
        if type.id == CreditRepair.penaltyType, let repair = state.repairs.first(where: { $0.decisionNo == slotKey }),
            repair.ruling(on: record.data, occurredAt: record.occurredAt) == .repaired
        {
            return Withholding(by: repair.recordID)
        }
        if let objection = state.objections.first(where: { $0.recordID == record.recordID && $0.isRemoved }) {
            return Withholding(by: objection.answeredBy ?? objection.id)
        }
        return nil
    }

    /// Takes back what has ended by today, and sets the clock for the next.
    func endStatements(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        for place in try endingMemories(&state) {
            let type = state.memories[place].type
            guard let ending = book.type(type, at: now)?.ending else { continue }
            for slot in state.memories[place].slots where slot.sent != nil {
                guard let gone = ending.goneOn(slot.data, occurredAt: slot.order.at), gone <= now.dayInChina else { continue }
                try takeBack(slot, type, by: ending.cause, cause: nil, state: &state, effects: &effects)
            }
        }
        try scheduleEndings(state: &state, effects: &effects)
    }

    func scheduleEndings(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        var next: Day?
        for place in try endingMemories(&state) {
            guard let ending = book.type(state.memories[place].type, at: now)?.ending else { continue }
            for slot in state.memories[place].slots where slot.sent != nil {
                guard let gone = ending.goneOn(slot.data, occurredAt: slot.order.at), gone > now.dayInChina else { continue }
                next = next.map { min($0, gone) } ?? gone
            }
        }
        if let next { effects.schedule(Ending.timer, at: next.startInChina) } else { effects.cancel(Ending.timer) }
    }

    private func endingMemories(_ state: inout GovernanceState) throws(ContractDefect) -> [Int] {
        var places: [Int] = []
        for type in state.memories.map(\.type) where book.type(type, at: now)?.ending != nil {
            places.append(try state.openMemory(of: type))
        }
        return places
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
