import Contracts
import Vocabulary
import Wire

/// What stands of one record type: for each of the last business keys, the latest statement.
///
/// Bounded. The oldest key is forgotten but for its hash, so that a late correction of it is noticed and set aside instead of being
/// counted a second time, and but for what comparisons must know of it.
public struct TypeMemory: Sendable {
    public let type: String
    private var unread: JSONValue?
    /// By key, byte by byte.
    public private(set) var slots: [Slot] = [] {
        didSet { isChanged = true }
    }
    /// Something of it has changed in this decision.
    private(set) var isChanged = false
    /// Hashes of forgotten keys, the longest forgotten first.
    private var forgotten: [Int64] = []
    /// Hashes of the facts of forgotten statements that came along with a merged code, in the same order: they go with it.
    private var forgottenGuests: [Int64] = []
    /// The same of those that covered a statement of the subject's own. They stay when their code goes: what they covered could not be said again.
    private var forgottenCovers: [Int64] = []
    /// Which comparisons lack something that was forgotten.
    private(set) var gaps = ForgottenKeys()

    static let forgottenMax = 512

    init(type: String, unread: JSONValue? = nil) {
        self.type = type
        self.unread = unread
    }

    mutating func read() throws(ContractDefect) {
        guard let unread else { return }
        let fields = try Fields(unread)
        slots = try fields.list("slots") { json throws(ContractDefect) in try Slot(json) }
        forgotten = try Self.hashes(fields, "forgotten")
        forgottenGuests = try Self.hashes(fields, "forgottenGuests")
        forgottenCovers = try Self.hashes(fields, "forgottenCovers")
        if let gaps = fields["gaps"] { self.gaps = try ForgottenKeys(gaps) }
        self.unread = nil
        isChanged = false
    }

    private static func hashes(_ fields: Fields, _ name: String) throws(ContractDefect) -> [Int64] {
        try fields.list(name) { json throws(ContractDefect) in
            guard let hash = json.int else { throw .wrong(field: name, expected: "whole numbers") }
            return hash
        }
    }

    /// The decision is over.
    mutating func settle() { isChanged = false }

