import Province
import Vocabulary

/// Records without end about the same firms, so that a house that forgets what it should has a size that it keeps.
///
/// The first round says everything that a province says of its firms: who they are, what they consent to, and the last months. Every round
/// after it says the same months again, later, under other ids and with other figures, as sources correct themselves: each of these records
/// takes the place of one that stands. Only one group of firms lies in memory at a time.
struct SoakRecords {
    /// The round that the next record belongs to.
    private(set) var round = 0

    private let seed: UInt64
    private let firms: Int
    private let lastMonth: Month
    private var group = 0
    private var waiting: [OutsideRecord] = []
    private var position = 0
    private var hasBegun = false

    /// As many as the longest windows of the indicators look at.
    static let months = 24
    /// A firm's draws hang on how many months its story has: so many rounds differ from one another before the figures come again.
    private static let stories = 12
    /// Firms whose records are mixed by time, as they are in life.
    private static let groupSize = 50
    /// Said once a month by the sources. All else is said once, in the first round.
    private static let monthly: Set<String> = [
        "tax.return", "social-insurance.month", "utility.bill", "bank-flow.month", "customs.month", "order.month",
    ]

    /// - Parameter lastMonth: a month that is over.
    init(seed: UInt64, firms: Int, lastMonth: Month) {
        self.seed = seed
        self.firms = max(1, firms)
        self.lastMonth = lastMonth
    }

    mutating func next() -> OutsideRecord? {
        // Every group has records; the bound is for a province that says nothing.
        for _ in 0..<3 where position == waiting.count { fill() }
        guard position < waiting.count else { return nil }
        defer { move() }
        return waiting[position]
    }

    private mutating func move() {
        position += 1
        // So that `round` is right before the next one is asked for.
        if position == waiting.count { fill() }
    }

    private mutating func fill() {
        if hasBegun { group += 1 }
        hasBegun = true
        if group * Self.groupSize >= firms { (group, round) = (0, round + 1) }
        let province = Province(
            seed: seed, firms: firms, months: Self.months + round % Self.stories, lastMonth: lastMonth, badShare: BasisPoints(50))
        let first = group * Self.groupSize
        let records = (first..<min(firms, first + Self.groupSize)).flatMap { province.records(ofFirm: $0) }
        waiting = (round == 0 ? records : records.filter { isSaidAgain($0) }.map { later($0) }).enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
        position = 0
    }

    private func isSaidAgain(_ record: OutsideRecord) -> Bool {
        Self.monthly.contains(record.type) && record.time.dayInChina.month > lastMonth + -Self.months
    }

    /// The first round speaks before four in the afternoon of a month's last day; each later one a second after the one before it.
    private func later(_ record: OutsideRecord) -> OutsideRecord {
        let time = record.time.dayInChina.startInChina + .seconds(16 * 3_600 + min(round, 7 * 3_600))
        return OutsideRecord(
            topic: record.topic, id: "\(record.id)-r\(round)", type: record.type, subject: record.subject, time: time, data: record.data,
            planted: record.planted)
    }
}
