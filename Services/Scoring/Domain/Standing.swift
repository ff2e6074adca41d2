import Contracts
import Vocabulary
import Wire

/// The latest of what stands: with it some values before it, since it may be taken back.
///
/// Holds at most `countMax`. The order in which values come and go leaves no trace as long as no more stand than that; when more do, and
/// that many of the latest are taken back, nothing is known.
public struct Latest<Value: Hashable & Sendable>: Hashable, Sendable {
    public struct Element: Hashable, Sendable {
        public let order: FactOrder
        public let value: Value
    }

    /// The latest first.
    private var elements: [Element] = []

    private static var countMax: Int { 8 }

    init() {}

    /// What counts.
    public var first: Element? { elements.first }

    var isEmpty: Bool { elements.isEmpty }

    mutating func add(_ value: Value, _ order: FactOrder) {
        let place = elements.firstIndex { $0.order < order } ?? elements.endIndex
        guard place < Self.countMax else { return }
        elements.insert(Element(order: order, value: value), at: place)
        if elements.count > Self.countMax { elements.removeLast() }
    }

    /// - Parameter id: the fact that said it.
    mutating func takeBack(_ id: String) { elements.removeAll { $0.order.id == id } }

    mutating func merge(_ other: Self) {
        for element in other.elements { add(element.value, element.order) }
    }

    // MARK: stored form

    /// `[at, id, value, …]`, the latest first.
    init(_ list: JSONElements, _ field: String, _ read: (JSONValue) -> Value?) throws(ContractDefect) {
        var parts = list
        while let at = parts.next() {
            guard let at = at.int, let id = parts.next()?.string, let value = parts.next().flatMap(read), elements.count < Self.countMax
            else {
                throw .wrong(field: field, expected: "a time, an id and a value, at most \(Self.countMax) times")
            }
            elements.append(Element(order: FactOrder(at: Instant(microseconds: at), id: id), value: value))
        }
    }

    func write(to list: inout JSONWriter, _ write: (Value, inout JSONWriter) -> Void) {
        for element in elements {
            list.element(element.order.at.microseconds)
            list.element(element.order.id)
            write(element.value, &list)
        }
    }
}

/// The greatest of the amounts that stand: with it some that are smaller, since it may be taken back. The same amount may stand several times.
///
/// Holds at most `countMax` different ones; what was said of `Latest` holds of it.
struct Greatest: Hashable, Sendable {
    /// Descending.
    private var amounts: [Amount] = []

    private struct Amount: Hashable, Sendable {
        let amount: Int64
        /// How many facts say it; at least 1.
        var times: Int64
    }

    private static let countMax = 8

    /// What counts.
    var first: Int64? { amounts.first?.amount }

    var isEmpty: Bool { amounts.isEmpty }

    init() {}

    mutating func add(_ amount: Int64) { add(Amount(amount: amount, times: 1)) }

    private mutating func add(_ added: Amount) {
        let place = amounts.firstIndex { $0.amount <= added.amount } ?? amounts.endIndex
        if place < amounts.endIndex, amounts[place].amount == added.amount {
            amounts[place].times = amounts[place].times.addingClamped(added.times)
        } else if place < Self.countMax {
            amounts.insert(added, at: place)
            if amounts.count > Self.countMax { amounts.removeLast() }
        }
    }

    mutating func takeBack(_ amount: Int64) {
        guard let place = amounts.firstIndex(where: { $0.amount == amount }) else { return }
        amounts[place].times -= 1
        if amounts[place].times == 0 { amounts.remove(at: place) }
    }

    mutating func merge(_ other: Self) {
        for amount in other.amounts { add(amount) }
    }

    // MARK: stored form

    /// `[amount, times, …]`, the greatest first.
    init(_ list: JSONElements) throws(ContractDefect) {
        var parts = list
        while let amount = parts.next() {
            guard let amount = amount.int, let times = parts.next()?.int, times > 0, amounts.count < Self.countMax else {
                throw .wrong(field: "m", expected: "an amount and how often it stands, at most \(Self.countMax) times")
            }
            amounts.append(Amount(amount: amount, times: times))
        }
    }

    func write(to list: inout JSONWriter) {
        for amount in amounts {
            list.element(amount.amount)
            list.element(amount.times)
        }
    }
}
