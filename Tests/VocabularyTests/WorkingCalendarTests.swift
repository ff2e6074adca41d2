import Testing
import Vocabulary

@Suite struct WorkingCalendarTests {
    private func calendar() throws -> WorkingCalendar {
        try WorkingCalendar(
            years: WorkingDaysFile.shipped().map { entry in
                WorkingYear(year: try #require(Int(entry.year)), off: try entry.off.map(day), work: try entry.work.map(day))
            })
    }

    private func day(_ text: String) throws -> Day { try #require(Day(text)) }

    @Test func `the known terms end on the known days`() throws {
        let calendar = try calendar()
        let cases: [(from: String, three: String, ten: String)] = [
            ("2025-09-26", "2025-09-30", "2025-10-16"), ("2026-02-12", "2026-02-24", "2026-03-04"),
            ("2026-04-29", "2026-05-07", "2026-05-15"), ("2026-09-30", "2026-10-10", "2026-10-20"),
        ]
        for (from, three, ten) in cases {
            let start = try day(from)
            #expect(calendar.deadline(from: start, workingDays: 3) == (try day(three), false), "\(from)")
            #expect(calendar.deadline(from: start, workingDays: 10) == (try day(ten), false), "\(from)")
        }
    }

    @Test func `the shipped days off and make-up days are those of the announcements`() throws {
        let calendar = try calendar()
        let off: [(String, String)] = [
            ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"), ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"),
            ("2025-05-31", "2025-06-02"), ("2025-10-01", "2025-10-08"), ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"),
            ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
            ("2026-10-01", "2026-10-07"),
        ]
        let work = [
            "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09",
            "2026-09-20", "2026-10-10",
        ]
        var holidays: Set<Day> = []
        for (first, last) in off {
            var next = try day(first)
            while next <= (try day(last)) {
                holidays.insert(next)
                next = next + 1
            }
        }
        let madeUp = Set(try work.map(day))
        var next = try day("2025-01-01")
        while next <= (try day("2026-12-31")) {
            let expected = madeUp.contains(next) || (next.weekday <= 5 && !holidays.contains(next))
            #expect(calendar.isWorkingDay(next) == expected, "\(next.text)")
            next = next + 1
        }
    }

    @Test func `every term of every day of two years ends on a working day and grows with its length`() throws {
        let calendar = try calendar()
        var request = try day("2025-01-01")
        for _ in 0..<730 {
            var before = request - 1
            for count in 0...25 {
                let due = calendar.deadline(from: request, workingDays: count).day
                #expect(calendar.isWorkingDay(due))
                #expect(count == 1 ? due > request : count == 0 ? due >= request : due > before)
                if count > 0 { #expect(calendar.workingDays(after: request, through: due) == count) }
                before = due
            }
            request = request + 1
        }
        #expect(request.text == "2027-01-01")
    }

    @Test func `a later request is never due earlier`() throws {
        let calendar = try calendar()
        var request = try day("2025-01-01")
        for _ in 0..<729 {
            for count in [0, 1, 3, 10] {
                let due = calendar.deadline(from: request, workingDays: count).day
                #expect(due <= calendar.deadline(from: request + 1, workingDays: count).day)
            }
            request = request + 1
        }
    }

    @Test func `terms that touch a year not announced are provisional`() throws {
        let calendar = try calendar()
        #expect(calendar.deadline(from: try day("2026-12-28"), workingDays: 3) == (try day("2026-12-31"), false))
        #expect(calendar.deadline(from: try day("2026-12-28"), workingDays: 4) == (try day("2027-01-01"), true))
        #expect(calendar.deadline(from: try day("2026-12-31"), workingDays: 0).isProvisional == false)
        #expect(calendar.deadline(from: try day("2027-03-01"), workingDays: 1).isProvisional)
        #expect(calendar.deadline(from: try day("2024-12-30"), workingDays: 5).isProvisional)
        let forecast = try WorkingCalendar(years: [WorkingYear(year: 2027, off: [day("2027-01-01")], work: [], isProvisional: true)])
        #expect(forecast.deadline(from: try day("2027-01-01"), workingDays: 0) == (try day("2027-01-04"), true))
    }

    @Test func `a request at any hour counts from its civil day in China`() throws {
        let calendar = try calendar()
        for text in ["2026-09-29T16:00:00Z", "2026-09-30T01:00:00Z", "2026-09-30T15:59:59.999999Z"] {
            let moment = try #require(Instant(rfc3339: text))
            #expect(calendar.deadline(from: moment, workingDays: 3).day.text == "2026-10-10", "\(text)")
        }
        let midnight = try #require(Instant(rfc3339: "2026-09-30T16:00:00Z"))
        #expect(calendar.deadline(from: midnight, workingDays: 1).day.text == "2026-10-08")
    }

    @Test func `absurd lengths end`() throws {
        let calendar = try calendar()
        let start = try day("2026-05-10")
        let longest = calendar.deadline(from: start, workingDays: WorkingCalendar.termMax)
        #expect(calendar.deadline(from: start, workingDays: .max) == longest)
        #expect(calendar.deadline(from: start, workingDays: .min).day.text == "2026-05-11")
    }

    @Test func `a list that contradicts itself is refused`() throws {
        let monday = try day("2026-05-11")
        let saturday = try day("2026-05-09")
        #expect(throws: WorkingCalendarDefect.yearTwice(2026)) {
            try WorkingCalendar(years: [WorkingYear(year: 2026, off: [], work: []), WorkingYear(year: 2026, off: [], work: [])])
        }
        #expect(throws: WorkingCalendarDefect.dayOutsideYear(monday, year: 2025)) {
            try WorkingCalendar(years: [WorkingYear(year: 2025, off: [monday], work: [])])
        }
        #expect(throws: WorkingCalendarDefect.bothOffAndWork(saturday)) {
            try WorkingCalendar(years: [WorkingYear(year: 2026, off: [saturday], work: [saturday])])
        }
        #expect(throws: WorkingCalendarDefect.makeUpDayOnWeekday(monday)) {
            try WorkingCalendar(years: [WorkingYear(year: 2026, off: [], work: [monday])])
        }
    }
}
