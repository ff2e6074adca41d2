import Contracts
import Deciding
import Vocabulary
import Wire

/// One firm under two codes: what is said of the one is held to be said of the other, until it is taken back.
///
/// `identity.merged` and `identity.unmerged` come in by the front door under the code that goes into another; the latest word counts. The
/// merged subject keeps its own statements, so that everything can be undone.
public struct Merger: Hashable, Sendable {
    /// The code that it goes into.
    public let into: String
    /// False once it was undone.
    public let isOn: Bool
    let order: Order

    static let mergedType = "identity.merged"
    static let unmergedType = "identity.unmerged"

    init(into: String, isOn: Bool, order: Order) {
        self.into = into
        self.isOn = isOn
        self.order = order
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(into: try fields.text("into"), isOn: try fields.bool("on"), order: try Order(fields))
    }

    func write(to object: inout JSONWriter) {
        object.member("into", into)
        object.member("on", isOn)
        order.write(to: &object)
    }
}

/// Governance to itself, under the code that another went into: a statement comes along, or goes again.
public struct MergedStatement: Payload {
    public static let type = "governance.merged-statement.v1"

    /// The code that was merged.
    let from: String
    let recordType: String
    let recordID: String
    let occurredAt: Instant
    let quality: Int64
    let origin: Origin
    /// False when it goes again.
    let isComing: Bool
    /// Counts the messages of `from`, so that a fact said again has an id of its own.
    let number: Int64
    let data: JSONValue
    /// What the other code has said for it so far; nil when that is nothing.
    let former: Former?

    /// A fact that was said under the other code.
    struct Former: Sendable {
        let factID: String
        let data: JSONValue
    }

    init(
        from: String, recordType: String, recordID: String, occurredAt: Instant, quality: Int64, origin: Origin, isComing: Bool,
        number: Int64, data: JSONValue, former: Former?
    ) {
        self.from = from
        self.recordType = recordType
        self.recordID = recordID
        self.occurredAt = occurredAt
        self.quality = quality
        self.origin = origin
        self.isComing = isComing
        self.number = number
        self.data = data
        self.former = former
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        let data = try fields.required("data")
        self.init(
            from: try fields.text("from"), recordType: try fields.text("recordType"), recordID: try fields.text("recordId"),
            occurredAt: Instant(microseconds: try fields.int("at")), quality: try fields.int("quality"),
            origin: try Origin(try fields.object("origin")), isComing: try fields.bool("coming"), number: try fields.int("number"),
            data: data, former: try fields.textOrNil("saidAs").map { Former(factID: $0, data: fields["said"] ?? data) })
    }

    /// The id under which the other code says it.
    static func factID(of recordID: String, from: String, number: Int64) -> String { "\(recordID)/\(from)-\(number)" }

    public func write(to object: inout JSONWriter) {
        object.member("from", from)
        object.member("recordType", recordType)
        object.member("recordId", recordID)
        object.member("at", occurredAt.microseconds)
        object.member("quality", quality)
        origin.write(to: &object, as: "origin")
        object.member("coming", isComing)
        object.member("number", number)
        object.member("data", data)
        guard let former else { return }
        object.member("saidAs", former.factID)
        // What goes says what was said.
        if isComing { object.member("said", former.data) }
    }
}

/// A statement that is to be said or taken back.
struct Saying {
    let recordType: String
    let recordID: String
    let writer: String
    let occurredAt: Instant
    let origin: Origin
    let quality: Int64
    let data: JSONValue
}

extension Turn {
    /// Says downstream that the statement stands, in the place of `former`; while the subject is merged, it is said under the other code.
    /// Returns the fact's id there.
    func say(_ saying: Saying, as id: String? = nil, replacing former: Slot?, state: inout GovernanceState, effects: inout Effects)
        -> String
    {
        if let merger = state.merger, merger.isOn, isMovable(saying.recordType) {
            pass(saying, isComing: true, to: merger.into, replacing: former, state: &state, effects: &effects)
            return MergedStatement.factID(of: saying.recordID, from: key, number: state.passed)
        }
        let id = id ?? saying.recordID
        effects.send(
            Fact(
                factID: id, recordType: saying.recordType, writer: saying.writer, subject: key, occurredAt: saying.occurredAt,
                knownAt: now, origin: saying.origin, quality: saying.quality, data: saying.data, supersedes: former?.sent,
                supersededData: former?.sent == nil ? nil : former?.data),
            to: Topic.governanceFacts, key: key)
        return id
    }

