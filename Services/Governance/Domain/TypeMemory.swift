import Contracts
import Vocabulary
import Wire

/// What stands of one record type: for each of the last business keys, the latest statement.
///
/// Bounded. The oldest key is forgotten but for its hash, so that a late correction of it is noticed and set aside instead of being
/// counted a second time.
package struct TypeMemory: Sendable {
    package let type: String
    private var unread: JSONValue?
    /// By key, byte by byte.
    package private(set) var slots: [Slot] = []
    /// Hashes of forgotten keys, the longest forgotten first.
    private var forgotten: [Int64] = []

    static let forgottenMax = 512

    init(type: String, unread: JSONValue? = nil) {
        self.type = type
        self.unread = unread
    }

    mutating func read() throws(ContractDefect) {
        guard let unread else { return }
        let fields = try Fields(unread)
        slots = try fields.list("slots") { json throws(ContractDefect) in try Slot(json) }
        forgotten = try fields.list("forgotten") { json throws(ContractDefect) in
            guard let hash = json.int else { throw .wrong(field: "forgotten", expected: "whole numbers") }
            return hash
        }
        self.unread = nil
    }

    var isEmpty: Bool { unread == nil && slots.isEmpty && forgotten.isEmpty }

    func write(to object: inout JSONWriter) {
        if let unread { return object.member(type, unread) }
        object.member(
            type,
            object: { object in
                object.member(
                    "slots",
                    array: { list in
                        for slot in slots { list.element(object: { slot.write(to: &$0) }) }
                    })
                if !forgotten.isEmpty { object.member("forgotten", forgotten) }
            })
    }

    // MARK: Asking

    func slot(_ key: String) -> Slot? { place(key).found.map { slots[$0] } }

    /// The same record was taken before.
    func knows(_ recordID: String, under key: String) -> Bool {
        guard let slot = slot(key) else { return false }
        return slot.order.id == recordID || slot.others.contains(recordID)
    }

    func hasForgotten(_ key: String) -> Bool {
        !forgotten.isEmpty && place(key).found == nil && forgotten.contains(Self.hash(key))
    }

    /// What was said last before: in the row of periods, or by when it happened.
    func previous(to key: String, _ order: Order, _ succession: GovernedType.Succession) -> JSONValue? {
        switch succession {
        case .latestWins:
            return slot(key).flatMap { $0.order < order ? $0.data : nil }
        case .periods:
            let next = place(key).insertion
            guard next > 0, Self.row(of: slots[next - 1].key) == Self.row(of: key) else { return nil }
            return slots[next - 1].data
        case .happenings:
            return slots.filter { $0.key != key && $0.order < order }.max { $0.order < $1.order }?.data
        }
    }

    /// The key without its last part, the period.
    private static func row(of key: String) -> Substring {
        key.lastIndex(of: "|").map { key[..<$0] } ?? ""
    }

    private func place(_ key: String) -> (found: Int?, insertion: Int) {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].key.utf8.lexicographicallyPrecedes(key.utf8) { low = middle + 1 } else { high = middle }
        }
        return (low < slots.count && slots[low].key == key ? low : nil, low)
    }

    // MARK: Changing

    /// The latest statement under its key; what is then the oldest beyond `slotsMax` is forgotten.
    mutating func store(_ slot: Slot, slotsMax: Int) {
        let (found, insertion) = place(slot.key)
        if let found {
            slots[found] = slot
            return
        }
        slots.insert(slot, at: insertion)
        guard slots.count > slotsMax, let oldest = slots.indices.min(by: { slots[$0].order < slots[$1].order }) else { return }
        forgotten.append(Self.hash(slots[oldest].key))
        if forgotten.count > Self.forgottenMax { forgotten.removeFirst() }
        slots.remove(at: oldest)
    }

    /// An earlier statement came late.
    mutating func note(older recordID: String, under key: String) {
        if let found = place(key).found { slots[found].note(recordID) }
    }

    /// Nothing stands downstream any more.
    mutating func takeBack(_ key: String) {
        if let found = place(key).found { slots[found].sent = nil }
    }

    /// FNV-1a, cut to 53 bits so that every JSON reader keeps it whole.
    private static func hash(_ key: String) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int64(truncatingIfNeeded: hash >> 11)
    }
}

/// The latest statement under one business key.
package struct Slot: Sendable {
    package let key: String
    package let order: Order
    package let data: JSONValue
    /// The fact that downstream has for the key; nil when it was taken back or never sent.
    package internal(set) var sent: String?
    /// Ids of earlier statements, the greatest few, so that a repeat is known.
    private(set) var others: [String]

    static let othersMax = 8

    init(key: String, order: Order, data: JSONValue, sent: String?, others: [String], replacing former: Slot?) {
        self.key = key
        self.order = order
        self.data = data
        self.sent = sent
        self.others = others
        if let former { note(former.order.id) }
    }

    mutating func note(_ recordID: String) {
        guard !others.contains(recordID) else { return }
        others.append(recordID)
        others.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if others.count > Self.othersMax { others.removeFirst() }
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        key = try fields.text("key")
        order = try Order(fields)
        data = try fields.required("data")
        let sent = try fields.textOrNil("sent")
        // The common case, sent as it is, is not written down.
        self.sent = sent == nil ? order.id : (sent == "" ? nil : sent)
        others = try fields.texts("others")
    }

    func write(to object: inout JSONWriter) {
        object.member("key", key)
        order.write(to: &object)
        object.member("data", data)
        if sent != order.id { object.member("sent", sent ?? "") }
        if !others.isEmpty { object.member("others", others) }
    }
}
