import Contracts
import Deciding
import Vocabulary
import Wire

/// One consent of the subject, as far as it is known: what was asked for, its terms, its revocation. They may come in any order.
public struct ConsentGrant: Sendable {
    public struct Terms: Hashable, Sendable {
        /// The record that gave it, or asked for it.
        public let recordID: String
        public let receivers: [String]
        public let categories: [String]
        public let purposes: [String]
        /// First and last day.
        public let from: Day
        public let until: Day
        /// With a signature, as some categories demand.
        public let isWritten: Bool
    }

    public let id: String
    public var terms: Terms?
    /// What somebody asks the subject to consent to. Allows nothing.
    public var asked: Terms?
    /// When it was revoked. Final: who consents again gives a new consent.
    public var revokedAt: Instant?
    /// The latest word about a pause; nil when there was none.
    public var pause: Pause?
    /// The end has been told.
    public var isExpired = false

    /// A consent may be suspended and taken up again, as often as the subject likes.
    public struct Pause: Hashable, Sendable {
        /// False once it was taken up again.
        public let isOn: Bool
        let order: Order
    }

    static let requestedType = "consent.requested"
    static let grantedType = "consent.granted"
    static let revokedType = "consent.revoked"
    static let pausedType = "consent.paused"
    static let resumedType = "consent.resumed"
    static let types: Set<String> = [requestedType, grantedType, revokedType, pausedType, resumedType]
    /// The same word at another time is another word: it must reach everyone, whatever stood before.
    static let switches: Set<String> = [pausedType, resumedType]
    static let expiryTimer = "consent-expiry"
    /// The receiver and the purpose that collecting needs.
    static let platform = "platform"
    static let collection = "collection"
    /// Consents of one subject at the most.
    static let countMax = 200

    init(id: String) { self.id = id }

    /// Whether a record of the category may be had.
    ///
    /// The consent's days must contain the day on which it happened, was taken in, or is decided: a firm that consents today lets its past
    /// be read, and a record of a day that was covered may still arrive after the last one, for as many days as the category says (`lateDays`).
    /// A revoked consent covers only what was taken in before the revocation, a suspended one what was taken in before its pause.
    func covers(_ category: String, _ record: AcceptedRecord, demand: ConsentDemand = ConsentDemand(), at now: Instant) -> Bool {
        guard let terms, terms.allows(category, demand), !isRevoked(before: record) else { return false }
        if let pause, pause.isOn, record.receivedAt >= pause.order.at { return false }
        return spans(record, demand: demand, at: now)
    }

    /// Whether its days contain one that counts for the record.
    func spans(_ record: AcceptedRecord, demand: ConsentDemand, at now: Instant) -> Bool {
        guard let terms else { return false }
        func contains(_ moment: Instant) -> Bool { terms.from <= moment.dayInChina && moment.dayInChina <= terms.until }
        if contains(record.receivedAt) || contains(now) { return true }
        return contains(record.occurredAt) && record.receivedAt.dayInChina <= terms.until + demand.lateDays
    }

    func isRevoked(before record: AcceptedRecord) -> Bool { revokedAt.map { $0 <= record.receivedAt } ?? false }

    /// Given, and neither revoked nor over: it may be taken up again, or begin.
    func mayStillCover(at now: Instant) -> Bool { revokedAt == nil && terms.map { now.dayInChina <= $0.until } ?? false }

    var status: String {
        if revokedAt != nil { return "revoked" }
        if terms == nil { return "pending" }
        if isExpired { return "expired" }
        return pause?.isOn ?? false ? "paused" : "active"
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        id = try fields.text("id")
        revokedAt = try fields.instantOrNil("revokedAt")
        isExpired = try fields.bool("expired")
        terms = try Terms(fields)
        asked = try fields.objectOrNil("asked").flatMap { fields throws(ContractDefect) in try Terms(fields) }
        if let pause = try fields.objectOrNil("pause") { self.pause = Pause(isOn: try pause.bool("on"), order: try Order(pause)) }
    }

    func write(to object: inout JSONWriter) {
        object.member("id", id)
        terms?.write(to: &object)
        if let asked { object.member("asked", object: { asked.write(to: &$0) }) }
        if let pause {
            object.member(
                "pause",
                object: { object in
                    object.member("on", pause.isOn)
                    pause.order.write(to: &object)
                })
        }
        object.memberIfPresent("revokedAt", revokedAt)
        if isExpired { object.member("expired", true) }
    }

    /// Row of the table `consent`.
    func row(of subject: String, at now: Instant) -> [Cell] {
        func list(_ texts: [String]?) -> Cell { texts.map { texts in .json(JSONWriter.encode { $0.element(texts) }) } ?? .null }
        let shown = terms ?? asked
        return [
            .text(subject), .text(id), .text(status), list(shown?.receivers), list(shown?.categories), list(shown?.purposes),
            shown.map { .day($0.from) } ?? .null, shown.map { .day($0.until) } ?? .null, .textOrNull(terms?.recordID),
            revokedAt.map { .instant($0) } ?? .null, .instant(now),
        ]
    }
}

extension ConsentGrant.Terms {
    /// As `write` wrote them; nil where there are none.
    fileprivate init?(_ fields: Fields) throws(ContractDefect) {
        guard let recordID = try fields.textOrNil("record") else { return nil }
        self.init(
            recordID: recordID, receivers: try fields.texts("receivers"), categories: try fields.texts("categories"),
            purposes: try fields.texts("purposes"), from: try fields.day("from"), until: try fields.day("until"),
            isWritten: try fields.bool("written"))
    }

    fileprivate func write(to object: inout JSONWriter) {
        object.member("record", recordID)
        object.member("receivers", receivers)
        object.member("categories", categories)
        object.member("purposes", purposes)
        object.member("from", from)
        object.member("until", until)
        if isWritten { object.member("written", true) }
    }

