import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

/// What several sources say of one thing: a trade, a month, a form.
@Suite struct GovernanceCrossCheckTests {
    private let ana = GovernanceHouse.firm(1)

    private var catalog: Catalog {
        let trade = GovernanceHouse.entry(
            "crossCheck", "trade",
            #"{"owner":"desk","parts":[{"as":"order","recordType":"trade.order","key":["trade"]},{"as":"goods","recordType":"trade.delivery","key":["trade"]},{"as":"invoice","recordType":"trade.invoice","key":["trade"]},{"as":"cash","recordType":"trade.payment","key":["trade"]}],"tolerance":{"share":1.02},"checks":[{"id":"invoiced-as-ordered","logic":{"<=":[{"var":"invoice.amount"},{"*":[{"var":"tolerance.share"},{"var":"order.amount"}]}]}},{"id":"delivered","logic":{">=":[{"var":"goods.amount"},{"var":"invoice.amount"}]}},{"id":"paid-as-invoiced","logic":{"<=":[{"var":"cash.amount"},{"*":[{"var":"tolerance.share"},{"var":"invoice.amount"}]}]}}]}"#
        )
        let types = ["order", "delivery", "invoice", "payment"].map { GovernanceHouse.type("trade.\($0)", key: ["trade", "no"]) }
        return Catalog(version: 1, entries: GovernanceHouse.baseEntries + types + [trade])
    }

