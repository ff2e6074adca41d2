import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A20: a dishonesty record is published, repaired when its time has come, and leaves everything.
@Suite struct CreditRepairTests {
    private let decision = "湘罚决字〔2026〕7号"

    private func step(_ topic: String, _ id: String, _ type: String, _ firm: String, _ time: Instant, _ body: (inout JSONWriter) -> Void)
        -> HunanStory.Step
    {
        HunanStory.Step(
            topic: topic, id: id, type: type, subject: firm, time: time, data: JSONWriter.encode { writer in writer.object { body(&$0) } })
    }

    @Test func `a repair is refused with its first day and once approved the record leaves portrait, score and share`() throws {
        let published = try #require(Day(year: 2026, month: 5, day: 10))
        let story = HunanStory(today: try #require(Day(year: 2026, month: 5, day: 9)))
        let house = try wholeHouse(now: story.today.startInChina + .seconds(37_000), packs: ["base", "governance"])
        house.tell(story.records())
        try house.advance(to: house.now + .seconds(2))
        func portrait() throws -> Portrait {
            try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        }
        let clean = try portrait()

        try house.advance(to: published.startInChina + .seconds(3_600))
        house.tell([
            step(Topic.source("credit-china"), "p-7", "penalty", story.firm, published.startInChina) {
                $0.member("decisionNo", decision)
                $0.member("class", "ordinary")
                $0.member("amount", Int64(80_000))
                $0.member("publishedOn", published)
                $0.member("authority", "市场监督管理局")
            }
        ])
        try house.advance(to: house.now + .seconds(5))
        let marked = try portrait()
        #expect(
            marked.indicators.first { $0.name == "penalty-count-24m" }.map { "\($0.value)" }
                != clean.indicators.first { $0.name == "penalty-count-24m" }.map { "\($0.value)" })
        let (before, after) = (try #require(clean.score?.points), try #require(marked.score?.points))
        #expect(after < before)

        // Who reads a report while the penalty stands, reads of it.
        func ask(_ application: String) throws -> ReportIssued? {
            house.tell([story.request(again: application, at: house.now)])
            try house.advance(to: house.now + .seconds(5))
            return try house.bodies(Topic.scoringPortraits, ReportIssued.type).map { try ReportIssued($0) }
                .first { $0.applicationID == application }
        }
        let markedReport = try #require(try ask("E7-2026-marked"))
        #expect(markedReport.text.en.contains("| Penalties in 24 months | 1 |"))
        #expect(markedReport.text.zh.contains("| 近24个月行政处罚次数 | 1 |"))

        // Fulfilled on 1 July, applied for on the day before the minimum is over, and on the day itself.
        func apply(_ day: Day) throws {
            try house.advance(to: day.startInChina + .seconds(3_600))
            house.tell([
                step(Topic.portalIn, "apply-\(day.text)", "repair.applied", story.firm, day.startInChina + .seconds(3_000)) {
                    $0.member("decisionNo", decision)
                    $0.member("appliedOn", day)
                    $0.member("fulfilledOn", "2026-07-01")
                    $0.member("commitment", true)
                }
            ])
            try house.advance(to: house.now + .seconds(5))
        }
        try apply(try #require(Day(year: 2026, month: 8, day: 9)))
        try apply(try #require(Day(year: 2026, month: 8, day: 10)))
        let told = try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
        #expect(
            told.filter { $0.kind.hasPrefix("repair-application") }.map { "\($0.kind) \($0.reason)" } == [
                "repair-application-refused publication-too-short earliest=2026-08-10", "repair-application-admitted \(decision)",
            ])
        #expect(try portrait().score?.points == after, "an application changes nothing yet")

        try house.advance(to: try #require(Day(year: 2026, month: 8, day: 20)).startInChina + .seconds(3_600))
        house.tell([
            step(Topic.source("credit-china"), "repair-7", "penalty.repaired", story.firm, house.now) {
                $0.member("decisionNo", decision)
                $0.member("approvedOn", "2026-08-20")
            }
        ])
        try house.advance(to: house.now + .seconds(5))
        let repaired = try portrait()
        #expect(
            repaired.indicators.first { $0.name == "penalty-count-24m" }.map { "\($0.value)" }
                == clean.indicators.first { $0.name == "penalty-count-24m" }.map { "\($0.value)" })
        #expect(repaired.score?.points == before)
        #expect(repaired.asOf > marked.asOf || repaired.score?.points != after)
        #expect(house.rows(.governance, "fact_retracted").count == 1)

        // What is shared from now on is as if it had never been; the months since May were reported meanwhile.
        let meanwhile = HunanStory(today: try #require(Day(year: 2026, month: 8, day: 20))).records()
        house.tell(meanwhile.filter { step in ["2026-05", "2026-06", "2026-07"].contains { step.id.hasSuffix($0) } })
        try house.advance(to: house.now + .seconds(5))
        let report = try #require(try ask("E7-2026-repaired"))
        #expect(report.text.en.contains("| Penalties in 24 months | not known |"))
        #expect(report.text.zh.contains("| 近24个月行政处罚次数 | 未知 |"))
        let shared = OutsideTopics.written(by: house.catalog).flatMap { house.bodies($0, "financing.application.v1") }
            .filter { $0["applicationId"]?.string == "E7-2026-repaired" }
        let score = try Score(try #require(shared.first?["score"]))
        #expect(score.points == before)
        #expect(score.reasons == clean.score?.reasons)
    }
}
