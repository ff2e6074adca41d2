import Contracts
import Deciding
import Vocabulary
import Wire

// Who a record is about.

extension Turn {
    /// A record as it comes in: under its subject's code it is taken; under an alias it is sent on, or waits until the alias is learned.
    func receive(
        _ record: AcceptedRecord, raw: JSONValue, isForwarded: Bool, state: inout GovernanceState, effects: inout Effects
    ) throws(ContractDefect) -> Refusal? {
        // What came by the detour is at its place, so that nothing can go in circles.
        if isForwarded || (try? USCC(key)) != nil { return try take(record, raw: raw, state: &state, effects: &effects) }

        if let canonical = state.canonical {
            if canonical.isMatched, isMovable(record.recordType) { state.matched.note(raw) }
            forward(raw, to: canonical.subject, effects: &effects)
            return nil
        }
        // A registration says itself whom its alias stands for.
        if record.recordType == Registration.type, let code = Registration.code(in: record.data) {
            forward(raw, to: code.text, effects: &effects)
            return nil
        }
        askByName(record, effects: &effects)
        return park(record, raw: raw, reason: .identityUnresolved, state: &state, effects: &effects)
    }

    func forward(_ raw: JSONValue, to subject: String, effects: inout Effects) {
        effects.send(
            type: AcceptedRecord.type, value: Array(raw.rawBytes), to: Topic.governanceIdentity, key: subject, subject: subject)
    }

    /// The alias that is this key now has a subject. Of two subjects that claim it, the later registration has it; one that was found by name
    /// gives way to both.
    func learn(_ message: IdentityMessage, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        // Aliases that are codes are never sent out; this keeps a damaged message from making a subject forget itself.
        guard message.alias == key, (try? USCC(key)) == nil else {
            throw .wrong(field: "alias", expected: "the message's key, and no code")
        }
        let learned = CanonicalSubject(
            subject: message.subject, order: Order(at: message.occurredAt, id: message.recordID), isMatched: message.isMatched)
        if let known = state.canonical {
            guard known.givesWay(to: learned) else { return }
            if known.subject != learned.subject {
                send("alias-conflict", message.recordID, Registration.type, reason: known.subject, effects: &effects)
            }
        }
        if state.canonical?.subject != learned.subject {
            send("alias-learned", message.recordID, Registration.type, reason: learned.subject, effects: &effects)
        }
        if let known = state.canonical, known.isMatched {
            if known.subject != learned.subject {
                try rematch(from: known.subject, by: message, state: &state, effects: &effects)
            } else if !learned.isMatched {
                state.matched.forget()
            }
        }
        state.canonical = learned
        effects.write(
            [.text(key), .text(learned.subject), .text(message.recordID), .instant(message.occurredAt), .instant(now)],
            to: GovernanceTables.identity)

        let waiting = state.parked
        state.parked = []
        for parked in waiting {
            let record = try AcceptedRecord(parked.record)
            released(record, parked, effects: &effects)
            if learned.isMatched, isMovable(record.recordType) { state.matched.note(parked.record) }
            forward(parked.record, to: learned.subject, effects: &effects)
        }
    }

    /// Tells the aliases of a registration whom they stand for, with every registration anew: of two subjects that claim one, the later word
    /// counts, and a claim that was lost can be won back.
    func announceAliases(of record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) {
        var names = record.data["aliases"]?.elements.compactMap(\.string) ?? []
        if let alias = record.data["alias"]?.string, record.recordType == Registration.resolvedType { names.append(alias) }
        if record.subject != key { names.append(record.subject) }
        for name in names where !name.isEmpty && name != key {
            let isKnown = state.aliases.contains(name)
            let refusal: String? =
                if (try? USCC(name)) != nil {
                    // One subject taking over another is a merger, and not said in passing.
                    name == record.subject ? nil : "alias-is-a-code"
                } else if name.unicodeScalars.count > Registration.aliasLengthMax {
                    "alias-too-long"
                } else if !isKnown, state.aliases.count >= Registration.aliasesMax {
                    "aliases-full"
                } else {
                    nil
                }
            if let refusal {
                send("refused", record.recordID, record.recordType, writer: record.writer, reason: refusal, effects: &effects)
                continue
            }
            if (try? USCC(name)) != nil { continue }
            if !isKnown { state.aliases.append(name) }
            effects.send(
                IdentityMessage(alias: name, subject: key, recordID: record.recordID, occurredAt: record.occurredAt),
                to: Topic.governanceIdentity, key: name)
        }
        state.aliases.sort { $0.precedesBytewise($1) }
    }
}

/// The record type that says who a subject is, and its fields.
enum Registration {
    static let type = "registration"
    /// People say whom an alias stands for.
    static let resolvedType = "identity.resolved"
    /// Characters of an alias at the most.
    static let aliasLengthMax = 64
    /// Aliases of one subject at the most.
    static let aliasesMax = 200

    /// The code that a registration is about; nil when it says none.
    static func code(in data: JSONValue) -> USCC? { data["uscc"]?.string.flatMap { try? USCC($0) } }
}
