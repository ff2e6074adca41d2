import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// What a firm invoiced in a month beside what it declared to be taxed.
@Suite struct InvoicedSalesTests {
    private let today = Story.day(2026, 4, 10)
    private var story: HunanStory { HunanStory(number: 227, today: today) }

    private func send(
        _ house: MemoryHouse, from source: String, _ type: String, _ month: Month, _ body: (inout JSONWriter) -> Void
    ) {
        house.send(
            to: Topic.source(source), type: type, id: "\(type)-\(month.text)", subject: story.firm, at: month.last.startInChina,
            data: JSONWriter.encode { writer in writer.object { body(&$0) } })
    }

    private func declare(_ sales: Int64, _ month: Month, to house: MemoryHouse) {
        send(house, from: "tax", "tax.return", month) {
            $0.member("period", month.text)
            $0.member("sales", sales)
            $0.member("taxDue", sales / 20)
            $0.member("taxPaid", sales / 20)
            $0.member("grade", "A")
            $0.member("declaredOn", month.last.text)
        }
    }

    private func invoice(_ amount: Int64, _ month: Month, to house: MemoryHouse) {
        send(house, from: "tax", "invoice.month", month) {
            $0.member("period", month.text)
            $0.member("issuedAmount", amount)
            $0.member("issuedTax", amount / 10)
            $0.member("issuedCount", Int64(40))
            $0.member("receivedAmount", amount / 2)
            $0.member("receivedTax", amount / 20)
            $0.member("receivedCount", Int64(25))
        }
    }

    /// What the comparison says of the month; nil when there is none.
    private func result(_ house: MemoryHouse, _ month: Month) throws -> JSONValue? {
        guard let row = house.rows(.governance, "cross_result").first(where: { $0["check_key"] == .text(month.text) }),
            case .json(let bytes)? = row["data"]
        else { return nil }
        return try JSONDocument(parsing: bytes).root
    }

    private func invoiced(_ result: JSONValue?) -> JSONValue? {
        result?["checks"]?.elements.first { $0["id"]?.string == "invoices-within-sales" }
    }

    @Test func `a month in which more was invoiced than declared is told with both records, and one without invoices is not`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance"])
        house.tell([story.consent(until: today.adding(months: 12))])
        try house.advance(to: house.now + .seconds(2))
        let months = [-4, -3, -2, -1].map { today.month + $0 }
        declare(1_000_000, months[0], to: house)
        invoice(1_000_000, months[0], to: house)
        declare(1_020_000, months[1], to: house)
        invoice(1_500_000, months[1], to: house)
        // Of one month the customs speak in their place, of the other nobody.
        declare(1_040_000, months[2], to: house)
        send(house, from: "customs", "customs.month", months[2]) {
            $0.member("period", months[2].text)
            $0.member("exports", Int64(100_000))
            $0.member("imports", Int64(0))
        }
        declare(1_060_000, months[3], to: house)
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        #expect(house.rows(.governance, "quarantine").isEmpty)

        let equal = try result(house, months[0])
        #expect(invoiced(equal)?["verdict"]?.string == "yes")
        #expect(equal?["disagreeing"]?.int == 0)

        let above = try result(house, months[1])
        #expect(above?["verdict"]?.string == "no")
        #expect(invoiced(above)?["verdict"]?.string == "no")
        let observed = invoiced(above)?["observed"]?.string ?? ""
        #expect(observed.contains("invoices.issuedAmount=1500000"), "\(observed)")
        #expect(observed.contains("tax.sales=1020000"), "\(observed)")
        let records = above?["records"]?.elements.compactMap(\.string)
        #expect(records == ["tax.return", "invoice.month"].map { "source:tax/\($0)-\(months[1].text)" })

        let without = try result(house, months[2])
        #expect(invoiced(without)?["verdict"]?.string == "unknown")
        #expect(without?["disagreeing"]?.int == 0)
        let alone = try result(house, months[3])
        #expect(alone == nil)

        let issues = try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
            .filter { $0.kind == "cross-check-failed" }
        #expect(issues.map(\.reason) == ["month-of-the-firm: invoices-within-sales"])
        #expect(issues.map(\.writer) == ["source:tax"])
    }
}
