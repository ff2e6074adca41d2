/// The official working days: Monday to Friday, less the days off and plus the make-up working days which the State Council announces
/// for each year. The announcements are data (`packs/codes/working-days.json`).
///
/// A year that has not been announced is counted by weekdays alone and everything that touches it is marked provisional.
public struct WorkingCalendar: Hashable, Sendable {
    private let off: Set<Day>
    private let work: Set<Day>
    private let announced: Set<Int>

    /// Of no announced year: weekdays are working days, and every deadline is provisional.
    public init() {
        off = []
        work = []
        announced = []
    }

    /// Of the years that fit one another, in their order: one that does not is left out, and its days count as not announced.
    public init(fitting all: [WorkingYear]) {
        var years: [WorkingYear] = []
        self.init()
        for year in all {
            guard let made = try? WorkingCalendar(years: years + [year]) else { continue }
            years.append(year)
            self = made
        }
    }

    /// Refuses a year given twice, a day of another year, a day both off and worked, and a make-up day that is a weekday anyway.
    public init(years: [WorkingYear]) throws(WorkingCalendarDefect) {
        var off: Set<Day> = []
        var work: Set<Day> = []
        var seen: Set<Int> = []
        var announced: Set<Int> = []
        for year in years {
            guard seen.insert(year.year).inserted else { throw .yearTwice(year.year) }
            if !year.isProvisional { announced.insert(year.year) }
            for day in year.off + year.work where day.civil.year != year.year { throw .dayOutsideYear(day, year: year.year) }
            for day in year.work {
                guard !year.off.contains(day) else { throw .bothOffAndWork(day) }
                guard day.weekday > 5 else { throw .makeUpDayOnWeekday(day) }
            }
            off.formUnion(year.off)
            work.formUnion(year.work)
        }
        self.off = off
        self.work = work
        self.announced = announced
    }

    /// Whether offices work on the day.
    public func isWorkingDay(_ day: Day) -> Bool {
        work.contains(day) || (day.weekday <= 5 && !off.contains(day))
    }

    /// False while the day's year has not been announced.
    public func isAnnounced(_ day: Day) -> Bool { announced.contains(day.civil.year) }

    /// The last day of a term of working days. The day of the request does not count.
    ///
    /// A request at any hour counts from its civil day in China: there is no closing hour after which the next day would be the day of the
    /// request. (The rule for requests after office hours is nowhere written; this reading never gives an institution more than a day
    /// more or less, is the same for all, and needs no office hours as data.)
    ///
    /// With no days at all it is the first working day from the request on. `workingDays` is cut to 0…`termMax`. The answer is provisional
    /// when any day looked at lies in a year not yet announced.
    public func deadline(from request: Day, workingDays: Int) -> (day: Day, isProvisional: Bool) {
        var remaining = max(0, min(workingDays, WorkingCalendar.termMax))
        var day = request
        var isProvisional = false
        if remaining == 0 {
            while !isWorkingDay(day) {
                isProvisional = isProvisional || !isAnnounced(day)
                day = day + 1
            }
        }
        while remaining > 0 {
            day = day + 1
            isProvisional = isProvisional || !isAnnounced(day)
            if isWorkingDay(day) { remaining -= 1 }
        }
        return (day, isProvisional || !isAnnounced(day))
    }

    /// The same for a moment: from its civil day in China.
    public func deadline(from request: Instant, workingDays: Int) -> (day: Day, isProvisional: Bool) {
        deadline(from: request.dayInChina, workingDays: workingDays)
    }

    /// Working days after `earlier` up to and including `later`; 0 when `later` is not after it.
    public func workingDays(after earlier: Day, through later: Day) -> Int {
        var count = 0
        var day = earlier
        while day < later {
            day = day + 1
            if isWorkingDay(day) { count += 1 }
        }
        return count
    }

    /// The longest term in working days: about eight years, well beyond any statutory one.
    public static let termMax = 2_000
}

/// One year's announcement.
public struct WorkingYear: Hashable, Sendable {
    public let year: Int
    /// Days off, weekends within a holiday included.
    public let off: [Day]
    /// Saturdays and Sundays that are worked.
    public let work: [Day]
    /// True while the list is a forecast and not an announcement.
    public let isProvisional: Bool

    public init(year: Int, off: [Day], work: [Day], isProvisional: Bool = false) {
        self.year = year
        self.off = off
        self.work = work
        self.isProvisional = isProvisional
    }
}

/// Why a list of years is not a calendar.
public enum WorkingCalendarDefect: Error, Hashable, Sendable {
    case yearTwice(Int)
    case dayOutsideYear(Day, year: Int)
    case bothOffAndWork(Day)
    case makeUpDayOnWeekday(Day)

    /// Stable name, for records and counters.
    public var code: String {
        switch self {
        case .yearTwice: "calendar-year-twice"
        case .dayOutsideYear: "calendar-day-outside-year"
        case .bothOffAndWork: "calendar-both-off-and-work"
        case .makeUpDayOnWeekday: "calendar-make-up-day-on-weekday"
        }
    }
}
