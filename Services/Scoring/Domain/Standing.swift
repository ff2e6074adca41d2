import Contracts
import Vocabulary
import Wire

/// What of one thing was said last: what counts is the latest that stands, and what was replaced or taken back keeps its place.
///
/// Holds the `countMax` latest that were ever said, and so does not depend on the order in which they came and went. Where all of them were
/// taken back, nothing is known until the next is said.
public struct Latest<Value: Hashable & Sendable>: Hashable, Sendable {
    /// One that stands.
    public struct Element: Hashable, Sendable {
        public let order: FactOrder
        public let value: Value
    }

    private struct Place: Hashable, Sendable {
        let order: FactOrder
        /// Nil when it does not stand.
        var value: Value?
    }

    /// The latest first.
    private var places: [Place] = []

    private static var countMax: Int { 8 }

    init() {}

    /// What counts.
    public var first: Element? {
        for place in places {
            if let value = place.value { return Element(order: place.order, value: value) }
        }
        return nil
    }

    var isEmpty: Bool { places.isEmpty }

    /// - Parameter value: nil for what something has taken the place of already.
    mutating func add(_ value: Value?, _ order: FactOrder) {
        let index = places.firstIndex { $0.order < order } ?? places.endIndex
        guard index < Self.countMax else { return }
        places.insert(Place(order: order, value: value), at: index)
        if places.count > Self.countMax { places.removeLast() }
    }

    /// - Parameter id: the fact that said it.
    mutating func takeBack(_ id: String) {
        guard let index = places.firstIndex(where: { $0.order.id == id }) else { return }
        places[index].value = nil
    }

    mutating func merge(_ other: Self) {
        for place in other.places { add(place.value, place.order) }
    }

    // MARK: stored form

    /// `[at, id, value or null, …]`, the latest first.
    init(_ list: JSONElements, _ field: String, _ read: (JSONValue) -> Value?) throws(ContractDefect) {
        var parts = list
        while let at = parts.next() {
            guard let at = at.int, let id = parts.next()?.string, let json = parts.next(), places.count < Self.countMax else {
                throw .wrong(field: field, expected: "a time, an id and a value, at most \(Self.countMax) times")
            }
            let value = read(json)
            guard value != nil || json.isNull else { throw .wrong(field: field, expected: "a value or null") }
            places.append(Place(order: FactOrder(at: Instant(microseconds: at), id: id), value: value))
        }
    }

    func write(to list: inout JSONWriter, _ write: (Value, inout JSONWriter) -> Void) {
        for place in places {
            list.element(place.order.at.microseconds)
            list.element(place.order.id)
            if let value = place.value { write(value, &list) } else { list.element(nil as Int64?) }
        }
    }
}

/// The greatest amounts that were ever said, each with the fact that said it and whether it stands. The same rule as in `Latest`.
struct Greatest: Hashable, Sendable {
    private struct Amount: Hashable, Sendable {
        let amount: Int64
        /// Of the fact.
        let id: String
        var stands: Bool

        func isBefore(_ other: Self) -> Bool { amount != other.amount ? amount > other.amount : id.precedesBytewise(other.id) }
    }

    /// Descending; of one amount, by id.
    private var amounts: [Amount] = []

    private static let countMax = 8

    init() {}

    /// What counts.
    var first: Int64? { amounts.first { $0.stands }?.amount }

    var isEmpty: Bool { amounts.isEmpty }

    /// - Parameter stands: false for what something has taken the place of already.
    mutating func add(_ amount: Int64, of id: String, stands: Bool) { add(Amount(amount: amount, id: id, stands: stands)) }

    private mutating func add(_ added: Amount) {
        let index = amounts.firstIndex { added.isBefore($0) } ?? amounts.endIndex
        guard index < Self.countMax else { return }
        amounts.insert(added, at: index)
        if amounts.count > Self.countMax { amounts.removeLast() }
    }

    /// - Parameter id: the fact that said it.
    mutating func takeBack(_ id: String) {
        guard let index = amounts.firstIndex(where: { $0.id == id }) else { return }
        amounts[index].stands = false
    }

    mutating func merge(_ other: Self) {
        for amount in other.amounts { add(amount) }
    }

    // MARK: stored form

    /// `[amount, id, stands, …]`, the greatest first.
    init(_ list: JSONElements) throws(ContractDefect) {
        var parts = list
        while let amount = parts.next() {
            guard let amount = amount.int, let id = parts.next()?.string, let stands = parts.next()?.bool, amounts.count < Self.countMax
            else {
                throw .wrong(field: "m", expected: "an amount, an id and whether it stands, at most \(Self.countMax) times")
            }
            amounts.append(Amount(amount: amount, id: id, stands: stands))
        }
    }

    func write(to list: inout JSONWriter) {
        for amount in amounts {
            list.element(amount.amount)
            list.element(amount.id)
            list.element(amount.stands)
        }
    }
}
