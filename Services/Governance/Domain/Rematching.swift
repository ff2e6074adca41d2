import Contracts
import Deciding
import Vocabulary
import Wire

// A firm was found by name, and was the wrong one: what went to it under the alias goes to the one that is meant.
//
// What a registration or the desk said of an alias is not undone in this way: an alias may have been another firm's before.

/// Governance to itself, under the code to which records went by mistake: they are another's.
public struct TakenAway: Payload {
    public static let type = "governance.taken-away.v1"

    let alias: String
    /// The record that says who is meant.
    let recordID: String
    /// Type and id of each record that went there.
    let records: [Named]

    struct Named: Sendable {
        let type: String
        let id: String
    }

    init(alias: String, recordID: String, records: [Named]) {
        self.alias = alias
        self.recordID = recordID
        self.records = records
    }

    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            alias: try fields.text("alias"), recordID: try fields.text("recordId"),
            records: try fields.list("records") { json throws(ContractDefect) in
                let record = try Fields(json)
                return Named(type: try record.text("type"), id: try record.text("id"))
            })
    }

    public func write(to object: inout JSONWriter) {
        object.member("alias", alias)
        object.member("recordId", recordID)
        object.member(
            "records",
            array: { list in
                for record in records {
                    list.element(object: { object in
                        object.member("type", record.type)
                        object.member("id", record.id)
                    })
                }
            })
    }
}

/// What went on under an alias to a firm that was only found by name.
struct MatchedRecords: Sendable {
    /// The last `AcceptedRecord`s, as they went on.
    private(set) var last: [JSONValue] = []
    /// How often they went to another firm.
    private var moves: Int64 = 0

    static let lastMax = 100

    init() {}

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        last = try fields.list("last") { json throws(ContractDefect) in json }
        moves = try fields.intOrNil("moves") ?? 0
    }

    var isEmpty: Bool { last.isEmpty && moves == 0 }

    func write(to object: inout JSONWriter) {
        object.member("last", array: { list in for record in last { list.element(record) } })
        if moves != 0 { object.member("moves", moves) }
    }

    mutating func note(_ raw: JSONValue) {
        last.append(raw)
        if last.count > Self.lastMax { last.removeFirst() }
    }

    /// All of them go to another firm, under ids that nobody has used.
    mutating func move() -> (former: [JSONValue], next: [JSONValue]) {
        moves += 1
        let (former, suffix) = (last, "\(Self.mark)\(moves)")
        last = former.map { raw in
            JSONValue.written { object in
                for (name, value) in raw.members {
                    if name == "recordId", let id = value.string {
                        object.member(name, Self.unmoved(id) + suffix)
                    } else {
                        object.member(name, value)
                    }
                }
            }
        }
        return (former, last)
    }

    mutating func forget() { last = [] }

    private static let mark = "/moved-"

    /// The id without the marks of earlier moves.
    private static func unmoved(_ id: String) -> String { id.firstRange(of: mark).map { String(id[..<$0.lowerBound]) } ?? id }
}

extension Turn {
    /// The alias is another firm's than the one that was found by name: what went there is taken away and goes on to that one.
    func rematch(from former: String, by message: IdentityMessage, state: inout GovernanceState, effects: inout Effects)
        throws(ContractDefect)
    {
        guard !state.matched.last.isEmpty else { return }
        let (gone, next) = state.matched.move()
        var named: [TakenAway.Named] = []
        for raw in gone {
            let record = try AcceptedRecord(raw)
            named.append(TakenAway.Named(type: record.recordType, id: record.recordID))
        }
        effects.send(
            TakenAway(alias: key, recordID: message.recordID, records: named), to: Topic.governanceIdentity, key: former)
        for raw in next { forward(raw, to: message.subject, effects: &effects) }
        if !message.isMatched { state.matched.forget() }
    }

    /// Records that are another's: where they stand, they are taken back, and where they wait, they wait no more.
    func lose(_ word: TakenAway, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let ids = Set(word.records.map(\.id))
        for held in state.held where ids.contains(held.recordID) {
            guard let raw = held.record else { continue }
            released(try AcceptedRecord(raw), raw: raw, reason: held.rule, since: held.since, effects: &effects)
        }
        state.held.removeAll { ids.contains($0.recordID) }
        let waiting = state.parked.filter { ids.contains($0.recordID) }
        for parked in waiting { released(try AcceptedRecord(parked.record), parked, effects: &effects) }
        if !waiting.isEmpty {
            state.parked.removeAll { ids.contains($0.recordID) }
            scheduleWaiting(state: state, effects: &effects)
        }
        for named in word.records {
            guard let type = book.type(named.type, at: now), isMovable(type.id) else { continue }
            let place = try state.openMemory(of: type.id)
            guard let slot = state.memories[place].slots.compactMap(\.own).first(where: { $0.order.id == named.id }) else { continue }
            if slot.sent != nil {
                try takeBack(slot, type.id, by: word.recordID, cause: nil, state: &state, effects: &effects)
            }
            state.memories[place].removeOwn(slot.key)
            try lookAtEnds(of: type.id, state: &state, effects: &effects)
        }
    }
}
