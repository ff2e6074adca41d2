import Contracts
import Deciding
import ExchangeDomain
import Testing
import Vocabulary
import Wire

/// A revoked consent stops the next release and calls back the ones before, once.
@Suite struct ExchangeRecallTests {
    @Test func `a revocation recalls what went to institutions under it once`() throws {
        var house = ExchangeHouse()
        house.hear(exchangeGrant("c1"))
        house.hear(exchangeGrant("c2"))
        house.hear(exchangeRequest("r1"))
        house.hear(exchangeRequest("r2", receiver: "institution:bank-b"))
        house.hear(exchangeRequest("r3", consent: "c2"))
        house.hear(
            exchangeRequest(
                "p1", receiver: "portal", type: "policy.push.v1", purpose: "policy", categories: [], consent: "",
                body: #"{"policyId":"x"}"#))
        house.hear(exchangeRequest("r4", purpose: "policy"))
        house.hear(exchangeRevoke("c1"))
        house.hear(exchangeRevoke("c1"))
        house.hear(exchangeRevoke("c1", at: "2026-05-08T00:00:00Z"))
        let recalls = house.left.filter { $0.type == "recall.v1" }
        #expect(recalls.map(\.topic) == [Topic.institutionOut("bank-a"), Topic.institutionOut("bank-b")])
        #expect(house.events.suffix(2) == ["recalled r1 consent-revoked", "recalled r2 consent-revoked"])
        let body = exchangeJSON(String(decoding: try #require(recalls.first).value, as: UTF8.self))
        #expect(body["releaseId"]?.string == "r1")
        #expect(body["messageType"]?.string == "risk.alert.v1")
        #expect(body["subject"]?.string == ExchangeHouse.subject)
        #expect(body["revokedAt"]?.string == "2026-05-09T00:00:00Z")
        #expect(body["reason"]?.string == "consent-revoked")
        // What the firm wrote for itself stays inside.
        #expect(!house.left.contains { String(decoding: $0.value, as: UTF8.self).contains("1380000") })
        #expect(house.releaseRows[.text("r1")]?[6] == .text("recalled"))
        #expect(house.releaseRows[.text("r3")]?[6] == .text("released"))
    }

    @Test func `after a revocation nothing leaves under the consent`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant())
        house.hear(exchangeRevoke())
        house.hear(exchangeRequest("r1"))
        house.hear(exchangeGrant(at: "2026-06-01T00:00:00Z"))
        house.hear(exchangeRequest("r2"))
        house.hear(exchangeRequest("r3", consent: ""))
        house.pass(until: "2026-05-11T00:00:00Z")
        #expect(house.left.isEmpty)
        #expect(house.events == ["denied r1 consent-revoked", "denied r2 consent-revoked", "denied r3 consent-revoked"])
    }

    @Test func `an end in time recalls nothing and a revocation after it does`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant(until: "2026-05-10"))
        #expect(house.timers["expiry:c1"] == exchangeInstant("2026-05-10T16:00:00Z"))
        house.hear(exchangeRequest())
        house.pass(until: "2026-05-10T16:00:00Z")
        #expect(house.events == ["released r1"])
        let status = house.rows.last { $0.table == ExchangeTables.consentSeen }?.cells[2]
        #expect(status == .text("expired"))
        house.hear(exchangeRevoke(at: "2026-05-12T00:00:00Z"))
        #expect(house.events.last == "recalled r1 consent-revoked")
    }
}
