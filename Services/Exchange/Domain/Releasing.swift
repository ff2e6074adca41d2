import Contracts
import Deciding
import Vocabulary
import Wire

extension ExchangeTurn {
    private enum Ruling {
        /// With the consent it rests on; empty when none is needed.
        case release(under: ReleaseRule, consentID: String, topic: String)
        case deny(String)
        /// A consent that is on its way may still cover it; else this is why not.
        case wait(else: ConsentShortfall)
    }

    /// A request to let something out: said twice it is answered once.
    func receive(_ request: ReleaseRequest, state: inout ExchangeState, effects: inout Effects) {
        let digest = request.digest
        if let taken = state.digest(of: request.releaseID) {
            guard taken != digest, state.noteReuse(of: request.releaseID, digest: digest) else { return }
            return denyReuse(request, effects: &effects)
        }
        switch rule(on: request, state: state) {
        case .release(let rule, let consentID, let topic):
            release(request, under: rule, consentID: consentID, topic: topic, state: &state, effects: &effects)
        case .deny(let reason):
            deny(request, reason: reason, state: &state, effects: &effects)
        case .wait:
            guard state.waiting.count < ExchangeState.waitingMax else {
                return deny(request, reason: "waiting-full", state: &state, effects: &effects)
            }
            let waiting = WaitingRelease(request, json: .written { request.write(to: &$0) }, since: now)
            let place = state.waiting.firstIndex { $0.request.releaseID > request.releaseID } ?? state.waiting.endIndex
            state.waiting.insert(waiting, at: place)
            effects.schedule(waiting.timer, at: now + Exchange.consentWait)
            audit(request.releaseID, "waiting", reason: "", effects: &effects)
        }
    }

    /// Rules again on all that waits, because a consent has come, changed or gone.
    func resumeWaiting(state: inout ExchangeState, effects: inout Effects) {
        // In the order in which they were asked for; of one moment the fact before the mark on it.
        let inOrder = state.waiting.sorted { one, other in
            one.request.at != other.request.at
                ? one.request.at < other.request.at : other.request.releaseID.precedesBytewise(one.request.releaseID)
        }
        for waiting in inOrder {
            switch rule(on: waiting.request, state: state) {
            case .release(let rule, let consentID, let topic):
                release(waiting.request, under: rule, consentID: consentID, topic: topic, state: &state, effects: &effects)
            case .deny(let reason):
                deny(waiting.request, reason: reason, state: &state, effects: &effects)
            case .wait: continue
            }
            state.waiting.removeAll { $0.request.releaseID == waiting.request.releaseID }
            effects.cancel(waiting.timer)
        }
    }

    /// The consent has had its time to come.
    func endWait(of releaseID: String, state: inout ExchangeState, effects: inout Effects) {
        guard let place = state.waiting.firstIndex(where: { $0.request.releaseID == releaseID }) else { return }
        let request = state.waiting.remove(at: place).request
        switch rule(on: request, state: state) {
        case .release(let rule, let consentID, let topic):
            release(request, under: rule, consentID: consentID, topic: topic, state: &state, effects: &effects)
        case .deny(let reason): deny(request, reason: reason, state: &state, effects: &effects)
        case .wait(let shortfall): deny(request, reason: shortfall.code, state: &state, effects: &effects)
        }
    }

