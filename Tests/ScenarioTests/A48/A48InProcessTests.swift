import Adapters
import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A48: what an electronic certificate says need not be brought on paper.
@Suite struct A48InProcessTests {
    private let today = Story.day(2026, 9, 10)

    /// Certificates by kind with the document that each replaces, from the catalogue.
    private func replaced(_ house: MemoryHouse) throws -> [String: String] {
        let list = try #require(house.catalog.entry("codeList", "document-replaced", at: house.now))
        let codes = list.body["codes"]?.elements.compactMap { json -> (String, String)? in
            guard let code = json["code"]?.string, let means = json["means"]?.string else { return nil }
            return (code, means)
        }
        return Dictionary(codes ?? []) { first, _ in first }
    }

    private func names(_ house: MemoryHouse) throws -> [String] {
        let list = try #require(house.catalog.entry("codeList", "certificate-kind", at: house.now))
        return list.body["codes"]?.elements.compactMap { $0["code"]?.string } ?? []
    }

    /// The documents that are still to be brought for a request that asks for all of them.
    private func asked(_ house: MemoryHouse, of firm: String, on day: Day) throws -> Set<String> {
        let replaced = try replaced(house)
        let valid = try house.facts("e-certificate").filter { fact in
            fact.subject == firm && !fact.isRetraction && (fact.data["validTo"]?.day.map { day <= $0 } ?? true)
        }
        return Set(replaced.values).subtracting(valid.compactMap { $0.data["kind"]?.string }.compactMap { replaced[$0] })
    }

    @Test func `no document is asked for when 26 certificates are on file, and an expired one brings its document back`() throws {
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "certificates"])
        let story = HunanStory(number: 48, today: today)
        house.tell([story.consent(until: today.adding(months: 12))])
        try house.advance(to: house.now + .seconds(1))
        let names = try names(house)
        #expect(names.count == 26)
        #expect(try asked(house, of: story.firm, on: today).count == 26)

        var file = "持证主体代码,证照名称,证照编号,签发日期,有效期至\n"
        for (number, name) in names.enumerated() where name != "排污许可证" {
            file += "\(story.firm),\(name),ZZ-\(number),2024-01-15,\(name == "营业执照" ? "长期" : "2029-01-14")\n"
        }
        #expect(try house.deliver(file, by: "certificate-hub-csv").records == 25)
        try house.advance(to: house.now + .seconds(60))
        #expect(house.setAside(.ingestion) == [])
        #expect(try asked(house, of: story.firm, on: today) == ["排污许可证复印件"])

        try house.deliver(
            "持证主体代码,证照名称,证照编号,签发日期,有效期至\n\(story.firm),排污许可证,PW-1,2024-01-15,2027-01-14\n", by: "certificate-hub-csv")
        try house.advance(to: house.now + .seconds(60))
        #expect(try asked(house, of: story.firm, on: today) == [])
        #expect(try asked(house, of: story.firm, on: Day(year: 2027, month: 1, day: 15) ?? today) == ["排污许可证复印件"])
        // Each replaced document is named, and no two certificates replace the same.
        #expect(Set(try replaced(house).values).count == 26)
    }
}
