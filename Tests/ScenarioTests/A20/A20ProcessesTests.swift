import Contracts
import Foundation
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A20ProcessesTests {
    @Test func `a repair is refused with its first day and once approved the record leaves portrait, score and share`() throws {
        let suite = try ProcessSuite.shared.get()
        let today = Day.today - 1
        let story = HunanStory(number: 120, today: today)
        let firm: [Parameter] = [.text(story.firm)]
        let decision = "湘罚决字〔\(story.firm)〕7号"
        let published = today.adding(months: -4)
        let earliest = published.adding(months: 3)
        func step(_ topic: String, _ id: String, _ type: String, _ day: Day, _ body: (inout JSONWriter) -> Void) -> HunanStory.Step {
            HunanStory.Step(
                topic: topic, id: "\(story.firm)-\(id)", type: type, subject: story.firm, time: day.startInChina + .seconds(3_600),
                data: JSONWriter.encode { writer in writer.object { body(&$0) } })
        }
        /// What the portrait says once it is settled: points with their reasons, and penalties of two years.
        func standing(after steps: [HunanStory.Step]) throws -> (points: Int64, reasons: [ScoreReason], penalties: String) {
            let before = try suite.number("SELECT count(*) FROM ingestion.accepted_record WHERE subject = $1", firm)
            try suite.tell(steps)
            let count = before + Int64(steps.count)
            #expect(
                try suite.number("SELECT count(*) FROM ingestion.accepted_record WHERE subject = $1", firm, becomes: count) == count)
            try suite.settle()
            let body = try suite.texts("SELECT body::text FROM scoring.portrait WHERE subject = $1", firm)
            let portrait = try Portrait(JSONDocument(parsing: Array(try #require(body.first).utf8)).root)
            let penalties = portrait.indicators.first { $0.name == "penalty-count-24m" }.map { "\($0.value)" } ?? "not known"
            return (portrait.score?.points ?? 0, portrait.score?.reasons ?? [], penalties)
        }
        let clean = try standing(after: story.records())
        let marked = try standing(after: [
            step(Topic.source("credit-china"), "penalty", "penalty", published) {
                $0.member("decisionNo", decision)
                $0.member("class", "ordinary")
                $0.member("amount", Int64(80_000))
                $0.member("publishedOn", published)
                $0.member("authority", "市场监督管理局")
            }
        ])
        #expect(marked.points < clean.points && marked.penalties != clean.penalties)

        // Who reads a report while the penalty stands, reads of it.
        func reports(_ application: String, saying count: (en: String, zh: String)) throws -> Int64 {
            try suite.number(
                "SELECT count(*) FROM scoring.report WHERE subject = $1 AND application_id = $2 AND position($3 in text_en) > 0 AND position($4 in text_zh) > 0",
                firm + [.text(application), .text("| Penalties in 24 months | \(count.en) |"), .text("| 近24个月行政处罚次数 | \(count.zh) |")],
                becomes: 1)
        }
        let early = story.applicationID + "-marked"
        try suite.tell([story.request(again: early, at: today.startInChina)])
        #expect(try reports(early, saying: ("1", "1")) == 1)
        try suite.settle()

        // On the day before the minimum is over, and on the day itself.
        for day in [earliest - 1, earliest] {
            let still = try standing(after: [
                step(Topic.portalIn, "apply-\(day.text)", "repair.applied", day) {
                    $0.member("decisionNo", decision)
                    $0.member("appliedOn", day)
                    $0.member("fulfilledOn", (published + 50).text)
                    $0.member("commitment", true)
                }
            ])
            #expect(still == marked, "an application changes nothing yet")
        }
        let told =
            "SELECT kind || ' ' || reason FROM reporting.governance_event_view WHERE subject = $1 AND kind LIKE 'repair-application%' ORDER BY at"
        #expect(
            try suite.texts(told, firm) == [
                "repair-application-refused publication-too-short earliest=\(earliest.text)", "repair-application-admitted \(decision)",
            ])

        let repaired = try standing(after: [
            step(Topic.source("credit-china"), "repaired", "penalty.repaired", today) {
                $0.member("decisionNo", decision)
                $0.member("approvedOn", today.text)
            }
        ])
        #expect(repaired == clean)
        #expect(
            try suite.number(
                "SELECT count(*) FROM governance.fact_retracted r JOIN governance.fact f USING (fact_id) WHERE f.subject = $1", firm) == 1)

        // What is shared from now on is as if it had never been.
        try suite.tell([story.request()])
        #expect(try reports(story.applicationID, saying: ("not known", "未知")) == 1)
        try suite.settle()
        var shared: [JSONValue] = []
        _ = eventually(within: .seconds(20)) {
            shared = ["bank-a", "bank-b", "bank-c", "guarantor-a", "fund-a"].flatMap { bank in
                (try? suite.read(Topic.institutionOut(bank), type: "financing.application.v1", subject: story.firm)) ?? []
            }.filter { $0["applicationId"]?.string == story.applicationID }
            return !shared.isEmpty
        }
        #expect(!shared.isEmpty)
        for sent in shared {
            let score = try Score(try #require(sent["score"]))
            #expect(score.points == clean.points)
            #expect(score.reasons == clean.reasons)
        }
    }
}
