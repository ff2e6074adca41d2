import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A40: four channels bring one item each about one firm.
@Suite struct A40InProcessTests {
    private let today = Story.day(2026, 9, 10)
    private let firm = USCC.synthetic(number: 40, region: "430102")?.text ?? ""

    @Test func `what four channels bring lands in one portrait within a second, and a grant needs no application`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "channels"])
        let story = HunanStory(number: 40, today: today)
        house.tell(story.records().filter { $0.type == "registration" })
        try house.advance(to: house.now + .seconds(60))

        try house.deliver(#"{"uscc":"\#(firm)","form":{"no":"CN-1","kind":"payment","signed":"2026-09-01"}}"#, by: "channel-form-jsonl")
        try house.deliver("<报文><单位 代码=\"\(firm)\"><月份>202608</月份><人数>86</人数></单位></报文>", by: "channel-exchange-xml")
        try house.deliver(#"{"query":{"code":"\#(firm)"},"data":[{"month":"2026-08","mwh":61}]}"#, by: "channel-api-jsonl")
        try house.deliver("uscc|asset_no|kind|value_wan|as_of\n\(firm)|ZC-1|equipment|320|2026-06-30\n", by: "channel-table-csv")
        let last = house.now
        try house.advance(to: last + .seconds(1))
        for service in ServiceName.allCases { #expect(house.setAside(service) == [], "\(service)") }

        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        #expect(portrait.number("channel-commitments") == 1)
        #expect(portrait.number("channel-jobs") == 86)
        #expect(portrait.number("channel-energy") == 61_000)
        #expect(portrait.number("channel-assets") == 3_200_000)
        #expect(portrait.asOf <= last + .seconds(1))

        try house.advance(to: house.now + .seconds(60))
        let events = try house.bodies(Topic.policyPushEvents, PolicyEvent.type).map { try PolicyEvent($0) }
            .filter { $0.policyID == "channel-jobs-award" }
        // Claims over pushes: each push of a grant without application is its own claim.
        let (pushed, granted) = (events.count { $0.kind == "pushed" }, events.count { $0.kind == "granted" })
        #expect(pushed == 1)
        #expect(granted == 1)
        #expect(events.first { $0.kind == "granted" }?.amount == Money(yuan: 25_800))
        #expect(house.bodies(Topic.governanceFacts, Fact.type).allSatisfy { $0["recordType"]?.string != "policy.claim" })
    }
}
