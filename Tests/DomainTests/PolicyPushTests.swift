import Contracts
import Deciding
import PolicyPushDomain
import Testing
import Vocabulary
import Wire

private func policy(
    _ id: String = "subsidy", version: Int64 = 1, from: String = "2020-01-01T00:00:00Z", withdrawn: Bool = false, salesMin: Int = 100,
    window: String = #"{"from": "2026-01-01", "to": "2026-12-31"}"#, amount: String = "1000", procedure: String = "P",
    more: String = ""
) -> CatalogEntry {
    Offer.entry(
        "policy", id, version: version, from: from, withdrawn: withdrawn,
        """
        {"title": {"en": "S", "zh": "补"}, "department": {"en": "D", "zh": "厅"}, "kind": "grant", "beneficiaries": {"en": "B", "zh": "企"},
         "procedure": {"en": "\(procedure)", "zh": "序"}, "window": \(window), "amount": \(amount), "reminders": [30, 7, 1],
         "conditions": [{"id": "sales", "title": {"en": "Sales", "zh": "销"}, "logic": {">=": [{"var": "sales"}, \(salesMin)]}},
          {"id": "firm", "title": {"en": "Firm", "zh": "企"}, "logic": {"==": [{"var": "subjectKind"}, "enterprise"]}}]\(more)}
        """)
}

private func desk(_ entries: [CatalogEntry] = [policy()], now: String = "2026-06-01T00:00:00Z") -> OfferDesk<PolicyPush> {
    OfferDesk(PolicyPush(), loop: Topic.policyPushGrants, now: now, entries)
}

private func kinds(_ desk: OfferDesk<PolicyPush>) -> [String] { desk.all(PolicyEvent.self).map(\.kind) }

@Test func `a policy is pushed once and taken back when the firm no longer fits`() throws {
    var desk = desk()
    desk.take(Offer.portrait(1, ["sales": 200]), key: Offer.firm)
    desk.take(Offer.portrait(1, ["sales": 200]), key: Offer.firm)
    desk.take(Offer.portrait(2, ["sales": 300]), key: Offer.firm)
    #expect(kinds(desk) == ["pushed"])
    let release = try #require(desk.all(ReleaseRequest.self).first)
    #expect(release.messageType == "policy.push.v1")
    #expect(release.receiver == "portal")
    #expect(release.purpose == "policy")
    #expect(release.categories == [])
    #expect(release.body["amountFen"]?.int == 100_000)
    #expect(desk.timers[Offer.firm]?.count == 3)
    desk.take(Offer.portrait(3, ["sales": 1]), key: Offer.firm)
    #expect(desk.all(PolicyEvent.self).last?.reason == "conditions-no-longer-met")
    #expect(desk.all(ReleaseRequest.self).map(\.messageType) == ["policy.push.v1", "policy.withdrawn.v1"])
    #expect(desk.table("push").map { $0["status"] } == [.text("withdrawn")])
    #expect(desk.timers[Offer.firm] ?? [:] == [:])
    desk.take(Offer.portrait(4, ["sales": 500]), key: Offer.firm)
    desk.take(Offer.portrait(5), key: Offer.firm)
    #expect(desk.all(PolicyEvent.self).map(\.reason) == ["eligible", "conditions-no-longer-met", "eligible-again", "evidence-missing"])
    // Asking twice sends once, so every one of them needs an id of its own.
    #expect(Set(desk.all(ReleaseRequest.self).map(\.releaseID)).count == 4)
}

