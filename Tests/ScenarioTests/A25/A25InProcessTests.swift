import Contracts
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A25, as far as collecting goes: a file made on site is nothing before the consent, and a fact after it.
@Suite struct A25InProcessTests {
    private let today = Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)

    @Test func `a collector's file without consent waits and is read by nobody, and is a fact once the consent comes`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "hunan-endpoints"])
        let story = HunanStory(number: 25, today: today)
        let file = "代码,档案号,类别,面积,品种,采集日,采集员\n\(story.firm),N-430124-0001,合作社,8.5,水稻,2026-06-01,C-17\n"
        #expect(try house.deliver(file, by: "xinnong-csv").records == 1)
        try house.advance(to: house.now + .seconds(60))
        #expect(try house.facts("agri.operator").isEmpty)
        let held = try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
        #expect(held.contains { $0.recordType == "agri.operator" && $0.reason == "consent-missing" })

        house.tell([story.consent(until: today.adding(months: 12))])
        try house.advance(to: house.now + .seconds(60))
        let facts = try house.facts("agri.operator")
        #expect(facts.count == 1)
        #expect(facts.first?.data["kind"]?.string == "cooperative")
        #expect(facts.first?.data["area"]?.decimal == ExactDecimal("8.5"))
    }
}
