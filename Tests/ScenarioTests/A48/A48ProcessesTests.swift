import Contracts
import Pipeline
import Support
import Testing
import Vocabulary
import Wire

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A48ProcessesTests {
    @Test func `no document is asked for when 26 certificates are on file, and an expired one brings its document back`() throws {
        try Story.again {
            try A48InProcessTests()
                .`no document is asked for when 26 certificates are on file, and an expired one brings its document back`()
        }
    }

    @Test func `of a firm that asks for no money no document is asked`() throws {
        try Story.again { try A48InProcessTests().`of a firm that asks for no money no document is asked`() }
        let firm = HunanStory(number: 50, today: Day.today).firm
        let portrait = try #require(try ProcessSuite.shared.get().portrait(of: firm))
        #expect(portrait.number("documents-asked") == nil)
        #expect(portrait.tags.filter { $0.hasPrefix("bring-") } == [])
    }

    @Test func `a certificate that runs out brings its document back on the next day`() throws {
        let listener = Story.Listener(today: Day.today)
        try Story.$listener.withValue(listener) {
            try A48InProcessTests().`a certificate that runs out brings its document back on the next day`()
        }
        let house = try #require(listener.house)
        let suite = try SmallSuite(PrivatePostgres.shared, packs: ["base", "certificates"])
        let services: [ServiceName] = [.ingestion, .governance, .scoring]
        for service in services { try suite.start(service) }
        let told = house.sent.map { $0.message }
        try suite.tell(
            told.map { message in
                let event = try CloudEvent.decode(headers: message.headers, value: message.value ?? [])
                return HunanStory.Step(
                    topic: message.topic, id: event.id, type: event.type, subject: String(decoding: message.key ?? [], as: UTF8.self),
                    time: try #require(event.time), data: event.data)
            })
        let facts = try house.bodies(Topic.governanceFacts, Fact.type).map { try Fact($0) }.count { !$0.factID.hasPrefix("governance/") }
        let known = "SELECT count(*) FROM governance.fact WHERE fact_id NOT LIKE 'governance/%'"
        #expect(try suite.number(known, becomes: Int64(facts)) == Int64(facts))
        try suite.settle()
        #expect(try asked(suite) == "0: ")

        // The permit is good for twenty days more; governance ends it by its own clock.
        suite.stop(.governance)
        try suite.start(.governance, with: ["XINQIAO_CLOCK_OFFSET_SECONDS": "\(22 * 86_400)"])
        var said = ""
        _ = eventually(within: .seconds(60)) {
            said = (try? asked(suite)) ?? ""
            return said != "0: "
        }
        #expect(said == "1: bring-pollution")
    }

    /// How many documents the only firm's portrait asks for, and by which tags.
    private func asked(_ suite: SmallSuite) throws -> String {
        let body = try #require(try suite.texts("SELECT body::text FROM scoring.portrait").first)
        let portrait = try Portrait(JSONDocument(parsing: Array(body.utf8)).root)
        let count = portrait.number("documents-asked").map { String(Int($0)) } ?? "none"
        return "\(count): \(portrait.tags.filter { $0.hasPrefix("bring-") }.sorted().joined(separator: " "))"
    }
}
