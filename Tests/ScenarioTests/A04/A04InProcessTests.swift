import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A4: the receipts and payments of three banks, each in a layout of its own.
@Suite struct A04InProcessTests {
    private let today = Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)
    private let firm = USCC.synthetic(number: 41, region: "430102")?.text ?? ""

    private var bank: BankFiles { BankFiles(firm: firm, today: today) }

    @Test func `thirteen months from three banks in three layouts add up to the hand-computed totals, one repeated line counted once`()
        throws
    {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000))
        let story = HunanStory(number: 41, today: today)
        house.tell([story.consent(until: today.adding(months: 12))])
        try house.advance(to: house.now + .seconds(1))
        let files = bank.files
        let deliveries = try files.map { try house.deliver($0.text, by: $0.layout) }
        #expect(deliveries.map(\.records) == files.map(\.records))
        #expect(deliveries.allSatisfy { $0.rejected.isEmpty })
        try house.advance(to: house.now + .seconds(120))

        #expect(house.setAside(.ingestion) == [])
        let facts = try house.facts("bank-flow.month")
        #expect(facts.count == 39)
        for back in 1...13 {
            let month = (today.month + -back).text
            let total = facts.filter { $0.data["period"]?.string == month }.compactMap { $0.data["inflow"]?.moneyInYuan?.fen }.reduce(0, +)
            #expect(total == bank.inflow(back), "\(month)")
        }

        // The features, over the twelve months that the indicators look at.
        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        bank.checkFeatures(of: portrait)

        // Each fact leads back to the message it came in, and that to the bank whose file it was.
        house.checkOrigins(of: facts)
        #expect(Set(facts.compactMap { $0.data["bank"]?.string }) == ["bank-a", "bank-b", "bank-c"])
    }
}
