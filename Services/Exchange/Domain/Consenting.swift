import Contracts
import Deciding
import Vocabulary
import Wire

extension ExchangeTurn {
    /// Takes a consent, its revocation, a pause, or the end of one.
    func take(_ fact: Fact, state: inout ExchangeState, effects: inout Effects) throws(ContractDefect) {
        let data = try Fields(fact.data)
        let id = try data.text("consentId")
        guard let place = place(of: id, state: &state, effects: &effects) else {
            return effects.refuse("consents-full", "\(subject) has \(ConsentOnFile.countMax) consents alive")
        }
        let before = state.consents[place]
        switch (fact.recordType, fact.isRetraction) {
        case (Exchange.grantedType, false):
            let terms = try ConsentOnFile.Terms(fact)
            if before.terms.map({ $0.isReplaced(by: terms) }) ?? true {
                state.consents[place].terms = terms
                state.consents[place].isExpired = false
            }
        case (Exchange.revokedType, false), (Exchange.grantedType, true):
            // A consent that is taken back as a fact is as good as revoked.
            state.consents[place].revokedAt = min(before.revokedAt ?? fact.occurredAt, fact.occurredAt)
        case (Exchange.pausedType, false), (Exchange.resumedType, false):
            let pause = ConsentOnFile.Pause(isOn: fact.recordType == Exchange.pausedType, at: fact.occurredAt, factID: fact.factID)
            if before.pause.map({ $0.isReplaced(by: pause) }) ?? true { state.consents[place].pause = pause }
        case (_, _):
            // Revocation is final: taking it back does not bring the consent to life.
            return effects.refuse("retraction-unexpected", "\(fact.recordType) \(fact.factID) is taken back")
        }
        guard state.consents[place] != before else { return }

        let consent = state.consents[place]
        effects.write(ExchangeTables.row(consent, of: subject, at: now), to: ExchangeTables.consentSeen)
        if let revokedAt = consent.revokedAt {
            if before.revokedAt == nil {
                if before.terms != nil { effects.cancel(consent.timer) }
                if before.terms?.keepDays != nil { effects.cancel(ConsentOnFile.keepingTimer(consent.id)) }
                recall(under: consent.id, as: ConsentShortfall.revoked.code, endedAt: revokedAt, state: &state, effects: &effects)
            }
        } else if let terms = consent.terms {
            effects.schedule(consent.timer, at: terms.end)
        }
        expireConsents(state: &state, effects: &effects)
        resumeWaiting(state: &state, effects: &effects)
    }

    /// Notes what is over by our clock, for good. Nothing is recalled for it: what left was rightly had.
    func expireConsents(state: inout ExchangeState, effects: inout Effects) {
        let today = now.dayInChina
        for place in state.consents.indices {
            let consent = state.consents[place]
            guard let terms = consent.terms, consent.revokedAt == nil, !consent.isExpired, terms.until < today else { continue }
            state.consents[place].isExpired = true
            effects.cancel(consent.timer)
            effects.write(ExchangeTables.row(state.consents[place], of: subject, at: now), to: ExchangeTables.consentSeen)
        }
    }

    /// Something that was had under the consent may not be kept any longer: it is asked back, and the clock is set for the next.
    func endKeeping(under consentID: String, state: inout ExchangeState, effects: inout Effects) {
        recall(
            under: consentID, as: Self.keepingOver, endedAt: now, state: &state, effects: &effects,
            where: { $0.keptUntil.map { $0 <= now } ?? false })
        scheduleKeeping(under: consentID, state: state, effects: &effects)
    }

    static let keepingOver = "keeping-over"

    /// By what each receiver was told, whatever the consent says since, and though it be forgotten.
    func scheduleKeeping(under consentID: String, state: ExchangeState, effects: inout Effects) {
        let kept = state.decisions.filter { $0.consentID == consentID && $0.canBeRecalled }
        if let first = kept.compactMap(\.keptUntil).min() { effects.schedule(ConsentOnFile.keepingTimer(consentID), at: first) }
    }

    /// Asks every institution that got something under the consent to delete it, once. Needs no rule and no consent: it says nothing about
    /// the firm that the receiver does not know, and must not fail for want of an entry.
    private func recall(
        under consentID: String, as reason: String, endedAt: Instant, state: inout ExchangeState, effects: inout Effects,
        where isMeant: (ReleaseDecision) -> Bool = { _ in true }
    ) {
        for place in state.decisions.indices {
            let decision = state.decisions[place]
            guard decision.consentID == consentID, decision.canBeRecalled, isMeant(decision), let institution = decision.institution else {
                continue
            }
            let body = JSONWriter.encode { json in
                json.object { object in
                    object.member("releaseId", decision.releaseID)
                    object.member("consentId", consentID)
                    object.member("messageType", decision.messageType)
                    object.member("subject", subject)
                    object.member("revokedAt", endedAt)
                    // A code: what the firm wrote as its reason is not the institution's business.
                    object.member("reason", reason)
                }
            }
            effects.send(type: "recall.v1", value: body, to: Topic.institutionOut(institution), key: subject, subject: subject)
            state.decisions[place].status = .recalled
            state.decisions[place].reason = reason
            tell("recalled", state.decisions[place], reason: reason, effects: &effects)
            effects.write(ExchangeTables.row(state.decisions[place], of: subject, at: now), to: ExchangeTables.release)
            audit(decision.releaseID, "recalled", reason: reason, effects: &effects)
        }
    }

    /// Where the consent stands; makes a place for a new one, forgetting one that is over when there are too many. Nil when all are alive.
    private func place(of id: String, state: inout ExchangeState, effects: inout Effects) -> Int? {
        if let known = state.consents.firstIndex(where: { $0.id == id }) { return known }
        if state.consents.count >= ConsentOnFile.countMax {
            let over = state.consents.indices.filter { state.consents[$0].isOver }
            let oldest = over.min { a, b in
                (state.consents[a].terms?.until.number ?? .min) < (state.consents[b].terms?.until.number ?? .min)
            }
            guard let oldest else { return nil }
            state.consents.remove(at: oldest)
        }
        let place = state.consents.firstIndex { $0.id > id } ?? state.consents.endIndex
        state.consents.insert(ConsentOnFile(id: id), at: place)
        return place
    }
}
