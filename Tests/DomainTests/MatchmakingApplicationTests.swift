import Contracts
import Deciding
import MatchmakingDomain
import Testing
import Vocabulary
import Wire

private let catalogue = [
    Offer.product("a-loan", institution: "bank-a"), Offer.product("b-loan", institution: "bank-b", base: 500),
    Offer.entry("institution", "bank-a", #"{"acceptDays": 3, "answerDays": 10}"#),
    Offer.entry(
        "calendar", "china",
        """
        {"years": [
         {"year": 2025, "off": ["2025-10-01", "2025-10-02", "2025-10-03", "2025-10-06", "2025-10-07", "2025-10-08"],
          "work": ["2025-09-28", "2025-10-11"]},
         {"year": 2026, "off": ["2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23", "2026-05-01",
          "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"],
          "work": ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]}]}
        """),
]

private func desk(now: String = "2026-04-29T04:00:00Z") -> OfferDesk<Matchmaking> {
    OfferDesk(Matchmaking(), now: now, catalogue)
}

private func assessment(_ request: FinancingRequest, _ portrait: Portrait = Offer.portrait(Offer.good)) -> Assessment {
    Assessment(request: request, portrait: portrait)
}

private func statuses(_ desk: OfferDesk<Matchmaking>) -> [String] { desk.all(ApplicationEvent.self).map(\.status) }

@Test func `a request goes to one institution with everything that it needs`() throws {
    var desk = desk()
    desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
    #expect(statuses(desk) == ["requested", "dispatched"])
    let releases = desk.all(ReleaseRequest.self)
    #expect(releases.map(\.releaseID) == ["matches/app-1", "status/app-1/dispatched", "application/app-1"])
    let out = try #require(releases.last)
    #expect(out.receiver == "institution:bank-a")
    #expect(out.categories == ["application", "score", "portrait"])
    #expect(out.purpose == "loan-application")
    #expect(out.consentID == "c-1")
    #expect(out.body["amountFen"]?.int == 100_000_000)
    #expect(out.body["reportId"]?.string == "report/app-1")
    #expect(out.body["score"]?["reasons"]?[at: 0]?["code"]?.string == "R-1")
    #expect(out.body["dueAcceptBy"]?.string == "2026-05-07")
    #expect(out.body["dueAnswerBy"]?.string == "2026-05-15")
    // Not without the marks that go with the score.
    #expect(out.body["officialGrade"]?["grade"]?.string == "A" && out.body["officialGrade"]?["source"]?.string == "source:credit-china")
    #expect(out.body["disputes"]?[at: 0]?["recordId"]?.string == "source:tax/1")
    #expect(out.body["disputes"]?[at: 0]?["features"]?[at: 0]?.string == "sales")
    #expect(desk.all(MatchList.self).first?.matches.map(\.productID) == ["a-loan", "b-loan"])
    #expect(desk.table("application").first?["status"] == .text("dispatched"))
    #expect(desk.table("match").count == 2)
    #expect(desk.refusals == [])
}

@Test func `the firm's own choice comes first when it fits`() {
    for (product, institution, expected, reason) in [
        ("b-loan", "", "b-loan", "product-of-request"), ("", "bank-b", "b-loan", "best-of-institution"),
        ("no-such", "bank-b", "b-loan", "best-of-institution"), ("", "", "a-loan", "best-ranked"),
        ("no-such", "no-such", "a-loan", "best-ranked"),
    ] {
        var desk = desk()
        desk.take(assessment(Offer.request("app-1", product: product, institution: institution)), key: Offer.firm)
        let event = desk.all(ApplicationEvent.self).last
        #expect(event?.productID == expected)
        #expect(event?.reason == reason)
    }
}

@Test func `a request that nothing fits is unmatched and says why`() {
    var desk = desk()
    desk.take(assessment(Offer.request("app-1"), Offer.portrait(["sales": 5, "age": 40])), key: Offer.firm)
    #expect(statuses(desk) == ["requested", "unmatched"])
    #expect(desk.all(ApplicationEvent.self).last?.reason == "no-eligible-product")
    #expect(desk.all(MatchList.self).first?.refused.map(\.condition) == ["sales", "sales"])
    #expect(desk.all(ReleaseRequest.self).map(\.receiver) == ["portal", "portal"])
    #expect(desk.timers[Offer.firm] ?? [:] == [:])
    desk.take(Offer.fact("f", "accepted", at: "2026-04-30T00:00:00Z"), key: Offer.firm)
    #expect(desk.table("application_refusal").first?["code"] == .text("not-the-dispatched-institution"))
}

@Test func `the same assessment again changes nothing`() {
    var desk = desk()
    desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
    let (sent, states, rows) = (desk.sent, desk.states, desk.rows)
    desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
    #expect(desk.sent == sent)
    #expect(desk.states == states)
    #expect(desk.rows == rows)
}

private let course: [Fact] = [
    Offer.fact("f1", "accepted", at: "2026-04-30T01:00:00Z", #", "acceptedOn": "2026-04-30""#),
    Offer.fact("f2", "credited", at: "2026-05-06T01:00:00Z", #", "creditLimit": 900000, "annualRateBp": 380, "months": 12"#),
    Offer.fact(
        "f3", "disbursed", at: "2026-05-07T01:00:00Z", #", "loanId": "L1", "amount": 800000.5, "annualRateBp": 375, "months": 12"#),
    Offer.fact("f4", "settled", at: "2026-05-08T01:00:00Z", #", "loanId": "L1""#),
    Offer.fact("f5", "declined", at: "2026-05-09T01:00:00Z", #", "reason": "late""#),
]

@Test func `feedback walks the application to its end with amounts and rate`() throws {
    var desk = desk(now: "2026-05-08T04:00:00Z")
    desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
    for fact in course { desk.take(fact, key: Offer.firm) }
    #expect(statuses(desk) == ["requested", "dispatched", "accepted", "credited", "disbursed", "settled"])
    let disbursed = try #require(desk.all(ApplicationEvent.self).first { $0.status == "disbursed" })
    #expect(disbursed.amount.fen == 80_000_050)
    #expect(disbursed.annualRate == 375)
    #expect(disbursed.loanID == "L1")
    let row = desk.table("application").first
    #expect(row?["status"] == .text("settled"))
    #expect(row?["credited_fen"] == .int64(90_000_000))
    #expect(row?["disbursed_fen"] == .int64(80_000_050))
    #expect(row?["annual_rate_bp"] == .int64(375))
    #expect(desk.table("application_refusal").map { $0["code"] } == [.text("after-settled")])
    #expect(desk.all(ReleaseRequest.self).filter { $0.messageType == "application.status.v1" }.count == 5)
}

@Test func `all 120 orders of the feedback lead to the same application`() {
    var final: (rows: [String: [String: [String: Cell]]], events: Set<String>)?
    for order in Offer.orders(of: course) {
        var desk = desk(now: "2026-05-08T04:00:00Z")
        desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
        for fact in order { desk.take(fact, key: Offer.firm) }
        // A refusal that was heard before what makes it one had been said: the only difference that there may be.
        let events = statuses(desk)
        #expect(events.filter { $0 == "declined" }.count <= 1)
        let rest = events.filter { $0 != "declined" }
        #expect(rest.count == 6)
        guard let known = final else {
            final = (desk.rows, Set(rest))
            continue
        }
        #expect(desk.rows == known.rows)
        #expect(Set(rest) == known.events)
    }
}

@Test func `feedback may come before the request in any of 120 orders with the same events`() {
    enum Arrival {
        case request
        case report(Fact)
    }
    var final: (rows: [String: [String: [String: Cell]]], events: [[UInt8]])?
    for order in Offer.orders(of: [Arrival.request] + course.prefix(4).map { Arrival.report($0) }) {
        var desk = desk(now: "2026-05-08T04:00:00Z")
        for arrival in order {
            switch arrival {
            case .request: desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
            case .report(let fact): desk.take(fact, key: Offer.firm)
            }
        }
        let events = desk.sent.map(\.value).sorted { $0.lexicographicallyPrecedes($1) }
        if let known = final {
            #expect(desk.rows == known.rows)
            #expect(events == known.events)
        } else {
            final = (desk.rows, events)
        }
    }
}

@Test func `every pair of state and report has the answer that the table says`() {
    let allowed: [String: Set<String>] = [
        "dispatched": ["accepted", "credited", "disbursed", "settled", "declined", "withdrawn"],
        "accepted": ["credited", "disbursed", "settled", "declined", "withdrawn"], "credited": ["disbursed", "settled", "withdrawn"],
        "disbursed": ["settled"], "settled": [], "declined": [], "withdrawn": [], "unmatched": [],
    ]
    for status in ApplicationStatus.allCases {
        let steps = FeedbackStep.allCases.filter { status.after($0) != nil }
        #expect(Set(steps.map(\.rawValue)) == allowed[status.rawValue])
        for step in steps { #expect(status.after(step)?.rawValue == step.rawValue) }
    }
}

@Test func `an institution that only reports the money skips ahead and it is seen`() {
    var desk = desk()
    desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
    desk.take(course[2], key: Offer.firm)
    #expect(statuses(desk).last == "disbursed")
    #expect(desk.table("application").first?["skipped"] == .text("accepted,credited"))
}

@Test func `only the institution that has the application may report and only the firm may withdraw`() {
    var desk = desk()
    desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
    desk.take(Offer.fact("x", "credited", at: "2026-04-30T01:00:00Z", by: "bank-b"), key: Offer.firm)
    #expect(statuses(desk) == ["requested", "dispatched"])
    #expect(desk.table("application_refusal").map { $0["code"] } == [.text("not-the-dispatched-institution")])
    desk.take(Offer.fact("w", "withdrawn", at: "2026-04-30T02:00:00Z", #", "reason": "no need""#), key: Offer.firm)
    #expect(statuses(desk).last == "withdrawn")
    #expect(desk.timers[Offer.firm] ?? [:] == [:])
    #expect(desk.table("deadline").allSatisfy { $0["met"] == .null })
    desk.take(Offer.fact("y", "accepted", at: "2026-04-30T03:00:00Z"), key: Offer.firm)
    #expect(statuses(desk).last == "withdrawn")
}

@Test func `a correction replaces the report and a retraction takes it away`() {
    var desk = desk()
    desk.take(assessment(Offer.request("app-1")), key: Offer.firm)
    desk.take(course[1], key: Offer.firm)
    desk.take(
        Offer.fact("f2b", "credited", at: "2026-05-06T02:00:00Z", supersedes: "f2", #", "creditLimit": 700000, "annualRateBp": 390"#),
        key: Offer.firm)
    #expect(desk.table("application").first?["credited_fen"] == .int64(70_000_000))
    #expect(statuses(desk).filter { $0 == "credited" }.count == 1)
    desk.take(Offer.fact("f2b", "credited", at: "2026-05-06T02:00:00Z", isRetraction: true), key: Offer.firm)
    #expect(desk.table("application").first?["status"] == .text("dispatched"))
    #expect(desk.timers[Offer.firm]?.count == 2)
}

@Test func `deadlines fall on the official working days`() {
    for (day, accept, answer) in [
        ("2025-09-26", "2025-09-30", "2025-10-16"), ("2026-02-12", "2026-02-24", "2026-03-04"), ("2026-04-29", "2026-05-07", "2026-05-15"),
        ("2026-09-30", "2026-10-10", "2026-10-20"),
    ] {
        var desk = desk(now: "\(day)T04:00:00Z")
        desk.take(assessment(Offer.request("app-1", at: "\(day)T03:00:00Z")), key: Offer.firm)
        let body = desk.all(ReleaseRequest.self).last?.body
        #expect(body?["dueAcceptBy"]?.string == accept)
        #expect(body?["dueAnswerBy"]?.string == answer)
        #expect(desk.timers[Offer.firm]?["accept:app-1"] == Offer.instant("\(accept)T16:00:00Z"))
        #expect(desk.table("application").first?["is_provisional"] == .bool(false))
    }
    var bare = OfferDesk(Matchmaking(), now: "2026-09-30T04:00:00Z", [Offer.product("a-loan")])
    bare.take(assessment(Offer.request("app-1", at: "2026-09-30T03:00:00Z")), key: Offer.firm)
    #expect(bare.all(ReleaseRequest.self).last?.body["dueAcceptBy"]?.string == "2026-10-05")
    #expect(bare.table("application").first?["is_provisional"] == .bool(true))
}

@Test func `an institution that stays silent is overdue twice and once`() {
    var silent = desk()
    silent.take(assessment(Offer.request("app-1")), key: Offer.firm)
    silent.advance(to: "2026-05-07T15:59:59Z")
    #expect(statuses(silent).count == 2)
    silent.advance(to: "2026-06-01T00:00:00Z")
    #expect(statuses(silent).dropFirst(2) == ["accept-overdue", "answer-overdue"])
    #expect(silent.table("deadline").map { $0["met"] } == [.bool(false), .bool(false)])
    // It had answered in time, and the report was late.
    silent.take(course[1], key: Offer.firm)
    #expect(silent.table("deadline").map { $0["met"] } == [.bool(true), .bool(true)])
    #expect(silent.table("deadline").first?["overdue_at"] == .instant(Offer.instant("2026-05-07T16:00:00Z")))

    var slow = desk()
    slow.take(assessment(Offer.request("app-1")), key: Offer.firm)
    slow.take(course[0], key: Offer.firm)
    slow.advance(to: "2026-06-01T00:00:00Z")
    #expect(statuses(slow) == ["requested", "dispatched", "accepted", "answer-overdue"])

    var prompt = desk()
    prompt.take(assessment(Offer.request("app-1")), key: Offer.firm)
    prompt.take(course[1], key: Offer.firm)
    prompt.advance(to: "2026-06-01T00:00:00Z")
    #expect(statuses(prompt) == ["requested", "dispatched", "credited"])
}

@Test func `what is not feedback is passed by and what is broken is refused`() {
    let matchmaking = Matchmaking()
    func message(_ type: String, _ body: String) -> Message {
        Message(
            topic: "t", partition: 0, offset: 0, key: "k", id: "1", source: "s", type: type, subject: "k", time: nil, body: Offer.json(body)
        )
    }
    for (type, body) in [
        (Fact.type, #"{"recordType": "tax.return"}"#), (Fact.type, #"{"recordType": "financing.requested"}"#), (Fact.type, "[]"),
        (WhitelistChange.type, "{}"), ("unheard", "{}"),
    ] {
        guard case .pass = matchmaking.admit(message(type, body), catalog: .empty) else {
            Issue.record("\(type) \(body) is not passed by")
            continue
        }
    }
    for (type, body) in [(Portrait.type, "{}"), (Assessment.type, "[]"), (Fact.type, #"{"recordType": "financing.accepted"}"#)] {
        var state = MatchmakingState()
        var effects = Effects()
        matchmaking.decide(.message(message(type, body)), key: "k", on: &state, at: .epoch, catalog: .empty, effects: &effects)
        #expect(effects.refusal != nil)
    }
}
