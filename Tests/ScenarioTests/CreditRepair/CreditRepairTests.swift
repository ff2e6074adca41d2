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
        func heard() -> [String] {
            house.bodies(Topic.portalOut, "repair.status.v1").map {
                "\($0["step"]?.string ?? "") \($0["status"]?.string ?? "") \($0["earliestOn"]?.string ?? "-")"
            }
        }
        #expect(heard() == ["applied refused 2026-08-10", "applied admitted -"])

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
        #expect(heard().last == "approved repaired -")

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

    /// How many statements of the type count in the portrait.
    private func counter(of type: String) throws -> CatalogEntry {
        let body = #"""
            {"title":{"en":"\#(type)","zh":"\#(type)"},"unit":"cases","type":"series","recordType":"\#(type)","field":null,
             "aggregate":"count","months":0}
            """#
        return CatalogEntry(
            kind: "indicator", id: "\(type)-count", version: 1, effectiveFrom: .epoch,
            body: try JSONDocument(parsing: Array(body.utf8)).root)
    }

    @Test func `what makes a list or an offence adverse is data and its repair and its end are computed again`() throws {
        let story = HunanStory(number: 20, today: try #require(Day(year: 2026, month: 5, day: 9)))
        let house = try wholeHouse(
            now: story.today.startInChina + .seconds(37_000), packs: ["base", "governance", "hunan-catalogue", "hunan-endpoints"])
        house.publish([try counter(of: "serious-list"), try counter(of: "tax-offence")])
        house.tell(story.records())
        try house.advance(to: house.now + .seconds(5))
        func counts() throws -> [String] {
            let portrait = try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) }
            return (portrait?.indicators ?? []).filter { ["serious-list-count", "tax-offence-count"].contains($0.name) }
                .map { "\($0.name) \($0.value)" }.sorted()
        }
        func answers() throws -> [String] {
            try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
                .filter { $0.kind.hasPrefix("repair-application") || $0.kind == "retracted" }.map { "\($0.kind) \($0.reason)" }
        }
        let clean = try counts()

        let listed = try #require(Day(year: 2026, month: 5, day: 10))
        try house.advance(to: listed.startInChina + .seconds(3_600))
        house.tell([
            step(Topic.source("credit-hub"), "list-20", "serious-list", story.firm, listed.startInChina) {
                $0.member("list", "拖欠农民工工资失信联合惩戒对象名单")
                $0.member("decisionNo", decision)
                $0.member("listedOn", listed)
                $0.member("authority", "湖南省人力资源和社会保障厅")
            },
            step(Topic.source("credit-hub"), "offence-20", "tax-offence", story.firm, listed.startInChina) {
                $0.member("caseNo", "湘税稽〔2026〕20号")
                $0.member("kind", "false-invoices")
                $0.member("amount", Int64(1_000_000))
                $0.member("publishedOn", listed)
            },
        ])
        try house.advance(to: house.now + .seconds(5))
        let marked = try counts()
        #expect(marked != clean)

        // A list of the gravest kind is published for a year at the least, whatever type of record says so.
        for day in [listed.adding(months: 12) - 1, listed.adding(months: 12)] {
            try house.advance(to: day.startInChina + .seconds(3_600))
            house.tell([
                step(Topic.portalIn, "apply-20-\(day.text)", "repair.applied", story.firm, day.startInChina + .seconds(3_000)) {
                    $0.member("recordType", "serious-list")
                    $0.member("key", [decision])
                    $0.member("appliedOn", day)
                    $0.member("fulfilledOn", "2026-07-01")
                    $0.member("commitment", true)
                }
            ])
            try house.advance(to: house.now + .seconds(5))
        }
        #expect(
            try answers() == [
                "repair-application-refused publication-too-short earliest=2027-05-10", "repair-application-admitted \(decision)",
            ])
        #expect(try counts() == marked, "an application changes nothing yet")

        house.tell([
            step(Topic.source("credit-hub"), "repair-20", "repair.approved", story.firm, house.now) {
                $0.member("recordType", "serious-list")
                $0.member("key", [decision])
                $0.member("approvedOn", "2027-05-10")
            }
        ])
        try house.advance(to: house.now + .seconds(5))
        let repaired = try counts()
        #expect(repaired.filter { $0.hasPrefix("serious-list") } == clean.filter { $0.hasPrefix("serious-list") })
        #expect(repaired.filter { $0.hasPrefix("tax-offence") } == marked.filter { $0.hasPrefix("tax-offence") })

        // Nobody asked for the other: it ends by the clock, three years after its publication.
        let end = listed.adding(months: 36)
        try house.advance(to: end.startInChina - .seconds(1))
        #expect(try counts() == repaired)
        try house.advance(to: end.startInChina + .seconds(60))
        #expect(try counts() == clean)
        #expect(try answers().suffix(2) == ["retracted source:credit-hub/repair-20", "retracted publication-ended"])
        #expect(house.rows(.governance, "fact_retracted").count == 2)
    }
}
