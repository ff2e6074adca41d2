import Contracts
import Deciding
import Foundation
import MatchmakingDomain
import Testing
import Vocabulary
import Wire

@Test func `a portrait finds products and says so only when the list is another`() {
    var desk = OfferDesk(Matchmaking(), now: "2026-04-29T04:00:00Z", [Offer.product("p")])
    desk.take(Offer.portrait(1, Offer.good), key: Offer.firm)
    desk.take(Offer.portrait(2, Offer.good), key: Offer.firm)
    #expect(desk.all(MatchList.self).count == 1)
    desk.take(Offer.portrait(3, ["sales": 8_000_000, "age": 40]), key: Offer.firm)
    #expect(desk.all(MatchList.self).map(\.portraitRevision) == [1, 3])
    // An older portrait that comes late.
    desk.take(Offer.portrait(2, [:]), key: Offer.firm)
    #expect(desk.all(MatchList.self).count == 2)
    desk.take(Offer.portrait(4, [:]), key: Offer.firm)
    #expect(desk.table("match").map { $0["is_current"] } == [.bool(false)])
    #expect(desk.table("match").map { $0["rank"] } == [.int64(0)])
}

@Test func `a new product finds every firm that fits and a withdrawn one leaves them`() {
    var desk = OfferDesk(Matchmaking(), now: "2026-04-29T04:00:00Z", [Offer.product("old")])
    let firms = ["F1", "F2", "F3"]
    for firm in firms {
        desk.take(Offer.portrait(of: firm, firm == "F3" ? ["sales": 5, "age": 40] : Offer.good), key: firm)
    }
    let before = desk.all(MatchList.self).count
    desk.publish(Offer.product("new", base: 100))
    let lists = desk.all(MatchList.self).dropFirst(before)
    #expect(lists.map(\.subject) == firms)
    #expect(lists.map { $0.matches.first?.productID } == ["new", "new", nil])
    desk.publish(Offer.product("new", version: 2, withdrawn: true))
    #expect(desk.all(MatchList.self).suffix(3).map { $0.matches.map(\.productID) } == [["old"], ["old"], []])
    #expect(desk.table("match").filter { $0["is_current"] == .bool(true) }.count == 2)
    let count = desk.sent.count
    desk.publish(Offer.product("new", version: 2, withdrawn: true))
    #expect(desk.sent.count == count)
}

@Test func `a product published ahead finds firms when its time comes`() {
    var desk = OfferDesk(Matchmaking(), now: "2026-04-29T04:00:00Z", [Offer.product("old")])
    desk.take(Offer.portrait(of: "F1", Offer.good), key: "F1")
    desk.publish(Offer.product("new", from: "2026-05-10T00:00:00Z"))
    desk.take(Offer.portrait(of: "F2", Offer.good), key: "F2")
    #expect(desk.all(MatchList.self).allSatisfy { $0.matches.count == 1 })
    desk.advance(to: "2026-05-10T00:00:00Z")
    #expect(desk.all(MatchList.self).filter { $0.matches.count == 2 }.map(\.subject).sorted() == ["F1", "F2"])
    #expect(desk.timers.values.allSatisfy { $0.isEmpty })
}

@Test func `the products of a withdrawn institution are not offered`() {
    var desk = OfferDesk(Matchmaking(), now: "2026-04-29T04:00:00Z", [Offer.product("p"), Offer.entry("institution", "bank-a", "{}")])
    desk.take(Offer.portrait(Offer.good), key: Offer.firm)
    desk.publish(Offer.entry("institution", "bank-a", version: 2, withdrawn: true, "{}"))
    #expect(desk.all(MatchList.self).map(\.matches.count) == [1, 0])
}

@Test func `portraits and products lead to the same list in either order`() {
    var first = OfferDesk(Matchmaking(), now: "2026-04-29T04:00:00Z", [Offer.product("a"), Offer.product("b")])
    first.take(Offer.portrait(Offer.good), key: Offer.firm)
    var second = OfferDesk(Matchmaking(), now: "2026-04-29T04:00:00Z", [])
    second.take(Offer.portrait(Offer.good), key: Offer.firm)
    second.publish(Offer.product("b"))
    second.publish(Offer.product("a"))
    #expect(first.rows == second.rows)
    #expect(first.states == second.states)
}

