import Contracts
import Deciding
import RiskMonitoringDomain
import Testing
import Vocabulary
import Wire

/// The mark of a statement under dispute goes with an alert that rests on it.
@Suite struct RiskMonitoringDisputeTests {
    private static let overdue = riskRule("overdue", #"{">":[{"var":"loan.overdueDays"},90]}"#)
    private static let large = riskRule("large", #"{">":[{"var":"loan.balance"},1000000]}"#)
    private static let falling = riskRule("falling", #"{"<=":[{"var":"sales-trend"},-0.3]}"#)

    private func dispute(
        _ recordID: String, of recordType: String = "loan.status", isOpen: Bool = true, at time: String = "2026-05-01T00:00:00Z",
        id: String = "X-1"
    ) -> Message {
        let subject = RiskMonitoringHouse.subject
        let day = riskInstant("2026-05-01T00:00:00Z").dayInChina
        let word = FactDispute(
            disputeID: "\(subject)/\(id)", subject: subject, recordID: recordID, factID: recordID, recordType: recordType,
            occurredAt: riskInstant(time),
            period: nil, isOpen: isOpen, openedOn: day, dueOn: day + 20, at: riskInstant(time))
        return Message(
            topic: Topic.governanceFacts, partition: 0, offset: 0, key: subject, id: "x", source: "xinqiao", type: FactDispute.type,
            subject: subject, time: nil, body: riskJSON(String(decoding: word.bytes, as: UTF8.self)))
    }

    /// The alert events so far, as `kind rule`, marked with a star.
    private func told(_ house: RiskMonitoringHouse) throws -> [String] {
        try house.messages.filter { $0.type == RiskAlert.type }.map { message in
            let alert = try RiskAlert(riskJSON(String(decoding: message.value, as: UTF8.self)))
            return "\(alert.kind) \(alert.rule)\(alert.isDisputed ? "*" : "")"
        }
    }

    @Test func `an alert about a contested loan is marked until the answer, and the lenders are told both`() throws {
        var house = RiskMonitoringHouse([Self.overdue])
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", overdue: 95))
        house.hear(dispute("l-bank-a-l1-2026-03-31"))
        house.hear(dispute("l-bank-a-l1-2026-03-31"))
        #expect(try told(house) == ["raised overdue", "changed overdue*"])
        #expect(house.table(RiskTables.alert).values.first?.last == .bool(true))
        // Who becomes a lender meanwhile hears of it with its mark.
        house.hear(riskDisbursed("l2", bank: "bank-b"))
        house.hear(dispute("l-bank-a-l1-2026-03-31", isOpen: false, at: "2026-05-05T00:00:00Z"))
        house.hear(dispute("l-bank-a-l1-2026-03-31"))
        #expect(try told(house) == ["raised overdue", "changed overdue*", "changed overdue"])
        #expect(house.table(RiskTables.alert).values.first?.last == .bool(false))
        let letters = house.releases.map { "\($0.receiver) \($0.body["isDisputed"]?.bool ?? false)" }
        #expect(
            letters == [
                "institution:bank-a false", "institution:bank-a true", "institution:bank-b true", "institution:bank-a false",
                "institution:bank-b false",
            ])
        #expect(Set(house.releases.map(\.releaseID)).count == 5)
    }

    @Test func `whichever comes first the same alerts stand with the same marks`() throws {
        let messages = [
            riskDisbursed("l1"), riskStatus("l1", overdue: 95), dispute("d-bank-a-l1", of: "financing.disbursed"),
            dispute("l-bank-a-l1-2026-03-31", id: "X-2"), riskPortrait(revision: 1, #"{"sales-trend":-0.5}"#),
        ]
        var standing: Set<[LiveAlert]> = []
        for start in messages.indices {
            for isReversed in [false, true] {
                let rotated = Array(messages[start...] + messages[..<start])
                var house = RiskMonitoringHouse([Self.overdue, Self.large, Self.falling])
                for message in isReversed ? rotated.reversed() : rotated { house.hear(message) }
                standing.insert(house.state.alerts)
            }
        }
        #expect(standing.count == 1)
        #expect(standing.first?.map { "\($0.rule) \($0.isDisputed)" } == ["falling false", "large true", "overdue true"])
    }

    @Test func `only what the rule sees marks its alert`() throws {
        var house = RiskMonitoringHouse([Self.overdue, Self.large])
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", overdue: 95))
        house.hear(riskDisbursed("l2", bank: "bank-b"))
        house.hear(riskStatus("l2", bank: "bank-b", overdue: 3))
        // The loan with fewer days has no part in the most.
        house.hear(dispute("l-bank-b-l2-2026-03-31"))
        #expect(house.state.alerts.map { "\($0.rule) \($0.isDisputed)" } == ["large true", "overdue false"])
        // The balance is what the status says; the payout has no part in it any more.
        house.hear(dispute("l-bank-b-l2-2026-03-31", isOpen: false, at: "2026-05-02T00:00:00Z"))
        house.hear(dispute("d-bank-b-l2", of: "financing.disbursed", id: "X-3"))
        #expect(house.state.alerts.map { "\($0.rule) \($0.isDisputed)" } == ["large false", "overdue false"])
        // A later status speaks for itself.
        house.hear(dispute("l-bank-a-l1-2026-03-31", id: "X-4"))
        #expect(house.state.alerts.map(\.isDisputed) == [true, true])
        house.hear(riskStatus("l1", asOf: "2026-04-30", overdue: 120))
        #expect(house.state.alerts.map(\.isDisputed) == [false, false])
    }

    @Test func `a lowered alert has the mark of what lowered it, and one that ends with the loan has none`() throws {
        var house = RiskMonitoringHouse([Self.overdue])
        house.hear(riskDisbursed("l1"))
        house.hear(riskStatus("l1", overdue: 95))
        house.hear(dispute("l-bank-a-l1-2026-04-30"))
        house.hear(riskStatus("l1", asOf: "2026-04-30", overdue: 0))
        house.hear(riskStatus("l1", asOf: "2026-05-05", overdue: 91))
        house.hear(dispute("l-bank-a-l1-2026-05-05", id: "X-2"))
        house.hear(riskSettled("l1", on: "2026-05-08"))
        #expect(try told(house) == ["raised overdue", "lowered overdue*", "raised overdue", "changed overdue*", "lowered overdue"])
    }

    @Test func `what scoring marks in a portrait marks the alerts of rules that ask for it, by a tag too`() {
        func marks(_ logic: String, _ more: String) -> [Bool] {
            let tag = CatalogEntry(
                kind: "tag", id: "weak", version: 1, effectiveFrom: .epoch, body: riskJSON(#"{"logic":{"<":[{"var":"sales-trend"},0]}}"#))
            var house = RiskMonitoringHouse([riskRule("r", logic), tag])
            house.hear(riskDisbursed("l1"))
            let score = #","score":{"points":560,"grade":"C"}"#
            house.hear(riskPortrait(revision: 1, #"{"sales-trend":-0.4,"staff":3}"#, tags: #"["weak"]"#, score: score + more))
            // A second input: the marks are kept with the portrait.
            house.hear(riskStatus("l1", overdue: 1))
            return house.state.alerts.map(\.isDisputed)
        }
        func disputed(_ features: String) -> String {
            #","disputes":[{"recordId":"r","recordType":"tax.return","openedOn":"2026-05-01","dueOn":"2026-05-21","indicators":["sales-trend"],"features":\#(features)}]"#
        }
        let trend = #"{"<":[{"var":"sales-trend"},0]}"#
        let staff = #"{">":[{"var":"staff"},0]}"#
        let points = #"{"<":[{"var":"points"},600]}"#
        #expect(marks(trend, "") == [false])
        #expect(marks(trend, disputed("[]")) == [true])
        #expect(marks(#"{"var":"tag.weak"}"#, disputed("[]")) == [true])
        #expect(marks(staff, disputed("[]")) == [false])
        #expect(marks(points, disputed("[]")) == [false])
        #expect(marks(points, disputed(#"["sales-trend"]"#)) == [true])
    }

    @Test func `a dispute about anything but a loan is for the portrait to tell`() {
        guard case .pass = RiskMonitoring().admit(dispute("t1", of: "tax.return"), catalog: .empty) else {
            Issue.record("a dispute about a tax return was taken")
            return
        }
    }
}
