import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

// A record under its subject's own code: consent, quality, and its place among what was said before.

extension Turn {
    /// Makes a fact of the record, sets it aside, or refuses it. Said again with the same id, it changes nothing.
    func take(
        _ record: AcceptedRecord, raw: JSONValue, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) -> Refusal? {
        guard let type = book.type(record.recordType, at: now) else { return Refusal(ContractDefect.unknownType(record.recordType)) }
        guard record.data.kind == .object else { return Refusal(ContractDefect.notAnObject) }
        if type.id == Registration.type, let code = Registration.code(in: record.data), code.text != key {
            return Refusal(code: "subject-mismatch", detail: "a registration of \(code.text) under \(key)")
        }
        if let refusal = roomForConsent(record, state: &state) ?? roomForRepair(record, state: state) { return refusal }

        let place = try state.openMemory(of: type.id)
        let slotKey = type.slotKey(of: record)
        guard !state.memories[place].knows(record.recordID, under: slotKey), !state.held.contains(record.recordID),
            !state.parked.contains(where: { $0.recordID == record.recordID })
        else { return nil }

        if let category = type.consentCategory,
            !state.consents.contains(where: { $0.covers(category, record, at: now) })
        {
            return park(record, raw: raw, reason: .consentMissing, state: &state, effects: &effects)
        }
        if state.memories[place].hasForgotten(slotKey) {
            // A statement by itself is then one that came before. Anything else can not be put in its place any more.
            if !type.standsAlone { hold(record, raw: raw, reason: "beyond-memory", state: &state, effects: &effects) }
            return nil
        }

        let order = Order(at: record.occurredAt, id: record.recordID)
        let previous = state.memories[place].previous(to: slotKey, order, type.succession)
        let judgement = type.judge(record, previous: previous)
        for finding in judgement.findings {
            effects.write(
                [.text(record.recordID), .text(finding.rule), .text(finding.truth.rawValue), .text(finding.observed), .instant(now)],
                to: GovernanceTables.qualityVerdict)
        }
        if let rule = judgement.quarantineRule {
            hold(record, raw: raw, reason: rule, state: &state, effects: &effects)
            return nil
        }
        try establish(record, type, slotKey, order, quality: judgement.quality, place, state: &state, effects: &effects)
        return nil
    }

    /// The record is a fact. It stands when nothing later was said under its business key, whatever came first.
    private func establish(
        _ record: AcceptedRecord, _ type: GovernedType, _ slotKey: String, _ order: Order, quality: Int64, _ place: Int,
        state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        let former = state.memories[place].slot(slotKey)
        let isSame = former.map { $0.data.saysTheSame(as: record.data) } ?? false
        writeFact(record, slotKey: slotKey, quality: quality, duplicateOf: isSame ? former?.order.id : nil, effects: &effects)
        if isSame {
            send("duplicate-content", record, reason: former?.order.id ?? "", effects: &effects)
        }
        if let former, order < former.order {
            state.memories[place].note(older: record.recordID, under: slotKey)
            // These count whenever they were said.
            switch type.id {
            case Registration.type: announceAliases(of: record, state: &state, effects: &effects)
            case ConsentGrant.revokedType: revokeConsent(record, state: &state, effects: &effects)
            case CreditRepair.repairedType: try repair(record, state: &state, effects: &effects)
            default: break
            }
            return
        }

        let repair = type.id == CreditRepair.penaltyType ? state.repairs.first { $0.decisionNo == slotKey } : nil
        let ruling = repair?.ruling(on: record.data, occurredAt: record.occurredAt)
        let sent: String?
        switch (ruling, repair) {
        case (.repaired, .some(let repair)):
            // What is repaired is not shown to anyone again, and what was shown is taken back.
            if let former, former.sent != nil { retract(former, by: repair, cause: record, quality: quality, effects: &effects) }
            writeRetraction(of: record.recordID, by: repair, effects: &effects)
            if !isSame { send("retracted", record, reason: repair.recordID, effects: &effects) }
            sent = nil
        case (.tooEarly, _), (.repaired, .none), (.none, _):
            if isSame, let standing = former?.sent {
                sent = standing
            } else if type.id == CreditRepair.repairedType {
                // The repair itself is not passed on; what it takes away is.
                sent = nil
            } else {
                effects.send(
                    Fact(
                        factID: record.recordID, recordType: record.recordType, writer: record.writer, subject: key,
                        occurredAt: record.occurredAt, knownAt: now, origin: record.origin, quality: quality, data: record.data,
                        supersedes: former?.sent, supersededData: former?.sent == nil ? nil : former?.data),
                    to: Topic.governanceFacts, key: key)
                sent = record.recordID
            }
            if case .tooEarly(let earliest) = ruling, let repair, !isSame { tooEarly(repair, earliest, effects: &effects) }
        }
        state.memories[place].store(
            Slot(key: slotKey, order: order, data: record.data, sent: sent, others: former?.others ?? [], replacing: former),
            slotsMax: type.slotsMax)
        if !isSame { try applyToSubject(record, type, state: &state, effects: &effects) }
    }

    /// What a fact changes beside itself.
    private func applyToSubject(
        _ record: AcceptedRecord, _ type: GovernedType, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        switch type.id {
        case Registration.type:
            state.isRegistered = true
            state.name = record.data["name"]?.string ?? ""
            announceAliases(of: record, state: &state, effects: &effects)
        case ConsentGrant.grantedType: try giveConsent(record, state: &state, effects: &effects)
        case ConsentGrant.revokedType: revokeConsent(record, state: &state, effects: &effects)
        case CreditRepair.repairedType: try repair(record, state: &state, effects: &effects)
        default: break
        }
    }

    private func writeFact(_ record: AcceptedRecord, slotKey: String, quality: Int64, duplicateOf: String?, effects: inout Effects) {
        effects.write(
            [
                .text(record.recordID), .text(record.recordType), .text(record.writer), .text(key), .text(slotKey),
                .instant(record.occurredAt), .instant(now), .text(record.origin.topic), .int64(Int64(record.origin.partition)),
                .int64(record.origin.offset), .text(record.origin.sha256), .int64(quality), .json(Array(record.data.rawBytes)),
                .textOrNull(duplicateOf),
            ],
            to: GovernanceTables.fact)
    }
}

extension JSONValue {
    /// The same content, however it is written.
    func saysTheSame(as other: JSONValue) -> Bool { rawBytes == other.rawBytes || canonicalBytes == other.canonicalBytes }
}
