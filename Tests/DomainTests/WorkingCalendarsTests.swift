import Deciding
import GovernanceDomain
import MatchmakingDomain
import Testing
import Vocabulary

/// What all services read in a `calendar` entry.
@Suite struct WorkingCalendarsTests {
    private let now = GovernanceHouse.instant("2026-03-01T00:00:00Z")

    private func calendar(_ entries: CatalogEntry...) -> WorkingCalendars { WorkingCalendars(Catalog(version: 1, entries: entries)) }

    private func day(_ text: String) throws -> Day { try #require(Day(text)) }

    @Test func `years of several entries count together and a forecast is none that was announced`() throws {
        let found = calendar(
            GovernanceHouse.entry("calendar", "a", #"{"years":[{"year":2026,"off":["2026-05-01"],"work":["2026-05-09"]}]}"#),
            GovernanceHouse.entry("calendar", "b", #"{"years":[{"year":2027,"off":["2027-01-01"],"work":[],"isProvisional":true}]}"#)
        ).calendar(at: now)
        let (off, work, forecast) = (try day("2026-05-01"), try day("2026-05-09"), try day("2027-01-01"))
        #expect(!found.isWorkingDay(off))
        #expect(found.isWorkingDay(work))
        #expect(!found.isWorkingDay(forecast))
        #expect(found.isAnnounced(off))
        #expect(!found.isAnnounced(forecast))
    }

    @Test func `an entry that is no calendar leaves the version before in force and is named`() throws {
        let first = GovernanceHouse.entry("calendar", "cn", #"{"years":[{"year":2026,"off":["2026-05-01"],"work":[]}]}"#)
        let broken = GovernanceHouse.entry("calendar", "cn", version: 2, #"{"years":[{"year":2026,"off":["2026-05-32"],"work":[]}]}"#)
        let found = calendar(first, broken)
        let off = try day("2026-05-01")
        #expect(!found.calendar(at: now).isWorkingDay(off))
        #expect(found.defects == ["calendar/cn/2": ["2026: `off` has what is no day"]])
        let catalog = Catalog(version: 1, entries: [first, broken])
        #expect(catalog.view(GovernanceCatalog.self).defects == found.defects)
        #expect(catalog.view(MatchmakingCatalog.self).defects == found.defects)
    }

    @Test func `a version that was withdrawn says nothing from its day on`() throws {
        let first = GovernanceHouse.entry("calendar", "cn", #"{"years":[{"year":2026,"off":["2026-05-01"],"work":[]}]}"#)
        let gone = CatalogEntry(
            kind: "calendar", id: "cn", version: 2, effectiveFrom: now + .seconds(60), isWithdrawn: true, body: GovernanceHouse.json("{}"))
        let found = calendar(first, gone)
        let off = try day("2026-05-01")
        #expect(!found.calendar(at: now).isWorkingDay(off))
        #expect(found.calendar(at: now + .seconds(60)).isWorkingDay(off))
    }
}
