import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

/// Rules of the stage `after`: what stands is judged by what is known then.
@Suite struct GovernanceAfterwardsTests {
    private let ana = GovernanceHouse.firm(1)

    /// Three times the month before at the most; flagged when the record comes by nobody.
    private let jump = GovernanceHouse.entry(
        "qualityRule", "jump-afterwards",
        #"{"title":{"en":"t","zh":"t"},"recordTypes":["tax.return"],"stage":"after","severity":"flag","weight":10,"owner":"","correctWithinWorkingDays":5,"logic":{"<=":[{"var":"data.sales"},{"*":[3,{"var":"previous.sales"}]}]}}"#
    )

    private func house(_ more: CatalogEntry...) -> GovernanceHouse {
        GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + more))
    }

    private func tax(_ id: String, _ month: String, _ sales: Int, at time: String? = nil) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "tax.return", of: ana, at: time ?? "\(month)-28T00:00:00Z", #"{"period":"\#(month)","sales":\#(sales)}"#)
    }

    private func asked(_ house: GovernanceHouse) -> [String] { house.state(ana).corrections.map(\.recordID) }

    @Test func `whatever came first the same statement is found and asked for once`() {
        let records = [tax("jan", "2026-01", 100), tax("feb", "2026-02", 900), tax("mar", "2026-03", 950)]
        var dice = SplitMix64(seed: 3)
        for _ in 0..<30 as Range<Int> {
            var house = house(jump)
            for record in records.shuffled(using: &dice) {
                house.take(record)
                if Bool.random(using: &dice) { house.ring() }
            }
            house.ring()
            #expect(asked(house) == ["source:test/feb"])
            #expect(
                house.cells(GovernanceTables.qualityVerdict, "stage", where: "record_id", is: "source:test/feb", "rule", is: jump.id)
                    == ["after"])
            #expect(house.facts.allSatisfy { $0.quality == 10_000 }, "a fact keeps the quality with which it was sent")
            // It is found each time that it is looked at, and told once.
            house.take(tax("apr", "2026-04", 900))
            house.ring()
            #expect(asked(house) == ["source:test/feb"])
            #expect(house.events.count { $0.kind == "correction-requested" && $0.recordID == "source:test/feb" } == 1)
        }
    }

    @Test func `a request stays open until what is said better holds`() {
        var house = house(jump)
        house.take(tax("jan", "2026-01", 100), tax("feb", "2026-02", 900))
        house.ring()
        #expect(asked(house) == ["source:test/feb"])
        house.take(tax("feb-2", "2026-02", 800, at: "2026-03-02T00:00:00Z"))
        house.ring()
        #expect(asked(house) == ["source:test/feb"])
        house.take(tax("feb-3", "2026-02", 250, at: "2026-03-03T00:00:00Z"))
        house.ring()
        #expect(asked(house) == [])
        #expect(house.told.contains("correction-closed corrected by source:test/feb-3"))
        #expect(house.told.count { $0.hasPrefix("correction-requested") } == 1)
    }

    @Test func `a request is closed when the others come round or people say that it is right`() {
        let orders = GovernanceHouse.type("orders", key: ["period"])
        let rule = GovernanceHouse.entry(
            "qualityRule", "as-ordered",
            #"{"title":{"en":"t","zh":"t"},"recordTypes":["tax.return"],"stage":"after","severity":"flag","weight":10,"owner":"","others":{"orders":"orders"},"correctWithinWorkingDays":5,"logic":{">=":[{"var":"data.sales"},{"var":"other.orders.amount"}]}}"#
        )
        func order(_ id: String, _ amount: Int, at time: String) -> AcceptedRecord {
            GovernanceHouse.record(
                id, "orders", of: ana, at: time, writer: "source:desk", #"{"period":"2026-01","amount":\#(amount)}"#)
        }
        var house = house(orders, rule)
        house.take(tax("jan", "2026-01", 100))
        house.ring()
        #expect(asked(house) == [], "what nobody has said yet makes nothing wrong")
        house.take(order("o1", 500, at: "2026-01-20T00:00:00Z"))
        house.ring()
        #expect(asked(house) == ["source:test/jan"])

        var overridden = house
        overridden.take(
            GovernanceHouse.record(
                "right", "quality.override", of: ana, at: "2026-02-10T00:00:00Z", writer: "source:desk", #"{"recordId":"source:test/jan"}"#)
        )
        overridden.ring()
        #expect(asked(overridden) == [])
        #expect(overridden.told.contains("correction-closed accepted by source:test/jan"))
        overridden.take(order("o2", 600, at: "2026-01-21T00:00:00Z"))
        overridden.ring()
        #expect(asked(overridden) == [])

        house.take(order("o2", 80, at: "2026-01-21T00:00:00Z"))
        house.ring()
        #expect(asked(house) == [])
        #expect(house.told.contains("correction-closed accepted by source:test/jan"))

        // The same record is asked for again, and exchange answers each id once.
        let again = [order("o3", 900, at: "2026-01-22T00:00:00Z"), order("o4", 70, at: "2026-01-23T00:00:00Z")]
        for record in again {
            house.take(record)
            house.ring()
        }
        let ids = ["correction", "correction-closed", "correction-2", "correction-closed-2"].map { "\($0)/source:test/jan" }
        #expect(house.requests.map(\.releaseID) == ids)
        for record in again {
            house.take(record)
            house.ring()
        }
        #expect(house.requests.map(\.releaseID) == ids)
        #expect(asked(house) == [])
    }

    @Test func `what the subject says itself is judged beneath a guest`() {
        let ben = GovernanceHouse.firm(2)
        var house = house(jump)
        house.take(tax("jan", "2026-01", 100), tax("feb", "2026-02", 900))
        house.ring()
        house.take(
            GovernanceHouse.record("g", "tax.return", of: ben, at: "2026-04-01T00:00:00Z", #"{"period":"2026-02","sales":120}"#),
            GovernanceHouse.record("m", "identity.merged", of: ben, at: "2026-05-01T00:00:00Z", #"{"into":"\#(ana)"}"#))
        house.ring()
        #expect(asked(house) == ["source:test/feb"])
        house.take(tax("feb-2", "2026-02", 250, at: "2026-03-03T00:00:00Z"))
        house.ring()
        #expect(asked(house) == [])
        #expect(house.told.last == "correction-closed corrected by source:test/feb-2")
    }

    @Test func `a record that was asked for when it came is asked for under another id when it stands`() {
        let ceiling = GovernanceHouse.entry(
            "qualityRule", "not-above-500",
            #"{"title":{"en":"t","zh":"t"},"recordTypes":["tax.return"],"stage":"before","severity":"flag","weight":10,"owner":"","correctWithinWorkingDays":5,"logic":{"<=":[{"var":"data.sales"},500]}}"#
        )
        var house = house(jump, ceiling)
        house.take(tax("feb", "2026-02", 900))
        house.ring()
        // Said again before, by the same writer, and well: what stands is the later one all the same.
        house.take(tax("feb-0", "2026-02", 400, at: "2026-02-20T00:00:00Z"))
        house.take(tax("jan", "2026-01", 100))
        // Nine times January.
        house.ring()
        #expect(
            house.requests.map(\.releaseID) == [
                "correction/source:test/feb", "correction-closed/source:test/feb", "correction-2/source:test/feb",
            ])
    }
}
