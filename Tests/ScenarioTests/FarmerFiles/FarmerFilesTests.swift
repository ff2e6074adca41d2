import Contracts
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A25: nothing is collected on a farm before the farmer has agreed.
@Suite struct FarmerFilesTests {
    /// What is collected on a farm.
    static func file(_ id: String, plot: String, crop: String = "rice", of firm: String, on day: Day) -> HunanStory.Step {
        let file = JSONWriter.encode { writer in
            writer.object { object in
                object.member("plot", plot)
                object.member("crop", crop)
                object.member("areaMu", Int64(120))
                object.member("visitedOn", day)
            }
        }
        return HunanStory.Step(
            topic: Topic.source("farm-collector"), id: id, type: "farm.file", subject: firm, time: day.startInChina, data: file)
    }

    private func collect(_ id: String, plot: String, of firm: String, on day: Day, in house: MemoryHouse) {
        house.tell([Self.file(id, plot: plot, of: firm, on: day)])
    }

    /// The consent that such a file needs.
    private func agree(_ id: String, of firm: String, from day: Day, in house: MemoryHouse) {
        let consent = JSONWriter.encode { writer in
            writer.object { object in
                object.member("consentId", id)
                object.member("receivers", ["platform"])
                object.member("categories", ["farm-file"])
                object.member("purposes", ["collection"])
                object.member("from", day)
                object.member("until", day + 300)
                object.member("signature", "signed on the farm")
                object.member("channel", "counter")
            }
        }
        house.send(to: Topic.portalIn, type: "consent.granted", id: "consent-\(id)", subject: firm, at: house.now, data: consent)
    }

    @Test func `a file waits for the farmer's own consent and then makes a tag and a candidate`() throws {
        let today = Story.day(2026, 4, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "farmer-files"])
        let firm = HunanStory(number: 25, today: today).firm
        collect("file-1", plot: "P-1", of: firm, on: today, in: house)
        // A consent to everything is not the consent that such a file needs.
        let story = HunanStory(number: 25, today: today)
        house.tell([story.consent(until: today + 300)])
        try house.advance(to: house.now + .seconds(60))
        func events() throws -> [String] {
            try house.bodies(Topic.governanceEvents, GovernanceEvent.type).map { try GovernanceEvent($0) }.map { "\($0.kind) \($0.reason)" }
        }
        #expect(try events().contains("quarantined consent-missing"))
        #expect(house.bodies(Topic.governanceFacts, Fact.type).allSatisfy { $0["recordType"]?.string != "farm.file" })

