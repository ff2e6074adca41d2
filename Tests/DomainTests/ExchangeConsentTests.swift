import Contracts
import Deciding
import ExchangeDomain
import Testing
import Vocabulary
import Wire

/// Nothing leaves without a consent that covers receiver, categories and purpose at this moment.
@Suite struct ExchangeConsentTests {
    @Test func `a release under a covering consent carries its own number and the consent's`() throws {
        var house = ExchangeHouse()
        house.hear(exchangeGrant())
        house.hear(exchangeRequest())
        #expect(house.events == ["released r1"])
        let out = try #require(house.left.first)
        #expect(out.topic == Topic.institutionOut("bank-a"))
        #expect(out.type == "risk.alert.v1")
        #expect(out.key == ExchangeHouse.subject)
        let body = String(decoding: out.value, as: UTF8.self)
        #expect(body == #"{"releaseId":"r1","consentId":"c1","alertId":"a","level":"red","title":{"en":"t"}}"#)
        #expect(house.releaseRows[.text("r1")]?[8] == .int64(3))
    }

    @Test func `each shortfall of a consent has its own code and lets nothing out`() {
        let cases: [(grant: [Message], request: Message, code: String)] = [
            ([exchangeGrant(receivers: ["institution:bank-b"])], exchangeRequest(), "receiver-not-covered"),
            ([exchangeGrant(receivers: ["platform"])], exchangeRequest(), "receiver-not-covered"),
            ([exchangeGrant(receivers: ["institution:bank"])], exchangeRequest(), "receiver-not-covered"),
            ([exchangeGrant(categories: ["score"])], exchangeRequest(), "category-not-covered"),
            ([exchangeGrant(categories: ["*"])], exchangeRequest(), "category-not-covered"),
            ([exchangeGrant()], exchangeRequest(categories: ["loan", "tax"]), "category-not-covered"),
            // The rule's own categories count even when the request names none.
            ([exchangeGrant(categories: ["score"])], exchangeRequest(categories: []), "category-not-covered"),
            ([exchangeGrant(purposes: ["loan-application"])], exchangeRequest(), "purpose-not-covered"),
            ([exchangeGrant(from: "2026-05-11")], exchangeRequest(), "not-yet-valid"),
            ([exchangeGrant(until: "2026-05-09")], exchangeRequest(), "consent-expired"),
            ([exchangeGrant(), exchangeRevoke()], exchangeRequest(), "consent-revoked"),
            ([exchangeRevoke()], exchangeRequest(), "consent-revoked"),
            ([exchangeRevoke(), exchangeGrant()], exchangeRequest(), "consent-revoked"),
            ([exchangeGrant(), exchangeGrant(at: "2026-02-01T00:00:00Z", isRetraction: true)], exchangeRequest(), "consent-revoked"),
            ([exchangeGrant()], exchangeRequest(purpose: "policy"), "purpose-not-the-rules"),
            ([exchangeGrant()], exchangeRequest(type: "portrait.v1"), "no-release-rule"),
            ([exchangeGrant()], exchangeRequest(receiver: "institution:bank-z"), "receiver-unknown"),
            ([exchangeGrant()], exchangeRequest(receiver: "bank-a"), "receiver-unknown"),
            ([exchangeGrant()], exchangeRequest(receiver: "institution:"), "receiver-unknown"),
            ([exchangeGrant()], exchangeRequest(body: "[]"), "body-not-an-object"),
        ]
        for (grant, request, code) in cases {
            var house = ExchangeHouse()
            for message in grant { house.hear(message) }
            house.hear(request)
            #expect(house.events == ["denied r1 \(code)"])
            #expect(house.left.isEmpty, "\(code)")
            #expect(house.releaseRows[.text("r1")]?[6] == .text("denied"))
            // Said again it is not decided again.
            #expect(house.hear(request).messages.isEmpty)
        }
    }

    @Test func `the first and the last day count whole in China's time`() {
        for (now, isCovered) in [
            ("2026-05-09T15:59:59Z", false), ("2026-05-09T16:00:00Z", true), ("2026-05-11T15:59:59Z", true),
            ("2026-05-11T16:00:00Z", false),
        ] {
            var house = ExchangeHouse()
            house.now = exchangeInstant(now)
            house.hear(exchangeGrant(from: "2026-05-10", until: "2026-05-11"))
            house.hear(exchangeRequest(at: "2026-05-09T00:00:00Z"))
            #expect(house.left.count == (isCovered ? 1 : 0), "\(now)")
        }
    }

