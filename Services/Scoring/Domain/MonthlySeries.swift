import Contracts
import Vocabulary
import Wire

/// What was said about one thing, month by month: sums that facts are added to and taken back from.
///
/// Amounts are whole millionths, so that sums do not depend on the order of their terms. Count and sum follow every
/// correction, and so do the greatest and the last amount: some of what stands beside them is kept for the day on which they are taken back
/// (`Greatest`, `Latest`). A month of which nothing stands (count 0) is as if it had never been.
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

    mutating func add(_ total: MonthTotal, keeping firstKept: Int32) {
        change(total.month, keeping: firstKept) { $0.merge(total) }
    }

    /// Takes one amount of a month back.
    ///
    /// - Parameter id: the fact that said it.
    mutating func takeBack(_ amount: Int64, of id: String, in month: Int32, keeping firstKept: Int32) {
        change(month, keeping: firstKept) { $0.takeBack(amount, of: id) }
    }

    /// Changes the month, or what its like was folded into.
    private mutating func change(_ month: Int32, keeping firstKept: Int32, _ change: (inout MonthTotal) -> Void) {
        stored = nil
        if month < firstKept {
            var total = earlier ?? MonthTotal(month: FactMonth.first)
            change(&total)
            earlier = total.isNothing ? nil : total
            return
        }
        let place = months.firstIndex { $0.month >= month } ?? months.endIndex
        if place == months.endIndex || months[place].month != month { months.insert(MonthTotal(month: month), at: place) }
        change(&months[place])
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
        var sum = earlier ?? MonthTotal(month: FactMonth.first)
        sum.merge(total)
        earlier = sum.isNothing ? nil : sum
    }
}

/// Count, sum, greatest and last amounts of one month. Unit of the amounts: millionths.
public struct MonthTotal: Hashable, Sendable {
    /// `Month.number`. Of what was folded together it says nothing: it would tell in which order things came and were taken back.
    public let month: Int32
    public private(set) var count: Int64
    public private(set) var sum: Int64
    /// Nothing where no indicator asks for them.
    var greatest = Greatest()
    var latest = Latest<Int64>()

    init(month: Int32, count: Int64 = 0, sum: Int64 = 0) {
        self.month = month
        self.count = count
        self.sum = sum
    }

    fileprivate mutating func merge(_ other: MonthTotal) {
        count = count.addingClamped(other.count)
        sum = sum.addingClamped(other.sum)
        greatest.merge(other.greatest)
        latest.merge(other.latest)
    }

    fileprivate mutating func takeBack(_ amount: Int64, of id: String) {
        count = count.addingClamped(-1)
        sum = sum.addingClamped(-amount)
        greatest.takeBack(id)
        latest.takeBack(id)
    }

    fileprivate var isNothing: Bool { count == 0 && sum == 0 && greatest.isEmpty && latest.isEmpty }
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
    /// `[month, count, sum]`, then, where they are kept, the list of the greatest and that of the latest amounts.
    fileprivate init(_ json: JSONValue) throws(ContractDefect) {
        var parts = json.elements
        guard let month = parts.next()?.int, let count = parts.next()?.int, let sum = parts.next()?.int else {
            throw .wrong(field: "m", expected: "month, count and sum")
        }
        self.init(month: FactMonth.clamped(Int32(clamping: month)), count: count, sum: sum)
        guard let list = parts.next() else { return }
        guard list.kind == .array else { throw .wrong(field: "m", expected: "the greatest amounts") }
        greatest = try Greatest(list.elements, "m")
        if let list = parts.next() { latest = try Latest(list.elements, "m") { $0.int } }
    }

    fileprivate func write(to list: inout JSONWriter) {
        list.element(Int64(month))
        list.element(count)
        list.element(sum)
        guard !greatest.isEmpty || !latest.isEmpty else { return }
        list.element(array: { greatest.write(to: &$0) })
        if !latest.isEmpty { list.element(array: { list in latest.write(to: &list) { $1.element($0) } }) }
    }
}