    /// - Parameter former: what was said for it last, here or under the other code.
    func pass(
        _ saying: Saying, isComing: Bool, to other: String, replacing former: Slot?, state: inout GovernanceState, effects: inout Effects
    ) {
        state.passed += 1
        effects.send(
            MergedStatement(
                from: key, recordType: saying.recordType, recordID: saying.recordID, occurredAt: saying.occurredAt,
                quality: saying.quality, origin: saying.origin, isComing: isComing, number: state.passed, data: saying.data,
                former: former.flatMap { slot in slot.sent.map { MergedStatement.Former(factID: $0, data: slot.data) } }),
            to: Topic.governanceIdentity, key: other)
    }

    /// Consents, registrations, what people say about records, and the types that say so are about one code and stay with it.
    func isMovable(_ type: String) -> Bool { type != CrossCheck.resultType && !(book.type(type, at: now)?.staysWithCode ?? true) }

    /// The latest word about the merger counts.
    func merge(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let order = record.order
        let isOn = record.recordType == Merger.mergedType
        let into = record.data["into"]?.string.flatMap { try? USCC($0) }?.text ?? ""
        guard !into.isEmpty, into != key else { return send("refused", record, reason: "merger-with-nobody", effects: &effects) }
        let former = state.merger
        if let former, order <= former.order { return }
        state.merger = Merger(into: into, isOn: isOn, order: order)
        effects.write(
            [
                .text(key), .text(into), .text(isOn ? "merged" : "undone"), .text(record.recordID), .instant(record.occurredAt),
                .instant(now),
            ],
            to: GovernanceTables.subjectMerger)
        let (wasInto, isInto) = (former.flatMap { $0.isOn ? $0.into : nil }, isOn ? into : nil)
        guard wasInto != isInto else { return }
        send(isOn ? "merged" : "unmerged", record, reason: into, effects: &effects)

        for type in state.memories.map(\.type) where isMovable(type) {
            let place = try state.openMemory(of: type)
            for slot in state.memories[place].slots where slot.sent != nil {
                let saying = Saying(
                    recordType: type, recordID: slot.order.id, writer: Self.writer(of: slot.order.id), occurredAt: slot.order.at,
                    origin: record.origin, quality: slot.quality, data: slot.data)
                if let wasInto {
                    pass(saying, isComing: false, to: wasInto, replacing: slot, state: &state, effects: &effects)
                } else {
                    effects.send(
                        Fact(
                            factID: "\(record.recordID)/\(slot.order.id)", recordType: type, writer: saying.writer, subject: key,
                            occurredAt: slot.order.at, knownAt: now, origin: record.origin, quality: slot.quality, data: slot.data,
                            supersedes: slot.sent, supersededData: slot.data, isRetraction: true),
                        to: Topic.governanceFacts, key: key)
                }
                let id = "\(slot.order.id)/\(record.recordID)"
                let sent = say(saying, as: isInto == nil ? id : nil, replacing: nil, state: &state, effects: &effects)
                state.memories[place].resend(slot.key, as: sent)
            }
        }
    }