    var isEmpty: Bool { unread == nil && slots.isEmpty && forgotten.isEmpty && gaps.isEmpty }

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
                if !forgottenGuests.isEmpty { object.member("forgottenGuests", forgottenGuests) }
                if !forgottenCovers.isEmpty { object.member("forgottenCovers", forgottenCovers) }
                if !gaps.isEmpty { object.member("gaps", object: { gaps.write(to: &$0) }) }
            })
    }

    // MARK: Asking

    func slot(_ key: String) -> Slot? { place(key).found.map { slots[$0] } }

    /// The subject's own statement under the key, also where a guest covers it.
    func own(_ key: String) -> Slot? { slot(key)?.own }

    /// The same record was taken before.
    func knows(_ recordID: String, under key: String) -> Bool {
        guard let found = place(key).found else { return false }
        return slots[found].order.id == recordID || slots[found].others.contains { $0.id == recordID }
    }

    func hasForgotten(_ key: String) -> Bool {
        !forgotten.isEmpty && place(key).found == nil && forgotten.contains(Self.hash(key))
    }

    /// What was said before, the nearest first: in the row of periods, or by when it happened.
    ///
    /// A statement whose numbers were flagged as wrong is passed over; three of them in a row are the new level.
    func history(before key: String, _ order: Order, _ succession: GovernedType.Succession, countMax: Int) -> [JSONValue] {
        // Places in `slots`: a slot has many parts, and copying each of them shows.
        var earlier: [Int] = []
        switch succession {
        case .latestWins:
            if let found = place(key).found, slots[found].order < order { earlier = [found] }
        case .periods:
            let length = Self.rowLength(of: key)
            var next = place(key).insertion
            earlier.reserveCapacity(min(next, countMax * 2))
            while next > 0, earlier.count < countMax * 2, Self.areOneRow(key, slots[next - 1].key, length: length) {
                next -= 1
                earlier.append(next)
            }
        case .happenings:
            earlier = slots.indices.filter { slots[$0].key != key && slots[$0].order < order }
            earlier.sort { slots[$0].order > slots[$1].order }
        }
        let isNewLevel = earlier.count > 2 && earlier.prefix(3).allSatisfy { slots[$0].isSuspect }
        var told: [JSONValue] = []
        told.reserveCapacity(min(earlier.count, countMax))
        for place in earlier where isNewLevel || !slots[place].isSuspect {
            told.append(slots[place].data)
            if told.count == countMax { break }
        }
        return told
    }

    /// Of what the same row says of later periods, the nearest that is meant.
    func nextInRow(after key: String, where isMeant: (Slot) -> Bool) -> Slot? {
        let (found, insertion) = place(key)
        let length = Self.rowLength(of: key)
        let first = found.map { $0 + 1 } ?? insertion
        return slots[first...].prefix(while: { Self.areOneRow(key, $0.key, length: length) }).first(where: isMeant)
    }

    /// The same for every slot, by its place, in one walk over all: each is asked once at the most.
    func nextInRows(where isMeant: (Slot) -> Bool) -> [Slot?] {
        var nexts: [Slot?] = Array(repeating: nil, count: slots.count)
        for place in slots.indices.dropLast().reversed() {
            let (key, follower) = (slots[place].key, slots[place + 1])
            guard Self.areOneRow(key, follower.key, length: Self.rowLength(of: key)) else { continue }
            nexts[place] = isMeant(follower) ? follower : nexts[place + 1]
        }
        return nexts
    }

    /// Nothing has been forgotten yet.
    var isWhole: Bool { forgotten.isEmpty }

    /// What the same row says one year before; nil when it says nothing, or when the key has no period.
    func yearBefore(_ key: String) -> JSONValue? {
        let period = Self.period(of: key)
        guard !period.isEmpty else { return nil }
        let former: String
        if let month = Month(period) {
            former = (month + -12).text
        } else if let day = Day(period) {
            former = day.adding(months: -12).text
        } else if period.utf8.count == 4, let year = Int(period) {
            former = String(year - 1)
        } else {
            return nil
        }
        let row = key[..<key.utf8.index(key.endIndex, offsetBy: -period.utf8.count)]
        guard let found = place(row + former).found, !slots[found].isSuspect else { return nil }
        return slots[found].data
    }

    /// The last part of the key, when it is a month, a day or a year; else empty.
    static func period(of key: String) -> String {
        let last = String(key.utf8.lastIndex(of: separator).map { key[key.utf8.index(after: $0)...] } ?? key[...])
        if Month(last) != nil || Day(last) != nil { return last }
        return last.utf8.count == 4 && Int(last) != nil ? last : ""
    }

    /// What stands of the period, the latest of several; the latest of all when there is no period.
    func standing(period: String?) -> JSONValue? {
        var latest: Int?
        for place in slots.indices where slots[place].sent != nil {
            if let period, !isOf(period, slots[place].key) { continue }
            if let known = latest, slots[place].order < slots[known].order { continue }
            latest = place
        }
        return latest.map { slots[$0].data }
    }

    private func isOf(_ period: String, _ key: String) -> Bool {
        // Cheaper than taking every key apart, and most are of another period.
        key.utf8.suffix(period.utf8.count).elementsEqual(period.utf8) && Self.period(of: key) == period
    }

    private static let separator = UInt8(ascii: "|")

    /// Bytes of the key without its last part, the period; with the separator, none when there is only one part.
    private static func rowLength(of key: String) -> Int {
        let bytes = key.utf8Span.span
        var length = bytes.count
        while length > 0, bytes[length - 1] != separator { length -= 1 }
        return length
    }

    /// Whether two keys differ in nothing but their last part; `length` as `rowLength` has it of the first.
    private static func areOneRow(_ a: String, _ b: String, length: Int) -> Bool {
        let (a, b) = (a.utf8Span.span, b.utf8Span.span)
        guard b.count >= length else { return false }
        for place in 0..<length where a[place] != b[place] { return false }
        for place in length..<b.count where b[place] == separator { return false }
        return true
    }

    private func place(_ key: String) -> (found: Int?, insertion: Int) {
        let place = slots.prefixCount { $0.key.precedesBytewise(key) }
        return (place < slots.count && slots[place].key == key ? place : nil, place)
    }

    // MARK: Changing

    /// The latest statement under its key; what is then the oldest beyond `slotsMax` is forgotten, with what else was said of its
    /// period: of two banks' statements of one month, one alone would look like half the money. What joins others of its period stays, and the
    /// next period goes. `joins` are the fields by which comparisons join the type to others.
    mutating func store(_ slot: Slot, of type: GovernedType, slotsMax: Int, joins: [[String]]) {
        let (found, insertion) = place(slot.key)
        if let found {
            slots[found] = slot
            return
        }
        slots.insert(slot, at: insertion)
        guard slots.count > slotsMax else { return }
        for place in leaving(after: slot.key, of: type, slotsMax: slotsMax).reversed() {
            forgotten.append(Self.hash(slots[place].key))
            gaps.mark(slots[place], joins: joins)
            if slots[place].guestOf != nil, let sent = slots[place].sent {
                if slots[place].under.isEmpty {
                    forgottenGuests.append(Self.hash(sent))
                } else {
                    forgottenCovers.append(Self.hash(sent))
                }
            }
            slots.remove(at: place)
        }
        Self.keepLast(&forgotten)
        Self.keepLast(&forgottenGuests)
        Self.keepLast(&forgottenCovers)
    }

    private static func keepLast(_ hashes: inout [Int64]) { hashes.removeFirst(max(0, hashes.count - forgottenMax)) }

    /// The places of what is forgotten when `newest` was one too many, ascending.
    private func leaving(after newest: String, of type: GovernedType, slotsMax: Int) -> [Int] {
        func oldest(of places: some Sequence<Int>) -> Int? { places.min { slots[$0].order < slots[$1].order } }
        func fellows(of place: Int) -> [Int] {
            let period = Self.period(of: slots[place].key)
            return period.isEmpty ? [place] : slots.indices.filter { isOf(period, slots[$0].key) }
        }
        guard let first = oldest(of: slots.indices) else { return [] }
        guard case .periods = type.succession else { return [first] }
        var gone = fellows(of: first)
        if gone.count > 1, gone.contains(where: { slots[$0].key == newest }),
            let next = oldest(of: slots.indices.filter { !gone.contains($0) })
        {
            gone = fellows(of: next)
        }
        // Where a period alone fills the memory, its rows go one by one.
        return gone.count <= slotsMax / 2 ? gone : [first]
    }

    /// An earlier statement came late. `named`: ids that are not forgotten, as of `Slot.note`.
    mutating func note(older recordID: String, saying data: JSONValue, under key: String, keeping named: Set<String>) {
        guard let found = place(key).found else { return }
        slots[found].note(recordID, saying: data, keeping: named)
        // The subject's own statement that a guest covers has heard it, too.
        guard var own = slots[found].under.first, own.order.id != recordID else { return }
        own.note(recordID, saying: data, keeping: named)
        slots[found].under = [own]
    }

    /// Downstream has it under another id now.
    mutating func resend(_ key: String, as id: String) {
        if let found = place(key).found { slots[found].send(as: id) }
    }

    /// Downstream has it again.
    mutating func comeBack(_ key: String, as id: String) {
        if let found = place(key).found { slots[found].comeBack(as: id) }
    }

    mutating func markStale(_ key: String) {
        if let found = place(key).found { slots[found].isStale = true }
    }

    mutating func mark(_ key: String, failing rules: [String]) {
        changeOwn(key) { $0.failing = rules }
    }

    /// Its writer was asked for a better one.
    mutating func noteAsking(_ key: String) {
        changeOwn(key) { $0.asked += 1 }
    }

    /// Changes the subject's own statement, also where a guest covers it.
    private mutating func changeOwn(_ key: String, _ change: (inout Slot) -> Void) {
        guard let found = place(key).found else { return }
        if slots[found].guestOf == nil {
            change(&slots[found])
        } else if var own = slots[found].under.first {
            change(&own)
            slots[found].under = [own]
        }
    }

    /// People say that the record is right: its numbers are a measure again. Returns the key under which it stands; nil where it does not.
    mutating func acquit(_ recordID: String) -> String? {
        for place in slots.indices {
            if slots[place].order.id == recordID {
                if slots[place].isSuspect { slots[place].isSuspect = false }
                return slots[place].key
            }
            if let own = slots[place].under.first, own.order.id == recordID {
                if own.isSuspect { slots[place].under[0].isSuspect = false }
                return slots[place].key
            }
        }
        return nil
    }

    /// The subject's own statement came under a guest; of several the latest waits there.
    mutating func cover(_ own: Slot) {
        guard let found = place(own.key).found, slots[found].under.allSatisfy({ $0.order < own.order }) else { return }
        slots[found].under = [own]
    }

    /// Of a forgotten statement that came along with a merged code, downstream has another fact now, or none. False when that fact is not
    /// known to have been one.
    mutating func replaceForgottenGuest(_ factID: String, under key: String, by other: String?) -> Bool {
        let hash = Self.hash(factID)
        if let other, let known = forgottenCovers.firstIndex(of: hash) {
            forgottenCovers[known] = Self.hash(other)
        } else if let known = forgottenGuests.firstIndex(of: hash) {
            if let other {
                forgottenGuests[known] = Self.hash(other)
            } else {
                forgottenGuests.remove(at: known)
                // Nothing stands under the key any more: it may be said again.
                if let place = forgotten.firstIndex(of: Self.hash(key)) { forgotten.remove(at: place) }
            }
        } else {
            return false
        }
        isChanged = true
        return true
    }

    /// The subject's own statement is gone for good; a guest that covers it stays.
    mutating func removeOwn(_ key: String) {
        guard let found = place(key).found else { return }
        if slots[found].guestOf == nil { slots.remove(at: found) } else { slots[found].under = [] }
    }

    mutating func remove(_ key: String) {
        if let found = place(key).found { slots.remove(at: found) }
    }

    /// Nothing stands downstream any more.
    mutating func takeBack(_ key: String) {
        if let found = place(key).found { slots[found].sent = nil }
    }

    /// Nothing is to stand downstream any more once the guest has gone.
    mutating func takeBackOwn(_ key: String) {
        changeOwn(key) { $0.sent = nil }
    }

    private static func hash(_ key: String) -> Int64 { FNV64.number(key.utf8) }
}