    private func rule(on request: ReleaseRequest, state: ExchangeState) -> Ruling {
        guard request.body.kind == .object else { return .deny("body-not-an-object") }
        guard let rule = book.rule(for: request.messageType, at: now) else { return .deny("no-release-rule") }
        guard request.purpose == rule.purpose else { return .deny("purpose-not-the-rules") }
        guard let receiver = Receiver(request.receiver), book.isKnown(receiver, at: now) else { return .deny("receiver-unknown") }
        guard rule.receivers.contains(receiver.kind) else { return .deny("receiver-not-the-rules") }
        // What is said of a record goes to who wrote it, and to nobody else.
        if let member = rule.onlyTo, request.body[member]?.string != request.receiver { return .deny("receiver-not-the-writer") }
        let topic = receiver.topic
        switch receiver {
        // The firm itself may have what is its own, a source what concerns its own records.
        case .portal, .source: if !rule.needsConsent { return .release(under: rule, consentID: "", topic: topic) }
        // An institution gets nothing about a firm without consent, whatever a rule says; what became of its own record it may hear.
        case .institution:
            if rule.onlyTo != nil, !rule.needsConsent, rule.categories.isEmpty, request.categories.isEmpty {
                return .release(under: rule, consentID: "", topic: topic)
            }
        }

        let scope = rule.scope(of: request)
        // A clock that was put back may not bring an old consent to life.
        let moment = max(request.at, now)
        func gap(_ consent: ConsentOnFile) -> ConsentShortfall? { consent.gap(scope, at: moment) }
        if !request.consentID.isEmpty {
            guard let consent = state.consents.first(where: { $0.id == request.consentID }) else { return .wait(else: .missing) }
            guard let gap = gap(consent) else { return .release(under: rule, consentID: consent.id, topic: topic) }
            // Of a consent whose pause alone has come nothing else is known yet.
            return gap == .missing ? .wait(else: gap) : .deny(gap.code)
        }
        // None is named: of those that cover it, the one that lasts longest; the first by id among equals.
        let covering = state.consents.filter { gap($0) == nil }
        let longest = covering.max { a, b in
            let (aUntil, bUntil) = (a.terms?.until.number ?? .min, b.terms?.until.number ?? .min)
            return aUntil == bUntil ? a.id > b.id : aUntil < bUntil
        }
        if let longest { return .release(under: rule, consentID: longest.id, topic: topic) }
        return .wait(else: state.consents.compactMap(gap).max() ?? .missing)
    }

    private func release(
        _ request: ReleaseRequest, under rule: ReleaseRule, consentID: String, topic: String, state: inout ExchangeState,
        effects: inout Effects
    ) {
        let place = state.consents.firstIndex { $0.id == consentID }
        let keptUntil = place.flatMap { state.consents[$0].terms?.keptUntil(now) }
        let outgoing = rule.outgoing(
            request.body, releaseID: request.releaseID, consentID: consentID, keepUntil: keptUntil?.dayInChina)
        effects.send(type: request.messageType, value: outgoing.bytes, to: topic, key: subject, subject: subject)
        effects.count(.released, request.receiver, request.messageType)
        let decision = ReleaseDecision(
            request, .released, reason: "", consentID: consentID, fields: outgoing.fields, at: now, keptUntil: keptUntil)
        record(decision, "released", state: &state, effects: &effects)
        guard let place else { return }
        state.consents[place].note(receiver: request.receiver, messageType: request.messageType, at: now)
        scheduleKeeping(under: consentID, state: state, effects: &effects)
    }

    private func deny(_ request: ReleaseRequest, reason: String, state: inout ExchangeState, effects: inout Effects) {
        let decision = ReleaseDecision(request, .denied, reason: reason, consentID: request.consentID, fields: 0, at: now)
        record(decision, "denied", state: &state, effects: &effects)
        if ConsentShortfall.codes.contains(reason) { effects.count(.consentDenied, request.purpose) }
    }

    private func record(_ decision: ReleaseDecision, _ kind: String, state: inout ExchangeState, effects: inout Effects) {
        state.remember(decision)
        tell(kind, decision, reason: decision.reason, effects: &effects)
        effects.write(ExchangeTables.row(decision, of: subject, at: now), to: ExchangeTables.release)
        audit(decision.releaseID, kind, reason: decision.reason, effects: &effects)
    }

    /// What was decided under the id stands; the other request under it is not even looked at.
    private func denyReuse(_ request: ReleaseRequest, effects: inout Effects) {
        let reason = "release-id-reuse"
        let decision = ReleaseDecision(request, .denied, reason: reason, consentID: request.consentID, fields: 0, at: now)
        tell("denied", decision, reason: reason, effects: &effects)
        audit(request.releaseID, "reused", reason: reason, effects: &effects)
    }
}

extension ReleaseDecision {
    init(
        _ request: ReleaseRequest, _ status: Status, reason: String, consentID: String, fields: Int64, at now: Instant,
        keptUntil: Instant? = nil
    ) {
        self.init(
            releaseID: request.releaseID, receiver: request.receiver, messageType: request.messageType, purpose: request.purpose,
            consentID: consentID, status: status, reason: reason, at: now, fields: fields, digest: request.digest,
            keptUntil: keptUntil)
    }
}
