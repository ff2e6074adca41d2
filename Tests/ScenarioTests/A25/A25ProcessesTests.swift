import Contracts
import Support
import Testing
import Vocabulary
import Wire

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct A25ProcessesTests {
    @Test func `a file waits for the farmer's own consent and then makes a tag and a candidate`() throws {
        try Story.again { try FarmerFilesTests().`a file waits for the farmer's own consent and then makes a tag and a candidate`() }
    }

    @Test func `a fall of the price of what is grown raises an alert about the grower's loan`() throws {
        try Story.again { try FarmerFilesTests().`a fall of the price of what is grown raises an alert about the grower's loan`() }
    }

    @Test func `each crop is compared with its own prices, and what a grower does not grow raises nothing about its loan`() throws {
        try Story.again {
            try FarmerFilesTests()
                .`each crop is compared with its own prices, and what a grower does not grow raises nothing about its loan`()
        }
    }

    @Test func `a file that comes after the farmer took the consent back is refused at once, and the collector is told`() throws {
        try Story.again {
            try FarmerFilesTests()
                .`a file that comes after the farmer took the consent back is refused at once, and the collector is told`()
        }
        let suite = try ProcessSuite.shared.get()
        let firm = HunanStory(number: 28, today: Day.today).firm
        // The release is committed a moment before it is published.
        var told: [JSONValue] = []
        _ = eventually(within: .seconds(20)) {
            told = (try? suite.read(Topic.sourceOut("farm-collector"), type: "record.refused.v1", subject: firm)) ?? []
            return !told.isEmpty
        }
        #expect(told.map { $0["code"]?.string } == ["consent-revoked"])
        #expect(told.map { $0["recordId"]?.string } == ["file-28"])
    }

    @Test func `a file whose farmer never agrees is refused after a week, and the collector is told without what it says`() throws {
        let suite = try SmallSuite(PrivatePostgres.shared, packs: ["base", "governance", "farmer-files"])
        let services: [ServiceName] = [.ingestion, .governance, .exchange]
        for service in services { try suite.start(service) }
        let today = Day.today
        let firm = HunanStory(number: 27, today: today).firm
        try suite.tell([FarmerFilesTests.file("file-27", plot: "P-27", of: firm, on: today)])
        let held = "SELECT count(*) FROM governance.quarantine WHERE status = 'held' AND reason = 'consent-missing'"
        #expect(try suite.number(held, becomes: 1) == 1)
        try suite.settle()
        let out = Topic.sourceOut("farm-collector")
        #expect(try suite.messages(on: out).isEmpty)

        // A week and a day later.
        suite.stop(.governance)
        try suite.start(.governance, with: ["XINQIAO_CLOCK_OFFSET_SECONDS": "\(8 * 86_400)"])
        let refused = "SELECT count(*) FROM governance.quarantine WHERE status = 'refused' AND reason = 'consent-not-given'"
        #expect(try suite.number(refused, becomes: 1) == 1)
        // What it says is nowhere.
        #expect(try suite.number("SELECT count(*) FROM governance.quarantine WHERE record ? 'data'") == 0)
        #expect(try suite.number("SELECT count(*) FROM governance.fact WHERE record_type = 'farm.file'") == 0)
        let released = "SELECT count(*) FROM exchange.release WHERE message_type = 'record.refused.v1' AND status = 'released'"
        #expect(try suite.number(released, becomes: 1) == 1)
        try suite.settle()
        let told = try suite.messages(on: out).map { message in
            try CloudEvent.decode(headers: message.headers.map { ($0.name, $0.value) }, value: message.value ?? [])
        }
        #expect(told.map(\.type) == ["record.refused.v1"])
        let first = try #require(told.first)
        let body = try JSONDocument(parsing: first.data).root
        #expect(body["recordId"]?.string == "file-27")
        #expect(body["code"]?.string == "consent-not-given")
        #expect(!String(decoding: first.data, as: UTF8.self).contains("P-27"))
    }
}
