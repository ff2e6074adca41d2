import Adapters
import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A48: what an electronic certificate says need not be brought on paper. Which documents a firm that asks for money has still to bring is
/// what its portrait says.
@Suite struct A48InProcessTests {
    private let today = Story.day(2026, 9, 10)

    private static let permit = "排污许可证"

    /// The names of the certificates, as their library writes them.
    private func names(_ house: MemoryHouse) throws -> [String] {
        let list = try #require(house.catalog.entry("codeList", "certificate-kind", at: house.now))
        return list.body["codes"]?.elements.compactMap { $0["code"]?.string } ?? []
    }

    /// The documents that certificates can replace.
    private func replaced(_ house: MemoryHouse) throws -> Set<String> {
        let list = try #require(house.catalog.entry("codeList", "document-replaced", at: house.now))
        return Set(list.body["codes"]?.elements.compactMap { $0["means"]?.string } ?? [])
    }

    /// What the firm's last portrait asks for: how many documents, and by the titles of its tags which.
    private func asked(_ house: MemoryHouse, of firm: String) throws -> (count: Double?, documents: Set<String>) {
        let portraits = try house.bodies(Topic.scoringPortraits, Portrait.type).map { try Portrait($0) }
        let portrait = try #require(portraits.last { $0.subject == firm })
        let titles = portrait.tags.filter { $0.hasPrefix("bring-") }.compactMap { tag in
            house.catalog.entry("tag", tag, at: house.now)?.body["title"]?["zh"]?.string
        }
        return (portrait.number("documents-asked"), Set(titles.map { String($0.dropFirst("需提交：".count)) }))
    }

    /// A file of the library with one line a certificate.
    private func file(of story: HunanStory, _ names: [String], number: String = "ZZ", validTo: String = "2029-01-14") -> String {
        let lines = names.enumerated().map { place, name in
            "\(story.firm),\(name),\(number)-\(place),2024-01-15,\(name == "营业执照" ? "长期" : validTo)\n"
        }
        return "持证主体代码,证照名称,证照编号,签发日期,有效期至\n" + lines.joined()
    }

    /// A firm that asks for money, with a consent, and nothing on file yet.
    private func house(of story: HunanStory) throws -> MemoryHouse {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "certificates"])
        house.tell([story.consent(until: today.adding(months: 12))])
        try house.advance(to: house.now + .seconds(1))
        return house
    }

    @Test func `no document is asked for when 26 certificates are on file, and an expired one brings its document back`() throws {
        let story = HunanStory(number: 48, today: today)
        let house = try house(of: story)
        let names = try names(house)
        #expect(names.count == 26)

        // Each replaced document is named, and no two certificates replace the same.
        house.tell([story.request()])
        try house.advance(to: house.now + .seconds(60))
        var said = try asked(house, of: story.firm)
        #expect(said.count == 26)
        #expect(said.documents.count == 26)
        #expect(try said.documents == replaced(house))

        #expect(try house.deliver(file(of: story, names.filter { $0 != Self.permit }), by: "certificate-hub-csv").records == 25)
        try house.advance(to: house.now + .seconds(60))
        said = try asked(house, of: story.firm)
        #expect(said.count == 1)
        #expect(said.documents == ["排污许可证复印件"])

        // One that is over replaces nothing.
        let yesterday = (today - 1).text
        try house.deliver(file(of: story, [Self.permit], number: "PW-old", validTo: yesterday), by: "certificate-hub-csv")
        try house.advance(to: house.now + .seconds(60))
        said = try asked(house, of: story.firm)
        #expect(said.count == 1)
        #expect(said.documents == ["排污许可证复印件"])

        try house.deliver(file(of: story, [Self.permit], number: "PW-new"), by: "certificate-hub-csv")
        try house.advance(to: house.now + .seconds(60))
        said = try asked(house, of: story.firm)
        #expect(said.count == 0)
        #expect(said.documents == [])
        #expect(house.setAside(.ingestion) == [])
        #expect(house.setAside(.governance) == [])
    }

    @Test func `a certificate that runs out brings its document back on the next day`() throws {
        let story = HunanStory(number: 49, today: today)
        let house = try house(of: story)
        house.tell([story.request()])
        let lasting = try names(house).filter { $0 != Self.permit }
        try house.deliver(file(of: story, lasting), by: "certificate-hub-csv")
        let last = today + 20
        try house.deliver(file(of: story, [Self.permit], number: "PW", validTo: last.text), by: "certificate-hub-csv")
        try house.advance(to: (last + 1).startInChina - .seconds(1))
        #expect(try asked(house, of: story.firm).count == 0)
        try house.advance(to: (last + 1).startInChina + .seconds(60))
        let said = try asked(house, of: story.firm)
        #expect(said.count == 1)
        #expect(said.documents == ["排污许可证复印件"])
    }

    @Test func `of a firm that asks for no money no document is asked`() throws {
        let story = HunanStory(number: 50, today: today)
        let house = try house(of: story)
        try house.deliver(file(of: story, [Self.permit]), by: "certificate-hub-csv")
        try house.advance(to: house.now + .seconds(60))
        let said = try asked(house, of: story.firm)
        #expect(said.count == nil)
        #expect(said.documents == [])
    }
}
