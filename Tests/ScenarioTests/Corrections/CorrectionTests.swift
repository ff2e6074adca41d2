import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// A record with an error in it goes back to its source, with a last day, and the better one ends the matter.
@Suite struct CorrectionTests {
    private let today = Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)

    private func tax(_ id: String, sales: Int64, at time: Instant, of story: HunanStory) -> HunanStory.Step {
        let data = JSONWriter.encode { writer in
            writer.object {
                $0.member("period", "2026-08")
                $0.member("sales", sales)
                $0.member("taxDue", Int64(170_000))
                $0.member("taxPaid", Int64(170_000))
                $0.member("grade", "A")
                $0.member("declaredOn", "2026-09-08")
            }
        }
        return HunanStory.Step(
            topic: Topic.source("tax"), id: id, type: "tax.return", subject: story.firm, time: time, data: data)
    }

    @Test func `a source hears of its error with the last day, and that the better record closed the request`() throws {
        let start = today.startInChina + .seconds(37_000)
        let house = try wholeHouse(now: start, packs: ["base", "governance"])
        let story = HunanStory(number: 48, today: today)
        // All months but the last.
        house.tell(story.records().filter { !$0.id.hasSuffix("tax-2026-08") })
        try house.advance(to: start + .seconds(2))
        let out = Topic.sourceOut("tax")
        #expect(house.messages(on: out).isEmpty)

        // An amount in ten-thousands of yuan put down as yuan is ten thousand times too large.
        let monthEnd = Day(year: 2026, month: 8, day: 31)?.startInChina ?? start
        house.tell([tax("slip", sales: 34_200_000_000, at: monthEnd, of: story)])
        try house.advance(to: house.now + .seconds(2))
        let asked = try #require(house.messages(on: out).first)
        #expect(house.messages(on: out).count == 1)
        #expect(asked.event.type == "correction.requested.v1")
        #expect(asked.event.subject == story.firm)
        let request = try #require(asked.body)
        #expect(request["releaseId"]?.string == "correction/source:tax/slip")
        #expect(request["consentId"]?.string == "")
        #expect(request["recordId"]?.string == "slip")
        #expect(request["rule"]?.string == "sales-jump")
        #expect(request["businessKey"]?.string?.contains("2026-08") == true)
        #expect(request["kind"]?.string == "unit")
        #expect(request["observed"]?.string == "data.sales=34200000000, threshold=50")
        #expect(request["threshold"]?.string == "50")
        // Five working days after Thursday.
        #expect(request["dueOn"]?.string == "2026-09-17")

        try house.advance(to: house.now + .seconds(86_400))
        house.tell([tax("mended", sales: 3_420_000, at: monthEnd + .seconds(1), of: story)])
        try house.advance(to: house.now + .seconds(2))
        let closed = try #require(house.messages(on: out).last)
        #expect(house.messages(on: out).map(\.event.type) == ["correction.requested.v1", "correction.closed.v1"])
        #expect(closed.body?["recordId"]?.string == "slip")
        #expect(closed.body?["closedBy"]?.string == "mended")
        #expect(closed.body?["outcome"]?.string == "corrected")

        // Both are among what left, and nobody else was told.
        let released = house.rows(.exchange, "release").filter { $0["receiver"] == .text("source:tax") }
        #expect(released.map { $0["status"] } == [.text("released"), .text("released")])
        for source in ["utility", "social-insurance", "bank-flow"] {
            #expect(!house.messages(on: Topic.sourceOut(source)).contains { $0.body?["recordId"]?.string == "slip" })
        }
        for service in ServiceName.allCases {
            #expect(house.store(of: service)?.deadLetters.values.map { "\($0.refusal.code): \($0.refusal.detail)" } == [], "\(service)")
        }
    }

    private func status(_ id: String, balance: Int64, at time: Instant, of story: HunanStory) -> HunanStory.Step {
        let data = JSONWriter.encode { writer in
            writer.object {
                $0.member("loanId", "L-\(story.firm)")
                $0.member("institution", "bank-a")
                $0.member("asOf", today.text)
                $0.member("balance", balance)
                $0.member("overdueDays", Int64(95))
            }
        }
        return HunanStory.Step(
            topic: Topic.institutionIn("bank-a"), id: id, type: "loan.status", subject: story.firm, time: time, data: data)
    }

    @Test func `a bank hears of the error in its own record and of the end of the matter without a consent, and no other bank does`()
        throws
    {
        let start = today.startInChina + .seconds(37_000)
        let house = try wholeHouse(now: start, packs: ["base", "governance"])
        let story = HunanStory(number: 49, today: today)
        house.tell(story.records().filter { $0.type == "registration" })
        try house.advance(to: start + .seconds(2))

        // Overdue for 95 days, and nothing is owed.
        house.tell([status("slip", balance: 0, at: today.startInChina, of: story)])
        try house.advance(to: house.now + .seconds(2))
        let out = Topic.institutionOut("bank-a")
        let request = try #require(house.bodies(out, "correction.requested.v1").first)
        #expect(request["consentId"]?.string == "")
        #expect(request["recordId"]?.string == "slip")
        #expect(request["recordType"]?.string == "loan.status")
        #expect(request["rule"]?.string == "balance-when-overdue")
        #expect(request["dueOn"]?.string == "2026-09-17")
        #expect(request["writer"] == nil)

        house.tell([status("mended", balance: 500_000, at: today.startInChina + .seconds(1), of: story)])
        try house.advance(to: house.now + .seconds(2))
        let closed = try #require(house.bodies(out, "correction.closed.v1").first)
        #expect(closed["recordId"]?.string == "slip" && closed["closedBy"]?.string == "mended")
        #expect(closed["outcome"]?.string == "corrected")

        let asked = house.rows(.exchange, "release").filter { row in
            row["message_type"] == .text("correction.requested.v1") || row["message_type"] == .text("correction.closed.v1")
        }
        #expect(asked.map { $0["receiver"] } == [.text("institution:bank-a"), .text("institution:bank-a")])
        #expect(asked.map { $0["status"] } == [.text("released"), .text("released")])
        for bank in ["bank-b", "bank-c"] { #expect(house.messages(on: Topic.institutionOut(bank)).isEmpty) }
        for service in ServiceName.allCases { #expect(house.setAside(service) == [], "\(service)") }
    }
}
