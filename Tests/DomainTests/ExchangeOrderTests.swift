import Contracts
import Deciding
import ExchangeDomain
import Testing
import Vocabulary
import Wire

/// Consents and requests travel over different topics, so either may come first; and nothing is answered twice.
@Suite struct ExchangeOrderTests {
    @Test func `a request ahead of its consent leaves when the consent comes`() {
        for consent in ["c1", ""] {
            var house = ExchangeHouse()
            house.hear(exchangeRequest(consent: consent))
            house.hear(exchangeRequest(consent: consent))
            #expect(house.messages.isEmpty)
            #expect(house.timers["consent-wait:r1"] == exchangeInstant("2026-05-10T08:10:00Z"))
            house.hear(exchangeGrant("c0", receivers: ["institution:bank-b"]))
            #expect(house.messages.isEmpty)
            house.hear(exchangeGrant())
            #expect(house.events == ["released r1"])
            #expect(house.timers["consent-wait:r1"] == nil)
            #expect(house.state.waiting.isEmpty)
        }
    }

    @Test func `a request whose consent is known by the end of its pause alone goes on waiting, in every order`() {
        let messages = [exchangeRequest(), exchangeSwitch("resumed", at: "2026-05-02T00:00:00Z"), exchangeGrant()]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var house = ExchangeHouse()
            for place in order { house.hear(messages[place]) }
            #expect(house.events == ["released r1"], "\(order)")
        }
    }

    @Test func `a request of more members than a message may have waits like any other`() {
        var house = ExchangeHouse()
        let members = (0...10_000).map { #""f\#($0)":1"# }.joined(separator: ",")
        house.hear(exchangeRequest(body: "{\(members)}"))
        #expect(house.state.waiting.count == 1)
        house.hear(exchangeGrant())
        #expect(house.events == ["released r1"])
    }

    @Test func `a consent that does not come in ten minutes is missing`() {
        var house = ExchangeHouse()
        house.hear(exchangeRequest())
        house.pass(until: "2026-05-10T08:09:59Z")
        #expect(house.events.isEmpty)
        house.pass(until: "2026-05-10T08:10:00Z")
        #expect(house.events == ["denied r1 consent-missing"])
        // Denied stays denied; under a new id it may be asked again.
        house.hear(exchangeGrant())
        house.hear(exchangeRequest())
        #expect(house.left.isEmpty)
        house.hear(exchangeRequest("r2"))
        #expect(house.events.last == "released r2")
    }

    @Test func `a request without a named consent is denied for what the nearest consent lacks`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant("c1", receivers: ["institution:bank-b"]))
        house.hear(exchangeGrant("c2", until: "2026-05-01"))
        house.hear(exchangeRequest(consent: ""))
        house.pass(until: "2026-05-10T08:10:00Z")
        #expect(house.events == ["denied r1 consent-expired"])
    }

    @Test func `a waiting request whose consent comes revoked or too narrow is denied at once`() {
        for (messages, code) in [
            ([exchangeRevoke()], "consent-revoked"), ([exchangeGrant(purposes: ["policy"])], "purpose-not-covered"),
        ] {
            var house = ExchangeHouse()
            house.hear(exchangeRequest())
            for message in messages { house.hear(message) }
            #expect(house.events == ["denied r1 \(code)"])
        }
    }

    @Test func `every order of consents and requests leaves the same state and the same rows`() {
        let messages = [
            exchangeGrant("c1", receivers: ["institution:bank-b"]), exchangeGrant("c1", at: "2026-02-01T00:00:00Z"), exchangeGrant("c2"),
            exchangeRequest("r1", consent: "c2"), exchangeRequest("r2", receiver: "institution:bank-b", consent: "c2"),
            exchangeRequest("r3", purpose: "policy", consent: "c2"),
        ]
        var results: Set<[UInt8]> = []
        var rows: Set<[Cell: [Cell]]> = []
        var orders = 0
        func extend(_ chosen: [Message], _ rest: [Message]) {
            guard rest.isEmpty else {
                for place in rest.indices {
                    var others = rest
                    others.remove(at: place)
                    extend(chosen + [rest[place]], others)
                }
                return
            }
            orders += 1
            var house = ExchangeHouse()
            for message in chosen {
                house.hear(message)
                let again = house.hear(message)
                if !again.messages.isEmpty || !again.rows.isEmpty || !again.timers.isEmpty { Issue.record("said twice, answered twice") }
            }
            results.insert(house.state.bytes)
            rows.insert(house.releaseRows)
        }
        extend([], messages)
        #expect(orders == 720)
        #expect(results.count == 1)
        #expect(rows.count == 1)
    }

    @Test func `a used id with another body is denied once and changes nothing`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant())
        house.hear(exchangeRequest())
        house.hear(exchangeRequest(at: "2026-05-10T08:30:00Z"))
        #expect(house.events == ["released r1"])
        let before = house.releaseRows
        house.hear(exchangeRequest(body: #"{"alertId":"b"}"#))
        house.hear(exchangeRequest(body: #"{"alertId":"b"}"#))
        house.hear(exchangeRequest(receiver: "institution:bank-b"))
        #expect(house.events == ["released r1", "denied r1 release-id-reuse", "denied r1 release-id-reuse"])
        #expect(house.left.count == 1)
        #expect(house.releaseRows == before)
    }

    @Test func `waiting requests are bounded`() {
        var house = ExchangeHouse()
        for number in 0...ExchangeState.waitingMax { house.hear(exchangeRequest("r\(number)")) }
        #expect(house.events == ["denied r\(ExchangeState.waitingMax) waiting-full"])
        house.hear(exchangeGrant())
        #expect(house.left.count == ExchangeState.waitingMax)
    }

    @Test func `memory is bounded and what can be recalled is forgotten last`() {
        var house = ExchangeHouse()
        house.hear(exchangeGrant())
        house.hear(exchangeRequest("kept"))
        for number in 0..<(ExchangeState.decisionsMax + 20) {
            house.hear(
                exchangeRequest(
                    "p\(number)", receiver: "portal", type: "policy.push.v1", purpose: "policy", categories: [], consent: "",
                    body: #"{"policyId":"x"}"#))
        }
        #expect(house.state.decisions.count == ExchangeState.decisionsMax)
        house.hear(exchangeRevoke())
        #expect(house.events.last == "recalled kept consent-revoked")
    }

    @Test func `what is not the door's business is passed and what is broken is refused`() {
        func message(_ type: String, _ body: String, key: String = ExchangeHouse.subject) -> Message {
            Message(
                topic: Topic.matchmakingEvents, partition: 0, offset: 0, key: key, id: "", source: "", type: type, subject: "", time: nil,
                body: exchangeJSON(body))
        }
        for (type, body) in [
            (MatchList.type, "{}"), (Portrait.type, "{}"), (Fact.type, #"{"recordType":"tax.return"}"#), (Fact.type, "[]"), ("", "3"),
        ] {
            guard case .pass = Exchange().admit(message(type, body), catalog: .empty) else {
                Issue.record("\(type) is not passed")
                continue
            }
        }
        guard case .refuse = Exchange().admit(message(ReleaseRequest.type, "{}", key: ""), catalog: .empty) else {
            Issue.record("a request without a key is taken")
            return
        }
        var house = ExchangeHouse()
        for body in ["{}", "[]", #"{"subject":"91430102PDY000079R"}"#, #"{"subject":"other"}"#] {
            for type in [ReleaseRequest.type, Fact.type] {
                #expect(house.decide(.message(message(type, body))).refusal != nil, "\(type) \(body)")
            }
        }
        #expect(house.decide(.message(message(Fact.type, #"{"subject":"other"}"#))).refusal?.code == "subject-mismatch")
        for name in ["consent-wait:none", "expiry:none", "", "consent-wait:"] {
            house.decide(.timer(DueTimer(name: name, due: house.now)))
        }
        house.decide(.sweep([ExchangeHouse.alertRule]))
        #expect(house.state.bytes == ExchangeState().bytes)
        #expect(house.messages.isEmpty)
    }
}