@Test func `a policy for a county finds the firms of the county that it took over from, once the table of divisions says so`() {
    let body = String(decoding: policy().body.rawBytes, as: UTF8.self)
    let local = Offer.entry(
        "policy", "local",
        body.replacing(#"{"==": [{"var": "subjectKind"}, "enterprise"]}"#, with: #"{"==": [{"var": "region"}, "430299"]}"#))
    var desk = desk([local])
    desk.take(Offer.portrait(1, ["sales": 200]), key: Offer.firm)
    #expect(kinds(desk) == [])
    desk.publish(Offer.divisions)
    #expect(kinds(desk) == ["pushed"])
}

@Test func `a policy whose conditions are not known is not pushed`() {
    var desk = desk()
    desk.take(Offer.portrait(1), key: Offer.firm)
    #expect(desk.sent == [])
}

@Test func `a new policy finds firms and a withdrawn one leaves them`() {
    var desk = desk([])
    for firm in ["F1", "F2"] { desk.take(Offer.portrait(of: firm, ["sales": firm == "F1" ? 200 : 2]), key: firm) }
    desk.publish(policy())
    #expect(desk.all(PolicyEvent.self).map(\.subject) == ["F1"])
    desk.publish(policy(version: 2, salesMin: 1))
    #expect(
        desk.all(PolicyEvent.self).map { "\($0.subject) \($0.policyVersion) \($0.reason)" } == [
            "F1 1 eligible", "F1 2 new-version", "F2 2 eligible",
        ])
    #expect(desk.table("push").map { $0["status"] } == [.text("withdrawn"), .text("pushed"), .text("pushed")])
    desk.publish(policy(version: 3, withdrawn: true))
    #expect(desk.all(PolicyEvent.self).suffix(2).map(\.reason) == ["policy-withdrawn", "policy-withdrawn"])
    let count = desk.sent.count
    desk.publish(policy(version: 3, withdrawn: true))
    #expect(desk.sent.count == count)
}

@Test func `a policy published ahead is pushed when its time comes and not after its last day`() {
    var desk = desk([policy(from: "2026-07-01T00:00:00Z")])
    desk.take(Offer.portrait(of: "F1", ["sales": 200]), key: "F1")
    #expect(desk.sent == [])
    desk.advance(to: "2026-07-01T00:00:00Z")
    #expect(kinds(desk) == ["pushed"])
    desk.advance(to: "2026-12-31T15:59:59Z")
    desk.take(Offer.portrait(of: "F2", ["sales": 200]), key: "F2")
    #expect(kinds(desk).filter { $0 == "pushed" }.count == 2)
    desk.advance(to: "2026-12-31T16:00:00Z")
    desk.take(Offer.portrait(of: "F3", ["sales": 200]), key: "F3")
    desk.take(Offer.portrait(2, of: "F2"), key: "F2")
    #expect(kinds(desk).filter { $0 != "reminded" } == ["pushed", "pushed"])
}

@Test func `pushed firms are reminded at nine in the morning thirty seven and one days before the end`() {
    var desk = desk()
    desk.take(Offer.portrait(of: "F1", ["sales": 200]), key: "F1")
    desk.take(Offer.portrait(of: "F2", ["sales": 200]), key: "F2")
    desk.advance(to: "2026-12-20T00:00:00Z")
    desk.take(Offer.portrait(2, of: "F2", ["sales": 2]), key: "F2")
    desk.advance(to: "2027-02-01T00:00:00Z")
    let reminders = desk.all(PolicyEvent.self).filter { $0.kind == "reminded" }
    #expect(
        reminders.map { "\($0.subject) \($0.at.rfc3339) \($0.reason)" } == [
            "F1 2026-12-01T01:00:00Z days-left-30", "F2 2026-12-01T01:00:00Z days-left-30", "F1 2026-12-24T01:00:00Z days-left-7",
            "F1 2026-12-30T01:00:00Z days-left-1",
        ])
    #expect(desk.table("reminder").count == 4)
    #expect(
        desk.all(ReleaseRequest.self).filter { $0.messageType == "policy.reminder.v1" }.map { $0.body["daysLeft"]?.int } == [30, 30, 7, 1])
}

private let noApplication = #", "noApplication": true, "budget": 2500"#

