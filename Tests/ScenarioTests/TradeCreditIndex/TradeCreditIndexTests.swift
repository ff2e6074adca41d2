import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A8: what tax and customs say of a firm's exports, month by month.
@Suite struct TradeCreditIndexTests {
    @Test func `the index falls only for the month in which tax and customs are far apart and the issue names both`() throws {
        let today = Story.day(2026, 4, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "trade-credit-index"])
        let firm = HunanStory(number: 21, today: today).firm
        var indexes: [Double] = []
        for (month, tax, customs) in [
            ("2026-01", Int64(1_000_000), Int64(970_000)), ("2026-02", 1_000_000, 400_000), ("2026-03", 1_000_000, 1_000_000),
        ] {
            let end = try #require(Month(month)).last.startInChina
            for (source, type, name, amount) in [
                ("tax", "tax.export.month", "amount", tax), ("customs", "customs.month", "exports", customs),
            ] {
                let data = JSONWriter.encode { writer in
                    writer.object { object in
                        object.member("period", month)
                        object.member(name, amount)
                        if source == "customs" { object.member("imports", Int64(0)) }
                    }
                }
                house.send(to: Topic.source(source), type: type, id: "\(type)-\(month)", subject: firm, at: end, data: data)
            }
            try house.advance(to: house.now + .seconds(60))
            let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
            indexes.append(try #require(portrait.number("trade-credit-index")))
        }
        // The share of the months in which both agree: one of one, one of two, two of three.
        #expect(indexes.count == 3)
        #expect(Array(indexes.prefix(2)) == [100, 50])
        #expect(abs((indexes.last ?? 0) - 200.0 / 3) < 0.01, "\(indexes)")
        let issues = try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
            .filter { $0.kind == "cross-check-failed" }
        #expect(issues.map(\.writer) == ["source:tax,source:customs"])
        #expect(issues.map(\.reason) == ["exports-of-the-month: exports-agree"])
        #expect(house.rows(.governance, "cross_result").map { $0["verdict"] }.filter { $0 == .text("no") }.count == 1)
    }
}
