import Contracts
import Deciding
import RiskMonitoringDomain
import Testing
import Vocabulary
import Wire

/// One live alert of each rule and subject, told to the lenders of record and to nobody else.
@Suite struct RiskMonitoringAlertTests {
    private static let overdue91 = riskRule("overdue-91", #"{">":[{"var":"loan.overdueDays"},90]}"#)
    private static let falling = riskRule("falling", #"{"<=":[{"var":"sales-trend"},-0.3]}"#, level: "yellow")

    @Test func `an alert is raised once and lowered once however often its cause is seen`() {
        var house = RiskMonitoringHouse([Self.overdue91])
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", asOf: "2026-03-31", overdue: 95))
        house.hear(riskStatus("l1", asOf: "2026-04-30", overdue: 125))
        house.hear(riskPortrait(revision: 1, "{}"))
        house.decide(.sweep([Self.overdue91]))
        #expect(house.alerts == ["raised overdue-91 red"])
        #expect(house.table(RiskTables.alert).values.first?[7] == .text("loan.overdueDays=125"))
        house.hear(riskStatus("l1", asOf: "2026-05-05", overdue: 0))
        #expect(house.alerts == ["raised overdue-91 red", "lowered overdue-91 none"])
        house.hear(riskStatus("l1", asOf: "2026-05-06", overdue: 91))
        #expect(house.alerts.last == "raised overdue-91 red")
        #expect(house.table(RiskTables.history).count == 3)
        // Even in one batch, with one time, each is a release of its own.
        #expect(Set(house.releases.map(\.releaseID)).count == 3)
    }

    @Test func `a release is asked for each lender of record and for no other`() throws {
        var house = RiskMonitoringHouse([Self.overdue91])
        house.hear(riskDisbursed("l1", bank: "bank-a"))
        house.hear(riskDisbursed("l2", bank: "bank-b"))
        house.hear(riskDisbursed("l3", bank: "bank-c"))
        house.hear(riskSettled("l3", bank: "bank-c"))
        house.hear(riskStatus("l4", bank: "fund-a", overdue: 5))
        house.hear(riskStatus("l1", bank: "bank-a", overdue: 95))
        let requests = house.releases
        #expect(requests.map(\.receiver) == ["institution:bank-a", "institution:bank-b"])
        let first = try #require(requests.first)
        #expect(first.releaseID == "alert/overdue-91/91430102PDY000079R/1/bank-a")
        #expect(first.messageType == "risk.alert.v1")
        #expect(first.purpose == "post-loan")
        #expect(first.categories == ["loan"])
        #expect(first.consentID.isEmpty)
        #expect(first.body["level"]?.string == "red")
        #expect(first.body["title"]?["zh"]?.string == "overdue-91")
        #expect(first.body["observed"]?.string == "loan.overdueDays=95")
    }

    @Test func `a lender who comes later hears of a standing alert and who settled hears nothing more`() {
        var house = RiskMonitoringHouse([Self.overdue91])
        house.hear(riskDisbursed("l1", bank: "bank-a"))
        house.hear(riskStatus("l1", bank: "bank-a", overdue: 95))
        house.hear(riskDisbursed("l2", bank: "bank-b"))
        house.hear(riskStatus("l2", bank: "bank-b", asOf: "2026-04-01", overdue: 100))
        #expect(house.releases.map(\.receiver) == ["institution:bank-a", "institution:bank-b"])
        #expect(house.alerts == ["raised overdue-91 red"])
        house.hear(riskSettled("l1", bank: "bank-a"))
        house.hear(riskStatus("l2", bank: "bank-b", asOf: "2026-05-02", overdue: 0))
        #expect(house.releases.last?.receiver == "institution:bank-b")
        #expect(house.releases.count == 3)
    }

    @Test func `what is not known lowers no alert and raises none`() {
        var house = RiskMonitoringHouse([Self.falling])
        house.hear(riskDisbursed("l1"))
        #expect(house.alerts.isEmpty)
        house.hear(riskPortrait(revision: 1, #"{"sales-trend":-0.4}"#))
        #expect(house.alerts == ["raised falling yellow"])
        house.hear(riskPortrait(revision: 2, "{}"))
        #expect(house.alerts == ["raised falling yellow"])
        house.hear(riskPortrait(revision: 3, #"{"sales-trend":-0.1}"#))
        #expect(house.alerts == ["raised falling yellow", "lowered falling none"])
    }

    @Test func `an older portrait changes nothing`() {
        var house = RiskMonitoringHouse([Self.falling])
        house.hear(riskPortrait(revision: 5, #"{"sales-trend":-0.1}"#))
        house.hear(riskDisbursed("l1"))
        house.hear(riskPortrait(revision: 4, #"{"sales-trend":-0.9}"#))
        #expect(house.alerts.isEmpty)
    }

    @Test func `a new version changes the colour and a withdrawn rule lowers the alert`() {
        var house = RiskMonitoringHouse([Self.overdue91])
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", overdue: 95))
        let orange = riskRule("overdue-91", #"{">":[{"var":"loan.overdueDays"},60]}"#, level: "orange", version: 2)
        house.catalog = Catalog(version: 2, entries: [Self.overdue91, orange])
        house.decide(.sweep([orange]))
        house.decide(.sweep([orange]))
        #expect(house.alerts == ["raised overdue-91 red", "changed overdue-91 orange"])
        let gone = riskRule("overdue-91", "true", version: 3, isWithdrawn: true)
        house.catalog = Catalog(version: 3, entries: [Self.overdue91, orange, gone])
        house.decide(.sweep([gone]))
        #expect(house.alerts.last == "lowered overdue-91 none")
        #expect(house.table(RiskTables.alert).values.first?[7] == .text("rule-withdrawn"))
    }

    @Test func `a version that can not be read leaves the one before in force`() {
        let broken = riskRule("overdue-91", #"{"no-such":1}"#, version: 2)
        var house = RiskMonitoringHouse([Self.overdue91, broken])
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", overdue: 95))
        #expect(house.alerts == ["raised overdue-91 red"])
        #expect(house.catalog.view(RiskCatalog.self).defects.keys.sorted() == ["riskRule/overdue-91/2"])
    }

    @Test func `the last settlement lowers everything and without a loan nothing is raised`() {
        var house = RiskMonitoringHouse([Self.overdue91, Self.falling])
        house.hear(riskPortrait(revision: 1, #"{"sales-trend":-0.4}"#))
        #expect(house.alerts.isEmpty)
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", overdue: 95))
        let asked = house.releases.count
        house.hear(riskSettled("l1"))
        #expect(house.alerts.suffix(2) == ["lowered falling none", "lowered overdue-91 none"])
        #expect(house.state.alerts.isEmpty)
        // There is no lender of record any more.
        #expect(house.releases.count == asked)
        for row in house.table(RiskTables.alert).values { #expect(row[4] == .text("lowered") && row[7] == .text("loan-settled")) }
        house.hear(riskPortrait(revision: 2, #"{"sales-trend":-0.9}"#))
        #expect(house.alerts.count == 4)
    }

    @Test func `rules see tags score and all live loans together`() {
        let rule = riskRule(
            "all",
            #"{"and":[{"var":"tag.young"},{"==":[{"var":"grade"},"C"]},{"<":[{"var":"points"},600]},"#
                + #"{"==":[{"var":"loan.balance"},5500000.5]},{"==":[{"var":"loan.count"},2]},{"==":[{"var":"loan.overdueDays"},9]}]}"#)
        var house = RiskMonitoringHouse([rule])
        house.hear(riskDisbursed("l1", amount: 3_000_000))
        house.hear(riskDisbursed("l2", bank: "bank-b"))
        house.hear(riskPortrait(revision: 1, "{}", tags: #"["young"]"#, score: #","score":{"points":560,"grade":"C"}"#))
        var late = riskStatus("l2", bank: "bank-b", overdue: 9)
        let body = String(decoding: late.body.rawBytes, as: UTF8.self).split(separator: "2500000", maxSplits: 1)
        late = Message(
            topic: late.topic, partition: 0, offset: 0, key: late.key, id: late.id, source: late.source, type: late.type,
            subject: late.subject, time: nil, body: riskJSON(body[0] + "2500000.50" + body[1]))
        house.hear(late)
        #expect(house.alerts == ["raised all red"])
    }

    @Test func `every order of the facts ends with the same alert standing`() {
        let messages = [
            riskDisbursed("l1"), riskStatus("l1", asOf: "2026-04-30", overdue: 95), riskDisbursed("l2", bank: "bank-b"),
            riskPortrait(revision: 2, #"{"sales-trend":-0.1}"#), riskPortrait(revision: 1, #"{"sales-trend":-0.5}"#),
        ]
        var standing: Set<[LiveAlert]> = []
        for start in messages.indices {
            for isReversed in [false, true] {
                let rotated = Array(messages[start...] + messages[..<start])
                var house = RiskMonitoringHouse([Self.overdue91, Self.falling])
                for message in isReversed ? rotated.reversed() : rotated { house.hear(message) }
                standing.insert(house.state.alerts)
            }
        }
        #expect(standing.count == 1)
        #expect(standing.first?.map(\.rule) == ["overdue-91"])
        #expect(standing.first?.first?.lenders == ["bank-a", "bank-b"])
    }
}
