import Deciding
import Vocabulary
import Wire

/// How often a source sends: something for every period, by so many working days after its end.
public struct SourceRhythm: Hashable, Sendable {
    public enum Period: String, CaseIterable, Sendable { case day, week, month, quarter, year }

    public let period: Period
    /// Working days after the period's last day.
    public let graceWorkingDays: Int
    /// The first period is the one with this day.
    public let since: Day
    /// Record types of which every period must bring something. Empty where a record of any type is enough.
    public let each: [String]

    public init(period: Period, graceWorkingDays: Int, since: Day, each: [String] = []) {
        self.period = period
        self.graceWorkingDays = graceWorkingDays
        self.since = since
        self.each = each
    }

    /// Reads `{"period", "graceWorkingDays", "since", "each"?}`. `{"period": "event"}` is nil without a defect: nothing is ever missing
    /// then.
    init?(_ json: JSONValue, defects: inout [String]) {
        let word = json["period"]?.string ?? ""
        let each = json["each"]?.elements.compactMap(\.string) ?? []
        if let list = json["each"] {
            if word == "event" { defects.append("`rhythm.each` needs a period: of events nothing can be missing") }
            if each.isEmpty || each.count != list.count || Set(each).count != each.count {
                defects.append("`rhythm.each` is not a list of record types, each once")
            }
        }
        if word == "event" { return nil }
        let period = Period(rawValue: word)
        let grace = json["graceWorkingDays"]?.int ?? -1
        let since = json["since"]?.day
        if period == nil { defects.append("`rhythm.period` is none of \(Period.allCases.map(\.rawValue).joined(separator: ", ")), event") }
        if !(0...250).contains(grace) { defects.append("`rhythm.graceWorkingDays` is not 0…250") }
        if since == nil { defects.append("`rhythm.since` is not a day") }
        guard let period, (0...250).contains(grace), let since else { return nil }
        self.init(period: period, graceWorkingDays: Int(grace), since: since, each: each)
    }

    /// The first day of the period with this day. A week begins on Monday.
    public func start(of day: Day) -> Day {
        switch period {
        case .day: day
        case .week: day - (day.weekday - 1)
        case .month: day.month.first
        case .quarter: Month(number: day.month.number - Int32((day.month.month - 1) % 3)).first
        case .year: Month(year: day.month.year, month: 1).first
        }
    }

    /// The first day of the period after the one that begins on `start`.
    public func next(after start: Day) -> Day {
        switch period {
        case .day: start + 1
        case .week: start + 7
        case .month: start.adding(months: 1)
        case .quarter: start.adding(months: 3)
        case .year: start.adding(months: 12)
        }
    }

    /// The periods that are due on a day: those whose working days of grace have passed.
    public func due(on today: Day, calendar: WorkingCalendar) -> DuePeriods {
        var starts: [Day] = []
        var isProvisional = false
        var start = self.start(of: since)
        while start <= today {
            let next = self.next(after: start)
            let due = calendar.deadline(from: next - 1, workingDays: graceWorkingDays)
            guard due.day < today else { break }
            isProvisional = due.isProvisional
            starts.append(start)
            start = next
        }
        return DuePeriods(starts: Array(starts.suffix(DuePeriods.countMax)), isProvisional: isProvisional)
    }
}

/// The periods of a rhythm that are due, the latest of them.
public struct DuePeriods: Hashable, Sendable {
    /// Their first days, ascending. What happened before the first of them is not asked about.
    public let starts: [Day]
    /// Touches a year whose working days are not announced yet.
    public let isProvisional: Bool

    /// Periods looked back at the most, so that a daily rhythm of decades has an end.
    public static let countMax = 1_100
}

/// How a source stands on one day: what was expected of it, what came, what is missing.
public struct SourceStanding: Hashable, Sendable {
    /// Periods that are due.
    public let expected: Int
    /// Those of them for which something came. Where the rhythm names types, those of the type with the fewest: what is complete is so in
    /// each of them.
    public let arrived: Int
    /// Those for which something is missing, latest first, at most `listedMax`.
    public let missing: [Missing]
    /// The latest period for which something came: its first day.
    public let latest: Day?
    /// Something is missing for the latest period that is due.
    public let isLate: Bool
    /// Touches a year whose working days are not announced yet.
    public let isProvisional: Bool

    /// A period for which not all came that should have.
    public struct Missing: Hashable, Sendable {
        /// The period's first day.
        public let start: Day
        /// The types of the rhythm's `each` of which nothing came for it; empty where the rhythm names none, and so nothing came at all.
        public let recordTypes: [String]
    }

    public static let listedMax = 36

    /// Hundredths of a percent, rounded down; nil when nothing was expected yet.
    public var completenessBasisPoints: Int? { expected == 0 ? nil : arrived * 10_000 / expected }

    /// `arrivals` are the days in the world for which records came, by record type.
    public init(_ rhythm: SourceRhythm, arrivals: [String: [Day]], on today: Day, calendar: WorkingCalendar) {
        self.init(rhythm, arrivals: arrivals, due: rhythm.due(on: today, calendar: calendar))
    }

    /// The same when it is known what is due.
    public init(_ rhythm: SourceRhythm, arrivals: [String: [Day]], due: DuePeriods) {
        func periods(of days: some Sequence<Day>) -> Set<Day> { Set(days.map { rhythm.start(of: $0) }) }
        let all = periods(of: arrivals.values.joined())
        // What must come each time: each of the types, or anything.
        let came: [Set<Day>] = rhythm.each.isEmpty ? [all] : rhythm.each.map { periods(of: arrivals[$0] ?? []) }
        var missing: [Missing] = []
        for start in due.starts.reversed() where missing.count < Self.listedMax {
            if came.allSatisfy({ $0.contains(start) }) { continue }
            let absent = zip(rhythm.each, came).filter { !$0.1.contains(start) }.map { $0.0 }
            missing.append(Missing(start: start, recordTypes: absent))
        }
        expected = due.starts.count
        arrived = came.map { starts in due.starts.count { starts.contains($0) } }.min() ?? 0
        self.missing = missing
        latest = all.max()
        isLate = due.starts.last.map { last in came.contains { !$0.contains(last) } } ?? false
        isProvisional = due.isProvisional
    }
}
