import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

@Suite struct GovernanceSuccessionTests {
    private let ana = GovernanceHouse.firm(1)

    private func tax(_ id: String, _ period: String, _ sales: Int, at time: String) -> AcceptedRecord {
        GovernanceHouse.record(id, "tax.return", of: ana, at: time, #"{"period":"\#(period)","sales":\#(sales)}"#)
    }

    @Test func `whatever the order of statements the latest stands and the sum is its own`() {
        let records = [
            tax("a", "2026-01", 100, at: "2026-02-01T00:00:00Z"), tax("b", "2026-01", 120, at: "2026-02-02T00:00:00Z"),
            tax("d", "2026-01", 130, at: "2026-02-03T00:00:00Z"), tax("c", "2026-01", 140, at: "2026-02-03T00:00:00Z"),
            tax("e", "2026-02", 7, at: "2026-03-01T00:00:00Z"),
        ]
        var dice = SplitMix64(seed: 7)
        var states: Set<[UInt8]> = []
        for _ in 0..<60 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            // d and c happened at once; the greater id decides.
            #expect(house.sum("sales") == 137)
            #expect(house.standing.count == 2)
            #expect(house.cells(GovernanceTables.fact, "fact_id").count == 5)
            states.insert(house.states[ana] ?? [])
        }
        #expect(states.count == 1)
    }

    @Test func `a newer statement takes back exactly what the older one said`() {
        var house = GovernanceHouse()
        house.take(tax("a", "2026-01", 100, at: "2026-02-01T00:00:00Z"), tax("b", "2026-01", 120, at: "2026-02-02T00:00:00Z"))
        #expect(house.facts.last?.supersedes == "source:test/a")
        #expect(house.facts.last?.supersededData?["sales"]?.int == 100)
        #expect(house.facts.last?.isRetraction == false)
    }

