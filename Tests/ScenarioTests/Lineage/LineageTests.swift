import Contracts
import Deciding
import GovernanceDomain
import Ledger
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A14: from a fact back to the bytes that it came from, and what one altered byte does.
@Suite struct LineageTests {
    @Test func `every fact leads to its message and one altered byte is found and named`() throws {
        let today = try #require(Day(year: 2026, month: 9, day: 10))
        let house = try wholeHouse(now: today.startInChina + .seconds(37_000), packs: ["base", "governance"])
        let story = HunanStory(today: today)
        try house.tellWhole(story)
        var messages: [String: [UInt8]] = [:]
        for topic in Set(story.records().map(\.topic)) {
            for message in house.messages(on: topic) {
                messages["\(topic)/\(message.raw.partition)/\(message.raw.offset)"] = message.raw.value ?? []
            }
        }
        let rows = house.rows(.governance, "fact").filter { $0["writer"] != .text("governance") && $0["topic"] != .text(Topic.portalIn) }
        #expect(rows.count > 50)
        var altered: [FactSeal.Finding] = []
        for (number, row) in rows.enumerated() {
            guard case .text(let id)? = row["fact_id"], case .text(let topic)? = row["topic"],
                case .int64(let partition)? = row["partition"],
                case .int64(let offset)? = row["offset"], case .text(let hash)? = row["sha256"], case .json(var stored)? = row["data"],
                case .text(let seal)? = row["content_sha256"]
            else { throw Absent() }
            let bytes = try #require(messages["\(topic)/\(partition)/\(offset)"])
            #expect(FactSeal.isMessageWhole(bytes, sha256: hash), "\(id)")
            #expect(FactSeal.check(.init(factID: id, data: stored, seal: seal)) == .whole)
            if number == 17, let place = stored.firstIndex(of: UInt8(ascii: "2")) {
                stored[place] = UInt8(ascii: "3")
                altered.append(FactSeal.check(.init(factID: id, data: stored, seal: seal)))
                #expect(altered == [.altered(factID: id)])
            }
        }
        #expect(altered.count == 1)
    }

    private struct Absent: Error {}
}
