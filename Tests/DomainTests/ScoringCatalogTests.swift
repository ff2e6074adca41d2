import Contracts
import Deciding
import Foundation
import Testing
import Vocabulary
import Wire

@testable import ScoringDomain

@Suite struct ScoringCatalogTests {
    @Test func `indicators made of one another in a circle are left out and named`() {
        let catalog = Catalog(
            version: 1,
            entries: [
                ScoringGround.other("a", "\"type\":\"ratio\",\"numerator\":\"b\",\"denominator\":\"c\""),
                ScoringGround.other("b", "\"type\":\"logic\",\"logic\":{\"+\":[{\"var\":\"a\"},1]}"),
                ScoringGround.series("c", "tax.return", nil, "count", 12),
                ScoringGround.series("broken", "tax.return", nil, "sum", 12),
                ScoringGround.series("too-long", "tax.return", nil, "count", 61),
            ])
        let view = catalog.view(ScoringCatalog.self)
        #expect(view.latestBook.indicators.map(\.id) == ["c"])
        #expect(Set(view.defects.keys) == ["indicator/a/1", "indicator/b/1", "indicator/broken/1", "indicator/too-long/1"])
    }

    @Test func `an entry counts from the day it is effective and facts are kept for it before`() {
        let later = ScoringGround.instant("2026-03-01T00:00:00Z")
        let tag = ScoringGround.entry(
            "tag", "new", "{\"title\":{\"en\":\"n\",\"zh\":\"n\"},\"logic\":{\">\":[{\"var\":\"cases\"},0]}}", from: later)
        let cases = CatalogEntry(
            kind: "indicator", id: "cases", version: 1, effectiveFrom: later,
            body: ScoringGround.series("cases", "judicial.case", nil, "count", 0).body)
        var drive = ScoringDrive(catalog: Catalog(version: 2, entries: ScoringGround.entries + [tag, cases]))
        drive.tell(ScoringGround.fact("c", "judicial.case", "2025-05-01T00:00:00Z", "{\"caseNo\":\"1\"}"))
        #expect(drive.ring().payload(Portrait.self)?.tags == [])
        #expect(drive.decide(.sweep([tag])).schedule == ["effective/tag/new": later])
        #expect(drive.ring(at: later).payload(Portrait.self)?.tags == ["new"])
    }

    @Test func `a sweep sends the portrait only where it changes something`() {
        var drive = ScoringDrive()
        drive.tell(ScoringGround.registration())
        drive.tell(ScoringGround.tax("2025-10", "100"))
        drive.ring()
        let tag = ScoringGround.entry(
            "tag", "big", "{\"title\":{\"en\":\"Big\",\"zh\":\"大\"},\"logic\":{\">\":[{\"var\":\"sales-12m\"},5]}}", version: 2)
        #expect(drive.decide(.sweep([tag])).messages.isEmpty)
        drive.catalog = Catalog(version: 8, entries: ScoringGround.entries + [tag])
        #expect(drive.decide(.sweep([tag])).payload(Portrait.self)?.tags == ["big"])
        #expect(drive.decide(.sweep([tag])).messages.isEmpty)
        var stranger = ScoringDrive()
        #expect(stranger.decide(.sweep([tag])).messages.isEmpty)
    }