    @Test func `a clock put back a day does not bring an expired consent to life`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant(until: "2026-05-10"))
        // The request knows better than our clock.
        house.hear(exchangeRequest("r1", at: "2026-05-11T00:00:00Z"))
        #expect(house.events == ["denied r1 consent-expired"])
        // And our clock knew better once.
        house.pass(until: "2026-05-11T00:00:00Z")
        house.now = exchangeInstant("2026-05-10T00:00:00Z")
        house.hear(exchangeRequest("r2", at: "2026-05-09T23:59:00Z"))
        #expect(house.events.last == "denied r2 consent-expired")
        #expect(house.left.isEmpty)
    }

    @Test func `a withdrawn institution gets nothing`() {
        let gone = CatalogEntry(
            kind: "institution", id: "bank-a", version: 2, effectiveFrom: exchangeInstant("2026-01-01T00:00:00Z"), isWithdrawn: true,
            body: exchangeJSON("{}"))
        var house = ExchangeHouse(ExchangeHouse.entries + [gone])
        house.hear(exchangeGrant())
        house.hear(exchangeRequest())
        #expect(house.events == ["denied r1 receiver-unknown"])
    }

    @Test func `the firm itself needs no consent where the rule says so and an institution always does`() {
        var house = ExchangeHouse()
        house.hear(
            exchangeRequest(
                "p1", receiver: "portal", type: "policy.push.v1", purpose: "policy", categories: [], consent: "",
                body: #"{"policyId":"x","points":1}"#))
        #expect(house.left.map(\.topic) == [Topic.portalOut])
        #expect(house.left.first.map { String(decoding: $0.value, as: UTF8.self) } == #"{"releaseId":"p1","consentId":"","policyId":"x"}"#)
        house.hear(
            exchangeRequest("p2", type: "policy.push.v1", purpose: "policy", categories: [], consent: "", body: #"{"policyId":"x"}"#))
        house.pass(until: "2026-05-10T09:00:00Z")
        #expect(house.events == ["released p1", "denied p2 consent-missing"])
    }

    private func correction(_ id: String, to receiver: String) -> Message {
        exchangeRequest(
            id, receiver: receiver, type: "correction.requested.v1", purpose: "correction", categories: [], consent: "",
            body: #"{"recordId":"7","dueOn":"2026-05-18","legalPerson":"x"}"#)
    }

    @Test func `a source hears of its own records without a consent, and only what the rule lists`() throws {
        var house = ExchangeHouse()
        house.hear(correction("k1", to: "source:tax"))
        #expect(house.left.map(\.topic) == [Topic.sourceOut("tax")])
        let out = try #require(house.left.first)
        #expect(out.type == "correction.requested.v1")
        #expect(
            String(decoding: out.value, as: UTF8.self) == #"{"releaseId":"k1","consentId":"","recordId":"7","dueOn":"2026-05-18"}"#)
        #expect(house.releaseRows[.text("k1")]?[2] == .text("source:tax"))
        // Nothing that left to a source can be called back, so a revocation recalls nothing.
        house.hear(exchangeGrant())
        house.hear(exchangeRevoke())
        #expect(house.events == ["released k1"])
    }

    @Test func `a source gets nothing that its rule does not open to sources`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant(receivers: ["*", "source:tax"]))
        // A rule without a consent is open to the firm, one with a consent to institutions; neither is to a source.
        house.hear(
            exchangeRequest("p1", receiver: "source:tax", type: "policy.push.v1", purpose: "policy", categories: [], consent: ""))
        house.hear(exchangeRequest("a1", receiver: "source:tax"))
        house.hear(correction("k1", to: "institution:bank-a"))
        house.hear(correction("k2", to: "portal"))
        house.hear(correction("k3", to: "source:nobody"))
        house.hear(correction("k4", to: "source:"))
        house.hear(correction("k5", to: "sources:tax"))
        #expect(house.left.isEmpty)
        #expect(
            house.events == [
                "denied p1 receiver-not-the-rules", "denied a1 receiver-not-the-rules", "denied k1 receiver-not-the-rules",
                "denied k2 receiver-not-the-rules", "denied k3 receiver-unknown", "denied k4 receiver-unknown",
                "denied k5 receiver-unknown",
            ])
    }

    @Test func `what is said of a record goes without a consent to the institution that wrote it and to nobody else`() throws {
        let rule = exchangeRule(
            "record.refused.v1", purpose: "consent", needsConsent: false, receivers: #"["portal","institution","source"]"#,
            categories: "[]", fields: #"{"recordId":"internal","code":"internal"}"#, more: #","onlyTo":"writer""#)
        var house = ExchangeHouse(ExchangeHouse.entries + [rule])
        func ask(_ id: String, to receiver: String, writer: String?, categories: [String] = []) {
            let named = writer.map { #""writer":"\#($0)","# } ?? ""
            house.hear(
                exchangeRequest(
                    id, receiver: receiver, type: "record.refused.v1", purpose: "consent", categories: categories, consent: "",
                    body: #"{\#(named)"recordId":"7","code":"consent-not-given","name":"x"}"#))
        }
        ask("k1", to: "institution:bank-a", writer: "institution:bank-a")
        let out = try #require(house.left.first)
        #expect(out.topic == Topic.institutionOut("bank-a"))
        #expect(
            String(decoding: out.value, as: UTF8.self)
                == #"{"releaseId":"k1","consentId":"","recordId":"7","code":"consent-not-given"}"#)
        ask("k2", to: "source:tax", writer: "source:tax")
        ask("k3", to: "portal", writer: "portal")
        #expect(house.left.map(\.topic) == [Topic.institutionOut("bank-a"), Topic.sourceOut("tax"), Topic.portalOut])

        ask("k4", to: "institution:bank-b", writer: "institution:bank-a")
        ask("k5", to: "institution:bank-a", writer: nil)
        ask("k6", to: "source:tax", writer: "institution:bank-a")
        ask("k7", to: "portal", writer: "institution:bank-a")
        ask("k8", to: "institution:bank-z", writer: "institution:bank-z")
        // With data of the firm in it, it is about the firm, and needs its consent like everything.
        ask("k9", to: "institution:bank-a", writer: "institution:bank-a", categories: ["loan"])
        house.pass(until: "2026-05-10T09:00:00Z")
        #expect(house.left.count == 3)
        #expect(
            house.events.dropFirst(3) == [
                "denied k4 receiver-not-the-writer", "denied k5 receiver-not-the-writer", "denied k6 receiver-not-the-writer",
                "denied k7 receiver-not-the-writer", "denied k8 receiver-unknown", "denied k9 consent-missing",
            ])
        // It rests on no consent, so no revocation calls it back.
        house.hear(exchangeGrant())
        house.hear(exchangeRevoke())
        #expect(house.left.count == 3)
    }

    @Test func `without a named consent the one that lasts longest is found`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant("c1", until: "2026-06-30"))
        house.hear(exchangeGrant("c2", until: "2026-12-31"))
        house.hear(exchangeGrant("c3", receivers: ["institution:bank-b"], until: "2027-12-31"))
        house.hear(exchangeRequest(consent: ""))
        #expect(house.releaseRows[.text("r1")]?[5] == .text("c2"))
    }

    /// Against all consents that could be there, an answer by going through every one of them.
    @Test func `what leaves is what a plain reading of the consents allows`() {
        var dice = ExchangeDice(seed: 20_260_510)
        let receivers = ["*", "institution:bank-a", "institution:bank-b", "platform"]
        let categories = ["loan", "score", "application", "tax"]
        let purposes = ["post-loan", "loan-application", "policy"]
        let days = ["2026-05-08", "2026-05-09", "2026-05-10", "2026-05-11", "2026-05-12"]
        var released = 0
        for round in 0..<3_000 {
            var house = ExchangeHouse()
            var known: [String: (receivers: [String], categories: [String], purposes: [String], from: String, until: String)] = [:]
            var revoked: Set<String> = []
            for id in ["c1", "c2", "c3"].prefix(dice.next(4)) {
                let terms = (
                    receivers: dice.some(of: receivers), categories: dice.some(of: categories), purposes: dice.some(of: purposes),
                    from: days[dice.next(3)], until: days[2 + dice.next(3)]
                )
                known[id] = terms
                house.hear(
                    exchangeGrant(
                        id, receivers: terms.receivers, categories: terms.categories, purposes: terms.purposes, from: terms.from,
                        until: terms.until))
                if dice.next(5) == 0 {
                    revoked.insert(id)
                    house.hear(exchangeRevoke(id))
                }
            }
            let isAlert = dice.next(2) == 0
            let receiver = receivers[1 + dice.next(2)]
            let purpose = purposes[dice.next(2)]
            let wanted = dice.some(of: categories)
            let consent = ["", "c1", "c2"][dice.next(3)]
            house.now = exchangeInstant(days[dice.next(5)] + "T04:00:00Z")
            let at = days[dice.next(5)] + "T03:00:00Z"
            let today = max(at, house.now.rfc3339).prefix(10)
            house.hear(
                exchangeRequest(
                    receiver: receiver, type: isAlert ? "risk.alert.v1" : "financing.application.v1", purpose: purpose, categories: wanted,
                    consent: consent, at: at))
            let needed = Set(wanted + (isAlert ? ["loan"] : ["application", "score"]))
            let mayLeave =
                purpose == (isAlert ? "post-loan" : "loan-application")
                && known.contains { id, terms in
                    (consent.isEmpty || consent == id) && !revoked.contains(id)
                        && (terms.receivers.contains(receiver) || terms.receivers.contains("*")) && needed.isSubset(of: terms.categories)
                        && terms.purposes.contains(purpose) && terms.from <= today && today <= terms.until
                }
            if mayLeave { released += 1 }
            #expect(house.left.count == (mayLeave ? 1 : 0), "round \(round)")
        }
        // The dice must reach both answers.
        #expect(released > 50)
    }
}

/// A small deterministic generator.
struct ExchangeDice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// 0..<bound.
    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    mutating func some(of texts: [String]) -> [String] { texts.filter { _ in next(3) > 0 } }
}
