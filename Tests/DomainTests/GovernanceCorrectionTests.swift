import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

/// What becomes of a record that a rule does not let pass: held, asked for again, let go.
@Suite struct GovernanceCorrectionTests {
    private let ana = GovernanceHouse.firm(1)
    private let calendar = GovernanceHouse.entry(
        "calendar", "cn",
        #"{"years":[{"year":2026,"off":["2026-10-01","2026-10-02","2026-10-03","2026-10-04","2026-10-05","2026-10-06","2026-10-07"],"work":["2026-10-10"]}]}"#
    )

    private func house(_ more: [CatalogEntry] = []) -> GovernanceHouse {
        GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [calendar] + more))
    }

    private func tax(_ id: String, _ sales: Int, at time: String = "2026-02-01T00:00:00Z", writer: String = "source:test") -> AcceptedRecord
    {
        GovernanceHouse.record(id, "tax.return", of: ana, at: time, writer: writer, #"{"period":"2026-01","sales":\#(sales)}"#)
    }

    private func ruling(_ kind: String, _ id: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "\(kind)-\(id)", "quality.\(kind)", of: ana, at: "2026-08-02T00:00:00Z", writer: "source:governance-desk",
            #"{"recordId":"source:test/\#(id)","reason":"checked","decidedBy":"desk"}"#)
    }

    @Test func `a held record opens a request that leaves for its source and a better one closes it`() throws {
        var house = house()
        house.take(tax("1", -5))
        #expect(house.told == ["quarantined sales-not-negative", "correction-requested sales-not-negative due=2026-08-07"])
        let request = try #require(house.requests.first)
        #expect(request.receiver == "source:test")
        #expect(request.messageType == "correction.requested.v1")
        #expect(request.body["recordId"]?.string == "1")
        #expect(request.body["observed"]?.string == "data.sales=-5")
        #expect(request.body["dueOn"]?.string == "2026-08-07")

        house.now = GovernanceHouse.instant("2026-08-04T08:00:00Z")
        house.take(tax("2", 5))
        #expect(house.told.last == "correction-closed corrected by source:test/2")
        #expect(house.cells(GovernanceTables.correction, "status") == ["corrected"])
        #expect(house.cells(GovernanceTables.correction, "took_working_days") == ["int64(2)"])
        #expect(house.state(ana).corrections.isEmpty)
        #expect(house.timers.isEmpty)

        let closing = try #require(house.requests.last)
        #expect(house.requests.map(\.messageType) == ["correction.requested.v1", "correction.closed.v1"])
        #expect(closing.receiver == "source:test")
        #expect(closing.purpose == "correction")
        #expect(closing.body["recordId"]?.string == "1")
        #expect(closing.body["closedBy"]?.string == "2")
        #expect(closing.body["outcome"]?.string == "corrected")
    }

    @Test func `a source is told what its own record says and not what was said before or by others`() throws {
        let rule = GovernanceHouse.entry(
            "qualityRule", "tax-jump",
            #"{"recordTypes":["tax.return"],"kind":"year-on-year","severity":"quarantine","weight":10,"owner":"desk","threshold":3,"logic":{"or":[{"!":[{"var":"hasPrevious"}]},{"<=":[{"var":"data.sales"},{"*":[{"var":"threshold"},{"var":"previous.sales"}]}]}]}}"#
        )
        var house = house([rule])
        house.take(
            GovernanceHouse.record(
                "0", "tax.return", of: ana, at: "2026-01-01T00:00:00Z", writer: "source:other", #"{"period":"2025-12","sales":77}"#))
        house.take(tax("1", 1_000))
        #expect(house.requests.map { $0.body["observed"]?.string } == ["data.sales=1000, threshold=3"])
        #expect(
            house.cells(GovernanceTables.qualityVerdict, "observed", where: "rule", is: "tax-jump")
                == ["data.sales=1000, hasPrevious=true, previous.sales=77, threshold=3"])
    }

    @Test func `an institution's record is asked for again of the institution, and the request names its writer`() throws {
        var house = house()
        house.take(tax("1", -5, writer: "institution:bank-a"), tax("2", 5, at: "2026-02-02T00:00:00Z", writer: "institution:bank-a"))
        #expect(house.requests.map(\.messageType) == ["correction.requested.v1", "correction.closed.v1"])
        for request in house.requests {
            #expect(request.receiver == "institution:bank-a")
            #expect(request.body["writer"]?.string == request.receiver)
            #expect(request.body["recordId"]?.string == "1")
            #expect(request.categories == [] && request.consentID == "")
        }
    }

    @Test func `another source's record does not close the request`() {
        var house = house()
        house.take(tax("1", -5))
        house.take(tax("x", 5, at: "2026-02-02T00:00:00Z", writer: "source:other"))
        #expect(house.state(ana).corrections.count == 1)
    }

    @Test func `the deadline counts working days over the autumn holiday and is told when it is over`() {
        var house = house()
        house.now = GovernanceHouse.instant("2026-09-30T02:00:00Z")
        house.take(tax("1", -5))
        // 8 and 9 October, the worked Saturday, then Monday and Tuesday.
        #expect(house.state(ana).corrections.first?.dueOn.text == "2026-10-13")
        house.now = GovernanceHouse.instant("2026-10-13T15:59:59Z")
        house.ring()
        #expect(!house.told.contains("correction-overdue sales-not-negative"))
        house.now = GovernanceHouse.instant("2026-10-13T16:00:00Z")
        house.ring()
        house.ring()
        #expect(house.told.count { $0 == "correction-overdue sales-not-negative" } == 1)
        #expect(house.cells(GovernanceTables.correction, "status") == ["overdue"])
        house.take(tax("2", 5))
        #expect(house.cells(GovernanceTables.correction, "status") == ["corrected"])
    }

    @Test func `who has said it better already is not asked`() {
        var house = house()
        house.take(tax("2", 5, at: "2026-03-01T00:00:00Z"), tax("1", -5))
        #expect(house.requests.isEmpty)
        #expect(house.told == ["quarantined sales-not-negative"])
    }

    @Test func `an override makes a fact of the held record whichever comes first`() {
        for order in [[tax("1", -5), ruling("override", "1")], [ruling("override", "1"), tax("1", -5)]] {
            var house = house()
            for record in order { house.take(record) }
            #expect(house.sum("sales") == -5)
            #expect(house.state(ana).held.isEmpty)
            #expect(house.state(ana).corrections.isEmpty)
            #expect(house.facts.first { $0.recordType == "tax.return" }?.quality == 4_000)
        }
        var house = house()
        house.take(tax("1", -5), ruling("override", "1"))
        #expect(house.cells(GovernanceTables.quarantine, "status") == ["overridden"])
        #expect(house.told.contains("overridden sales-not-negative by source:governance-desk/override-1"))
        #expect(house.cells(GovernanceTables.correction, "status") == ["accepted"])
        #expect(house.requests.last?.messageType == "correction.closed.v1")
        #expect(house.requests.last?.body["outcome"]?.string == "accepted")
    }

    /// Flags what is more than three times the month before, and asks for it again.
    private let jump = GovernanceHouse.entry(
        "qualityRule", "tax-jump",
        #"{"recordTypes":["tax.return"],"kind":"year-on-year","severity":"flag","weight":10,"owner":"desk","threshold":3,"correctWithinWorkingDays":2,"logic":{"or":[{"!":[{"var":"hasPrevious"}]},{"<=":[{"var":"data.sales"},{"*":[{"var":"threshold"},{"var":"previous.sales"}]}]}]}}"#
    )

    private func month(_ id: String, _ month: Int, _ sales: Int, day: Int = 28) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "tax.return", of: ana, at: "2026-0\(month)-\(day)T00:00:00Z", #"{"period":"2026-0\#(month)","sales":\#(sales)}"#)
    }

    @Test func `a flagged record that people say is right is asked for no more and is a measure again`() throws {
        var house = house([jump])
        house.take(month("m1", 1, 100), month("m2", 2, 1_000))
        #expect(house.state(ana).corrections.map(\.recordID) == ["source:test/m2"])
        let flagged = house

        house.take(ruling("override", "m2"))
        #expect(house.state(ana).corrections.isEmpty)
        #expect(house.timers.isEmpty)
        #expect(house.cells(GovernanceTables.correction, "status") == ["accepted"])
        #expect(
            Array(house.told.suffix(2)) == [
                "overridden tax-jump by source:governance-desk/override-m2", "correction-closed accepted by source:test/m2",
            ])
        let closing = try #require(house.requests.last)
        #expect(house.requests.map(\.messageType) == ["correction.requested.v1", "correction.closed.v1"])
        #expect(closing.receiver == "source:test")
        #expect(closing.body["recordId"]?.string == "m2")
        #expect(closing.body["closedBy"]?.string == "m2")
        #expect(closing.body["outcome"]?.string == "accepted")
        #expect(house.facts.count { $0.recordType == "tax.return" } == 2, "the fact stays as it was sent")

        // The same as when the word comes first, but that then nobody was asked.
        var first = self.house([jump])
        first.take(month("m1", 1, 100), ruling("override", "m2"), month("m2", 2, 1_000))
        let asked = try #require(house.states[ana].map { String(decoding: $0, as: UTF8.self) })
        #expect(first.states[ana].map { String(decoding: $0, as: UTF8.self) } == asked.replacing(#","asked":1"#, with: ""))
        #expect(asked.contains(#","asked":1"#))

        // Said again under another id it closes nothing, and nothing is told.
        let (told, requests) = (house.told.count { !$0.hasPrefix("duplicate-content") }, house.requests.count)
        house.take(
            GovernanceHouse.record(
                "again", "quality.override", of: ana, at: "2026-08-03T00:00:00Z", writer: "source:governance-desk",
                #"{"recordId":"source:test/m2","reason":"checked","decidedBy":"desk"}"#))
        #expect(house.told.count { !$0.hasPrefix("duplicate-content") } == told)
        #expect(house.requests.count == requests)

        func isFlagged(_ house: GovernanceHouse) -> Bool {
            !house.cells(GovernanceTables.qualityVerdict, "observed", where: "record_id", is: "source:test/m3", "rule", is: "tax-jump")
                .isEmpty
        }
        house.take(month("m3", 3, 3_000))
        #expect(!isFlagged(house))
        var doubted = flagged
        doubted.take(month("m3", 3, 3_000))
        #expect(isFlagged(doubted), "what is doubted is no measure")
    }

    @Test func `a true jump that is sent again and flagged again is closed by one word about what stands`() {
        var house = house([jump])
        house.take(month("m1", 1, 100, day: 27), month("m2", 2, 1_000, day: 27), month("m2-again", 2, 1_001))
        #expect(house.state(ana).corrections.map(\.recordID) == ["source:test/m2", "source:test/m2-again"])
        var older = house
        older.take(ruling("override", "m2"))
        #expect(older.state(ana).corrections.map(\.recordID) == ["source:test/m2-again"], "what stands may be wrong all the same")
        house.take(ruling("override", "m2-again"))
        #expect(house.state(ana).corrections.isEmpty)
        #expect(house.cells(GovernanceTables.correction, "status") == ["accepted", "accepted"])
        #expect(house.cells(GovernanceTables.correction, "closed_by") == ["source:test/m2-again", "source:test/m2-again"])
    }

    @Test func `a release or a word about another record closes nothing that is flagged`() {
        var house = house([jump])
        house.take(month("m1", 1, 100), month("m2", 2, 1_000))
        house.take(ruling("release", "m2"), ruling("override", "m1"), ruling("override", "nobody"))
        #expect(house.state(ana).corrections.map(\.recordID) == ["source:test/m2"])
        #expect(house.cells(GovernanceTables.correction, "status") == ["open"])
    }

    @Test func `a release judges again by today's rules`() {
        let lenient = GovernanceHouse.entry(
            "recordType", "tax.return", version: 2, from: GovernanceHouse.instant("2026-09-01T00:00:00Z"),
            #"{"class":"public","businessKey":["period"],"fields":{"period":{"type":"month"},"sales":{"type":"yuan"}},"rules":[]}"#)
        var house = house([lenient])
        house.take(tax("1", -5), ruling("release", "1"))
        #expect(house.facts.allSatisfy { $0.recordType != "tax.return" })
        #expect(house.state(ana).held.count == 1)
        house.now = GovernanceHouse.instant("2026-09-02T00:00:00Z")
        house.take(ruling("release", "1"))
        #expect(house.state(ana).held.count == 1, "the same ruling twice is one")
        house.take(
            GovernanceHouse.record(
                "again", "quality.release", of: ana, at: "2026-09-02T00:00:00Z", writer: "source:governance-desk",
                #"{"recordId":"source:test/1","reason":"the rule was wrong","decidedBy":"desk"}"#))
        #expect(house.sum("sales") == -5)
        #expect(house.cells(GovernanceTables.quarantine, "status") == ["released"])
    }

    @Test func `a held record for which there is no room any more is refused, and a ruling about it, too`() {
        var house = house([])
        for number in 1...51 { house.take(tax("\(number)", -number)) }
        #expect(house.state(ana).held.count == 50)
        #expect(house.told.filter { $0.hasPrefix("refused") } == ["refused held-full sales-not-negative"])
        #expect(house.cells(GovernanceTables.quarantine, "status").filter { $0 == "refused" }.count == 1)
        #expect(house.cells(GovernanceTables.quarantine, "reason").filter { $0 == "held-full" }.count == 1)
        house.take(ruling("release", "1"))
        #expect(house.told.last == "refused ruling-of-nothing")
        house.take(ruling("override", "2"))
        #expect(house.sum("sales") == -2)
    }

    @Test func `a source that is trusted less says facts of less quality`() {
        let trust = GovernanceHouse.entry("sourceTrust", "test", #"{"writer":"source:test","weightBp":8000}"#)
        var house = house([trust])
        house.take(tax("1", 5))
        #expect(house.facts.map(\.quality) == [8_000])
    }

    @Test func `the measure for the next leaves out what is held and what was flagged as wrong`() {
        let rule = GovernanceHouse.entry(
            "qualityRule", "tax-jump",
            #"{"recordTypes":["tax.return"],"kind":"year-on-year","severity":"flag","weight":10,"owner":"desk","threshold":3,"correctWithinWorkingDays":2,"logic":{"or":[{"!":[{"var":"hasPrevious"}]},{"<=":[{"var":"data.sales"},{"*":[{"var":"threshold"},{"var":"previous.sales"}]}]}]}}"#
        )
        var house = house([rule])
        func month(_ number: Int, _ sales: Int) {
            house.take(
                GovernanceHouse.record(
                    "m\(number)", "tax.return", of: ana, at: "2026-0\(number)-28T00:00:00Z",
                    #"{"period":"2026-0\#(number)","sales":\#(sales)}"#))
        }
        month(1, 100)
        month(2, 1_000)
        month(3, 320)
        #expect(
            house.cells(GovernanceTables.qualityVerdict, "record_id", where: "rule", is: "tax-jump") == [
                "source:test/m2", "source:test/m3",
            ])
        #expect(house.cells(GovernanceTables.qualityVerdict, "owner", where: "rule", is: "tax-jump") == ["desk", "desk"])
        #expect(house.cells(GovernanceTables.qualityVerdict, "stage", where: "rule", is: "tax-jump") == ["during", "during"])
        #expect(house.cells(GovernanceTables.qualityVerdict, "threshold", where: "rule", is: "tax-jump") == ["3", "3"])
        #expect(
            house.cells(GovernanceTables.qualityVerdict, "observed", where: "record_id", is: "source:test/m3", "rule", is: "tax-jump")
                == ["data.sales=320, hasPrevious=true, previous.sales=100, threshold=3"])
        // Held: the measure is still what was there before it, by which the next is no jump.
        month(4, -5)
        month(5, 290)
        #expect(house.cells(GovernanceTables.quarantine, "record_id") == ["source:test/m4"])
        #expect(
            house.cells(GovernanceTables.qualityVerdict, "record_id", where: "rule", is: "tax-jump") == [
                "source:test/m2", "source:test/m3",
            ])
    }
}
