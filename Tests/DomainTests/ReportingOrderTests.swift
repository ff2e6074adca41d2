import Contracts
import Deciding
import PolicyPushDomain
import ReportingDomain
import Testing
import Vocabulary

/// No order, repeat or delay of the messages may show in the rows; facts come once each, in any order.
@Suite struct ReportingOrderTests {
    private static func alert(_ kind: String, _ level: String, on day: Int) -> Message {
        ReportingHouse.message(
            RiskAlert(
                alertID: "overdue/S", subject: "S", rule: "overdue", ruleVersion: 1, level: level, kind: kind,
                title: Bilingual(en: "Overdue", zh: "逾期"), observed: "days=\(day)", lenders: ["bank-a"], at: ReportingHouse.day(day)),
            on: Topic.riskMonitoringEvents)
    }

    private static func policy(_ kind: String, on day: Int) -> Message {
        ReportingHouse.message(
            PolicyEvent(
                kind: kind, policyID: "first-loan", policyVersion: 1, subject: "S", amount: Money(yuan: 20_000), reason: "", conditions: [],
                at: ReportingHouse.day(day)), on: Topic.policyPushEvents)
    }

    /// Tallied, and each handed over once: a replayed letter brings its fact after later ones.
    private static let facts: [Message] = [
        ReportingHouse.fact(1), ReportingHouse.fact(2, "registration", data: #"{"name":"Old"}"#),
        ReportingHouse.fact(3, "registration", data: #"{"name":"New"}"#), ReportingHouse.fact(4, supersedes: "f-1"),
    ]
    private static let loose: [Message] = [
        ReportingHouse.portrait(1, points: 600), ReportingHouse.portrait(2, points: 640),
        ReportingHouse.step("requested", on: 0, institution: ""), ReportingHouse.step("dispatched", on: 0),
        ReportingHouse.step("accept-overdue", on: 4), ReportingHouse.step("accepted", on: 5), ReportingHouse.step("credited", on: 8),
        ReportingHouse.step("credited", on: 9, yuan: 400_000), ReportingHouse.step("disbursed", on: 10, yuan: 400_000, loan: "L-1"),
        ReportingHouse.step("declined", on: 12, institution: "bank-b"), alert("raised", "yellow", on: 1), alert("changed", "red", on: 2),
        alert("lowered", "none", on: 3), policy("pushed", on: 1), policy("reminded", on: 2), policy("granted", on: 2),
        ReportingHouse.message(
            WatchEvent(
                kind: "opened", loanID: "L-1", subject: "S", institution: "bank-a", balance: Money(yuan: 400_000), loanClass: "normal",
                at: ReportingHouse.day(10)), on: Topic.riskMonitoringEvents),
        ReportingHouse.message(
            WatchEvent(
                kind: "closed", loanID: "L-1", subject: "S", institution: "bank-a", balance: .zero, loanClass: "normal",
                at: ReportingHouse.day(30)), on: Topic.riskMonitoringEvents),
        ReportingHouse.message(
            WhitelistChange(list: "tech", subject: "S", isMember: true, reason: "", at: ReportingHouse.day(1)), on: Topic.scoringPortraits),
        ReportingHouse.message(
            WhitelistChange(list: "tech", subject: "S", isMember: false, reason: "grade", at: ReportingHouse.day(2)),
            on: Topic.scoringPortraits),
        ReportingHouse.message(
            ExchangeEvent(
                kind: "released", releaseID: "r-1", subject: "S", receiver: "institution:bank-a", messageType: "financing.application.v1",
                purpose: "loan-application", consentID: "c", reason: "", at: ReportingHouse.day(1)), on: Topic.exchangeEvents),
        ReportingHouse.message(
            GovernanceEvent(
                kind: "quarantined", subject: "S", recordID: "w/1", recordType: "tax.return", writer: "source:tax", reason: "no-jump",
                at: ReportingHouse.day(1)), on: Topic.governanceEvents),
        ReportingHouse.message(
            MatchList(
                subject: "S", applicationID: "A-1", portraitRevision: 2, at: ReportingHouse.day(0), matches: [], eligibleCount: 0,
                refused: [("flow-loan", "tax-months")], refusedCount: 1), on: Topic.matchmakingEvents),
    ]

    @Test func `any order with any repeats gives the same rows and the same state`() {
        let expected = ReportingHouse()
        expected.take(Self.facts + Self.loose)
        #expect(expected.refusals == [])
        #expect(expected.cells(ReportingTables.alert, "level") == [.text("none")])
        #expect(expected.cells(ReportingTables.push, "granted_fen") == [.int64(2_000_000)])
        #expect(expected.cells(ReportingTables.subject, "name") == [.text("New")])
        #expect(expected.cells(ReportingTables.coverage, "facts") == [.int64(2), .int64(2)])
        #expect(expected.cells(ReportingTables.coverage, "standing") == [.int64(2), .int64(1)])
        var dice = SplitMix64(seed: 2026)
        for _ in 0..<60 {
            let messages = (Self.facts + Self.loose + Self.loose.filter { _ in Bool.random(using: &dice) }).shuffled(using: &dice)
            let house = ReportingHouse()
            house.take(messages)
            #expect(house.rows == expected.rows)
            #expect(house.states == expected.states)
        }
    }

    @Test func `a message that comes again writes nothing but what is there`() {
        let decider = Reporting()
        var state = SubjectRecord()
        var effects = Effects()
        for message in [ReportingHouse.step("requested", on: 0), ReportingHouse.portrait(1, points: 600)] {
            decider.decide(.message(message), key: "S", on: &state, at: .epoch, catalog: .empty, effects: &effects)
            let bytes = state.bytes
            var again = Effects()
            decider.decide(.message(message), key: "S", on: &state, at: .epoch, catalog: .empty, effects: &again)
            #expect(again.rows.isEmpty)
            #expect(again.messages.isEmpty)
            #expect(state.bytes == bytes)
        }
    }

    /// A batch has one time, and everything about a thing may change in it twice.
    @Test func `what was done, undone and done again within one batch stands as done, in whatever order it is heard`() throws {
        var pushes = OfferDesk(PolicyPush(), now: "2026-06-01T00:00:00Z", [Self.grant])
        var scoring = ScoringDrive()
        for fact in [ScoringGround.registration(), ScoringGround.tax("2025-10", "900"), ScoringGround.tax("2025-11", "800")] {
            scoring.tell(fact)
        }
        var risks = RiskMonitoringHouse([riskRule("overdue-91", #"{">":[{"var":"loan.overdueDays"},90]}"#)])
        risks.hear(riskDisbursed("l1"))
        var lists: [WhitelistChange] = []
        for round in 0..<3 as Range<Int> {
            let isSo = round % 2 == 0
            pushes.take(Offer.portrait(Int64(round + 1), ["sales": isSo ? 200 : 1]), key: Offer.firm)
            risks.hear(riskStatus("l1", asOf: "2026-04-0\(round + 1)", overdue: isSo ? 95 : 0))
            scoring.catalog = isSo ? ScoringGround.catalog : Catalog(version: 8, entries: [])
            lists += [scoring.ring().payload(WhitelistChange.self)].compactMap(\.self)
        }
        let alerts = risks.messages.filter { $0.type == RiskAlert.type }.compactMap {
            try? RiskAlert(Offer.json(String(decoding: $0.value, as: UTF8.self)))
        }
        #expect(pushes.all(PolicyEvent.self).map(\.kind) == ["pushed", "withdrawn", "pushed"])
        #expect(alerts.map(\.kind) == ["raised", "lowered", "raised"])
        #expect(lists.map(\.isMember) == [true, false, true])
        let heard =
            pushes.all(PolicyEvent.self).map { ReportingHouse.message($0, on: Topic.policyPushEvents) }
            + alerts.map { ReportingHouse.message($0, on: Topic.riskMonitoringEvents) }
            + lists.map { ReportingHouse.message($0, on: Topic.scoringPortraits) }
        var dice = SplitMix64(seed: 7)
        for _ in 0..<20 {
            let house = ReportingHouse()
            house.take(heard.shuffled(using: &dice))
            #expect(house.cells(ReportingTables.push, "status") == [.text("pushed")])
            #expect(house.cells(ReportingTables.alert, "level") == [.text("red")])
            #expect(house.cells(ReportingTables.whitelist, "is_member") == [.bool(true)])
        }
    }

    @Test func `the mark of a dispute stands with an alert as the last word has it`() {
        func alert(_ kind: String, on day: Int, isDisputed: Bool) -> Message {
            ReportingHouse.message(
                RiskAlert(
                    alertID: "overdue/S", subject: "S", rule: "overdue", ruleVersion: 1, level: "red", kind: kind,
                    title: Bilingual(en: "Overdue", zh: "逾期"), observed: "", lenders: [], at: ReportingHouse.day(day),
                    isDisputed: isDisputed),
                on: Topic.riskMonitoringEvents)
        }
        let words = [
            alert("raised", on: 1, isDisputed: false), alert("changed", on: 2, isDisputed: true),
            alert("changed", on: 3, isDisputed: false),
        ]
        for (count, isDisputed) in [(1, false), (2, true), (3, false)] {
            let heard = words.prefix(count)
            for order in [Array(heard), heard.reversed()] {
                let house = ReportingHouse()
                house.take(order)
                #expect(house.cells(ReportingTables.alert, "is_disputed") == [.bool(isDisputed)], "\(count)")
            }
        }
    }

    private static let grant = Offer.entry(
        "policy", "grant",
        """
        {"title": {"en": "G", "zh": "补"}, "department": {"en": "D", "zh": "厅"}, "kind": "grant", "beneficiaries": {"en": "B", "zh": "企"},
         "procedure": {"en": "P", "zh": "序"}, "window": {"from": "2026-01-01", "to": "2026-12-31"}, "amount": "1000", "reminders": [7],
         "conditions": [{"id": "sales", "title": {"en": "Sales", "zh": "销"}, "logic": {">=": [{"var": "sales"}, 100]}}]}
        """)
}