@Test func `a firm of a county that came to an end is served where its successor is, and by what is offered in the county that was`() {
    var desk = OfferDesk(
        Matchmaking(), now: "2026-04-29T04:00:00Z",
        [
            Offer.product("before", more: #", "regions": ["430102"]"#), Offer.product("now", more: #", "regions": ["4302"]"#),
            Offer.product("elsewhere", more: #", "regions": ["430103"]"#),
        ])
    desk.take(Offer.portrait(Offer.good), key: Offer.firm)
    #expect(desk.all(MatchList.self).last?.matches.map(\.productID) == ["before"])
    desk.publish(Offer.divisions)
    #expect(desk.all(MatchList.self).last?.matches.map(\.productID).sorted() == ["before", "now"])
}

@Test func `a product that cannot be used is named and refused`() {
    func defects(_ entry: CatalogEntry, _ examples: String...) -> [String] {
        Matchmaking.defects(of: entry, examples: examples.map { Offer.json($0) }, in: .empty)
    }
    let eligible = #"{"facts": {"subjectKind": "enterprise", "sales": 4000000, "age": 40}, "eligible": true, "firstFailing": null}"#
    #expect(defects(Offer.product("p"), eligible) == [])
    #expect(defects(Offer.product("p")) == ["there is no example"])
    #expect(
        defects(Offer.product("p"), #"{"facts": {"subjectKind": "enterprise", "sales": 4, "age": 1}, "eligible": true}"#)
            == ["example 1: should be eligible and fails `sales`"])
    #expect(
        defects(Offer.product("p"), #"{"facts": {"subjectKind": "x"}, "eligible": false, "firstFailing": "sales"}"#)
            == ["example 1: should fail `sales` first and fails `firm`"])
    #expect(defects(Offer.product("p", kind: "gift"), eligible).first?.hasPrefix("`kind` is none of") == true)
    #expect(defects(Offer.product("p", limit: #"{"nonsense": 1}"#), eligible).first?.hasPrefix("`limit`: unknown operator") == true)
    #expect(defects(Offer.product("p", days: -1), eligible) == ["`days` is not 0…3650"])
    #expect(defects(Offer.entry("product", "p", "{}"), "{}").count > 8)
    #expect(defects(Offer.entry("ranking", "r", #"{"success": 50, "cost": 30, "speed": 15, "service": 15}"#), "{}").count == 1)
    let ranking = Offer.entry("ranking", "r", #"{"success": 40, "cost": 30, "speed": 15, "service": 15}"#)
    let objectives = #"{"success": 8000, "cost": 5000, "speed": 10000, "service": 6000, "total": 7100}"#
    #expect(defects(ranking, objectives) == [])
    #expect(defects(ranking, objectives, objectives.replacing("7100", with: "7000")) == ["example 2: the total is 7100, not 7000"])
    #expect(defects(ranking, "{}").count == 1)
    let catalog = Catalog(version: 1, entries: [Offer.product("p"), Offer.product("p", version: 2, days: -1)])
    let view = MatchmakingCatalog(catalog)
    #expect(view.defects == ["product/p/2": ["`days` is not 0…3650"]])
    #expect(view.shelf(at: Offer.instant("2026-01-01T00:00:00Z")).products.map(\.version) == [1])
}

/// The entries of a file of the base pack, with their examples; empty when it is not there.
func offerPack(_ file: String) throws -> [(entry: CatalogEntry, examples: [JSONValue])] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    guard let bytes = try? Data(contentsOf: root.appending(path: "packs/base/\(file)")) else {
        print("skipped: packs/base/\(file) is not there")
        return []
    }
    return try JSONDocument(parsing: Array(bytes)).root.elements.map { json in
        (try CatalogEntry(json), json["examples"].map { Array($0.elements) } ?? [])
    }
}

@Test func `the products of the base pack are sound and their examples hold`() throws {
    for (entry, examples) in try offerPack("products.json") {
        #expect(Matchmaking.defects(of: entry, examples: examples, in: .empty) == [], "\(entry.id)")
    }
}
