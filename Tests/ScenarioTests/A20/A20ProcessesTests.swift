import Contracts
import Foundation
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@Suite struct A20ProcessesTests {
    @Test func `a repair is refused with its first day and once approved the record leaves portrait, score and share`() throws {
        guard let suite = try ProcessSuite.shared?.get() else { return }
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
        /// What the portrait says once it is settled: points, and penalties of two years.
        func standing(after steps: [HunanStory.Step]) throws -> (points: Int64, penalties: String) {
            let before = try suite.number("SELECT count(*) FROM ingestion.accepted_record WHERE subject = $1", firm)
            try suite.tell(steps)
            let count = before + Int64(steps.count)
            #expect(
                try suite.number("SELECT count(*) FROM ingestion.accepted_record WHERE subject = $1", firm, becomes: count) == count)
            try suite.settle()
            let body = try suite.texts("SELECT body::text FROM scoring.portrait WHERE subject = $1", firm)
            let portrait = try Portrait(JSONDocument(parsing: Array(try #require(body.first).utf8)).root)
            let penalties = portrait.indicators.first { $0.name == "penalty-count-24m" }.map { "\($0.value)" } ?? "not known"
            return (Int64(portrait.score?.points ?? 0), penalties)
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

        // What is shared from now on is without it.
        try suite.tell([story.request()])
        #expect(try suite.number("SELECT count(*) FROM scoring.report WHERE subject = $1", firm, becomes: 1) == 1)
        #expect(
            try suite.number(
                "SELECT count(*) FROM scoring.report WHERE subject = $1 AND (position($2 in text_en) > 0 OR position($2 in text_zh) > 0)",
                firm + [.text(decision)]) == 0)
        try suite.settle()
        for bank in ["bank-a", "bank-b", "bank-c", "guarantor-a", "fund-a"] {
            for sent in try suite.read(Topic.institutionOut(bank), type: "financing.application.v1", subject: story.firm) {
                #expect(!String(decoding: sent.rawBytes, as: UTF8.self).contains(decision))
            }
        }
    }
}