        agree("farm-1", of: firm, from: today, in: house)
        try house.advance(to: house.now + .seconds(60))
        #expect(try events().contains("released consent-missing"))
        let portrait = try #require(try house.bodies(Topic.scoringPortraits, Portrait.type).last.map { try Portrait($0) })
        #expect(portrait.tags.contains("large-grower"))
        let lists = house.bodies(Topic.scoringPortraits, WhitelistChange.type).map { String(decoding: $0.rawBytes, as: UTF8.self) }
        #expect(lists.contains { $0.contains("grower-candidates") })
    }

    @Test func `a file whose farmer never agrees is refused after a week, and the collector is told without what it says`() throws {
        let today = Story.day(2026, 4, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "farmer-files"])
        let firm = HunanStory(number: 27, today: today).firm
        collect("file-27", plot: "P-27", of: firm, on: today, in: house)
        try house.advance(to: house.now + .seconds(6 * 86_400))
        let out = Topic.sourceOut("farm-collector")
        #expect(house.messages(on: out).isEmpty)
        try house.advance(to: house.now + .seconds(86_400 + 60))
        let told = try #require(house.messages(on: out).first)
        #expect(house.messages(on: out).map(\.event.type) == ["record.refused.v1"])
        #expect(told.body?["recordId"]?.string == "file-27")
        #expect(told.body?["code"]?.string == "consent-not-given")
        #expect(house.bodies(Topic.governanceFacts, Fact.type).allSatisfy { $0["recordType"]?.string != "farm.file" })
        #expect(house.rows(.governance, "quarantine").map { $0["status"] } == [.text("refused")])
    }

    @Test func `a file that comes after the farmer took the consent back is refused at once, and the collector is told`() throws {
        let today = Story.day(2026, 4, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "farmer-files"])
        let firm = HunanStory(number: 28, today: today).firm
        agree("farm-28", of: firm, from: today, in: house)
        try house.advance(to: house.now + .seconds(60))
        house.send(
            to: Topic.portalIn, type: "consent.revoked", id: "revocation-farm-28", subject: firm, at: house.now,
            data: Array(#"{"consentId":"farm-28"}"#.utf8))
        try house.advance(to: house.now + .seconds(60))
        collect("file-28", plot: "P-28", of: firm, on: today, in: house)
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        let rows = house.rows(.governance, "quarantine")
        #expect(rows.map { $0["status"] } == [.text("refused")])
        #expect(rows.map { $0["reason"] } == [.text("consent-revoked")])
        let out = house.messages(on: Topic.sourceOut("farm-collector"))
        #expect(out.map(\.event.type) == ["record.refused.v1"])
        #expect(out.first?.body?["recordId"]?.string == "file-28")
        #expect(out.first?.body?["code"]?.string == "consent-revoked")
        #expect(house.bodies(Topic.governanceFacts, Fact.type).allSatisfy { $0["recordType"]?.string != "farm.file" })
    }

    @Test func `a fall of the price of what is grown raises an alert about the grower's loan`() throws {
        let today = Story.day(2026, 4, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "farmer-files"])
        let firm = HunanStory(number: 26, today: today).firm
        func send(_ topic: String, _ type: String, _ id: String, at day: Day, _ body: (inout JSONWriter) -> Void) {
            house.send(
                to: topic, type: type, id: "\(id)-26", subject: firm, at: day.startInChina,
                data: JSONWriter.encode { writer in writer.object { body(&$0) } })
        }
        send(Topic.portalIn, "consent.granted", "farm-consent", at: today - 90) {
            $0.member("consentId", "farm-26")
            $0.member("receivers", ["platform"])
            $0.member("categories", ["farm-file"])
            $0.member("purposes", ["collection"])
            $0.member("from", today - 100)
            $0.member("until", today + 300)
            $0.member("signature", "signed on the farm")
            $0.member("channel", "counter")
        }
        try house.advance(to: house.now + .seconds(60))
        send(Topic.source("farm-collector"), "farm.file", "file", at: today - 80) {
            $0.member("plot", "P-26")
            $0.member("crop", "rice")
            $0.member("areaMu", Int64(120))
            $0.member("visitedOn", today - 80)
        }
        house.tell(HunanStory(number: 26, today: today - 70).disbursement(by: "bank-a"))
        func price(_ monthsBack: Int, _ yuan: Double) {
            let month = today.month + -monthsBack
            send(Topic.source("farm-prices"), "crop.price", "price-\(month.text)", at: month.last) {
                $0.member("period", month.text)
                $0.member("crop", "rice")
                $0.member("yuanPerKg", yuan)
            }
        }
        for back in stride(from: 6, through: 2, by: -1) { price(back, 3) }
        try house.advance(to: house.now + .seconds(60))
        func alerts() throws -> [RiskAlert] {
            try house.bodies(Topic.riskMonitoringEvents, RiskAlert.type).map { try RiskAlert($0) }
                .filter { $0.rule.hasPrefix("crop-price-shock") }
        }
        #expect(house.setAside(.ingestion) == [])
        #expect(try alerts().isEmpty)
        price(1, 1.5)
        try house.advance(to: house.now + .seconds(60))
        let raised = try alerts()
        #expect(raised.map(\.kind) == ["raised"])
        #expect(raised.first?.rule == "crop-price-shock-rice")
        #expect(raised.first?.level == "orange")
        #expect(raised.first?.lenders == ["bank-a"])
        #expect(raised.first?.observed.contains("crop-price-level-rice") == true)
    }

    @Test func `each crop is compared with its own prices, and what a grower does not grow raises nothing about its loan`() throws {
        let today = Story.day(2026, 4, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "farmer-files"])
        let (both, teaOnly) = (HunanStory(number: 325, today: today - 70), HunanStory(number: 326, today: today - 70))
        agree("farm-325", of: both.firm, from: today, in: house)
        agree("farm-326", of: teaOnly.firm, from: today, in: house)
        try house.advance(to: house.now + .seconds(60))
        house.tell([
            Self.file("file-325-1", plot: "P-325-1", of: both.firm, on: today),
            Self.file("file-325-2", plot: "P-325-2", crop: "tea", of: both.firm, on: today),
            Self.file("file-326", plot: "P-326", crop: "tea", of: teaOnly.firm, on: today),
        ])
        house.tell(both.disbursement(by: "bank-a") + teaOnly.disbursement(by: "bank-a"))
        // Both growers are told both prices: rice on the day before the month's last, and tea after it.
        func prices(_ monthsBack: Int, rice: Double, tea: Double) {
            let month = today.month + -monthsBack
            for story in [both, teaOnly] {
                for (crop, yuan, day) in [("rice", rice, month.last - 1), ("tea", tea, month.last)] {
                    let data = JSONWriter.encode { writer in
                        writer.object { object in
                            object.member("period", month.text)
                            object.member("crop", crop)
                            object.member("yuanPerKg", yuan)
                        }
                    }
                    house.send(
                        to: Topic.source("farm-prices"), type: "crop.price", id: "price-\(crop)-\(month.text)-\(story.firm)",
                        subject: story.firm, at: day.startInChina, data: data)
                }
            }
        }
        func alerts() throws -> [String] {
            try house.bodies(Topic.riskMonitoringEvents, RiskAlert.type).map { try RiskAlert($0) }
                .filter { $0.rule.hasPrefix("crop-price-shock") }.map { "\($0.rule) \($0.kind) \($0.subject)" }
        }
        for back in stride(from: 6, through: 2, by: -1) { prices(back, rice: 3, tea: 80) }
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        #expect(try alerts() == [])
        prices(1, rice: 1.5, tea: 80)
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        #expect(try alerts() == ["crop-price-shock-rice raised \(both.firm)"])
    }
}
