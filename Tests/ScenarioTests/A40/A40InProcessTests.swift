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

    /// What each channel brings, in the layout of its own.
    static func files(about firm: String) -> [(layout: String, text: String)] {
        [
            ("channel-form-jsonl", #"{"uscc":"\#(firm)","form":{"no":"CN-1","kind":"payment","signed":"2026-09-01"}}"#),
            ("channel-exchange-xml", "<报文><单位 代码=\"\(firm)\"><月份>202608</月份><人数>86</人数></单位></报文>"),
            ("channel-api-jsonl", #"{"query":{"code":"\#(firm)"},"data":[{"month":"2026-08","mwh":61}]}"#),
            ("channel-table-csv", "uscc|asset_no|kind|value_wan|as_of\n\(firm)|ZC-1|equipment|320|2026-06-30\n"),
        ]
    }

    /// What the portrait makes of it.
    static let expected: [(indicator: String, value: Double)] = [
        ("channel-commitments", 1), ("channel-jobs", 86), ("channel-energy", 61_000), ("channel-assets", 3_200_000),
    ]

    @Test func `what four channels bring lands in one portrait within a second, and a grant needs no application`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "channels"])
        let story = HunanStory(number: 40, today: today)
        house.tell(story.records().filter { $0.type == "registration" })
        try house.advance(to: house.now + .seconds(60))

        for file in Self.files(about: firm) { try house.deliver(file.text, by: file.layout) }
        let last = house.now
        try house.advance(to: last + .seconds(1))
        for service in ServiceName.allCases { #expect(house.setAside(service) == [], "\(service)") }

        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        for (indicator, value) in Self.expected { #expect(portrait.number(indicator) == value, "\(indicator)") }
        #expect(portrait.asOf <= last + .seconds(1))

        try house.advance(to: house.now + .seconds(60))
        let events = try house.bodies(Topic.policyPushEvents, PolicyEvent.type).map { try PolicyEvent($0) }
            .filter { $0.policyID == "channel-jobs-award" }
        #expect(events.map(\.kind).sorted() == ["claimed", "granted", "pushed"])
        // Conversion is claims over pushes: what is granted without application the platform claims for the firm.
        let rows = house.rows(.reporting, "push_view").filter { $0["policy_id"] == .text("channel-jobs-award") }
        func said(_ moment: String) -> Int {
            rows.count { row in
                guard case .instant? = row[moment] else { return false }
                return true
            }
        }
        #expect(said("pushed_at") == 1)
        #expect(said("claimed_at") == 1)
        #expect(events.first { $0.kind == "granted" }?.amount == Money(yuan: 25_800))
        #expect(house.bodies(Topic.governanceFacts, Fact.type).allSatisfy { $0["recordType"]?.string != "policy.claim" })
    }
}
