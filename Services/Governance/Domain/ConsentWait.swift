import Contracts
import Deciding
import Vocabulary
import Wire

// A record that may not be had without a consent: it waits for one for as long as its category lets it, and is then refused.

/// What the subject has said to a record's being had.
enum ConsentStanding: Hashable, Sendable {
    case given
    /// The consent that would have covered it was revoked before it was taken in, and no other is alive.
    case revoked
    /// Nothing yet: a consent may still come by another way, begin, or be taken up again.
    case open

    /// The codes under which a record is refused. They never change.
    static let revokedCode = "consent-revoked"
    static let notGivenCode = "consent-not-given"
    /// The type of the message that tells the record's writer.
    static let refusedMessageType = "record.refused.v1"
    static let purpose = "consent"
}

extension Turn {
    /// What the subject has said to a record of a type with this category; nothing need be said where the type has none.
    func consentStanding(of record: AcceptedRecord, _ category: String?, in state: GovernanceState) -> ConsentStanding {
        guard let category else { return .given }
        let demand = book.demand(of: category, at: now)
        if state.consents.contains(where: { $0.covers(category, record, demand: demand, at: now) }) { return .given }
        let meant = state.consents.filter { $0.terms?.allows(category, demand) ?? false }
        if meant.contains(where: { $0.mayStillCover(at: now) }) { return .open }
        return meant.contains { $0.isRevoked(before: record) && $0.spans(record, demand: demand, at: now) } ? .revoked : .open
    }

    /// Looks again at what waits for a consent, after a word about one or when a wait is over: what has a consent becomes a fact, in the order
    /// in which it came; what the subject has said no to, and what has waited long enough, is refused.
    ///
    /// A word that was taken in after the wait was over does not help, whether the timer or the word is met first.
    func settleWaiting(by word: AcceptedRecord? = nil, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        guard !state.parked.isEmpty else { return }
        var staying: [ParkedRecord] = []
        var going: [(parked: ParkedRecord, record: AcceptedRecord)] = []
        for parked in state.parked {
            guard let until = parked.until else {
                staying.append(parked)
                continue
            }
            let record = try AcceptedRecord(parked.record)
            let isLate = word.map { until <= $0.receivedAt } ?? false
            switch consentStanding(of: record, book.type(record.recordType, at: now)?.consentCategory, in: state) {
            case .given where !isLate: going.append((parked, record))
            case .revoked where !isLate:
                refuse(record, raw: parked.record, code: ConsentStanding.revokedCode, since: parked.since, effects: &effects)
            case .open where until > now: staying.append(parked)
            case .given, .revoked, .open:
                refuse(record, raw: parked.record, code: ConsentStanding.notGivenCode, since: parked.since, effects: &effects)
            }
        }
        state.parked = staying
        for (parked, record) in going {
            released(record, parked, effects: &effects)
            guard let refusal = try take(record, raw: parked.record, state: &state, effects: &effects) else { continue }
            writeQuarantine(
                record, raw: parked.record, reason: refusal.code, status: "refused", since: parked.since, effects: &effects)
            send("refused", record, reason: refusal.code, effects: &effects)
        }
        scheduleWaiting(state: state, effects: &effects)
    }

    /// Looks again when the first wait is over, and on the first day of each consent that is still to begin: it may cover what waits.
    func scheduleWaiting(state: GovernanceState, effects: inout Effects) {
        let ends = state.parked.compactMap(\.until)
        let begins = state.consents.filter { $0.revokedAt == nil }.compactMap { $0.terms?.from.startInChina }.filter { $0 > now }
        if let end = ends.min() {
            effects.schedule(ParkedRecord.timer, at: begins.min().map { min($0, end) } ?? end)
        } else {
            effects.cancel(ParkedRecord.timer)
        }
    }

    /// Refuses a record for want of a consent. What it says is kept nowhere, so it is no dead letter: its row names it, without its data,
    /// and its writer is told, who may send it again under an id of its own once there is a consent.
    func refuse(_ record: AcceptedRecord, raw: JSONValue, code: String, since: Instant, effects: inout Effects) {
        effects.count(.recordJudged, record.recordType, "refused")
        writeQuarantine(record, raw: Self.withoutData(raw), reason: code, status: "refused", since: since, effects: &effects)
        send("refused", record, reason: code, effects: &effects)
        let body = JSONValue.written { object in
            object.member("writer", record.writer)
            object.member("recordId", Self.ownID(of: record.recordID))
            object.member("recordType", record.recordType)
            object.member("subject", record.subject)
            object.member("code", code)
            object.member("at", now)
        }
        askToRelease(
            "refused/\(record.recordID)", ConsentStanding.refusedMessageType, to: record.writer, for: ConsentStanding.purpose, body,
            effects: &effects)
    }
}