    @Test func `deciding everything twice decides nothing new`() {
        let records = [
            tax("a", "2026-01", 100, at: "2026-02-01T00:00:00Z"), tax("b", "2026-01", 120, at: "2026-02-02T00:00:00Z"),
            tax("0", "2026-01", 90, at: "2026-01-31T00:00:00Z"), tax("n", "2026-02", -5, at: "2026-03-01T00:00:00Z"),
            GovernanceHouse.record("h", "happening", of: ana, at: "2026-03-01T00:00:00Z", #"{"amount":1}"#),
            GovernanceHouse.record(
                "p", "bank-flow.month", of: ana, at: "2026-03-01T00:00:00Z", #"{"period":"2026-01","bank":"b","inflow":1}"#),
            GovernanceHouse.record(
                "q", "penalty", of: ana, at: "2026-05-10T00:00:00Z",
                #"{"decisionNo":"D1","class":"minor","publishedOn":"2026-05-10"}"#),
            GovernanceHouse.record(
                "r", "penalty.repaired", of: ana, at: "2026-06-10T00:00:00Z", #"{"decisionNo":"D1","approvedOn":"2026-06-10"}"#),
            GovernanceHouse.record("s", "registration", of: ana, at: "2026-06-10T00:00:00Z", #"{"name":"A","aliases":["x"]}"#),
        ]
        var house = GovernanceHouse()
        for record in records { house.take(record) }
        let (facts, told, states, rows) = (house.facts.count, house.told, house.states, house.rows)
        #expect(facts == 6)
        for record in records { house.take(record) }
        #expect(house.facts.count == facts)
        #expect(house.told == told)
        #expect(house.states == states)
        #expect(house.rows == rows)
    }

    @Test func `the same said again under another id is noted and not sent`() {
        var house = GovernanceHouse()
        house.take(tax("a", "2026-01", 100, at: "2026-02-01T00:00:00Z"))
        house.take(
            GovernanceHouse.record(
                "b", "tax.return", of: ana, at: "2026-02-02T00:00:00Z", #"{ "sales": 1e2, "period": "2026-01" }"#))
        #expect(house.facts.count == 1)
        #expect(house.told == ["duplicate-content source:test/a"])
        #expect(house.cells(GovernanceTables.fact, "duplicate_of").contains("source:test/a"))
        // The repeat counts as the latest word: what was said between the two does not come back.
        house.take(tax("between", "2026-01", 50, at: "2026-02-01T12:00:00Z"))
        #expect(house.sum("sales") == 100)
        house.take(tax("c", "2026-01", 110, at: "2026-02-03T00:00:00Z"))
        #expect(house.facts.last?.supersedes == "source:test/a")
        #expect(house.sum("sales") == 110)
    }

    @Test func `a repeat leads to the same net effect in every order`() {
        let records = [
            tax("a", "2026-01", 100, at: "2026-02-01T00:00:00Z"), tax("b", "2026-01", 100, at: "2026-02-03T00:00:00Z"),
            tax("c", "2026-01", 50, at: "2026-02-02T00:00:00Z"),
        ]
        var dice = SplitMix64(seed: 3)
        for _ in 0..<30 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.sum("sales") == 100)
            #expect(house.standing.count == 1)
        }
    }

    @Test func `happenings with no business key all stand`() {
        var house = GovernanceHouse()
        for number in 1...60 {
            house.take(
                GovernanceHouse.record("h\(number)", "happening", of: ana, at: "2026-03-01T00:00:00Z", #"{"amount":1}"#))
        }
        #expect(house.sum("amount") == 60)
        #expect(house.state(ana).memories.first?.type == "happening")
    }

    @Test func `a correction of a period long gone is set aside and a late first word about one is not`() {
        var house = GovernanceHouse()
        for month in 0..<40 {
            let period = Month(year: 2020, month: 1) + month
            house.take(tax("m\(month)", period.text, 1, at: "\((period + 1).text)-01T00:00:00Z"))
        }
        #expect(house.sum("sales") == 40)
        house.take(tax("late", "2020-02", 5, at: "2026-07-01T00:00:00Z"))
        #expect(house.told == ["quarantined beyond-memory"])
        #expect(house.sum("sales") == 40)
        house.take(tax("first", "2019-12", 2, at: "2020-01-01T00:00:00Z"))
        #expect(house.sum("sales") == 42)
    }

    @Test func `three years of months are remembered of three banks each`() {
        let type = GovernanceHouse.type("flow", key: ["no", "period"])
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [type]))
        func flow(_ id: String, _ month: Month, _ bank: String, _ amount: Int) -> AcceptedRecord {
            GovernanceHouse.record(
                id, "flow", of: ana, at: "\((month + 1).text)-05T00:00:00Z",
                #"{"no":"\#(bank)","period":"\#(month.text)","amount":\#(amount)}"#)
        }
        let first = Month(year: 2023, month: 1)
        for month in 0..<36 { for bank in ["a", "b", "c"] { house.take(flow("\(month)\(bank)", first + month, bank, 1)) } }
        house.take(flow("better", first, "b", 3))
        #expect(house.told == [])
        #expect(house.sum("amount") == 110)
        // The first month goes with all its rows.
        house.take(flow("36a", first + 36, "a", 1), flow("late", first, "c", 5))
        #expect(house.told == ["quarantined beyond-memory"])
        #expect(house.sum("amount") == 111)
    }

    @Test func `of the registrations the latest holds`() {
        for order in [[1, 2], [2, 1]] {
            var house = GovernanceHouse()
            for number in order {
                house.take(
                    GovernanceHouse.record(
                        "r\(number)", "registration", of: ana, at: "2026-0\(number)-01T00:00:00Z", #"{"name":"N\#(number)"}"#))
            }
            #expect(house.state(ana).name == "N2")
            #expect(house.standing.count == 1)
        }
    }

    @Test func `values with the separator in them do not share a key`() {
        var house = GovernanceHouse()
        let pairs = [("a|b", "c"), ("a", "b|c"), (#"a\\"#, "b|c"), (#"a\\|b"#, "c")]
        for (number, pair) in pairs.enumerated() {
            house.take(
                GovernanceHouse.record(
                    "\(number)", "pair", of: ana, at: "2026-03-01T00:00:00Z",
                    #"{"left":"\#(pair.0)","right":"\#(pair.1)","amount":1}"#))
        }
        #expect(house.refusals.isEmpty)
        #expect(house.sum("amount") == 4)
        #expect(house.standing.count == 4)
    }
}
