import Contracts
import Vocabulary
import Wire

/// What comes first among things that were said: by a number, then by the fact that said it.
public protocol StandingOrder: Hashable, Comparable, Sendable {
    var number: Int64 { get }
    /// Of the fact.
    var id: String { get }

    init(number: Int64, id: String)
}

extension FactOrder: StandingOrder {
    public var number: Int64 { at.microseconds }

    public init(number: Int64, id: String) { self.init(at: Instant(microseconds: number), id: id) }
}

/// By amount; of one amount the fact with the lower id is the greater.
struct AmountOrder: StandingOrder {
    /// Millionths.
    let number: Int64
    let id: String

    static func < (a: Self, b: Self) -> Bool { a.number != b.number ? a.number < b.number : b.id.precedesBytewise(a.id) }
}

/// What of one thing was said last.
public typealias Latest<Value: Hashable & Sendable> = Foremost<FactOrder, Value>
/// The greatest amounts.
typealias Greatest = Foremost<AmountOrder, Int64>

/// The foremost of what was said of one thing: what counts is the first that stands, and what was replaced or taken back keeps its place.
///
/// Holds the `countMax` foremost that were ever said, and so does not depend on the order in which they came and went. Where all of them were
/// taken back, nothing is known until the next is said.
public struct Foremost<Order: StandingOrder, Value: Hashable & Sendable>: Hashable, Sendable {
    /// One that stands.
    public struct Element: Hashable, Sendable {
        public let order: Order
        public let value: Value
    }

    private struct Place: Hashable, Sendable {
        let order: Order
        /// Nil when it does not stand.
        var value: Value?
    }

    /// The foremost first.
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

    /// The last of what is kept, whether it stands or not.
    var hindmost: Order? { places.last?.order }

    var isEmpty: Bool { places.isEmpty }

    /// - Parameter value: nil for what something has taken the place of already.
    mutating func add(_ value: Value?, _ order: Order) {
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

    /// `[number, id, what stands for the value, …]`, the foremost first.
    fileprivate init(
        _ list: JSONElements, _ field: String, _ read: (JSONValue, Order) throws(ContractDefect) -> Value?
    ) throws(ContractDefect) {
        var parts = list
        while let number = parts.next() {
            guard let number = number.int, let id = parts.next()?.string, let json = parts.next(), places.count < Self.countMax else {
                throw .wrong(field: field, expected: "a number, an id and a value, at most \(Self.countMax) times")
            }
            let order = Order(number: number, id: id)
            places.append(Place(order: order, value: try read(json, order)))
        }
    }

    fileprivate func writePlaces(to list: inout JSONWriter, _ write: (Value?, inout JSONWriter) -> Void) {
        for place in places {
            list.element(place.order.number)
            list.element(place.order.id)
            write(place.value, &list)
        }
    }
}

extension Foremost where Order == FactOrder {
    /// Null for what does not stand.
    init(_ list: JSONElements, _ field: String, _ read: (JSONValue) -> Value?) throws(ContractDefect) {
        try self.init(list, field) { json, _ throws(ContractDefect) in
            let value = read(json)
            guard value != nil || json.isNull else { throw .wrong(field: field, expected: "a value or null") }
            return value
        }
    }

    func write(to list: inout JSONWriter, _ write: (Value, inout JSONWriter) -> Void) {
        writePlaces(to: &list) { value, list in
            if let value { write(value, &list) } else { list.element(nil as Int64?) }
        }
    }
}

extension Greatest {
    /// Whether it stands, since the amount has been said.
    init(_ list: JSONElements, _ field: String) throws(ContractDefect) {
        try self.init(list, field) { json, order throws(ContractDefect) in
            guard let stands = json.bool else { throw .wrong(field: field, expected: "whether the amount stands") }
            return stands ? order.number : nil
        }
    }

    func write(to list: inout JSONWriter) {
        writePlaces(to: &list) { value, list in list.element(value != nil) }
    }

    mutating func add(_ amount: Int64, of id: String, stands: Bool) {
        add(stands ? amount : nil, AmountOrder(number: amount, id: id))
    }
}
