import Contracts
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A4: thirteen months of account flows from three banks, one overlapping day sent twice.
@Suite struct FlowPlatformTests {
    @Test func `a day that two deliveries have counts once and the features are those computed by hand`() throws {
        let today = Story.day(2026, 6, 1)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "flow-platform"])
        let story = HunanStory(number: 4, today: today)
        house.tell([story.consent(until: today + 300)])
        let first = today.month + -13
        var total: Int64 = 0
        var sent = 0
        func deliver(_ bank: String, _ day: Day, _ inflow: Int64, _ delivery: String) {
            sent += 1
            let data = JSONWriter.encode { writer in
                writer.object { object in
                    object.member("bank", bank)
                    object.member("day", day)
                    object.member("inflow", inflow)
                    object.member("outflow", inflow / 2)
                    object.member("hhi", 0.25)
                }
            }
            house.send(
                to: Topic.source("bank-flow"), type: "bank-flow.day", id: "\(delivery)-\(bank)-\(day.text)", subject: story.firm,
                at: day.startInChina, data: data)
        }
        for offset in 0..<13 {
            // One month without any.
            if offset == 5 { continue }
            let month = first + offset
            for (number, bank) in ["bank-a", "bank-b", "bank-c"].enumerated() {
                let inflow = Int64(100_000 * (number + 1))
                deliver(bank, month.first + 9, inflow, "d\(offset)")
                if offset > 0 { total += inflow }
            }
        }
        // The next delivery of bank-b begins with the day with which the last one ended.
        deliver("bank-b", (first + 12).first + 9, 200_000, "overlap")
        try house.advance(to: house.now + .seconds(60))
        #expect(sent == 37)
        let facts = house.bodies(Topic.governanceFacts, Fact.type).filter { $0["recordType"]?.string == "bank-flow.day" }
        #expect(facts.count == 36)
        let repeats = try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }
            .filter { $0.kind == "duplicate-content" }
        #expect(repeats.map(\.recordID) == ["source:bank-flow/overlap-bank-b-\(((first + 12).first + 9).text)"])
        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        func shown(_ id: String) -> String { portrait.indicators.first { $0.name == id }.map { "\($0.value)" } ?? "none" }
        #expect(shown("day-flow-inflow-12m").contains("\(total)"), "\(shown("day-flow-inflow-12m"))")
        #expect(shown("day-flow-monthly-inflow-12m").contains("600000"), "\(shown("day-flow-monthly-inflow-12m"))")
        #expect(shown("day-flow-gap-months-12m").contains("1"), "\(shown("day-flow-gap-months-12m"))")
        #expect(shown("day-flow-hhi-12m").contains("0.25"), "\(shown("day-flow-hhi-12m"))")
        // Every fact leads back to its file's message.
        #expect(facts.allSatisfy { $0["origin"]?["sha256"]?.string?.count == 64 })
    }
}
