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
            places.append(Place(order: FactOrder(at: Instant(microseconds: at), id: id), value: json.isNull ? nil : read(json)))
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

/// The greatest amounts that were ever said, each with how many facts that say it stand. The same rule as in `Latest`.
struct Greatest: Hashable, Sendable {
    /// Descending.
    private var amounts: [Amount] = []

    private struct Amount: Hashable, Sendable {
        let amount: Int64
        var standing: Int64
    }

    private static let countMax = 8

    init() {}

    /// What counts.
    var first: Int64? { amounts.first { $0.standing > 0 }?.amount }

    var isEmpty: Bool { amounts.isEmpty }

    /// - Parameter standing: how many facts that say it stand; 0 for what something has taken the place of already.
    mutating func add(_ amount: Int64, standing: Int64) {
        let index = amounts.firstIndex { $0.amount <= amount } ?? amounts.endIndex
        if index < amounts.endIndex, amounts[index].amount == amount {
            amounts[index].standing = amounts[index].standing.addingClamped(standing)
        } else if index < Self.countMax {
            amounts.insert(Amount(amount: amount, standing: standing), at: index)
            if amounts.count > Self.countMax { amounts.removeLast() }
        }
    }

    mutating func takeBack(_ amount: Int64) {
        guard let index = amounts.firstIndex(where: { $0.amount == amount }) else { return }
        amounts[index].standing = max(0, amounts[index].standing - 1)
    }

    mutating func merge(_ other: Self) {
        for amount in other.amounts { add(amount.amount, standing: amount.standing) }
    }

    // MARK: stored form

    /// `[amount, standing, …]`, the greatest first.
    init(_ list: JSONElements) throws(ContractDefect) {
        var parts = list
        while let amount = parts.next() {
            guard let amount = amount.int, let standing = parts.next()?.int, standing >= 0, amounts.count < Self.countMax else {
                throw .wrong(field: "m", expected: "an amount and how often it stands, at most \(Self.countMax) times")
            }
            amounts.append(Amount(amount: amount, standing: standing))
        }
    }

    func write(to list: inout JSONWriter) {
        for amount in amounts {
            list.element(amount.amount)
            list.element(amount.standing)
        }
    }
}