/// The latest statement under one business key.
///
/// One reference: a memory holds dozens of them and is copied for every decision.
public struct Slot: Sendable {
    private var kept: Kept

    private final class Kept: Sendable {
        let parts: Parts
        init(_ parts: Parts) { self.parts = parts }
    }

    private struct Parts {
        let key: String
        let order: Order
        let data: JSONValue
        var sent: String?
        var sentAt: Instant
        var others: [Earlier]
        var isSuspect: Bool
        var isStale = false
        var failing: [String] = []
        var asked: Int64
        var returned: Int64 = 0
        let quality: Int64
        var guestOf: String?
        var under: [Slot] = []
    }

    public var key: String { kept.parts.key }
    public var order: Order { kept.parts.order }
    public var data: JSONValue { kept.parts.data }

    /// The fact that downstream has for the key; nil when it was taken back or never sent.
    public internal(set) var sent: String? {
        get { kept.parts.sent }
        set { change { $0.sent = newValue } }
    }

    /// When that fact happened: before the statement, where it only says again what was sent already.
    var sentAt: Instant { kept.parts.sentAt }

    /// An earlier statement: enough to know it again, and what of it says the same as another.
    struct Earlier: Hashable, Sendable {
        let id: String
        /// Of what it said.
        let content: Int64
    }