@Test func `a grant without application is claimed once and paid while the budget lasts`() {
    var desk = desk([policy(more: noApplication)])
    for firm in ["F1", "F2", "F3"] { desk.take(Offer.portrait(of: firm, ["sales": 200]), key: firm) }
    #expect(
        desk.all(PolicyEvent.self).map { "\($0.subject) \($0.kind)" } == [
            "F1 pushed", "F1 claimed", "F1 granted", "F2 pushed", "F2 claimed", "F2 granted", "F3 pushed", "F3 claimed", "F3 grant-refused",
        ])
    #expect(desk.all(PolicyEvent.self).last?.reason == "budget-exhausted")
    #expect(desk.all(GrantClaim.self).count == 3)
    #expect(desk.sent.filter { $0.type == GrantClaim.type }.allSatisfy { $0.key == "policy:subsidy" })
    #expect(desk.table("policy_budget").first?["spent_fen"] == .int64(200_000))
    // Fits no more, and fits again: it was paid already.
    desk.take(Offer.portrait(2, of: "F1", ["sales": 2]), key: "F1")
    desk.take(Offer.portrait(3, of: "F1", ["sales": 200]), key: "F1")
    #expect(desk.all(GrantClaim.self).count == 3)
    // More money in the same round: who was refused is paid, who was paid is not paid twice.
    desk.publish(policy(version: 2, more: #", "noApplication": true, "budget": 3000"#))
    let claims = desk.all(GrantClaim.self).filter { $0.policyVersion == 2 }
    for claim in claims { desk.take(claim, key: "policy:subsidy") }
    #expect(
        desk.all(PolicyEvent.self).suffix(3).map { "\($0.subject) \($0.kind) \($0.reason)" } == [
            "F1 grant-refused already-granted", "F2 grant-refused already-granted", "F3 granted ",
        ])
}

