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

    /// Whether the record's statement may be shown: its ending, repair, and an objection that ended with its removal.
    func withholding(
        of record: AcceptedRecord, _ type: GovernedType, _ slotKey: String, state: inout GovernanceState
    ) throws(ContractDefect) -> Withholding? {
        let isRemovable = state.objections.contains(where: \.isRemoved)
        guard isRemovable || type.adverse != nil || type.canEnd(forPerson: isPerson) else { return nil }
        let place = try state.openMemory(of: type.id)
        // What was removed may be said again under another id.
        let ids = isRemovable ? [record.recordID] + (state.memories[place].slot(slotKey)?.ids(saying: record.data) ?? []) : []
        let statement = AdverseInformation.Statement(record)
        let told = try toldEnd(of: statement, type, slotKey, state.memories[place], state: &state)
        return endOrRepair(of: statement, type, slotKey, told: told, state) ?? removal(of: ids, state)
    }

    /// The same for what stands, or would stand without the guest that covers it.
    func withholding(
        of slot: Slot, _ type: GovernedType, _ memory: TypeMemory, state: inout GovernanceState
    ) throws(ContractDefect) -> Withholding? {
        let told = try toldEnd(of: slot.statement, type, slot.key, memory, state: &state)
        return endOrRepair(of: slot.statement, type, slot.key, told: told, state) ?? removal(of: slot, state)
    }

    /// What has taken the statement away of itself: its ending, or a repair.
    ///
    /// - Parameter told: the day on which other statements tell its end.
    private func endOrRepair(
        of statement: AdverseInformation.Statement, _ type: GovernedType, _ slotKey: String, told: Day?, _ state: GovernanceState
    ) -> Withholding? {
        // Today's date first: it does not depend on what else has come.
        if let ending = whenGone(statement, type, told: told), ending.day <= now.dayInChina { return Withholding(by: ending.cause) }
        guard let adverse = type.adverse, let repair = state.repair(of: type.id, slotKey) else { return nil }
        return repair.ruling(on: statement, adverse) == .repaired ? Withholding(by: repair.recordID) : nil
    }

    /// The objection that ended with the removal of what one of the records says.
    func removal(of ids: [String], _ state: GovernanceState) -> Withholding? {
        state.objections.first { $0.isRemoved && ids.contains($0.recordID) }.map { Withholding(by: $0.answeredBy ?? $0.id) }
    }

    /// The same for what stands there.
    private func removal(of slot: Slot, _ state: GovernanceState) -> Withholding? {
        state.objections.contains(where: \.isRemoved) ? removal(of: slot.ids(saying: slot.data), state) : nil
    }

    private func whenGone(_ statement: AdverseInformation.Statement, _ type: GovernedType, told: Day?) -> Ending? {
        let byItself = type.lastDay(of: statement.data).map { Ending(day: $0 + 1, rule: .validity) }
        let byLaw = type.adverse.flatMap { $0.ending(of: statement, told: told, isPerson: isPerson) }
        return [byItself, byLaw].compactMap { $0 }.min { $0.day < $1.day }
    }

    /// The day on which other statements tell the end of the state that the statement speaks of, where its type reads them: one of a later
    /// period of its row, or one of another type.
    func toldEnd(
        of statement: AdverseInformation.Statement, _ type: GovernedType, _ slotKey: String, _ memory: TypeMemory,
        state: inout GovernanceState
    ) throws(ContractDefect) -> Day? {
        guard let adverse = type.adverse, adverse.readsOthers, adverse.canEnd(forPerson: isPerson) else { return nil }
        let next = adverse.readsRow ? memory.nextInRow(after: slotKey) { tellsEnd($0, adverse, state) } : nil
        let ends = try ToldEnds(by: adverse.endRecord, self, state: &state)
        return adverse.toldEnd(of: statement, next: next?.statement, days: ends.days(for: statement))
    }

    /// Whether the statement tells the end of what its row said before. It does so although it holds no more itself, but not when it was wrong.
    private func tellsEnd(_ slot: Slot, _ adverse: AdverseInformation, _ state: GovernanceState) -> Bool {
        !adverse.isAdverse(slot.statement) && isMeant(slot, state)
    }

    /// What was taken back may have ended or been repaired, and was said nevertheless; what an objection removed was not.
    fileprivate func isMeant(_ slot: Slot, _ state: GovernanceState) -> Bool { slot.sent != nil || removal(of: slot, state) == nil }

    /// Takes back what has ended by today, says again what has not ended after all, and sets the clock for the next.
    ///
    /// Derived each time from what stands. What told the end of an earlier period may itself be said otherwise, or be taken back.
    func endStatements(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        var next: Day?
        for id in state.memories.map(\.type) {
            guard let type = book.type(id, at: now), type.canEnd(forPerson: isPerson) else { continue }
            let place = try state.openMemory(of: id)
            let memory = state.memories[place]
            var nexts: [Slot?] = []
            if let adverse = type.adverse, adverse.readsRow { nexts = memory.nextInRows { tellsEnd($0, adverse, state) } }
            let ends = try ToldEnds(by: type.adverse?.endRecord, self, state: &state)
            // With a part of it forgotten nobody can tell whether something else has ended a statement.
            let canReturn = type.adverse?.readsOthers == true && memory.isWhole && ends.isWhole && type.repairs == nil
            // What came along with a merged code is ended under that code.
            for (number, slot) in memory.slots.enumerated() where slot.guestOf == nil {
                let told = type.adverse?.toldEnd(
                    of: slot.statement, next: nexts.isEmpty ? nil : nexts[number]?.statement, days: ends.days(for: slot.statement))
                let ending = whenGone(slot.statement, type, told: told)
                if slot.sent == nil {
                    guard canReturn, endOrRepair(of: slot.statement, type, slot.key, told: told, state) == nil,
                        removal(of: slot, state) == nil
                    else { continue }
                    try sayAgain(slot, id, state: &state, effects: &effects)
                }
                guard let ending else { continue }
                if ending.day > now.dayInChina {
                    next = next.map { min($0, ending.day) } ?? ending.day
                } else {
                    try takeBack(slot, id, by: ending.cause, cause: nil, state: &state, effects: &effects)
                }
            }
        }
        if let next { effects.schedule(Ending.timer, at: next.startInChina) } else { effects.cancel(Ending.timer) }
    }

    /// A statement of the type stands, or stands no more: it may end by itself, or tell the end of another.
    func lookAtAllEnds(for type: GovernedType, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        if type.canEnd(forPerson: isPerson) || book.tellsEnds(type.id) { try endStatements(state: &state, effects: &effects) }
    }

    /// What was taken back may have told the end of another statement, of its row or of another type.
    func lookAtEnds(of id: String, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let readsRow = book.type(id, at: now).map { $0.adverse?.readsRow == true && $0.canEnd(forPerson: isPerson) } ?? false
        if readsRow || book.tellsEnds(id) { try endStatements(state: &state, effects: &effects) }
    }

    /// The statement stands again, here and downstream, after it had been taken back.
    private func sayAgain(_ slot: Slot, _ type: String, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let origin = Origin(topic: "", partition: -1, offset: -1, sha256: "")
        let saying = Saying(
            recordType: type, recordID: slot.order.id, writer: Self.writer(of: slot.order.id), occurredAt: slot.order.at, origin: origin,
            quality: slot.quality, data: slot.data)
        let sent = say(saying, as: "\(slot.order.id)/again-\(slot.returned + 1)", replacing: nil, state: &state, effects: &effects)
        let place = try state.openMemory(of: type)
        state.memories[place].comeBack(slot.key, as: sent)
        writeRetraction(of: slot.order.id, by: "", state: &state, effects: &effects)
        send("stands-again", slot.order.id, type, reason: "", effects: &effects)
        try crossCheck(type, changed: [slot.data], cause: slot.order, origin: origin, state: &state, effects: &effects)
    }

    /// The statement stands no more, here and downstream. Where a guest covers it, downstream has the guest's.
    func takeBack(
        _ slot: Slot, _ type: String, by cause: String, cause record: AcceptedRecord?, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        let writer = record?.writer ?? Self.writer(of: slot.order.id)
        let origin = record?.origin ?? Origin(topic: "", partition: -1, offset: -1, sha256: "")
        let place = try state.openMemory(of: type)
        let isCovered = state.memories[place].slot(slot.key).map { $0.order != slot.order } ?? false
        if !isCovered { retract(slot, type, by: cause, writer: writer, origin: origin, quality: 10_000, state: &state, effects: &effects) }
        writeRetraction(of: slot.order.id, by: cause, state: &state, effects: &effects)
        send("retracted", slot.order.id, type, reason: cause, effects: &effects)
        if isCovered { return state.memories[place].takeBackOwn(slot.key) }
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
            return pass(saying, isComing: false, to: merger.into, replacing: slot, state: &state, effects: &effects)
        }
        // The retraction's own id: the record that caused it, or the rule with what it took away.
        let id = cause.contains("/") ? cause : "\(CrossCheck.writer)/\(cause)/\(slot.order.id)"
        effects.send(
            Fact(
                factID: id, recordType: type, writer: writer, subject: key, occurredAt: slot.order.at, knownAt: now, origin: origin,
                quality: quality, data: slot.data, supersedes: slot.sent, supersededData: slot.data, isRetraction: true),
            to: Topic.governanceFacts, key: key)
    }

    /// - Parameter cause: empty when the fact stands again.
    func writeRetraction(of factID: String, by cause: String, state: inout GovernanceState, effects: inout Effects) {
        // The latest row counts, and the clock may go back.
        let at = state.retractionsSaid.next(at: now)
        effects.write([.text(factID), .text(cause), .instant(at)], to: GovernanceTables.factRetracted)
    }
}

/// What another record type says of the end of a type's statements.
private struct ToldEnds {
    private let record: AdverseInformation.EndRecord?
    private var byKey: [String: [Day]] = [:]
    /// Nothing of that type was forgotten.
    private(set) var isWhole = true

    init(by record: AdverseInformation.EndRecord?, _ turn: Turn, state: inout GovernanceState) throws(ContractDefect) {
        self.record = record
        guard let record, let memory = try state.memory(of: record.recordType) else { return }
        isWhole = memory.isWhole
        for slot in memory.slots where turn.isMeant(slot, state) {
            if let day = record.day(in: slot.data) { byKey[record.key(of: slot.data), default: []].append(day) }
        }
    }

    func days(for statement: AdverseInformation.Statement) -> [Day] {
        guard let record, !byKey.isEmpty else { return [] }
        return byKey[record.key(of: statement.data)] ?? []
    }
}