    /// Reads a `consent.granted` or `consent.requested` record. A list that says nothing allows nothing; a missing end is the first day.
    init(_ record: AcceptedRecord) {
        func texts(_ name: String) -> [String] { record.data[name]?.elements.compactMap(\.string) ?? [] }
        let from = record.data["from"]?.day ?? record.occurredAt.dayInChina
        self.init(
            recordID: record.recordID, receivers: texts("receivers"), categories: texts("categories"), purposes: texts("purposes"),
            from: from, until: record.data["until"]?.day ?? from, isWritten: !(record.data["signature"]?.string ?? "").isEmpty)
    }

    /// Whether the platform may collect the category.
    func allows(_ category: String, _ demand: ConsentDemand) -> Bool {
        func has(_ list: [String], _ wanted: String) -> Bool {
            list.contains { $0 == wanted || ($0 == "*" && !demand.isSeparate) }
        }
        if demand.isWritten && !isWritten { return false }
        return has(receivers, ConsentGrant.platform) && has(categories, category)
            && (purposes.contains(ConsentGrant.collection) || purposes.contains("*"))
    }
}

extension Turn {
    /// Makes room for a consent not known yet by forgetting one that was only asked for, or is over; refuses when all are alive. So whoever
    /// asks for many can not keep the subject from giving one.
    func roomForConsent(_ record: AcceptedRecord, state: inout GovernanceState) -> Refusal? {
        guard ConsentGrant.types.contains(record.recordType) else { return nil }
        let id = Self.consentID(record)
        guard !state.consents.contains(where: { $0.id == id }), state.consents.count >= ConsentGrant.countMax else { return nil }
        let over = state.consents.indices.filter { ["pending", "revoked", "expired"].contains(state.consents[$0].status) }
        let first = over.min { a, b in
            (state.consents[a].terms?.until.number ?? .min) < (state.consents[b].terms?.until.number ?? .min)
        }
        guard let first else { return Refusal(code: "consents-full", detail: "\(key) has \(ConsentGrant.countMax) consents alive") }
        state.consents.remove(at: first)
        return nil
    }

    private static func consentID(_ record: AcceptedRecord) -> String { record.data["consentId"]?.string ?? record.recordID }

    func giveConsent(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let place = state.consentPlace(Self.consentID(record))
        state.consents[place].terms = ConsentGrant.Terms(record)
        state.consents[place].isExpired = false
        if state.consents[place].revokedAt == nil {
            send("consent-given", record, reason: state.consents[place].id, effects: &effects)
        }
        effects.write(state.consents[place].row(of: key, at: now), to: GovernanceTables.consent)
        expireConsents(state: &state, effects: &effects)
        try settleWaiting(by: record, state: &state, effects: &effects)
    }

    /// Somebody asks for a consent: it is pending until the subject gives or declines it.
    func requestConsent(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) {
        let place = state.consentPlace(Self.consentID(record))
        state.consents[place].asked = ConsentGrant.Terms(record)
        if state.consents[place].status == "pending" {
            send("consent-requested", record, reason: state.consents[place].id, effects: &effects)
        }
        effects.write(state.consents[place].row(of: key, at: now), to: GovernanceTables.consent)
    }

    func revokeConsent(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let place = state.consentPlace(Self.consentID(record))
        if let known = state.consents[place].revokedAt, known <= record.occurredAt { return }
        let isNews = state.consents[place].revokedAt == nil
        state.consents[place].revokedAt = record.occurredAt
        if isNews { send("consent-revoked", record, reason: state.consents[place].id, effects: &effects) }
        effects.write(state.consents[place].row(of: key, at: now), to: GovernanceTables.consent)
        scheduleExpiry(state: state, effects: &effects)
        try settleWaiting(by: record, state: &state, effects: &effects)
    }

    /// Suspends a consent or takes it up again; the latest word counts.
    func switchConsent(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let place = state.consentPlace(Self.consentID(record))
        let isOn = record.recordType == ConsentGrant.pausedType
        let order = record.order
        if let known = state.consents[place].pause, order <= known.order { return }
        let wasOn = state.consents[place].pause?.isOn ?? false
        state.consents[place].pause = ConsentGrant.Pause(isOn: isOn, order: order)
        if wasOn != isOn, state.consents[place].revokedAt == nil {
            send(isOn ? "consent-paused" : "consent-resumed", record, reason: state.consents[place].id, effects: &effects)
        }
        effects.write(state.consents[place].row(of: key, at: now), to: GovernanceTables.consent)
        if !isOn { try settleWaiting(by: record, state: &state, effects: &effects) }
    }

    /// Tells of consents whose last day is over, and sets the clock for the next.
    func expireConsents(state: inout GovernanceState, effects: inout Effects) {
        let today = now.dayInChina
        for place in state.consents.indices {
            guard let terms = state.consents[place].terms, ["active", "paused"].contains(state.consents[place].status), terms.until < today
            else { continue }
            state.consents[place].isExpired = true
            send(
                "consent-expired", terms.recordID, ConsentGrant.grantedType, reason: state.consents[place].id, effects: &effects)
            effects.write(state.consents[place].row(of: key, at: now), to: GovernanceTables.consent)
        }
        scheduleExpiry(state: state, effects: &effects)
    }

    private func scheduleExpiry(state: GovernanceState, effects: inout Effects) {
        let ends = state.consents.filter { ["active", "paused"].contains($0.status) }.compactMap { $0.terms?.until }
        if let next = ends.min() {
            effects.schedule(ConsentGrant.expiryTimer, at: (next + 1).startInChina)
        } else {
            effects.cancel(ConsentGrant.expiryTimer)
        }
    }
}
