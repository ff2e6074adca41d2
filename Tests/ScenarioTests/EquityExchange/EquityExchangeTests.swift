import Contracts
import Deciding
import Pipeline
import Testing
import Vocabulary
import Wire

/// Row A36: an application for listing beside the firm's digital file.
@Suite struct EquityExchangeTests {
    private let today = Story.day(2026, 4, 10)
    private let wrong = ["identity01", "shares03", "finance12", "innovation20", "financing21"]

    /// What both sides have, each with the part of the file in which it stands.
    private func fields(_ house: MemoryHouse) throws -> [(name: String, part: String)] {
        let entry = try #require(house.catalog.latest("crossCheck").first { $0.id == "listing-beside-file" })
        return entry.body["fields"]?.elements.map { (name: $0["field"]?.string ?? "", part: $0["part"]?.string ?? "") } ?? []
    }

    private func body(_ names: [String], wrong: [String] = []) -> [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                for name in names {
                    let number = Int(name.suffix(2)) ?? 0
                    let isWrong = wrong.contains(name)
                    // Every fifth field is a text.
                    if number % 5 == 0 {
                        object.member(name, isWrong ? "other" : "text \(number)")
                    } else {
                        object.member(name, Int64(isWrong ? number + 1_000 : number))
                    }
                }
            }
        }
    }

    /// The firm's file and, beside it, an application in which five fields are wrong.
    private func applied(number: Int) throws -> (house: MemoryHouse, firm: String) {
        let house = try wholeHouse(now: today.startInChina + .seconds(3_600), packs: ["base", "governance", "equity-exchange"])
        let firm = HunanStory(number: number, today: today).firm
        let fields = try fields(house)
        #expect(fields.count == 161)
        var parts: [String] = []
        for field in fields where !parts.contains(field.part) { parts.append(field.part) }
        for part in parts {
            house.send(
                to: Topic.source("equity-exchange"), type: "file.\(part)", id: "file-\(number)-\(part)", subject: firm,
                at: (today - 3).startInChina, data: body(fields.filter { $0.part == part }.map(\.name)))
        }
        house.send(
            to: Topic.portalIn, type: "listing.application", id: "listing-\(number)-1", subject: firm, at: today.startInChina,
            data: body(fields.map(\.name), wrong: wrong))
        try house.advance(to: house.now + .seconds(2))
        return (house, firm)
    }

    @Test func `of 161 fields exactly the five that differ are reported with both values and both sources`() throws {
        let house = try applied(number: 36).house
        let row = try #require(house.rows(.governance, "cross_result").first)
        #expect(row["verdict"] == .text("no"))
        guard case .json(let bytes)? = row["data"] else { throw Absent() }
        let data = try JSONDocument(parsing: bytes).root
        let differing = data["differing"].map { Array($0.elements) } ?? []
        #expect(differing.compactMap { $0["field"]?.string }.sorted() == wrong.sorted())
        #expect(data["agreeing"]?.int == 156)
        #expect(differing.allSatisfy { $0["saidBy"]?.string == "portal/listing-36-1" })
        #expect(differing.first { $0["field"]?.string == "finance12" }?["onFileBy"]?.string == "source:equity-exchange/file-36-finance")
        #expect(differing.first { $0["field"]?.string == "finance12" }?["said"]?.int == 1_012)
        #expect(differing.first { $0["field"]?.string == "finance12" }?["onFile"]?.int == 12)
        print("A36: 161 fields, 5 differ, 5 reported")
    }

    @Test func `what an application that was put right says is no difference any more`() throws {
        let (house, firm) = try applied(number: 136)
        #expect(house.rows(.governance, "cross_result").first?["verdict"] == .text("no"))
        house.send(
            to: Topic.portalIn, type: "listing.application", id: "listing-136-2", subject: firm, at: today.startInChina + .seconds(60),
            data: body(try fields(house).map(\.name)))
        try house.advance(to: house.now + .seconds(2))
        #expect(house.rows(.governance, "cross_result").first?["verdict"] == .text("yes"))
    }

    private struct Absent: Error {}
}