    @Test func `an example that does not hold refuses the entry`() {
        let entry = ScoringGround.series("sales", "tax.return", "sales", "sum", 12)
        let facts =
            "[{\"recordType\":\"tax.return\",\"occurredAt\":\"2025-05-01T00:00:00Z\",\"data\":{\"period\":\"2025-04\",\"sales\":12.5}}]"
        func defects(_ value: String) -> [String] {
            Scoring.defects(
                of: entry, examples: [ScoringGround.json("{\"facts\":\(facts),\"asOf\":\"2025-12-31T00:00:00Z\",\"value\":\(value)}")],
                in: .empty)
        }
        #expect(defects("12.5") == [])
        #expect(defects("12") == ["example 1: should be 12.0 and is 12.5"])
        #expect(defects("null") == ["example 1: should be absent and is 12.5"])
        #expect(Scoring.defects(of: entry, examples: [], in: .empty) == ["there is no example"])
        let tag = ScoringGround.entry("tag", "t", "{\"title\":{\"en\":\"t\",\"zh\":\"t\"},\"logic\":{\">\":[{\"var\":\"misspelt\"},0]}}")
        #expect(
            Scoring.defects(of: tag, examples: [ScoringGround.json("{\"indicators\":{},\"has\":true}")], in: ScoringGround.catalog)
                == ["example 1: should have the tag"])
    }

    @Test func `drift is measured against those for whom the card was made`() throws {
        func model(_ population: String) -> (model: ScoringModel?, defects: [String]) {
            var defects: [String] = []
            let card = ScoringGround.entries.first { $0.kind == "model" }
            let body = String(decoding: card?.body.rawBytes ?? [], as: UTF8.self)
            let entry = ScoringGround.entry("model", "card", body.dropLast() + ",\"population\":\(population)}")
            let model = ScoringModel(entry, defects: &defects)
            return (model, defects)
        }
        let made = try #require(model("{\"AA\":10,\"A\":20,\"B\":40,\"C\":20,\"D\":10}").model)
        #expect(try #require(made.drift(of: ["AA": 100, "A": 200, "B": 400, "C": 200, "D": 100])).magnitude < 1e-12)
        // (0.3 - 0.1) ln 3 for the best, (0.2 - 0.4) ln 0.5 for the middle.
        let moved = try #require(made.drift(of: ["AA": 300, "A": 200, "B": 200, "C": 200, "D": 100]))
        #expect((moved - 0.358_351_893_845_611).magnitude < 1e-12)
        #expect(made.drift(of: ["AA": 50, "A": 49]) == nil, "too few to say anything")
        #expect(made.drift(of: ["AA": 50, "A": 50]) != nil)
        #expect(try #require(model("null").model).drift(of: ["AA": 1_000]) == nil)
        for wrong in [
            "{}", "3", "[1]", "{\"AA\":1,\"A\":1,\"B\":1,\"C\":1}", "{\"AA\":-1,\"A\":1,\"B\":1,\"C\":1,\"D\":1}",
            "{\"AA\":0,\"A\":0,\"B\":0,\"C\":0,\"D\":0}", "{\"AA\":1,\"A\":1,\"B\":1,\"C\":1,\"D\":1,\"E\":1}",
            "{\"AA\":1.5,\"A\":1,\"B\":1,\"C\":1,\"D\":1}",
        ] {
            let found = model(wrong)
            #expect(
                found.model == nil && found.defects == ["`population` is not how many have each of `AA`, `A`, `B`, `C`, `D`"], "\(wrong)")
        }
    }

    @Test func `every entry of the base pack holds with its examples`() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let pack = root.appendingPathComponent("packs/base")
        guard let files = FileManager.default.enumerator(at: pack, includingPropertiesForKeys: nil) else {
            print("skipped: there is no base pack")
            return
        }
        var found: [(file: String, entry: CatalogEntry, examples: [JSONValue])] = []
        for case let file as URL in files where file.pathExtension == "json" && file.lastPathComponent != "pack.json" {
            let json = try JSONDocument(parsing: [UInt8](try Data(contentsOf: file))).root
            for entry in json.kind == .array ? Array(json.elements) : [json] {
                found.append((file.lastPathComponent, try CatalogEntry(entry), entry["examples"].map { Array($0.elements) } ?? []))
            }
        }
        let catalog = Catalog(version: 1, entries: found.map(\.entry))
        #expect(catalog.view(ScoringCatalog.self).defects.isEmpty)
        var checked = 0
        for (file, entry, examples) in found where Scoring.kinds.contains(entry.kind) {
            #expect(Scoring.defects(of: entry, examples: examples, in: catalog) == [], "\(file) \(entry.id)")
            checked += 1
        }
        if checked == 0 { print("skipped: the base pack has no entry of scoring") }
    }
}