    /// A statement comes along with a merged code, or goes again.
    func host(_ statement: MergedStatement, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        guard let type = book.type(statement.recordType, at: now) else { return }
        let record = AcceptedRecord(
            recordID: statement.recordID, recordType: statement.recordType, writer: Self.writer(of: statement.recordID), subject: key,
            occurredAt: statement.occurredAt, receivedAt: now, origin: statement.origin, data: statement.data)
        let place = try state.openMemory(of: type.id)
        let slotKey = type.slotKey(of: record)
        let former = state.memories[place].slot(slotKey)
        let order = Order(at: statement.occurredAt, id: statement.recordID)
        let factID = MergedStatement.factID(of: statement.recordID, from: statement.from, number: statement.number)
        if former?.guestOf != statement.from,
            hostForgotten(statement, as: factID, slotKey, of: type, at: place, state: &state, effects: &effects)
        {
            return
        }
        let saying = Saying(
            recordType: type.id, recordID: statement.recordID, writer: record.writer, occurredAt: statement.occurredAt,
            origin: statement.origin, quality: statement.quality, data: statement.data)

        if statement.isComing {
            // In the place of what its code said before it stands although it is older: what a guest of that code had covered.
            let isInItsPlace =
                former?.sent != nil && former?.guestOf == statement.from && former?.sent == statement.former?.factID
            if let former, former.order.id == statement.recordID || !isInItsPlace && order < former.order {
                // The host's own is the later one; the guest waits beneath it for nothing: its own code keeps it.
                return
            }
            let sent = say(saying, as: factID, replacing: former, state: &state, effects: &effects)
            let own = former.map { $0.guestOf == nil ? $0 : nil } ?? nil
            var slot = Slot(
                key: slotKey, order: order, data: statement.data, sent: sent, others: former?.others ?? [], quality: statement.quality,
                replacing: former, keeping: state.objectedRecords)
            slot.guestOf = statement.from
            slot.under = own.map { [$0] } ?? former?.under ?? []
            store(slot, of: type, at: place, in: &state)
        } else {
            // Its writer may have said the same again under another id since.
            guard let former, former.guestOf == statement.from,
                former.order.id == statement.recordID || former.data.saysTheSame(as: statement.data)
            else { return }
            if let own = former.under.first {
                // What the guest had covered stands again, as far as it may: much may have been said of it meanwhile.
                var slot = own
                let withheld = try withholding(of: own, type, state.memories[place], state: &state)
                if withheld == nil, own.sent != nil || state.memories[place].isWhole {
                    let back = Saying(
                        recordType: type.id, recordID: own.order.id, writer: Self.writer(of: own.order.id), occurredAt: own.order.at,
                        origin: statement.origin, quality: own.quality, data: own.data)
                    let id = MergedStatement.factID(of: own.order.id, from: statement.from, number: statement.number)
                    slot.send(as: say(back, as: id, replacing: former, state: &state, effects: &effects))
                    if own.sent == nil {
                        writeRetraction(of: own.order.id, by: "", state: &state, effects: &effects)
                        send("stands-again", own.order.id, type.id, reason: "", effects: &effects)
                    }
                } else {
                    if former.sent != nil {
                        retract(
                            former, type.id, by: factID, writer: record.writer, origin: statement.origin, quality: statement.quality,
                            state: &state, effects: &effects)
                    }
                    if let withheld, own.sent != nil {
                        writeRetraction(of: own.order.id, by: withheld.by, state: &state, effects: &effects)
                        send("retracted", own.order.id, type.id, reason: withheld.by, effects: &effects)
                    }
                    slot.sent = nil
                }
                store(slot, of: type, at: place, in: &state)
            } else {
                if former.sent != nil {
                    retract(
                        former, type.id, by: factID, writer: record.writer, origin: statement.origin, quality: statement.quality,
                        state: &state, effects: &effects)
                }
                state.memories[place].remove(slotKey)
            }
        }
        // It may be what ends a statement of the host's own, or what had ended one; and what it covered was not looked at meanwhile.
        try lookAtAllEnds(for: type, state: &state, effects: &effects)
        try crossCheck(
            type.id, changed: [statement.data] + (former.map { [$0.data] } ?? []), cause: order, origin: statement.origin, state: &state,
            effects: &effects)
    }

    /// What comes or goes is of a key that this code has forgotten: what was said of it stands, and only what came along itself is said anew
    /// or taken back. False where nothing of it was forgotten.
    private func hostForgotten(
        _ statement: MergedStatement, as factID: String, _ slotKey: String, of type: GovernedType, at place: Int,
        state: inout GovernanceState, effects: inout Effects
    ) -> Bool {
        let isForgotten = state.memories[place].hasForgotten(slotKey)
        let next = statement.isComing ? factID : nil
        guard let former = statement.former, state.memories[place].replaceForgottenGuest(former.factID, under: slotKey, by: next) else {
            return isForgotten
        }
        effects.send(
            Fact(
                factID: factID, recordType: type.id, writer: Self.writer(of: statement.recordID), subject: key,
                occurredAt: statement.occurredAt, knownAt: now, origin: statement.origin, quality: statement.quality, data: statement.data,
                supersedes: former.factID, supersededData: former.data, isRetraction: !statement.isComing),
            to: Topic.governanceFacts, key: key)
        return true
    }
}