    /// Earlier statements, those with the greatest few ids, so that a repeat is known.
    var others: [Earlier] { kept.parts.others }

    /// The records under the key that said this, as far as they are remembered.
    func ids(saying data: JSONValue) -> [String] {
        let content = Self.content(of: data)
        let own = self.data.saysTheSame(as: data) ? [order.id] : []
        return own + others.filter { $0.content == content }.map(\.id)
    }

    /// Whether the record says what stands: it is what stands, or what was sent for it, or said the same before.
    func says(_ recordID: String) -> Bool {
        if order.id == recordID || sent == recordID { return true }
        guard let other = others.first(where: { $0.id == recordID }) else { return false }
        return other.content == Self.content(of: data)
    }

    /// What is said, and when.
    var statement: AdverseInformation.Statement { AdverseInformation.Statement(data: data, occurredOn: order.at.dayInChina) }

    /// A quality rule says that its numbers are wrong, and nobody has said that they are right.
    fileprivate(set) var isSuspect: Bool {
        get { kept.parts.isSuspect }
        set { change { $0.isSuspect = newValue } }
    }

    /// It was told that nobody has said it anew in time.
    fileprivate(set) var isStale: Bool {
        get { kept.parts.isStale }
        set { change { $0.isStale = newValue } }
    }

    /// The rules that it was found to break when all stood, sorted.
    fileprivate(set) var failing: [String] {
        get { kept.parts.failing }
        set { change { $0.failing = newValue } }
    }

    /// How often its writer was asked for a better one.
    fileprivate(set) var asked: Int64 {
        get { kept.parts.asked }
        set { change { $0.asked = newValue } }
    }

    /// How often it was said again after it had been taken back.
    var returned: Int64 { kept.parts.returned }

    /// Basis points, as sent.
    var quality: Int64 { kept.parts.quality }

    /// The merged code that the statement came along with; nil for the subject's own.
    var guestOf: String? {
        get { kept.parts.guestOf }
        set { change { $0.guestOf = newValue } }
    }

