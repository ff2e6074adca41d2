import Contracts
import Vocabulary
import Wire

/// What was said about one thing, month by month: sums that facts are added to and taken back from.
///
/// Amounts are whole millionths, so that sums do not depend on the order of their terms. Count and sum follow every
/// correction. The greatest and the last amount of a month are kept as they were once said: nothing that was said before is
/// known any more when one is taken back. A month of which nothing stands (count 0) is as if it had never been.
public struct MonthlySeries: Equatable, Sendable {
    /// Ascending; all of the last 60 months before the subject's latest fact, and any after it.
    public private(set) var months: [MonthTotal] = []
    /// Everything earlier, folded into one; its month says nothing.
    public private(set) var earlier: MonthTotal?

    /// The text it was read from, as long as nothing has changed since: most turns change few of a subject's series, and write the others back
    /// as they came.
    private var stored: ArraySlice<UInt8>?

    /// How many months stay apart.
    public static let monthsKept: Int32 = 60

    public init() {}

    /// By what they say.
    public static func == (a: Self, b: Self) -> Bool { a.months == b.months && a.earlier == b.earlier }

    public var isEmpty: Bool { months.isEmpty && earlier == nil }

    /// Anything at all stands.
    public var isKnown: Bool { (earlier?.count ?? 0) > 0 || months.contains { $0.count > 0 } }

    /// Adds to a month, or takes away with a negative `count`.
    mutating func add(_ change: MonthTotal, keeping firstKept: Int32) {
        stored = nil
        if change.month < firstKept { return fold(change) }
        let place = months.firstIndex { $0.month >= change.month } ?? months.endIndex
        if place < months.endIndex, months[place].month == change.month {
            months[place].merge(change)
        } else {
            months.insert(change, at: place)
        }
        if months[place].isNothing { months.remove(at: place) }
    }

    /// Folds the months before `firstKept`.
    mutating func fold(before firstKept: Int32) {
        guard let oldest = months.first, oldest.month < firstKept else { return }
        stored = nil
        let count = months.prefix { $0.month < firstKept }.count
        for month in months.prefix(count) { fold(month) }
        months.removeFirst(count)
    }

    private mutating func fold(_ total: MonthTotal) {
        // Without its own month, which would tell in which order things came and were taken back.
        var sum = MonthTotal(month: FactMonth.first, count: total.count, sum: total.sum, max: total.max, last: total.last)
        if let earlier { sum.merge(earlier) }
        earlier = sum.isNothing ? nil : sum
    }
}

/// Count, sum, greatest and last amount of one month. Unit of the amounts: millionths.
public struct MonthTotal: Hashable, Sendable {
    /// `Month.number`.
    public private(set) var month: Int32
    public private(set) var count: Int64
    public private(set) var sum: Int64
    public private(set) var max: Int64?
    public private(set) var last: LastAmount?

    public struct LastAmount: Hashable, Sendable {
        public let order: FactOrder
        public let amount: Int64
    }

    init(month: Int32, count: Int64, sum: Int64, max: Int64? = nil, last: LastAmount? = nil) {
        self.month = month
        self.count = count
        self.sum = sum
        self.max = max
        self.last = last
    }

    fileprivate mutating func merge(_ other: MonthTotal) {
        month = Swift.max(month, other.month)
        count = count.addingClamped(other.count)
        sum = sum.addingClamped(other.sum)
        if let amount = other.max { max = Swift.max(max ?? amount, amount) }
        if let amount = other.last, last.map({ $0.order < amount.order }) ?? true { last = amount }
    }

    fileprivate var isNothing: Bool { count == 0 && sum == 0 && max == nil && last == nil }
}

/// Which of two facts is the later one: by when it happened, then by id.
public struct FactOrder: Hashable, Comparable, Sendable {
    public let at: Instant
    public let id: String

    public static func < (a: FactOrder, b: FactOrder) -> Bool {
        a.at != b.at ? a.at < b.at : a.id.precedesBytewise(b.id)
    }
}

// MARK: stored form

extension MonthlySeries {
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        months = try fields.list("m") { json throws(ContractDefect) in try MonthTotal(json) }
        earlier = try fields["e"].map { json throws(ContractDefect) in try MonthTotal(json) }
        stored = json.rawBytes
    }

    func write(as key: String, to object: inout JSONWriter) {
        if let stored { return object.member(key, raw: stored) }
        object.member(
            key,
            object: { object in
                object.member(
                    "m",
                    array: { list in
                        for month in months { list.element(array: { month.write(to: &$0) }) }
                    })
                if let earlier { object.member("e", array: { earlier.write(to: &$0) }) }
            })
    }
}

extension MonthTotal {
    /// `[month, count, sum, max?, at?, id?, amount?]`.
    fileprivate init(_ json: JSONValue) throws(ContractDefect) {
        var parts = json.elements
        guard let month = parts.next()?.int, let count = parts.next()?.int, let sum = parts.next()?.int else {
            throw .wrong(field: "m", expected: "month, count and sum")
        }
        self.init(month: FactMonth.clamped(Int32(clamping: month)), count: count, sum: sum, max: parts.next()?.int)
        if let at = parts.next()?.int, let id = parts.next()?.string, let amount = parts.next()?.int {
            last = LastAmount(order: FactOrder(at: Instant(microseconds: at), id: id), amount: amount)
        }
    }

    fileprivate func write(to list: inout JSONWriter) {
        list.element(Int64(month))
        list.element(count)
        list.element(sum)
        guard max != nil || last != nil else { return }
        list.element(max)
        guard let last else { return }
        list.element(last.order.at.microseconds)
        list.element(last.order.id)
        list.element(last.amount)
    }
}
