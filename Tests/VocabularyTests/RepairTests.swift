import Testing
import Vocabulary

@Suite struct RepairTests {
    private let minor = PublicationTerm(monthsMin: 0, monthsMax: 3)
    private let ordinary = PublicationTerm(monthsMin: 3, monthsMax: 12)
    private let serious = PublicationTerm(monthsMin: 12, monthsMax: 36)

    private func day(_ text: String) throws -> Day { try #require(Day(text)) }

    @Test func `the known terms of publication`() throws {
        let published = try day("2026-05-10")
        #expect(ordinary.earliestApplication(published: published, fulfilled: published)?.text == "2026-08-10")
        #expect(ordinary.automaticEnd(published: published)?.text == "2027-05-10")
        #expect(serious.earliestApplication(published: published, fulfilled: published)?.text == "2027-05-10")
        #expect(serious.automaticEnd(published: published)?.text == "2029-05-10")
        #expect(minor.automaticEnd(published: published)?.text == "2026-08-10")
        #expect(minor.earliestApplication(published: published, fulfilled: published) == published)
    }

    @Test func `duties fulfilled late move the application, not the end`() throws {
        let published = try day("2026-05-10")
        #expect(ordinary.earliestApplication(published: published, fulfilled: try day("2026-12-01"))?.text == "2026-12-01")
        #expect(ordinary.earliestApplication(published: published, fulfilled: nil) == nil)
        #expect(minor.earliestApplication(published: published, fulfilled: try day("2026-05-20"))?.text == "2026-05-20")
    }

    @Test func `months that are too short end on their last day`() throws {
        for (published, earliest) in [("2027-01-31", "2027-04-30"), ("2026-11-30", "2027-02-28")] {
            let day = try day(published)
            #expect(ordinary.earliestApplication(published: day, fulfilled: day)?.text == earliest)
        }
        #expect(ordinary.automaticEnd(published: try day("2028-02-29"))?.text == "2029-02-28")
    }

    @Test func `the earliest application lies before the automatic end on every day of four years`() throws {
        var published = try day("2026-04-01")
        for _ in 0..<1_461 {
            for term in [minor, ordinary, serious] {
                let earliest = try #require(term.earliestApplication(published: published, fulfilled: published))
                #expect(published <= earliest)
                let end = try #require(term.automaticEnd(published: published))
                #expect(earliest < end)
            }
            published = published + 1
        }
    }

    @Test func `all obstacles are named, not only the first`() throws {
        let published = try day("2026-05-10")
        let blocked = RepairCase(
            term: ordinary, published: published, fulfilled: nil, hasCommitment: false, isRepairable: false)
        #expect(
            blocked.standing(on: try day("2026-06-01"))
                == .closed([.excludedByLaw, .dutiesNotFulfilled, .publicationTooShort, .noCommitment]))
        let ready = RepairCase(
            term: ordinary, published: published, fulfilled: try day("2026-06-01"), hasCommitment: true, isRepairable: true)
        #expect(ready.standing(on: try day("2026-08-09")) == .closed([.publicationTooShort]))
        #expect(ready.standing(on: try day("2026-08-10")) == .open)
        #expect(ready.standing(on: try day("2027-05-09")) == .open)
        #expect(ready.standing(on: try day("2027-05-10")) == .endedByItself)
        let light = RepairCase(
            term: minor, published: published, fulfilled: try day("2026-05-12"), hasCommitment: true, isRepairable: true)
        #expect(light.standing(on: try day("2026-05-11")) == .closed([.dutiesNotFulfilled]))
        #expect(light.standing(on: try day("2026-05-12")) == .open)
    }

    @Test func `what no length of time ends is over with its state and not before`() throws {
        let listed = PublicationTerm(monthsMin: 0, monthsMax: nil)
        let published = try day("2026-05-10")
        #expect(listed.automaticEnd(published: published) == nil)
        let open = RepairCase(term: listed, published: published, fulfilled: published, hasCommitment: true, isRepairable: true)
        #expect(open.standing(on: try day("2099-01-01")) == .open)
        let removed = RepairCase(
            term: listed, published: published, endedOn: try day("2026-09-01"), fulfilled: published, hasCommitment: true,
            isRepairable: true)
        #expect(removed.standing(on: try day("2026-08-31")) == .open)
        #expect(removed.standing(on: try day("2026-09-01")) == .endedByItself)
    }

    @Test func `adverse personal data are gone after five years to the day`() throws {
        let ended = try day("2020-03-01")
        #expect(RetentionRule.adverseLastDay(endedOn: ended).text == "2025-03-01")
        #expect(RetentionRule.adverseLastDay(endedOn: ended) == ended + 1_826)
        #expect(RetentionRule.adverseLastDay(endedOn: try day("2020-02-29")).text == "2025-02-28")
    }

    @Test func `objections have twenty days and complaints thirty`() throws {
        #expect(RetentionRule.objectionDue(receivedOn: try day("2026-02-20")).text == "2026-03-12")
        #expect(RetentionRule.complaintDue(receivedOn: try day("2026-02-20")).text == "2026-03-22")
    }
}