    /// The subject's own statement that a guest covers: one at the most.
    var under: [Slot] {
        get { kept.parts.under }
        set { change { $0.under = newValue } }
    }

    /// The subject's own statement: it stands, or a guest covers it.
    var own: Slot? { guestOf == nil ? self : under.first }

    static let othersMax = 8

    init(
        key: String, order: Order, data: JSONValue, sent: String?, sentAt: Instant? = nil, others: [Earlier], isSuspect: Bool = false,
        quality: Int64 = 10_000, asked: Int64 = 0, replacing former: Slot?, keeping named: Set<String>
    ) {
        kept = Kept(
            Parts(
                key: key, order: order, data: data, sent: sent, sentAt: sentAt ?? order.at, others: others, isSuspect: isSuspect,
                asked: asked, quality: quality))
        if let former { note(former.order.id, saying: former.data, keeping: named) }
    }

    /// Remembers who else said something under the key: the last few by id, and all of those that an objection names, since what is
    /// removed under one id stays removed however often it is said again.
    mutating func note(_ recordID: String, saying data: JSONValue, keeping named: Set<String>) {
        guard !others.contains(where: { $0.id == recordID }) else { return }
        let earlier = Earlier(id: recordID, content: Self.content(of: data))
        change { parts in
            parts.others.append(earlier)
            parts.others.sort { $0.id.precedesBytewise($1.id) }
            if parts.others.count > Self.othersMax, let place = parts.others.firstIndex(where: { !named.contains($0.id) }) {
                parts.others.remove(at: place)
            }
        }
    }

    /// Downstream has the statement under this id now, as of when it happened itself.
    mutating func send(as id: String) {
        change { parts in
            parts.sent = id
            parts.sentAt = parts.order.at
        }
    }

    /// It stands again after it had been taken back.
    fileprivate mutating func comeBack(as id: String) {
        change { $0.returned += 1 }
        send(as: id)
    }

    /// The same for the same content, however it is written.
    private static func content(of data: JSONValue) -> Int64 { FNV64.number(data.canonicalBytes) }

    private mutating func change(_ change: (inout Parts) -> Void) {
        var parts = kept.parts
        change(&parts)
        kept = Kept(parts)
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        let order = try Order(fields)
        let sent = try fields.textOrNil("sent")
        let ids = try fields.texts("others")
        let contents: [Int64] = try fields.list("said") { json throws(ContractDefect) in
            guard let content = json.int else { throw .wrong(field: "said", expected: "whole numbers") }
            return content
        }
        guard ids.count == contents.count else { throw .wrong(field: "said", expected: "as many as `others`") }
        var parts = Parts(
            key: try fields.text("key"), order: order, data: try fields.required("data"),
            // The common case, sent as it is, is not written down.
            sent: sent == nil ? order.id : (sent == "" ? nil : sent),
            sentAt: try fields.intOrNil("sentAt").map { Instant(microseconds: $0) } ?? order.at,
            others: zip(ids, contents).map { Earlier(id: $0, content: $1) }, isSuspect: try fields.bool("suspect"),
            isStale: try fields.bool("stale"), asked: try fields.intOrNil("asked") ?? 0, quality: try fields.intOrNil("quality") ?? 10_000,
            guestOf: try fields.textOrNil("guestOf"))
        parts.failing = try fields.texts("failing")
        parts.returned = try fields.intOrNil("returned") ?? 0
        // A statement beneath another has none beneath itself.
        if let own = fields["under"], own["under"] == nil { parts.under = [try Slot(own)] }
        kept = Kept(parts)
    }

    func write(to object: inout JSONWriter) {
        object.member("key", key)
        order.write(to: &object)
        object.member("data", data)
        if sent != order.id { object.member("sent", sent ?? "") }
        if sentAt != order.at { object.member("sentAt", sentAt.microseconds) }
        if !others.isEmpty {
            object.member("others", others.map(\.id))
            object.member("said", others.map(\.content))
        }
        if isSuspect { object.member("suspect", true) }
        if isStale { object.member("stale", true) }
        if !failing.isEmpty { object.member("failing", failing) }
        if asked != 0 { object.member("asked", asked) }
        if returned != 0 { object.member("returned", returned) }
        if quality != 10_000 { object.member("quality", quality) }
        object.memberIfPresent("guestOf", guestOf)
        if let own = under.first { object.member("under", object: { own.write(to: &$0) }) }
    }
}
