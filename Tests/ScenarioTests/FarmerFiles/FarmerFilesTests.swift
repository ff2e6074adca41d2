import Contracts
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A25: nothing is collected on a farm before the farmer has agreed.
@Suite struct FarmerFilesTests {
    @Test func `a file waits for the farmer's own consent and then makes a tag and a candidate`() throws {
        let today = Story.day(2026, 4, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "farmer-files"])
        let firm = HunanStory(number: 25, today: today).firm
        let file = JSONWriter.encode { writer in
            writer.object { object in
                object.member("plot", "P-1")
                object.member("crop", "rice")
                object.member("areaMu", Int64(120))
                object.member("visitedOn", today)
            }
        }
        house.send(to: Topic.source("farm-collector"), type: "farm.file", id: "file-1", subject: firm, at: today.startInChina, data: file)
        // A consent to everything is not the consent that such a file needs.
        let story = HunanStory(number: 25, today: today)
        house.tell([story.consent(until: today + 300)])
        try house.advance(to: house.now + .seconds(60))
        func events() throws -> [String] {
            try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }.map { "\($0.kind) \($0.reason)" }
        }
        #expect(try events().contains("quarantined consent-missing"))
        #expect(house.bodies(Topic.governanceFacts, Fact.type).allSatisfy { $0["recordType"]?.string != "farm.file" })

        let consent = JSONWriter.encode { writer in
            writer.object { object in
                object.member("consentId", "farm-1")
                object.member("receivers", ["platform"])
                object.member("categories", ["farm-file"])
                object.member("purposes", ["collection"])
                object.member("from", today)
                object.member("until", today + 300)
                object.member("signature", "signed on the farm")
                object.member("channel", "counter")
            }
        }
        house.send(to: Topic.portalIn, type: "consent.granted", id: "consent-farm-1", subject: firm, at: house.now, data: consent)
        try house.advance(to: house.now + .seconds(60))
        #expect(try events().contains("released consent-missing"))
        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        #expect(portrait.tags.contains("large-grower"))
        let lists = house.bodies(Topic.scoringPortraits, WhitelistChange.type).map { String(decoding: $0.rawBytes, as: UTF8.self) }
        #expect(lists.contains { $0.contains("grower-candidates") })
    }
}
