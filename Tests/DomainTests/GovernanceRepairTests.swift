import Contracts
import GovernanceDomain
import Testing
import Vocabulary
import Wire

@Suite struct GovernanceRepairTests {
    private let ana = GovernanceHouse.firm(1)

    private func penalty(
        _ id: String = "p", class grade: String = "ordinary", published: String = "2026-05-10", at time: String = "2026-05-09T00:00:00Z"
    ) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "penalty", of: ana, at: time,
            #"{"decisionNo":"D1","class":"\#(grade)","amount":5,"publishedOn":"\#(published)"}"#)
    }

    private func repair(_ id: String = "r", approved: String) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "penalty.repaired", of: ana, at: "\(approved)T01:00:00Z", #"{"decisionNo":"D1","approvedOn":"\#(approved)"}"#)
    }

    @Test func `a repair after the minimum period takes the penalty back`() {
        var house = GovernanceHouse()
        house.take(penalty(), repair(approved: "2026-08-10"))
        #expect(house.facts.count == 2)
        let retraction = house.facts[1]
        #expect(retraction.isRetraction)
        #expect(retraction.recordType == "penalty")
        #expect(retraction.supersedes == "source:test/p")
        #expect(retraction.data["decisionNo"]?.string == "D1")
        #expect(house.standing.isEmpty)
        #expect(house.sum("amount") == 0)
        #expect(house.told == ["retracted source:test/r"])
        #expect(house.cells(GovernanceTables.factRetracted, "fact_id") == ["source:test/p"])
    }

    @Test func `a repair before the minimum period is refused with the first day on which it counts`() {
        let cases = [
            ("ordinary", "2026-08-09", "2026-08-10"), ("serious", "2027-05-09", "2027-05-10"),
            ("never-heard-of", "2026-12-31", "2027-05-10"),
        ]
        for (grade, approved, earliest) in cases {
            for order in [[penalty(class: grade), repair(approved: approved)], [repair(approved: approved), penalty(class: grade)]] {
                var house = GovernanceHouse()
                for record in order { house.take(record) }
                #expect(house.standing.count == 1)
                #expect(house.told == ["refused repair-too-early earliest=\(earliest)"])
                #expect(house.cells(GovernanceTables.repairRefused, "record_id") == ["source:test/r"])
            }
        }
    }

    @Test func `the firm is told what an approval comes to, once, whichever came first`() {
        let cases: [(String, String, String?)] = [("2026-08-10", "repaired", nil), ("2026-08-09", "too-early", "2026-08-10")]
        for (approved, status, earliest) in cases {
            for order in [[penalty(), repair(approved: approved)], [repair(approved: approved), penalty()]] {
                var house = GovernanceHouse()
                for record in order { house.take(record) }
                #expect(house.requests.map { $0.body["status"]?.string } == [status])
                #expect(house.requests.map { $0.body["earliestOn"]?.string } == [earliest])
                #expect(house.requests.map(\.releaseID) == ["repair/source:test/r/source:test/p"])
                #expect(house.requests.allSatisfy { $0.receiver == "portal" && $0.body["recordId"] == nil })
            }
        }
    }

    @Test func `a minor penalty may be repaired at once`() {
        var house = GovernanceHouse()
        house.take(penalty(class: "minor"), repair(approved: "2026-05-10"))
        #expect(house.standing.isEmpty)
    }

    @Test func `a repair that comes before its penalty leads to the same state and the same rows`() {
        let records = [penalty(), repair(approved: "2026-08-10")]
        var first = GovernanceHouse()
        for record in records { first.take(record) }
        var second = GovernanceHouse()
        for record in records.reversed() { second.take(record) }
        #expect(second.facts.isEmpty)
        #expect(first.standing == second.standing)
        #expect(first.states == second.states)
        #expect(first.rows == second.rows)
        #expect(second.told == ["retracted source:test/r"])
    }

    @Test func `whatever the order of penalties and repairs the last known of both decides`() {
        // The second version makes the penalty serious: the first repair was too early then, the second was not.
        let records = [
            penalty(), penalty("p2", class: "serious", at: "2026-06-01T00:00:00Z"), repair(approved: "2026-08-10"),
            repair("r2", approved: "2027-06-01"),
        ]
        var dice = SplitMix64(seed: 11)
        for _ in 0..<60 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.standing.isEmpty)
            #expect(house.sum("amount") == 0)
            #expect(house.cells(GovernanceTables.factRetracted, "fact_id").contains("source:test/p2"))
        }
        for _ in 0..<60 {
            var house = GovernanceHouse()
            for record in records.dropLast().shuffled(using: &dice) { house.take(record) }
            #expect(house.standing.count == 1)
            #expect(house.sum("amount") == 5)
        }
    }
}