@Test func `nothing is claimed before the window opens`() {
    var desk = desk([policy(window: #"{"from": "2026-08-01", "to": "2026-12-31"}"#, more: noApplication)])
    desk.take(Offer.portrait(of: "F1", ["sales": 200]), key: "F1")
    #expect(kinds(desk) == ["pushed"])
    desk.advance(to: "2026-07-31T16:00:00Z")
    #expect(kinds(desk) == ["pushed", "claimed"])
}

@Test func `no order of claims and redeliveries ever overspends the budget`() {
    var dice = UInt64(20_260_801)
    func roll(_ sides: UInt64) -> UInt64 {
        dice = dice &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (dice >> 33) % sides
    }
    for _ in 0..<12 {
        let budget = Int64(roll(20_000) + 1)
        var desk = desk([
            policy(more: #", "noApplication": true, "budget": \#(budget)"#),
            policy(version: 2, more: #", "noApplication": true, "budget": \#(budget / 2 + 1)"#),
        ])
        var claims: [GrantClaim] = []
        for _ in 0..<150 {
            if roll(4) == 0, !claims.isEmpty {
                desk.take(claims[Int(roll(UInt64(claims.count)))], key: "policy:subsidy")
                continue
            }
            let amount = roll(12) == 0 ? Int64.max : Int64(roll(150_000)) - 1_000
            let claim = GrantClaim(
                policyID: "subsidy", policyVersion: Int64(roll(2) + 1), subject: "F\(roll(60))", amount: Money(fen: amount), at: desk.now)
            claims.append(claim)
            desk.take(claim, key: "policy:subsidy")
        }
        let granted = desk.all(PolicyEvent.self).filter { $0.kind == "granted" }
        let spent = granted.reduce(Money.zero) { $0 + $1.amount }
        #expect(spent <= Money(yuan: budget))
        #expect(Set(granted.map(\.subject)).count == granted.count)
        #expect(granted.allSatisfy { $0.amount > .zero })
        let count = desk.sent.count
        for claim in claims { desk.take(claim, key: "policy:subsidy") }
        let again = desk.all(PolicyEvent.self).filter { $0.kind == "granted" }.reduce(Money.zero) { $0 + $1.amount }
        #expect(again == spent)
        for claim in claims { desk.take(claim, key: "policy:subsidy") }
        #expect(desk.sent.count - count <= claims.count)
    }
}

private func state(_ desk: OfferDesk<PolicyPush>, _ key: String) throws -> PolicyPushState {
    try PolicyPushState(Offer.json(String(decoding: desk.states[key] ?? Array("{}".utf8), as: UTF8.self)))
}

@Test func `a push is forgotten two years after its last day, and its row stays`() throws {
    var desk = desk()
    desk.take(Offer.portrait(1, ["sales": 200]), key: Offer.firm)
    desk.advance(to: "2028-12-30T00:00:00Z")
    desk.take(Offer.portrait(2, ["sales": 200]), key: Offer.firm)
    #expect(try state(desk, Offer.firm).pushes.keys.sorted() == ["subsidy"])
    desk.advance(to: "2028-12-31T00:00:00Z")
    desk.take(Offer.portrait(3, ["sales": 200]), key: Offer.firm)
    #expect(try state(desk, Offer.firm).pushes.isEmpty)
    #expect(kinds(desk) == ["pushed", "reminded", "reminded", "reminded"])
    #expect(desk.table("push").map { $0["status"] } == [.text("pushed")])
}

@Test func `a round is forgotten two years after its last day, and never pays again`() throws {
    let key = "policy:subsidy"
    func claim(_ version: Int64, of subject: String) -> GrantClaim {
        GrantClaim(policyID: "subsidy", policyVersion: version, subject: subject, amount: Money(yuan: 1_000), at: .epoch)
    }
    var desk = desk([policy(more: noApplication)])
    desk.take(claim(1, of: "F1"), key: key)
    desk.publish(policy(version: 2, window: #"{"from": "2028-12-01", "to": "2029-12-31"}"#, more: noApplication))
    desk.advance(to: "2028-12-30T00:00:00Z")
    desk.take(claim(2, of: "F1"), key: key)
    #expect(try state(desk, key).rounds.keys.sorted() == ["2026-01-01", "2028-12-01"])
    desk.advance(to: "2028-12-31T00:00:00Z")
    desk.take(claim(2, of: "F2"), key: key)
    #expect(try state(desk, key).rounds.keys.sorted() == ["2028-12-01"])
    // The old round again, with a later last day.
    desk.publish(policy(version: 3, window: #"{"from": "2026-01-01", "to": "2030-12-31"}"#, more: noApplication))
    desk.take(claim(3, of: "F1"), key: key)
    desk.take(claim(1, of: "F3"), key: key)
    #expect(desk.refusals.map(\.code) == ["round-over", "round-over"])
    #expect(kinds(desk) == ["granted", "granted", "granted"])
}

@Test func `a claim on a policy that grants nothing by itself is refused`() {
    var desk = desk()
    for (id, version) in [("subsidy", Int64(1)), ("subsidy", 9), ("unheard", 1)] {
        desk.take(
            GrantClaim(policyID: id, policyVersion: version, subject: "F", amount: Money(yuan: 1), at: .epoch), key: "policy:\(id)")
    }
    #expect(desk.refusals.map(\.code) == ["policy-unknown", "policy-unknown", "policy-unknown"])
    #expect(desk.sent == [])
}

@Test func `a policy that cannot be used is named and refused`() {
    func defects(_ entry: CatalogEntry, _ examples: String...) -> [String] {
        PolicyPush.defects(of: entry, examples: examples.map { Offer.json($0) }, in: .empty)
    }
    let eligible = #"{"facts": {"subjectKind": "enterprise", "sales": 200}, "eligible": true}"#
    #expect(defects(policy(), eligible) == [])
    #expect(defects(policy()) == ["there is no example"])
    #expect(
        defects(policy(), #"{"facts": {"subjectKind": "enterprise"}, "eligible": true}"#)
            == ["example 1: should be eligible and fails `sales`"])
    #expect(
        defects(policy(), #"{"facts": {"subjectKind": "enterprise", "sales": 200}, "eligible": false}"#)
            == ["example 1: should not be eligible and is"])
    #expect(
        defects(policy(window: #"{"from": "2026-02-01", "to": "2026-01-01"}"#), eligible) == ["`window.to` is before `window.from`"])
    #expect(defects(policy(amount: "null", more: #", "noApplication": true"#), eligible).count == 1)
    #expect(defects(policy(more: #", "budget": -1"#), eligible) == ["`budget` is not an amount of yuan"])
}

@Test func `the policies of the base pack are sound and their examples hold`() throws {
    for (entry, examples) in try offerPack("policies.json") {
        #expect(PolicyPush.defects(of: entry, examples: examples, in: .empty) == [], "\(entry.id)")
    }
}