    private func part(_ type: String, _ no: String, _ amount: Int, trade: String = "T1", at time: String = "2026-03-01T00:00:00Z")
        -> AcceptedRecord
    {
        GovernanceHouse.record(
            "\(type)-\(trade)-\(no)-\(amount)", "trade.\(type)", of: ana, at: time, writer: "source:\(type)",
            #"{"trade":"\#(trade)","no":"\#(no)","amount":\#(amount)}"#)
    }

    @Test func `whatever the order of the sides a trade's result is the same, and it is told once`() throws {
        let records = [
            part("order", "1", 1_000), part("delivery", "1", 600), part("delivery", "2", 400), part("invoice", "1", 1_000),
            part("payment", "1", 300), part("payment", "2", 700), part("order", "1", 1_000, trade: "T2"),
            part("invoice", "1", 1_300, trade: "T2"),
            // A correction of the invoice, which makes it too high.
            part("invoice", "1", 1_200, at: "2026-03-05T00:00:00Z"),
        ]
        var dice = SplitMix64(seed: 5)
        var results: Set<[String]> = []
        for round in 0..<40 as Range<Int> {
            var house = GovernanceHouse(catalog: catalog)
            for record in records.shuffled(using: &dice) {
                house.take(record)
                // In half of the rounds not all comes together.
                if round % 2 == 1, Bool.random(using: &dice) { house.ring() }
            }
            house.ring()
            results.insert(house.standing.filter { $0.hasPrefix("cross-check.result") })
            #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["no", "no"])
            if round % 2 == 0 { #expect(house.facts.count { $0.recordType == "cross-check.result" } == 2) }
        }
        #expect(results.count == 1)
        let text = try #require(results.first?.first { $0.contains(#""key":"T1""#) })
        #expect(
            text.contains(
                #""id":"invoiced-as-ordered","observed":"invoice.amount=1200, order.amount=1000, tolerance.share=1.02","verdict":"no""#))
        #expect(
            text.contains(
                #""id":"paid-as-invoiced","observed":"cash.amount=1000, invoice.amount=1200, tolerance.share=1.02","verdict":"yes""#))
    }

    @Test func `where sources differ the less trusted is asked first, and nobody where all are trusted alike`() throws {
        func trust(_ source: String, _ weight: Int) -> CatalogEntry {
            GovernanceHouse.entry("sourceTrust", source, #"{"writer":"source:\#(source)","weightBp":\#(weight)}"#)
        }
        let failed = "cross-check-failed trade: invoiced-as-ordered"
        let cases: [(trusts: [CatalogEntry], asked: [String])] = [
            ([], []), ([trust("order", 7_000), trust("invoice", 7_000)], []),
            ([trust("order", 9_000), trust("invoice", 7_000)], ["source:invoice"]), ([trust("order", 9_999)], ["source:order"]),
            // What agrees with the others is not asked at all.
            ([trust("delivery", 100)], []), ([trust("delivery", 100), trust("invoice", 8_000)], ["source:invoice"]),
        ]
        for (trusts, asked) in cases {
            var house = GovernanceHouse(catalog: Catalog(version: 2, entries: catalog.all + trusts))
            house.take(part("order", "1", 1_000), part("delivery", "1", 2_000), part("invoice", "1", 1_300))
            house.ring()
            #expect(house.told == [failed + (asked.isEmpty ? "" : "; asked first: \(asked.joined(separator: ","))")])
            let result = try #require(house.facts.last { $0.recordType == "cross-check.result" })
            #expect((result.data["askedFirst"]?.elements.compactMap(\.string) ?? []) == asked)
        }
    }

    @Test func `of a form that differs the less trusted side is asked first`() throws {
        let check = GovernanceHouse.entry(
            "crossCheck", "listing",
            #"{"form":"form","parts":[{"as":"form","recordType":"listing","key":[]},{"as":"file","recordType":"file","key":[]}],"fields":[{"field":"seat","part":"file"}]}"#
        )
        let types = ["listing", "file"].map {
            GovernanceHouse.type($0, key: [], #","latestWins":true"#, fields: #"{"seat":{"type":"text"}}"#)
        }
        let trust = GovernanceHouse.entry("sourceTrust", "desk", #"{"writer":"source:desk","weightBp":9000}"#)
        for (seat, asked) in [("Y", ["source:desk"]), ("X", [])] as [(String, [String])] {
            var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + types + [check, trust]))
            house.take(
                GovernanceHouse.record("l", "listing", of: ana, at: "2026-03-01T00:00:00Z", writer: "portal", #"{"seat":"X"}"#),
                GovernanceHouse.record("f", "file", of: ana, at: "2026-03-01T00:00:00Z", writer: "source:desk", #"{"seat":"\#(seat)"}"#))
            house.ring()
            let result = try #require(house.facts.last { $0.recordType == "cross-check.result" })
            #expect((result.data["askedFirst"]?.elements.compactMap(\.string) ?? []) == asked)
        }
    }

    @Test func `of a month that is half forgotten nothing is said to differ`() {
        let check = GovernanceHouse.entry(
            "crossCheck", "month",
            #"{"owner":"desk","parts":[{"as":"bank","recordType":"trade.flow","key":["period"]},{"as":"books","recordType":"trade.books","key":["period"]}],"checks":[{"id":"books-as-banks","logic":{"==":[{"var":"bank.amount"},{"var":"books.amount"}]}}]}"#
        )
        let types = [
            GovernanceHouse.type("trade.flow", key: ["no", "period"]), GovernanceHouse.type("trade.books", key: ["period"]),
        ]
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + types + [check]))
        func say(_ type: String, _ no: String, _ month: Month, _ amount: Int) {
            house.take(
                GovernanceHouse.record(
                    "\(type)-\(no)-\(month.text)", "trade.\(type)", of: ana, at: "\((month + 1).text)-05T00:00:00Z",
                    writer: "source:\(type)", #"{"no":"\#(no)","period":"\#(month.text)","amount":\#(amount)}"#))
        }
        let months = (0..<24).map { Month(year: 2024, month: 1) + $0 }
        // More statements than are remembered, and an odd one at the end.
        for month in months { for bank in ["a", "b", "c", "d", "e"] { say("flow", bank, month, 20) } }
        if let last = months.last { say("flow", "f", last, 0) }
        for month in months { say("books", "", month, 100) }
        house.ring()
        let verdicts = house.cells(GovernanceTables.crossResult, "verdict")
        let agreeing = verdicts.count { $0 == "yes" }
        let unknown = verdicts.count { $0 == "unknown" }
        // Of the months that are gone the books alone are there; that banks spoke is still known.
        #expect(agreeing >= 16 && agreeing + unknown == months.count, "\(verdicts)")
    }

    /// Orders of other trades, a second apart; forty are more than are remembered.
    private func others(_ numbers: Range<Int> = 0..<40, since time: String = "2026-02-10T00:00:00Z") -> [AcceptedRecord] {
        let start = GovernanceHouse.instant(time)
        return numbers.map { part("order", "1", 1, trade: "O\($0)", at: (start + .seconds($0)).rfc3339) }
    }

    @Test func `of a trade of which an order is forgotten nothing is said to differ, whatever came first, and the orders are named`()
        throws
    {
        var dice = SplitMix64(seed: 11)
        var results: Set<[String]> = []
        for _ in 0..<10 {
            var house = GovernanceHouse(catalog: catalog)
            let orders = [part("order", "1", 600, at: "2026-01-05T00:00:00Z"), part("order", "2", 400, at: "2026-03-20T00:00:00Z")]
            for record in (orders + others()).shuffled(using: &dice) { house.take(record) }
            house.take(part("invoice", "1", 1_000, at: "2026-03-21T00:00:00Z"), part("invoice", "1", 2, trade: "O39"))
            house.ring()
            results.insert(house.standing.filter { $0.hasPrefix("cross-check.result") })
            // Of the other trade all is there.
            #expect(house.told == ["cross-check-failed trade: invoiced-as-ordered"])
            #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["no", "unknown"])
        }
        #expect(results.count == 1)
        let text = try #require(results.first?.first { $0.contains(#""key":"T1""#) })
        #expect(text.contains(#""forgotten":["order"]"#), "\(text)")
        #expect(text.contains("order.amount=forgotten"), "\(text)")
    }

    @Test func `what was compared stays when something of it is forgotten, and the next word about it makes it unknown`() {
        var house = GovernanceHouse(catalog: catalog)
        house.take(
            part("order", "1", 600, at: "2026-01-05T00:00:00Z"), part("order", "2", 400, at: "2026-03-20T00:00:00Z"),
            part("delivery", "1", 1_000), part("invoice", "1", 1_000), part("payment", "1", 1_000))
        house.ring()
        for record in others() { house.take(record) }
        house.ring()
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["yes"])
        house.take(part("payment", "1", 1_010, at: "2026-03-25T00:00:00Z"))
        house.ring()
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["unknown"])
        // Even when no order of it is left.
        for record in others(40..<80, since: "2026-04-10T00:00:00Z") { house.take(record) }
        house.take(part("payment", "1", 1_015, at: "2026-04-25T00:00:00Z"))
        house.ring()
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["unknown"])
        #expect(house.told == [])
    }

    @Test func `however much is forgotten the state is bounded and nothing half is taken for whole`() {
        var house = GovernanceHouse(catalog: catalog)
        house.writesStates = false
        house.take(part("order", "1", 600, at: "2026-01-05T00:00:00Z"), part("order", "2", 400, at: "2026-03-20T00:00:00Z"))
        for record in others(0..<1_500) { house.take(record) }
        house.take(part("invoice", "1", 1_000, at: "2026-03-21T00:00:00Z"))
        house.ring()
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["unknown"])
        #expect((house.states[ana]?.count ?? 0) < 32_768)
    }

    @Test func `a comparison that is published later does not take for whole what was half forgotten before`() {
        let full = catalog
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: full.all.filter { $0.kind != "crossCheck" }))
        house.take(part("order", "1", 600, at: "2026-01-05T00:00:00Z"), part("order", "2", 400, at: "2026-03-20T00:00:00Z"))
        for record in others() { house.take(record) }
        house.catalog = full
        house.take(
            part("invoice", "1", 1_000, at: "2026-01-06T00:00:00Z"), part("invoice", "1", 2, trade: "O39", at: "2026-03-21T00:00:00Z"))
        house.ring()
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["no", "unknown"])
    }

    @Test func `of a form's fields those differ of which the latest is there, and the others are open`() throws {
        let check = GovernanceHouse.entry(
            "crossCheck", "listing",
            #"{"form":"form","parts":[{"as":"form","recordType":"listing.application","key":[]},{"as":"file","recordType":"file.note","key":[]}],"fields":[{"field":"f0","part":"file"},{"field":"f1","part":"file"}]}"#
        )
        let types = [
            GovernanceHouse.type("listing.application", key: [], #","latestWins":true"#), GovernanceHouse.type("file.note", key: ["no"]),
        ]
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + types + [check]))
        for number in 0..<40 {
            house.take(
                GovernanceHouse.record(
                    "note-\(number)", "file.note", of: ana, at: "2026-03-01T00:00:\(10 + number)Z",
                    #"{"no":"\#(number)","f\#(number == 0 ? 1 : 0)":7}"#))
        }
        house.take(
            GovernanceHouse.record("form", "listing.application", of: ana, at: "2026-04-01T00:00:00Z", #"{"f0":8,"f1":8}"#))
        house.ring()
        let result = try #require(house.facts.last { $0.recordType == "cross-check.result" })
        #expect(result.data["differing"]?.elements.compactMap { $0["field"]?.string } == ["f0"])
        #expect(result.data["open"]?.int == 1)
        #expect(result.data["forgotten"]?.elements.compactMap(\.string) == ["file"])
    }

    @Test func `a difference is told once with both sources and one side alone is no comparison`() {
        var house = GovernanceHouse(catalog: catalog)
        house.take(part("order", "1", 1_000))
        house.ring()
        #expect(house.facts.count == 1)
        house.take(part("invoice", "1", 1_500), part("delivery", "1", 2_000))
        #expect(house.told == [])
        house.ring()
        #expect(house.told == ["cross-check-failed trade: invoiced-as-ordered"])
        #expect(house.events.first?.writer == "source:order,source:delivery,source:invoice")
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["no"])
    }

    @Test func `said again it changes nothing`() {
        var house = GovernanceHouse(catalog: catalog)
        let records = [part("order", "1", 1_000), part("invoice", "1", 1_000), part("delivery", "1", 1_000), part("payment", "1", 1_000)]
        for record in records { house.take(record) }
        house.ring()
        let (facts, states) = (house.facts.count, house.states)
        for record in records { house.take(record) }
        house.ring()
        #expect(house.facts.count == facts)
        #expect(house.states == states)
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["yes"])
    }

    @Test func `what is taken back is compared no more`() {
        var house = GovernanceHouse(catalog: catalog)
        house.take(part("order", "1", 1_000), part("invoice", "1", 1_500), part("delivery", "1", 2_000))
        house.ring()
        house.take(
            GovernanceHouse.record(
                "x", "objection.answered", of: ana, at: "2026-04-01T00:00:00Z", writer: "source:governance-desk",
                #"{"objectionId":"x","recordId":"source:invoice/invoice-T1-1-1500","outcome":"removed"}"#))
        house.ring()
        #expect(house.told.contains("objection-answered x removed"))
        let text = house.standing.first { $0.hasPrefix("cross-check.result") } ?? ""
        #expect(text.contains(#""id":"invoiced-as-ordered","observed":"invoice.amount=null"#))
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["unknown"])
        house.take(
            GovernanceHouse.record(
                "y", "objection.answered", of: ana, at: "2026-04-02T00:00:00Z", writer: "source:governance-desk",
                #"{"objectionId":"y","recordId":"source:delivery/delivery-T1-1-2000","outcome":"removed"}"#))
        house.ring()
        #expect(house.cells(GovernanceTables.crossResult, "verdict") == ["taken-back"])
        #expect(house.standing.filter { $0.hasPrefix("cross-check.result") } == [])
    }

    @Test func `of a form's 161 fields exactly the five that differ are named with both values and both sources`() throws {
        // Eight parts of a file with twenty fields each, and one with one more.
        let fields = (0..<161).map { (name: "f\($0)", part: "file\(min($0 / 20, 7))") }
        let listed = fields.map { #"{"field":"\#($0.name)","part":"\#($0.part)"}"# }.joined(separator: ",")
        let parts = (0..<8).map { #"{"as":"file\#($0)","recordType":"file.\#($0)","key":[]}"# }.joined(separator: ",")
        let check = GovernanceHouse.entry(
            "crossCheck", "listing",
            #"{"form":"form","parts":[{"as":"form","recordType":"listing.application","key":[]},\#(parts)],"fields":[\#(listed)]}"#)
        let types = (0..<8).map { GovernanceHouse.type("file.\($0)", key: [], #","latestWins":true"#) }
        let form = GovernanceHouse.type(
            "listing.application", key: [], #","latestWins":true"#, fields: #"{"f7":{"type":"text","class":"pii.name"}}"#)
        let wrong: Set<Int> = [3, 7, 40, 99, 160]
        func body(_ numbers: some Sequence<Int>, isForm: Bool) -> String {
            "{" + numbers.map { #""f\#($0)":\#(isForm && wrong.contains($0) ? 9_999 : $0)"# }.joined(separator: ",") + "}"
        }
        var records = (0..<8).map { part in
            GovernanceHouse.record(
                "file-\(part)", "file.\(part)", of: ana, at: "2026-03-0\(part + 1)T00:00:00Z",
                body(fields.indices.filter { fields[$0].part == "file\(part)" }, isForm: false))
        }
        records.append(
            GovernanceHouse.record(
                "form", "listing.application", of: ana, at: "2026-04-01T00:00:00Z", writer: "portal", body(fields.indices, isForm: true)))
        var dice = SplitMix64(seed: 9)
        for _ in 0..<5 {
            var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + types + [form, check]))
            #expect(house.catalog.view(GovernanceCatalog.self).defects == [:])
            for record in records.shuffled(using: &dice) { house.take(record) }
            house.ring()
            let result = try #require(house.facts.last { $0.recordType == "cross-check.result" && !$0.isRetraction })
            let differing = result.data["differing"].map { Array($0.elements) } ?? []
            #expect(differing.compactMap { $0["field"]?.string } == wrong.sorted().map { "f\($0)" })
            #expect(result.data["agreeing"]?.int == 156)
            #expect(result.data["open"]?.int == 0)
            #expect(differing[0]["said"]?.int == 9_999)
            #expect(differing[0]["onFile"]?.int == 3)
            #expect(differing[0]["saidBy"]?.string == "portal/form")
            #expect(differing[0]["onFileBy"]?.string == "source:test/file-0")
            // A person's field is named and not repeated.
            #expect(differing[1]["said"]?.string == "****")
            #expect(differing[4]["onFileBy"]?.string == "source:test/file-7")
        }
        print("form against file: 161 fields, 5 differ, 5 named")
    }

    @Test func `tax and customs agree within the tolerance and only the month that is far off is an issue`() {
        let check = GovernanceHouse.entry(
            "crossCheck", "exports",
            #"{"parts":[{"as":"tax","recordType":"tax.export","key":["period"]},{"as":"customs","recordType":"customs.export","key":["period"]}],"tolerance":{"share":0.1},"checks":[{"id":"exports-agree","logic":{"and":[{"<=":[{"-":[{"var":"tax.amount"},{"var":"customs.amount"}]},{"*":[{"var":"tolerance.share"},{"var":"tax.amount"}]}]},{"<=":[{"-":[{"var":"customs.amount"},{"var":"tax.amount"}]},{"*":[{"var":"tolerance.share"},{"var":"tax.amount"}]}]}]}}]}"#
        )
        var house = GovernanceHouse(
            catalog: Catalog(
                version: 1,
                entries: GovernanceHouse.baseEntries + ["tax.export", "customs.export"].map { GovernanceHouse.type($0, key: ["period"]) }
                    + [check]))
        for (month, tax, customs) in [(1, 1_000, 970), (2, 1_000, 400), (3, 1_000, 1_000)] {
            for (type, amount) in [("tax", tax), ("customs", customs)] {
                house.take(
                    GovernanceHouse.record(
                        "\(type)-\(month)", "\(type).export", of: ana, at: "2026-0\(month)-28T00:00:00Z", writer: "source:\(type)",
                        #"{"period":"2026-0\#(month)","amount":\#(amount)}"#))
            }
        }
        house.ring()
        #expect(house.events.map(\.reason) == ["exports: exports-agree"])
        #expect(house.events.map(\.writer) == ["source:tax,source:customs"])
        #expect(house.facts.filter { $0.recordType == "cross-check.result" }.map { $0.data["verdict"]?.string } == ["yes", "no", "yes"])
        #expect(
            house.facts.filter { $0.recordType == "cross-check.result" }.map { $0.data["period"]?.string } == [
                "2026-01", "2026-02", "2026-03",
            ])
    }
}
