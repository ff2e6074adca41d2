import Contracts
import Deciding
import ExchangeDomain
import Testing
import Vocabulary
import Wire

/// How far a consent reaches that is alive: not while it is suspended, not more often than it says, and not for longer than it says.
@Suite struct ExchangeUseTests {
    private func row(_ house: ExchangeHouse, _ consent: String = "c1") -> Cell? {
        house.rows.last { $0.table == ExchangeTables.consentSeen && $0.cells[1] == .text(consent) }?.cells[2]
    }

    @Test func `nothing leaves while the consent is suspended, whether it is named or found`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant())
        house.hear(exchangeSwitch("paused", at: "2026-05-01T00:00:00Z"))
        #expect(row(house) == .text("paused"))
        house.hear(exchangeRequest("r1"))
        #expect(house.events == ["denied r1 consent-paused"])
        // None is named: it waits for one, and is denied for the one there is.
        house.hear(exchangeRequest("r2", consent: ""))
        house.pass(until: "2026-05-10T09:00:00Z")
        #expect(house.events.last == "denied r2 consent-paused")
        #expect(house.left.isEmpty)

        house.hear(exchangeSwitch("resumed", at: "2026-05-02T00:00:00Z"))
        #expect(row(house) == .text("active"))
        house.hear(exchangeRequest("r3"))
        #expect(house.events.last == "released r3")
        // What left before a pause was rightly had.
        house.hear(exchangeSwitch("paused", at: "2026-05-03T00:00:00Z"))
        #expect(house.releaseRows[.text("r3")]?[6] == .text("released"))
        house.hear(exchangeRequest("r4"))
        #expect(house.events.last == "denied r4 consent-paused")
        // Withdrawing is possible from every state, and final.
        house.hear(exchangeRevoke())
        #expect(row(house) == .text("revoked"))
        house.hear(exchangeSwitch("resumed", at: "2026-05-04T00:00:00Z"))
        house.hear(exchangeRequest("r5"))
        #expect(house.events.last == "denied r5 consent-revoked")
    }

    @Test func `the latest word about a pause counts, in whichever order they come, and before the consent too`() {
        var house = ExchangeHouse()
        house.hear(exchangeSwitch("resumed", at: "2026-05-02T00:00:00Z"))
        house.hear(exchangeSwitch("paused", at: "2026-05-03T00:00:00Z"))
        house.hear(exchangeSwitch("resumed", at: "2026-05-01T00:00:00Z"))
        house.hear(exchangeGrant())
        house.hear(exchangeRequest("r1"))
        #expect(house.events == ["denied r1 consent-paused"])
        #expect(house.left.isEmpty)
    }

    @Test func `a consent for one time gives each receiver each kind once`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant(more: #","fetch":"once""#))
        house.hear(exchangeRequest("r1"))
        house.hear(exchangeRequest("r2"))
        house.hear(exchangeRequest("r3", receiver: "institution:bank-b"))
        house.hear(
            exchangeRequest(
                "r4", type: "financing.application.v1", purpose: "loan-application", categories: [], body: #"{"applicationId":"a"}"#))
        #expect(house.events == ["released r1", "denied r2 consent-used-up", "released r3", "released r4"])
        // The same request again is the same answer, not another use.
        house.hear(exchangeRequest("r1"))
        #expect(house.left.count == 3)
    }

    @Test func `a consent with a rhythm gives it again only after its days, and a rhythm nobody understands gives it once`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant(more: #","fetch":"periodic","everyDays":30"#))
        house.hear(exchangeRequest("r1"))
        house.now = exchangeInstant("2026-06-09T07:59:59Z")
        house.hear(exchangeRequest("r2"))
        house.now = exchangeInstant("2026-06-09T08:00:00Z")
        house.hear(exchangeRequest("r3"))
        #expect(house.events == ["released r1", "denied r2 consent-used-up", "released r3"])

        var other = ExchangeHouse()
        other.hear(exchangeGrant(more: #","fetch":"periodic""#))
        other.hear(exchangeRequest("r1"))
        other.now = exchangeInstant("2026-12-01T00:00:00Z")
        other.hear(exchangeRequest("r2"))
        #expect(other.events == ["released r1", "denied r2 consent-used-up"])
    }

    @Test func `what was had is asked back when it may not be kept any longer, each once`() throws {
        var house = ExchangeHouse()
        house.hear(exchangeGrant(more: #","keepDays":20"#))
        house.hear(exchangeRequest("r1"))
        let body = exchangeJSON(String(decoding: try #require(house.left.first).value, as: UTF8.self))
        #expect(body["keepUntil"]?.string == "2026-05-30")
        house.now = exchangeInstant("2026-05-20T08:00:00Z")
        house.hear(exchangeRequest("r2"))
        house.pass(until: "2026-05-30T07:59:59Z")
        #expect(!house.left.contains { $0.type == "recall.v1" })
        house.pass(until: "2026-05-30T08:00:00Z")
        #expect(house.events.suffix(1) == ["recalled r1 keeping-over"])
        house.pass(until: "2026-06-09T08:00:00Z")
        #expect(house.events.suffix(2) == ["recalled r1 keeping-over", "recalled r2 keeping-over"])
        house.pass(until: "2026-12-01T00:00:00Z")
        let recalls = house.left.filter { $0.type == "recall.v1" }
        #expect(recalls.count == 2)
        let recall = exchangeJSON(String(decoding: try #require(recalls.first).value, as: UTF8.self))
        #expect(recall["reason"]?.string == "keeping-over" && recall["releaseId"]?.string == "r1")
        #expect(house.releaseRows[.text("r2")]?[6] == .text("recalled"))
    }

    @Test func `what was had is asked back on the day that was told with it, whatever the consent says since`() {
        let others = (1...200).map { exchangeGrant("n\($0)") }
        for (until, later) in [
            ("2026-12-31", [exchangeGrant(at: "2026-05-10T07:00:00Z", more: #","keepDays":5"#)]),
            ("2026-12-31", [exchangeGrant(at: "2026-05-10T07:00:00Z", more: #","keepDays":300"#)]),
            ("2026-12-31", [exchangeGrant(at: "2026-05-10T07:00:00Z")]),
            // It is over, and forgotten for others.
            ("2026-05-10", others),
        ] {
            var house = ExchangeHouse()
            house.hear(exchangeGrant(until: until, more: #","keepDays":20"#))
            house.hear(exchangeRequest("r1"))
            house.now = exchangeInstant("2026-05-20T08:00:00Z")
            for message in later { house.hear(message) }
            house.hear(exchangeRequest("r2"))
            house.pass(until: "2026-05-30T07:59:59Z")
            #expect(!house.events.contains("recalled r1 keeping-over"))
            house.pass(until: "2026-05-30T08:00:00Z")
            #expect(house.events.contains("recalled r1 keeping-over"), "\(later.count) later")
        }
    }

    @Test func `a revocation asks back at once what the clock would have asked back later, and not twice`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant(more: #","keepDays":20"#))
        house.hear(exchangeRequest("r1"))
        house.hear(exchangeRevoke())
        house.pass(until: "2026-12-01T00:00:00Z")
        #expect(house.events == ["released r1", "recalled r1 consent-revoked"])
    }
}
