import Contracts
import Deciding
import RiskMonitoringDomain
import Testing
import Vocabulary
import Wire

/// A watch is opened by the payout and closed by the settlement, and tells the class by days overdue.
@Suite struct RiskMonitoringWatchTests {
    @Test func `a message about another subject than its key is refused as a mismatch of subjects`() {
        let stray = Message(
            topic: Topic.governanceFacts, partition: 0, offset: 0, key: RiskMonitoringHouse.subject, id: "f", source: "xinqiao",
            type: Fact.type, subject: "other", time: nil, body: riskJSON(#"{"subject":"other"}"#))
        var house = RiskMonitoringHouse([])
        #expect(house.decide(.message(stray)).refusal?.code == "subject-mismatch")
    }

    @Test func `the class follows the days overdue at every boundary`() {
        let vectors = [
            (0, "normal"), (7, "special-mention"), (8, "special-mention"), (90, "special-mention"), (91, "substandard"),
            (270, "substandard"), (271, "doubtful"), (360, "doubtful"), (361, "loss"),
        ]
        for (days, expected) in vectors {
            var house = RiskMonitoringHouse([])
            house.hear(riskDisbursed("l1"))
            house.hear(riskStatus("l1", overdue: days))
            let told = days == 0 ? ["opened l1 normal"] : ["opened l1 normal", "classified l1 \(expected)"]
            #expect(house.watches == told, "\(days) days")
            let row = house.table(RiskTables.watch).values.first
            #expect(row?[5] == .text(expected), "\(days) days")
            #expect(row?[4] == .int64(Int64(days)))
        }
    }

    @Test func `a settlement that comes before the payout closes the watch all the same`() {
        var house = RiskMonitoringHouse([])
        house.hear(riskSettled("l1"))
        #expect(house.messages.isEmpty)
        house.hear(riskDisbursed("l1"))
        #expect(house.watches == ["opened l1 normal", "closed l1 normal"])
        #expect(house.table(RiskTables.watch).values.first?[8] == .text("closed"))
        house.hear(riskStatus("l1", overdue: 95))
        #expect(house.watches.count == 2)
    }

    @Test func `the latest day of status stands and of one day the later statement`() {
        var house = RiskMonitoringHouse([])
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", asOf: "2026-04-30", overdue: 30))
        house.hear(riskStatus("l1", asOf: "2026-03-31", overdue: 200))
        #expect(house.table(RiskTables.watch).values.first?[4] == .int64(30))
        house.hear(riskStatus("l1", asOf: "2026-04-30", overdue: 0, at: "2026-05-02T00:00:00Z", id: "a-correction"))
        #expect(house.table(RiskTables.watch).values.first?[4] == .int64(0))
        #expect(house.watches == ["opened l1 normal", "classified l1 special-mention", "classified l1 normal"])
    }

    private func takenBack(_ id: String) -> String { #","supersedes":"\#(id)","isRetraction":true"# }

    @Test func `a status that is taken back leaves the one before it, and none leaves the payout`() {
        var house = RiskMonitoringHouse([])
        func row() -> [Cell] { house.table(RiskTables.watch).values.first ?? [] }
        func back(_ id: String, _ asOf: String) -> Message {
            riskStatus("l1", asOf: asOf, id: "governance/objection/\(id)", more: takenBack(id))
        }
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", asOf: "2026-02-28", overdue: 0, id: "february"))
        house.hear(riskStatus("l1", asOf: "2026-03-31", overdue: 95, id: "march"))
        house.hear(riskStatus("l1", asOf: "2026-04-30", overdue: 300, id: "april"))
        #expect(house.hear(back("february", "2026-02-28")).refusal == nil)
        #expect(row()[4] == .int64(300))
        #expect(house.hear(back("april", "2026-04-30")).refusal == nil)
        #expect(row()[4] == .int64(95))
        #expect(house.hear(back("april", "2026-04-30")).messages.isEmpty, "said twice, told twice")
        house.hear(back("march", "2026-03-31"))
        #expect(row()[4] == .int64(0))
        #expect(row()[3] == .int64(300_000_000), "\(row())")
        #expect(
            house.watches == [
                "opened l1 normal", "classified l1 substandard", "classified l1 doubtful", "classified l1 substandard",
                "classified l1 normal",
            ])
    }

    @Test func `a settlement that is taken back opens the watch anew, and without the payout there is none`() {
        var house = RiskMonitoringHouse([])
        house.hear(riskDisbursed("l1", id: "paid"))
        house.hear(riskSettled("l1", id: "settled"))
        house.hear(riskSettled("l1", id: "x1", more: takenBack("settled")))
        #expect(house.state.loans.count(where: \.isLive) == 1)
        house.hear(riskDisbursed("l1", id: "x2", more: takenBack("paid")))
        #expect(house.state.loans.count(where: \.isLive) == 0)
        #expect(house.watches == ["opened l1 normal", "closed l1 normal", "opened l1 normal", "closed l1 normal"])
        #expect(house.hear(riskDisbursed("l1", id: "x3", more: takenBack("unknown"))).rows.isEmpty)
    }

    @Test func `no institution can close another's loan`() {
        var house = RiskMonitoringHouse([])
        house.hear(riskDisbursed("l1", bank: "bank-a"))
        house.hear(riskSettled("l1", bank: "bank-b"))
        #expect(house.watches == ["opened l1 normal"])
        #expect(house.table(RiskTables.watch).values.first?[8] == .text("open"))
    }

    @Test func `a corrected loan number moves the watch`() {
        var house = RiskMonitoringHouse([])
        let wrong = riskDisbursed("wrong", id: "d1")
        house.hear(wrong)
        let said = String(decoding: wrong.body["data"]?.rawBytes ?? [], as: UTF8.self)
        house.hear(riskDisbursed("right", id: "d2", more: #","supersedes":"d1","supersededData":\#(said)"#))
        #expect(house.watches == ["opened wrong normal", "opened right normal", "closed wrong normal"])
        #expect(house.state.loans.filter(\.isLive).count == 1)
    }

    @Test func `every order of the facts leaves the same state and the same watch rows`() {
        let messages = [
            riskDisbursed("l1"), riskStatus("l1", asOf: "2026-03-31", overdue: 40), riskStatus("l1", asOf: "2026-04-30", overdue: 95),
            riskSettled("l1"), riskDisbursed("l2", bank: "bank-b"), riskPortrait(revision: 3, #"{"x":1}"#),
        ]
        var expected: (state: String, rows: [[Cell]: [Cell]])?
        var orders = 0
        permutations(of: messages) { order in
            orders += 1
            var house = RiskMonitoringHouse([])
            for message in order {
                house.hear(message)
                if house.hear(message).messages.count + house.hear(message).rows.count > 0 { Issue.record("said twice, told twice") }
            }
            // How often the world was told on the way depends on the order, and with it the moment of the last word.
            let state = String(decoding: house.state.bytes, as: UTF8.self).replacing(/,"said":"[^"]*"/, with: "")
            let result = (state, house.table(RiskTables.watch))
            if let expected {
                if result.0 != expected.state || result.1 != expected.rows { Issue.record("another order, another result") }
            } else {
                expected = result
            }
        }
        #expect(orders == 720)
    }

    private func permutations(of messages: [Message], _ visit: ([Message]) -> Void) {
        func extend(_ chosen: [Message], _ rest: [Message]) {
            if rest.isEmpty { return visit(chosen) }
            for place in rest.indices {
                var others = rest
                others.remove(at: place)
                extend(chosen + [rest[place]], others)
            }
        }
        extend([], messages)
    }

    @Test func `what is not about a loan is passed and what is broken is refused`() {
        let fact = riskDisbursed("l1")
        func admission(_ type: String, _ body: String, key: String = RiskMonitoringHouse.subject) -> Admission {
            RiskMonitoring().admit(
                Message(
                    topic: fact.topic, partition: 0, offset: 0, key: key, id: "", source: "", type: type, subject: "", time: nil,
                    body: riskJSON(body)), catalog: .empty)
        }
        for (type, body) in [(Fact.type, #"{"recordType":"tax.return"}"#), (WhitelistChange.type, "{}"), (Fact.type, "[]")] {
            guard case .pass = admission(type, body) else {
                Issue.record("\(type) \(body) is not passed")
                continue
            }
        }
        if case .refuse(let refusal) = admission(Portrait.type, "{}", key: "") {
            #expect(refusal.code == "subject-missing")
        } else {
            Issue.record("a message without a key is taken")
        }
        var house = RiskMonitoringHouse([])
        let broken = [
            #"{"subject":"91430102PDY000079R"}"#, "{}", "[]", "3",
            #"{"subject":"x","recordType":"loan.status"}"#,
        ]
        for body in broken {
            for type in [Fact.type, Portrait.type] {
                let message = Message(
                    topic: fact.topic, partition: 0, offset: 0, key: RiskMonitoringHouse.subject, id: "", source: "", type: type,
                    subject: "", time: nil, body: riskJSON(body))
                #expect(house.decide(.message(message)).refusal != nil, "\(type) \(body)")
            }
        }
        for data in ["{}", #"{"loanId":"l","institution":"b","asOf":"2026-02-30","balance":1,"overdueDays":0}"#, "7"] {
            let body = String(decoding: riskStatus("l1").body.rawBytes, as: UTF8.self)
            let parts = body.split(separator: #""data":"#, maxSplits: 1)
            let message = Message(
                topic: fact.topic, partition: 0, offset: 0, key: RiskMonitoringHouse.subject, id: "", source: "", type: Fact.type,
                subject: "", time: nil, body: riskJSON(parts[0] + #""data":"# + data + "}"))
            #expect(house.decide(.message(message)).refusal != nil, "\(data)")
        }
        #expect(house.state.bytes == RiskState().bytes)
    }
}
