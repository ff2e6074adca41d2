import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// A firm contests what is said of it: the mark goes into portrait, score, report and share, and goes again with the answer.
@Suite struct DisputeTests {
    private let story: HunanStory

    init() throws { story = HunanStory(today: try #require(Day(year: 2026, month: 5, day: 9))) }

    private func step(_ topic: String, _ id: String, _ type: String, at time: Instant, _ body: (inout JSONWriter) -> Void)
        -> HunanStory.Step
    {
        HunanStory.Step(
            topic: topic, id: id, type: type, subject: story.firm, time: time,
            data: JSONWriter.encode { writer in writer.object { body(&$0) } })
    }

    private func objection(_ id: String, to record: String, at time: Instant) -> HunanStory.Step {
        step(Topic.portalIn, "open-\(id)", "objection.opened", at: time) {
            $0.member("objectionId", id)
            $0.member("recordId", record)
            $0.member("statement", "it is not so")
        }
    }

    private func answer(_ id: String, to record: String, _ outcome: String, at time: Instant) -> HunanStory.Step {
        step(Topic.source("governance-desk"), "answer-\(id)", "objection.answered", at: time) {
            $0.member("objectionId", id)
            $0.member("recordId", record)
            $0.member("outcome", outcome)
            $0.member("explanation", "asked at the source")
        }
    }

    @Test func `a contested statement is marked in portrait, score, report and share until it is answered`() throws {
        let house = try wholeHouse(now: story.today.startInChina + .seconds(37_000), packs: ["base", "governance"])
        house.tell(story.records())
        try house.advance(to: house.now + .seconds(5))

        /// The portrait that the request was judged by, the report about it, and the letter to the bank.
        func ask(_ application: String) throws -> (portrait: Portrait, report: Bilingual, letter: JSONValue) {
            house.tell([story.request(again: application, at: house.now)])
            try house.advance(to: house.now + .seconds(5))
            let assessment = try house.bodies(Topic.scoringPortraits, Assessment.type).map { try Assessment($0) }
                .first { $0.request.applicationID == application }
            let report = try house.bodies(Topic.scoringPortraits, ReportIssued.type).map { try ReportIssued($0) }
                .first { $0.applicationID == application }
            let letter = OutsideTopics.written(by: house.catalog).flatMap { house.bodies($0, "financing.application.v1") }
                .first { $0["applicationId"]?.string == application }
            return (try #require(assessment).portrait, try #require(report).text, try #require(letter))
        }

        let clean = try ask("E7-clean")
        #expect(clean.portrait.disputes.isEmpty && clean.letter["disputes"] == nil && !clean.report.zh.contains("异议"))
        #expect(clean.letter["officialGrade"]?["grade"]?.string == "A" && clean.letter["officialGrade"]?["isStale"]?.bool == false)
        #expect(clean.letter["officialGrade"]?["evaluatedOn"]?.string == (story.today - 45).text)
        #expect(clean.letter["officialGrade"]?["source"]?.string == "source:credit-china")

        // The firm contests its last tax return and the official grade.
        let (returned, graded) = ("source:tax/\(story.firm)-tax-2026-04", "source:credit-china/\(story.firm)-grade")
        house.tell([objection("D-1", to: returned, at: house.now), objection("D-2", to: graded, at: house.now)])
        try house.advance(to: house.now + .seconds(5))
        let marked = try ask("E7-marked")
        #expect(Set(marked.portrait.disputes.map(\.recordID)) == [returned, graded])
        let mark = try #require(marked.portrait.disputes.first { $0.recordID == returned })
        #expect(mark.indicators.contains("tax-sales-12m") && mark.features.contains("tax-sales-12m"))
        #expect(mark.dueOn == story.today + 20)
        #expect(marked.portrait.officialGrade?.isDisputed == true)
        #expect(marked.portrait.score?.points == clean.portrait.score?.points, "a mark costs nothing")
        #expect(marked.report.en.contains("## Statements under dispute") && marked.report.zh.contains("## 异议标注"))
        #expect(marked.report.en.contains(", under dispute)"))
        let shared = marked.letter["disputes"].map { Array($0.elements) } ?? []
        #expect(Set(shared.compactMap { $0["recordId"]?.string }) == [returned, graded])
        #expect(marked.letter["officialGrade"]?["isDisputed"]?.bool == true)
        let score = try Score(try #require(marked.letter["score"]))
        #expect(score.reasons.contains { $0.code == "R-DISPUTE" && $0.feature == "tax-sales-12m" })

        func heard(_ member: String) -> [String] {
            house.bodies(Topic.portalOut, "objection.status.v1").map { "\($0["objectionId"]?.string ?? "") \($0[member]?.string ?? "-")" }
        }
        #expect(Set(heard("dueOn")) == ["D-1 \((story.today + 20).text)", "D-2 \((story.today + 20).text)"])
        #expect(Set(heard("status")) == ["D-1 open", "D-2 open"])

        // The return is right and stays; the grade is taken back.
        house.tell([answer("D-1", to: returned, "upheld", at: house.now), answer("D-2", to: graded, "removed", at: house.now)])
        try house.advance(to: house.now + .seconds(5))
        #expect(Set(heard("status")) == ["D-1 open", "D-2 open", "D-1 upheld", "D-2 removed"])
        #expect(heard("explanation").contains("D-1 asked at the source"))
        let answered = try ask("E7-answered")
        #expect(answered.portrait.disputes.isEmpty && answered.letter["disputes"] == nil && !answered.report.zh.contains("异议"))
        #expect(answered.portrait.indicator("tax-sales-12m") == clean.portrait.indicator("tax-sales-12m"))
        #expect(answered.portrait.publicGrade.isEmpty && answered.letter["officialGrade"] == nil)
        #expect(answered.portrait.score?.reasons.contains { $0.code == "R-DISPUTE" } == false)
        for service in ServiceName.allCases {
            #expect(house.store(of: service)?.deadLetters.values.map { "\($0.refusal.code): \($0.refusal.detail)" } == [], "\(service)")
        }
    }
}
