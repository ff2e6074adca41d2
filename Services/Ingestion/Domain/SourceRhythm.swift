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

    public init(period: Period, graceWorkingDays: Int, since: Day) {
        self.period = period
        self.graceWorkingDays = graceWorkingDays
        self.since = since
    }

    /// Reads `{"period", "graceWorkingDays", "since"}`; `{"period": "event"}` is nil without a defect: nothing is ever missing then.
    init?(_ json: JSONValue, defects: inout [String]) {
        let word = json["period"]?.string ?? ""
        if word == "event" { return nil }
        let period = Period(rawValue: word)
        let grace = json["graceWorkingDays"]?.int ?? -1
        let since = json["since"]?.day
        if period == nil { defects.append("`rhythm.period` is none of \(Period.allCases.map(\.rawValue).joined(separator: ", ")), event") }
        if !(0...250).contains(grace) { defects.append("`rhythm.graceWorkingDays` is not 0…250") }
        if since == nil { defects.append("`rhythm.since` is not a day") }
        guard let period, (0...250).contains(grace), let since else { return nil }
        self.init(period: period, graceWorkingDays: Int(grace), since: since)
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
}

/// How a source stands on one day: what was expected of it, what came, what is missing.
public struct SourceStanding: Hashable, Sendable {
    /// Periods whose day of grace has passed.
    public let expected: Int
    /// Those of them for which something came.
    public let arrived: Int
    /// First days of those for which nothing came, latest first, at most `listedMax`.
    public let missing: [Day]
    /// The latest period for which something came: its first day.
    public let latest: Day?
    /// The latest expected period has nothing.
    public let isLate: Bool
    /// Touches a year whose working days are not announced yet.
    public let isProvisional: Bool

    public static let listedMax = 36
    /// Periods looked back at the most, so that a daily rhythm of decades has an end.
    public static let periodsMax = 1_100

    /// Hundredths of a percent, rounded down; nil when nothing was expected yet.
    public var completenessBasisPoints: Int? { expected == 0 ? nil : arrived * 10_000 / expected }

    /// `arrivals` are the days in the world for which records came.
    public init(_ rhythm: SourceRhythm, arrivals: some Sequence<Day>, on today: Day, calendar: WorkingCalendar) {
        var starts: Set<Day> = []
        for day in arrivals { starts.insert(rhythm.start(of: day)) }
        var expected: [Day] = []
        var isProvisional = false
        var start = rhythm.start(of: rhythm.since)
        while start <= today {
            let next = rhythm.next(after: start)
            let due = calendar.deadline(from: next - 1, workingDays: rhythm.graceWorkingDays)
            guard due.day < today else { break }
            isProvisional = due.isProvisional
            expected.append(start)
            start = next
        }
        let looked = expected.suffix(Self.periodsMax)
        self.expected = looked.count
        arrived = looked.count { starts.contains($0) }
        missing = Array(looked.reversed().filter { !starts.contains($0) }.prefix(Self.listedMax))
        latest = starts.max()
        isLate = looked.last.map { !starts.contains($0) } ?? false
        self.isProvisional = isProvisional
    }
}
