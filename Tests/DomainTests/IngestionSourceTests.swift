import Contracts
import Deciding
import IngestionDomain
import Testing
import Vocabulary
import Wire

/// What is expected of a source, what came, and how fast it may come.
@Suite struct IngestionSourceTests {
    private func day(_ text: String) throws -> Day { try #require(Day(text)) }

    private func calendar() throws -> WorkingCalendar {
        // The official days off of October 2026.
        let off = try (1...7).map { try day("2026-10-0\($0)") }
        return try WorkingCalendar(years: [WorkingYear(year: 2026, off: off, work: [try day("2026-10-10")])])
    }

    @Test func `a month is expected when its working days of grace are over`() throws {
        let rhythm = SourceRhythm(period: .month, graceWorkingDays: 5, since: try day("2026-06-15"))
        let calendar = try calendar()
        // September ends on Wednesday the 30th; 8, 9, 10 (made up), 12 and 13 October are the five working days.
        func standing(_ today: String, _ arrivals: [String]) throws -> SourceStanding {
            SourceStanding(rhythm, arrivals: ["tax.return": try arrivals.map { try day($0) }], on: try day(today), calendar: calendar)
        }
        var now = try standing("2026-10-13", ["2026-06-30", "2026-07-31", "2026-08-31"])
        #expect(now.expected == 3)
        #expect(now.arrived == 3)
        #expect(!now.isLate)
        now = try standing("2026-10-14", ["2026-06-30", "2026-08-31"])
        #expect(now.expected == 4)
        #expect(now.missing.map(\.start.text) == ["2026-09-01", "2026-07-01"])
        #expect(now.missing.allSatisfy { $0.recordTypes.isEmpty })
        #expect(now.isLate)
        #expect(now.completenessBasisPoints == 5_000)
        now = try standing("2026-10-14", ["2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30"])
        #expect(now.completenessBasisPoints == 10_000)
        #expect(now.latest?.text == "2026-09-01")
        #expect(try standing("2026-06-20", []).completenessBasisPoints == nil)
    }

    @Test func `a source whose rhythm names types is as complete as the one with the least, and late for any of them`() throws {
        var arrivals: [String: [Day]] = [:]
        arrivals["a"] = try ["2026-06-30", "2026-07-31", "2026-08-31"].map { try day($0) }
        arrivals["b"] = try ["2026-06-30", "2026-08-31"].map { try day($0) }
        arrivals["c"] = [try day("2026-06-01")]
        func standing(_ each: [String], _ today: String) throws -> SourceStanding {
            let rhythm = SourceRhythm(period: .month, graceWorkingDays: 5, since: try day("2026-06-15"), each: each)
            return SourceStanding(rhythm, arrivals: arrivals, on: try day(today), calendar: try calendar())
        }
        // Together they are complete, whichever brought it.
        var now = try standing([], "2026-10-13")
        #expect(now.arrived == 3 && !now.isLate && now.missing.isEmpty)
        now = try standing(["a", "b"], "2026-10-13")
        #expect(now.expected == 3 && now.arrived == 2 && !now.isLate)
        #expect(now.missing.map(\.start.text) == ["2026-07-01"])
        #expect(now.missing.map(\.recordTypes) == [["b"]])
        // One that came once and no more.
        now = try standing(["a", "c"], "2026-10-13")
        #expect(now.arrived == 1 && now.isLate && now.completenessBasisPoints == 3_333)
        #expect(now.missing.map(\.recordTypes) == [["c"], ["c"]])
        #expect(now.latest?.text == "2026-08-01")
        // September is due and nobody has brought it; one that never came at all is behind from the first period.
        now = try standing(["a", "d"], "2026-10-14")
        #expect(now.expected == 4 && now.arrived == 0 && now.isLate)
        #expect(now.missing.map(\.start.text) == ["2026-09-01", "2026-08-01", "2026-07-01", "2026-06-01"])
        #expect(now.missing.map(\.recordTypes) == [["a", "d"], ["d"], ["d"], ["d"]])
        // Nothing is due yet.
        #expect(try standing(["a", "d"], "2026-06-20").isLate == false)
        #expect(try standing(["a", "d"], "2026-06-20").completenessBasisPoints == nil)
    }

    @Test func `what is due of a daily rhythm of decades has an end, and what came before it is not asked about`() throws {
        let rhythm = SourceRhythm(period: .day, graceWorkingDays: 0, since: try day("1990-01-01"))
        let due = rhythm.due(on: try day("2026-10-13"), calendar: try calendar())
        let first = try #require(due.starts.first)
        #expect(due.starts.count == DuePeriods.countMax)
        #expect(due.starts.last?.text == "2026-10-12")
        #expect(first + (DuePeriods.countMax - 1) == due.starts.last)
        let standing = SourceStanding(rhythm, arrivals: ["t": [first - 1, first]], due: due)
        #expect(standing.arrived == 1 && standing.missing.count == SourceStanding.listedMax)
    }

    @Test func `periods begin where the calendar says`() throws {
        let cases: [(SourceRhythm.Period, String, String, String)] = [
            (.day, "2026-08-19", "2026-08-19", "2026-08-20"), (.week, "2026-08-19", "2026-08-17", "2026-08-24"),
            (.month, "2026-08-19", "2026-08-01", "2026-09-01"), (.quarter, "2026-08-19", "2026-07-01", "2026-10-01"),
            (.year, "2026-08-19", "2026-01-01", "2027-01-01"),
        ]
        for (period, today, start, next) in cases {
            let rhythm = SourceRhythm(period: period, graceWorkingDays: 0, since: try day(today))
            #expect(rhythm.start(of: try day(today)).text == start, "\(period)")
            #expect(rhythm.next(after: try day(start)).text == next, "\(period)")
        }
    }

    @Test func `a registration says its own topic, a rhythm and a quota, or is refused`() throws {
        let body =
            #"{"title":{"en":"T","zh":"税"},"owner":{"en":"O","zh":"局"},"rhythmDays":31,"recordTypes":["tax.return"],"topic":"source.tax.records.v1","rhythm":{"period":"month","graceWorkingDays":10,"since":"2026-01-01"},"quota":{"recordsPerSecond":10,"burst":100}}"#
        func defects(_ body: String) -> [String] {
            Ingestion.defects(of: GovernanceHouse.entry("source", "tax", body), examples: [GovernanceHouse.json("{}")], in: .empty)
        }
        #expect(defects(body) == [])
        for (was, becomes) in [
            ("source.tax.", "source.court."), (#""month""#, #""moon""#), (#""graceWorkingDays":10"#, #""graceWorkingDays":251"#),
            ("2026-01-01", "2026-02-30"), (#""recordsPerSecond":10"#, #""recordsPerSecond":0"#), (#"["tax.return"]"#, "[1]"),
        ] {
            let broken = body.replacing(was, with: becomes)
            #expect(broken != body && defects(broken).count == 1, "\(becomes): \(defects(broken))")
        }
        // The types of which each period must bring something are among those that it sends.
        func each(_ list: String, period: String = "month") -> [String] {
            defects(body.replacing(#""since":"#, with: #""each":\#(list),"since":"#).replacing(#""month""#, with: "\"\(period)\""))
        }
        #expect(each(#"["tax.return"]"#) == [])
        #expect(each(#"["tax.return","tax.grade"]"#) == ["line 1: `rhythm.each` names `tax.grade`, which is not in `recordTypes`"])
        for list in ["[]", "[1]", #""tax.return""#, #"["tax.return","tax.return"]"#] {
            #expect(each(list) == ["`rhythm.each` is not a list of record types, each once"], "\(list)")
        }
        #expect(each(#"["tax.return"]"#, period: "event") == ["`rhythm.each` needs a period: of events nothing can be missing"])
        var found: [String] = []
        let entry = GovernanceHouse.entry("source", "tax", body.replacing(#""month""#, with: #""event""#))
        let source = SourceRegistration(entry, defects: &found)
        #expect(found == [])
        #expect(try #require(source).rhythm == nil)
    }

    @Test func `a source that floods gets its own rate, and one that rests gets its burst`() {
        let start = Instant.epoch
        var flood = SourceQuota(perSecond: 10, burst: 50, at: start)
        var quiet = SourceQuota(perSecond: 10, burst: 50, at: start)
        var taken = 0
        for tick in 0..<600 {
            let now = start + .milliseconds(tick * 100)
            let some = flood.allowance(for: 1_000_000, at: now)
            flood.take(some, at: now)
            taken += some
            // The other one is never held back by it.
            let all = quiet.allowance(for: 1, at: now)
            #expect(all == 1)
            if tick % 2 == 0 { quiet.take(all, at: now) }
        }
        #expect(taken == 50 + 599)
        let later = start + .seconds(600)
        #expect(flood.allowance(for: 1_000, at: later) == 50)
        #expect(flood.allowance(for: 3, at: later) == 3)
    }

    @Test func `an empty bucket says when it has something, and more taken than allowed is paid back`() {
        let start = Instant.epoch
        var quota = SourceQuota(perSecond: 4, burst: 4, at: start)
        quota.take(6, at: start)
        #expect(quota.allowance(for: 1, at: start) == 0)
        #expect(quota.next(at: start) == start + .milliseconds(750))
        #expect(quota.allowance(for: 1, at: start + .milliseconds(749)) == 0)
        #expect(quota.allowance(for: 9, at: start + .milliseconds(750)) == 1)
        // A clock that goes back neither fills nor traps.
        #expect(quota.allowance(for: 1, at: start - .seconds(5)) == 0)
        #expect(quota.next(at: start + .seconds(9)) == start + .seconds(9))
    }

    @Test func `workers that share the lanes share the quota, and taking lanes up again gives no second burst`() {
        let start = Instant.epoch
        let grant = SourceGrant(recordsPerSecond: 10, burst: 100)
        let quarter = SourceQuota.share(of: grant, held: 1, of: 4, at: start)
        #expect(quarter.perSecond == 2 && quarter.burst == 25)
        #expect(SourceQuota.share(of: SourceGrant(recordsPerSecond: 1, burst: 1), held: 1, of: 4, at: start).perSecond == 1)
        var whole = SourceQuota.share(of: grant, held: 4, of: 4, at: start)
        #expect(whole.perSecond == 10 && whole.burst == 100)
        whole.take(130, at: start)
        var again = SourceQuota.share(of: grant, held: 2, of: 4, at: start)
        again.inherit(whole, at: start)
        #expect(again.allowance(for: 1, at: start + .seconds(6)) == 0)
        #expect(again.allowance(for: 9, at: start + .milliseconds(6_200)) == 1)
        var rested = SourceQuota.share(of: grant, held: 1, of: 4, at: start)
        rested.inherit(SourceQuota.share(of: grant, held: 4, of: 4, at: start), at: start)
        #expect(rested.allowance(for: 1_000, at: start) == 25)
    }

    @Test func `the quota in force is the one of the version in force`() {
        func entry(_ version: Int64, _ from: String, _ quota: String, isWithdrawn: Bool = false) -> CatalogEntry {
            CatalogEntry(
                kind: "source", id: "tax", version: version, effectiveFrom: GovernanceHouse.instant(from), isWithdrawn: isWithdrawn,
                body: GovernanceHouse.json(#"{"recordTypes":["tax.return"]\#(quota)}"#))
        }
        let catalog = Catalog(
            version: 1,
            entries: [
                entry(1, "2026-01-01T00:00:00Z", ""),
                entry(2, "2026-02-01T00:00:00Z", #","quota":{"recordsPerSecond":10,"burst":100}"#),
                entry(3, "2026-03-01T00:00:00Z", #","quota":{"recordsPerSecond":20}"#),
                entry(4, "2026-04-01T00:00:00Z", "", isWithdrawn: true),
            ])
        func grants(_ at: String) -> [String: SourceGrant] {
            catalog.view(IngestionCatalog.self).grants(at: GovernanceHouse.instant(at))
        }
        #expect(grants("2026-01-02T00:00:00Z") == [:])
        #expect(grants("2026-02-02T00:00:00Z") == ["source.tax.records.v1": SourceGrant(recordsPerSecond: 10, burst: 100)])
        #expect(grants("2026-03-02T00:00:00Z") == ["source.tax.records.v1": SourceGrant(recordsPerSecond: 20, burst: 20)])
        #expect(grants("2026-04-02T00:00:00Z") == [:])
    }
}
