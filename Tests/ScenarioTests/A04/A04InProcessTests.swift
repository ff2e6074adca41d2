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

    /// In fen, so that every bank can write its share exactly in its own unit.
    private func inflow(_ bank: Int, _ back: Int) -> Int64 { Int64(90_000_000 + bank * 10_000_000 + (back % 4) * 1_000_000 + back * 100) }

    private func yuan(_ fen: Int64) -> String { "\(fen / 100).\(fen % 100 < 10 ? "0" : "")\(fen % 100)" }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private func files() -> (csv: String, fixed: String, xml: String) {
        var csv = "单位代码,月份,流入(万元),流出(万元),笔数,最大对手(%)\n"
        var fixed = ""
        var xml = "<流水>"
        for back in 1...13 {
            let month = today.month + -back
            let compact = month.text.filter { $0 != "-" }
            let tenThousands = "\(inflow(0, back) / 1_000_000).\(padded(inflow(0, back) % 1_000_000, 6))"
            csv += "\(firm),\(compact),\"\(tenThousands)\",80,120,25\n"
            fixed += firm + compact + padded(inflow(1, back), 15) + padded(80_000_000, 15) + padded(120, 7) + "02500\n"
            xml += "<月度><客户 代码=\"\(firm)\"/><月份>\(month.year)年\(month.month)月</月份><流入>\(yuan(inflow(2, back)))</流入>"
            xml += "<流出>800000</流出><笔数>120</笔数><最大对手占比>0.25</最大对手占比></月度>\n"
        }
        // The month before last comes twice in the file of the first bank.
        let twice = csv.split(separator: "\n")[2]
        return (csv + twice + "\n", fixed, xml + "</流水>")
    }

    @Test func `thirteen months from three banks in three layouts add up to the hand-computed totals, one repeated line counted once`()
        throws
    {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000))
        let story = HunanStory(number: 41, today: today)
        house.tell([story.consent(until: today.adding(months: 12))])
        try house.advance(to: house.now + .seconds(1))
        let files = files()
        let deliveries = try [("bank-flow-a-csv", files.csv), ("bank-flow-b-fixed", files.fixed), ("bank-flow-c-xml", files.xml)].map {
            try house.deliver($0.1, by: $0.0)
        }
        #expect(deliveries.map(\.records) == [14, 13, 13])
        #expect(deliveries.allSatisfy { $0.rejected.isEmpty })
        try house.advance(to: house.now + .seconds(120))

        #expect(house.setAside(.ingestion) == [])
        let facts = try house.facts("bank-flow.month")
        #expect(facts.count == 39)
        for back in 1...13 {
            let month = (today.month + -back).text
            let total = facts.filter { $0.data["period"]?.string == month }.compactMap { $0.data["inflow"]?.moneyInYuan?.fen }.reduce(0, +)
            #expect(total == inflow(0, back) + inflow(1, back) + inflow(2, back), "\(month)")
        }

        // The features, over the twelve months that the indicators look at.
        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        let sum = (1...12).map { inflow(0, $0) + inflow(1, $0) + inflow(2, $0) }.reduce(0, +)
        #expect(portrait.number("flow-inflow-12m") == Double(sum) / 100)
        #expect(portrait.number("flow-months-12m") == 12)
        #expect(portrait.number("flow-gap-months-12m") == 0)
        #expect((portrait.number("flow-cv-12m") ?? 1) < 0.05)
        #expect(portrait.number("flow-largest-share-12m") == 0.25)

        // Each fact leads back to the message it came in, and that to the bank whose file it was.
        let rows = house.rows(.ingestion, "accepted_record")
        for fact in facts {
            let row = rows.first {
                $0["topic"] == .text(fact.origin.topic) && $0["partition"] == .int64(Int64(fact.origin.partition))
                    && $0["offset"] == .int64(fact.origin.offset)
            }
            #expect(row?["sha256"] == .text(fact.origin.sha256))
        }
        #expect(Set(facts.compactMap { $0.data["bank"]?.string }) == ["bank-a", "bank-b", "bank-c"])
    }
}
