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
        if let category = type.consentCategory, book.demand(of: category, at: now).isForbidden {
            return Refusal(code: "category-forbidden", detail: "records of the category `\(category)` may not be had at all")
        }
        if let refusal = roomForConsent(record, state: &state) ?? roomForRepair(record, type, state: state) { return refusal }

        let place = try state.openMemory(of: type.id)
        let slotKey = type.slotKey(of: record)
        guard !state.memories[place].knows(record.recordID, under: slotKey),
            !state.held.contains(where: { $0.recordID == record.recordID }),
            !state.parked.contains(where: { $0.recordID == record.recordID })
        else { return nil }

        switch consentStanding(of: record, type.consentCategory, in: state) {
        case .given: break
        case .revoked:
            refuse(record, raw: raw, code: ConsentStanding.revokedCode, since: now, effects: &effects)
            return nil
        case .open:
            let wait = type.consentCategory.map { book.demand(of: $0, at: now).wait } ?? .zero
            return park(record, raw: raw, reason: .consentMissing, until: now + wait, state: &state, effects: &effects)
        }
        if state.memories[place].hasForgotten(slotKey) {
            // A statement by itself is then one that came before. Anything else can not be put in its place any more.
            if !type.standsAlone { hold(record, raw: raw, reason: "beyond-memory", state: &state, effects: &effects) }
            return nil
        }
        return try judge(record, raw: raw, type, slotKey, isOverridden: false, state: &state, effects: &effects)
    }

    /// Judges the record and takes it, or sets it aside. People may say that it is right although a rule says that it is not.
    ///
    /// - Parameter asked: how often its writer was asked for a better one while it was set aside.
    func judge(
        _ record: AcceptedRecord, raw: JSONValue, _ type: GovernedType, _ slotKey: String, isOverridden: Bool, asked: Int64 = 0,
        state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) -> Refusal? {
        let judges = [type.rules, book.rules(for: type.id, at: now)]
        for rules in judges { for other in rules.otherTypes { _ = try state.openMemory(of: other) } }
        let place = try state.openMemory(of: type.id)
        let order = record.order
        let facts = RecordFacts(
            record, key: slotKey, order: order, type: type, memories: state.memories,
            withHistory: judges.contains { $0.readsHistory })
        let judgement = type.judge(facts, by: judges.map(\.rules).joined())
        for finding in judgement.findings { writeVerdict(record, finding, effects: &effects) }

        let former = state.memories[place].slot(slotKey)
        // Who has said it better since is not asked again.
        let isOutdated = former.map { order < $0.order } ?? false
        let isSaid = try isSaidToBeRight(record.recordID, state: &state)
        let isRight = isOverridden || isSaid
        let isAsked = judgement.correctionRule != nil && !isRight && !isOutdated && !isAskedFor(record.recordID, state)
        let asked = isAsked ? asked + 1 : asked
        if let rule = judgement.quarantineRule, !isRight {
            hold(record, raw: raw, reason: rule.id, asked: asked, state: &state, effects: &effects)
            if isAsked { askForCorrection(of: record, slotKey, judgement, number: asked, state: &state, effects: &effects) }
            return nil
        }
        if isAsked { askForCorrection(of: record, slotKey, judgement, number: asked, state: &state, effects: &effects) }
        if judgement.correctionRule == nil || isRight {
            closeCorrections(by: record, isRight ? "accepted" : "corrected", state: &state, effects: &effects) { correction in
                // Whether it is well by the rules that judge afterwards is not known yet.
                correction.isAbout(type.id, slotKey, of: record.writer)
                    && (isRight || !judges.contains { $0.rulesAfterwards.contains { $0.id == correction.rule } })
            }
        }
        let quality = SourceTrust.weigh(judgement.quality, by: book.trust(of: record.writer, at: now))
        let isSuspect = judgement.isSuspect && !isRight
        try establish(
            record, type, slotKey, order, quality: quality, isSuspect: isSuspect, asked: asked, state: &state, effects: &effects)
        return nil
    }

    /// A verdict beside the rules: the record says what stands already.
    private func writeRepetition(_ record: AcceptedRecord, of standing: String, effects: inout Effects) {
        effects.write(
            [
                .text(record.recordID), .text("says-what-stands"), .text(Truth.no.rawValue), .text(standing), .instant(now),
                .text(QualityRule.Stage.during.rawValue), .text(QualityRule.Kind.duplicate.rawValue), .text(record.writer), .text("flag"),
                .text(""),
            ],
            to: GovernanceTables.qualityVerdict)
    }

    func writeVerdict(_ record: AcceptedRecord, _ finding: Judgement.Finding, effects: inout Effects) {
        effects.write(
            [
                .text(record.recordID), .text(finding.rule.id), .text(finding.truth.rawValue), .text(finding.observed), .instant(now),
                .text(finding.rule.stage.rawValue), .text(finding.rule.kind.rawValue), .text(finding.rule.owner(of: record)),
                .text(finding.rule.isQuarantine ? "quarantine" : "flag"), .text(finding.rule.threshold?.text ?? ""),
            ],
            to: GovernanceTables.qualityVerdict)
    }

    /// The record is a fact. It stands when nothing later was said under its business key, whatever came first.
    private func establish(
        _ record: AcceptedRecord, _ type: GovernedType, _ slotKey: String, _ order: Order, quality: Int64, isSuspect: Bool, asked: Int64,
        state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        effects.count(.recordJudged, record.recordType, "established")
        let place = try state.openMemory(of: type.id)
        let former = state.memories[place].slot(slotKey)
        let isSame = former.map { $0.data.saysTheSame(as: record.data) } ?? false
        writeFact(record, slotKey: slotKey, quality: quality, duplicateOf: isSame ? former?.order.id : nil, effects: &effects)
        if isSame {
            send("duplicate-content", record, reason: former?.order.id ?? "", effects: &effects)
            writeRepetition(record, of: former?.order.id ?? "", effects: &effects)
        }
        let withheld = try withholding(of: record, type, slotKey, state: &state)
        if let former, order < former.order {
            state.memories[place].note(older: record.recordID, saying: record.data, under: slotKey, keeping: state.objectedRecords)
            // A guest stands before it only as long as it stays.
            if former.guestOf != nil, former.under.allSatisfy({ $0.order < order }) {
                let covered = former.under.first
                let own = Slot(
                    key: slotKey, order: order, data: record.data, sent: withheld == nil ? record.recordID : nil,
                    others: covered?.others ?? [], isSuspect: isSuspect, quality: quality, asked: asked, replacing: covered,
                    keeping: state.objectedRecords)
                state.memories[place].cover(own)
                if let withheld {
                    writeRetraction(of: record.recordID, by: withheld.by, state: &state, effects: &effects)
                    send("retracted", record, reason: withheld.by, effects: &effects)
                }
                if !(covered?.data.saysTheSame(as: record.data) ?? false) {
                    try meetRepairs(of: record, type, slotKey, state: &state, effects: &effects)
                }
                // It is judged although a guest covers it.
                if book.isReadAfterwards(type.id) { effects.schedule(Afterwards.timer, at: now) }
            }
            // What was removed is gone under every id that says it.
            if isSame, former.sent != nil, former.guestOf == nil, let reason = removal(of: [record.recordID], state) {
                try takeBack(former, type.id, by: reason.by, cause: record, state: &state, effects: &effects)
                try lookAtEnds(of: type.id, state: &state, effects: &effects)
            }
            // These count whenever they were said.
            if type.id == Registration.type { announceAliases(of: record, state: &state, effects: &effects) }
            try applyWheneverSaid(record, type, state: &state, effects: &effects)
            return
        }

        let sent: String?
        var sentAt = order.at
        switch withheld {
        case .some(let withheld):
            // What may not be shown is not shown to anyone again, and what was shown is taken back.
            if let former, former.sent != nil {
                retract(
                    former, type.id, by: withheld.by, writer: record.writer, origin: record.origin, quality: quality, state: &state,
                    effects: &effects)
            }
            writeRetraction(of: record.recordID, by: withheld.by, state: &state, effects: &effects)
            if !isSame { send("retracted", record, reason: withheld.by, effects: &effects) }
            sent = nil
        case .none:
            if isSame, let former, let standing = former.sent {
                sent = standing
                sentAt = former.sentAt
            } else if type.repairs != nil || Self.keptHere.contains(type.id) {
                sent = nil
            } else {
                let saying = Saying(
                    recordType: record.recordType, recordID: record.recordID, writer: record.writer, occurredAt: record.occurredAt,
                    origin: record.origin, quality: quality, data: record.data)
                sent = say(saying, replacing: former, state: &state, effects: &effects)
            }
        }
        let slot = Slot(
            key: slotKey, order: order, data: record.data, sent: sent, sentAt: sentAt, others: former?.others ?? [], isSuspect: isSuspect,
            quality: quality, asked: asked, replacing: former, keeping: state.objectedRecords)
        store(slot, of: type, at: place, in: &state)
        try lookAtAllEnds(for: type, state: &state, effects: &effects)
        if type.freshness != nil { try ageStatements(state: &state, effects: &effects) }
        if isSame {
            // The same word at another time is a new word.
            if type.id == Registration.type { announceAliases(of: record, state: &state, effects: &effects) }
            try applyWheneverSaid(record, type, state: &state, effects: &effects)
        } else {
            try applyToSubject(record, type, slotKey, state: &state, effects: &effects)
        }
        try crossCheck(
            type.id, changed: [record.data] + (former.map { [$0.data] } ?? []), cause: order, origin: record.origin, state: &state,
            effects: &effects)
    }

    /// Puts the statement in its place; what is too much for the memory is forgotten.
    func store(_ slot: Slot, of type: GovernedType, at place: Int, in state: inout GovernanceState) {
        let slotsMax = type.slotsMax(forPerson: isPerson, tellsEnds: book.tellsEnds(type.id))
        state.memories[place].store(slot, of: type, slotsMax: slotsMax, joins: book.joins(of: type.id))
    }

    /// What is said about records and not about the world: what it changes is passed on, it is not.
    private static let keptHere: Set<String> = [
        QualityRuling.releaseType, QualityRuling.overrideType, Merger.mergedType, Merger.unmergedType, Registration.resolvedType,
    ]

    /// What a fact changes beside itself.
    private func applyToSubject(
        _ record: AcceptedRecord, _ type: GovernedType, _ slotKey: String, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        switch type.id {
        case Registration.type:
            state.isRegistered = true
            state.name = record.data["name"]?.string ?? ""
            announceAliases(of: record, state: &state, effects: &effects)
            announceName(of: record, effects: &effects)
        case ConsentGrant.requestedType: requestConsent(record, state: &state, effects: &effects)
        case ConsentGrant.grantedType: try giveConsent(record, state: &state, effects: &effects)
        default:
            try meetRepairs(of: record, type, slotKey, state: &state, effects: &effects)
            if let word = type.repairs, word.step == .applied {
                try answer(record.order, record.recordType, record.data, word, state: &state, effects: &effects)
            }
            try applyWheneverSaid(record, type, state: &state, effects: &effects)
        }
    }

    /// Answers what was said about the repair of the statement before it came.
    private func meetRepairs(
        of record: AcceptedRecord, _ type: GovernedType, _ slotKey: String, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        guard let adverse = type.adverse else { return }
        let statement = AdverseInformation.Statement(record)
        if let repair = state.repair(of: type.id, slotKey), let ruling = repair.ruling(on: statement, adverse) {
            tell(of: repair, ruling, on: record.recordID, effects: &effects)
        }
        try answerApplications(for: type, slotKey, state: &state, effects: &effects)
    }

    /// What counts even when something later was said under the same key.
    private func applyWheneverSaid(
        _ record: AcceptedRecord, _ type: GovernedType, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) {
        switch record.recordType {
        case ConsentGrant.revokedType: try revokeConsent(record, state: &state, effects: &effects)
        case ConsentGrant.pausedType, ConsentGrant.resumedType: try switchConsent(record, state: &state, effects: &effects)
        case QualityRuling.releaseType, QualityRuling.overrideType: try letGo(record, state: &state, effects: &effects)
        case Objection.openedType, Objection.answeredType: try objection(record, state: &state, effects: &effects)
        case Merger.mergedType, Merger.unmergedType: try merge(record, state: &state, effects: &effects)
        case Registration.resolvedType: announceAliases(of: record, state: &state, effects: &effects)
        default:
            if let word = type.repairs, word.step == .approved { try repair(record, word, state: &state, effects: &effects) }
        }
    }

    /// The fact is a row and a leaf of the log, in one transaction.
    private func writeFact(_ record: AcceptedRecord, slotKey: String, quality: Int64, duplicateOf: String?, effects: inout Effects) {
        let entry = FactEntry(
            factID: record.recordID, recordType: record.recordType, writer: record.writer, subject: key, businessKey: slotKey,
            occurredAt: record.occurredAt, knownAt: now, topic: record.origin.topic, partition: Int64(record.origin.partition),
            offset: record.origin.offset, sha256: record.origin.sha256, quality: quality, duplicateOf: duplicateOf,
            contentSHA256: FactSeal.of(record.data))
        effects.write(entry.cells(data: Array(record.data.rawBytes)), to: GovernanceTables.fact)
        effects.append(entry.leaf)
    }
}

extension QualityRule {
    /// Whoever has to see to it: the rule's owner, else the record's writer.
    func owner(of record: AcceptedRecord) -> String { owner.isEmpty ? record.writer : owner }
}

extension JSONValue {
    /// The elements of a member that is a list; none when there is no such member.
    func list(_ name: String) -> [JSONValue] { self[name].map { Array($0.elements) } ?? [] }
}
