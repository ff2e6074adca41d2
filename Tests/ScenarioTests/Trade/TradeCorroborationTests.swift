import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// The firm says what was ordered, the carrier what was delivered, the tax service what was invoiced, the banks what was paid.
@Suite struct TradeCorroborationTests {
    private let today = Story.day(2026, 4, 10)
    private var story: HunanStory { HunanStory(number: 226, today: today) }

    /// Who says which side, and how the side calls its day.
    private static let sides: [(type: String, topic: String, day: String)] = [
        ("trade.order", Topic.portalIn, "orderedOn"), ("trade.delivery", Topic.source("logistics"), "deliveredOn"),
        ("trade.invoice", Topic.source("tax"), "issuedOn"), ("trade.payment", Topic.source("bank-flow"), "paidOn"),
    ]

    /// One trade, each side with the amounts of its documents.
    private func tell(_ house: MemoryHouse, trade: String, order: [Int64], delivery: [Int64], invoice: [Int64], payment: [Int64]) {
        for (side, amounts) in zip(Self.sides, [order, delivery, invoice, payment]) {
            for (number, amount) in amounts.enumerated() {
                let data = JSONWriter.encode { writer in
                    writer.object { object in
                        object.member("trade", trade)
                        object.member("no", "\(number + 1)")
                        object.member("amount", amount)
                        object.member(side.day, (today - 5).text)
                    }
                }
                house.send(
                    to: side.topic, type: side.type, id: "\(side.type)-\(trade)-\(number + 1)", subject: story.firm,
                    at: (today - 5).startInChina, data: data)
            }
        }
    }

    /// How the trade stands: as a whole, and by each check.
    private func standing(_ house: MemoryHouse, _ trade: String) throws -> String {
        let row = try #require(house.rows(.governance, "cross_result").first { $0["check_key"] == .text(trade) })
        guard case .json(let bytes)? = row["data"] else { throw Absent() }
        let data = try JSONDocument(parsing: bytes).root
        let checks = data["checks"].map { Array($0.elements) } ?? []
        let verdicts = checks.map { "\($0["id"]?.string ?? "") \($0["verdict"]?.string ?? "")" }
        return "\(data["verdict"]?.string ?? ""): \(verdicts.joined(separator: ", "))"
    }

    @Test func `order, goods, invoice and cash of one trade corroborate one another, and what is missing or contradicts is named`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "trade"])
        house.tell([story.consent(until: today.adding(months: 12))])
        try house.advance(to: house.now + .seconds(2))
        tell(house, trade: "T-1", order: [100_000], delivery: [60_000, 40_000], invoice: [100_000], payment: [30_000, 70_000])
        tell(house, trade: "T-2", order: [50_000], delivery: [], invoice: [50_000], payment: [50_000])
        tell(house, trade: "T-3", order: [80_000], delivery: [80_000], invoice: [80_000], payment: [90_000])
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        #expect(house.rows(.governance, "quarantine").isEmpty)

        #expect(try standing(house, "T-1") == "yes: invoiced-as-ordered yes, delivered yes, paid-as-invoiced yes")
        #expect(try standing(house, "T-2") == "unknown: invoiced-as-ordered yes, delivered unknown, paid-as-invoiced yes")
        #expect(try standing(house, "T-3") == "no: invoiced-as-ordered yes, delivered yes, paid-as-invoiced no")
        let issues = try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
            .filter { $0.kind == "cross-check-failed" }
        #expect(issues.map(\.reason) == ["trade: paid-as-invoiced"])
        #expect(issues.map(\.writer) == ["portal,source:logistics,source:tax,source:bank-flow"])

        // The waybill comes late; it is less than what was invoiced.
        tell(house, trade: "T-2", order: [], delivery: [45_000], invoice: [], payment: [])
        try house.advance(to: house.now + .seconds(60))
        #expect(try standing(house, "T-2") == "no: invoiced-as-ordered yes, delivered no, paid-as-invoiced yes")
    }

    private struct Absent: Error {}
}
