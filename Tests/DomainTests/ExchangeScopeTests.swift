import Contracts
import Deciding
import ExchangeDomain
import Testing
import Vocabulary
import Wire

/// What a consent was given for beside receiver, categories and purpose: one application, one product, one manner of use.
@Suite struct ExchangeScopeTests {
    private static let about = #","about":{"application":"applicationId","product":"offer.productId"}"#

    private func house(_ more: String = ExchangeScopeTests.about) -> ExchangeHouse {
        let rule = exchangeRule(
            "financing.application.v1", purpose: "loan-application", categories: #"["application"]"#,
            fields: #"{"applicationId":"internal"}"#, more: more)
        return ExchangeHouse([rule, ExchangeHouse.alertRule] + ExchangeHouse.institutions)
    }

    private func application(_ id: String, _ application: String, product: String = "p1", consent: String = "c1") -> Message {
        exchangeRequest(
            id, type: "financing.application.v1", purpose: "loan-application", categories: [], consent: consent,
            body: #"{"applicationId":"\#(application)","offer":{"productId":"\#(product)"}}"#)
    }

    @Test func `a consent for one application lets out what is about that one and nothing else`() {
        var house = house()
        house.hear(exchangeGrant(more: #","applicationId":"A""#))
        house.hear(application("r1", "A"))
        house.hear(application("r2", "B"))
        // A warning is about no application.
        house.hear(exchangeRequest("r3"))
        #expect(house.events == ["released r1", "denied r2 application-not-covered", "denied r3 application-not-covered"])
        #expect(house.left.count == 1)
    }

    @Test func `a consent for one product lets out what is about that one and nothing else`() {
        var house = house()
        house.hear(exchangeGrant(more: #","productId":"p1""#))
        house.hear(application("r1", "A"))
        house.hear(application("r2", "A", product: "p2"))
        house.hear(exchangeRequest("r3"))
        #expect(house.events == ["released r1", "denied r2 product-not-covered", "denied r3 product-not-covered"])
    }

    @Test func `a consent that names neither covers every application, and an empty name is none`() {
        for more in ["", #","applicationId":null,"productId":null,"mode":null"#, #","applicationId":"","productId":"","mode":"""#] {
            var house = house()
            house.hear(exchangeGrant(more: more))
            house.hear(application("r1", "A"))
            house.hear(application("r2", "B", product: "p2"))
            house.hear(exchangeRequest("r3"))
            #expect(house.events == ["released r1", "released r2", "released r3"], "\(more)")
        }
    }

    @Test func `a rule that does not say what it is about lets nothing out under a consent for an application`() {
        var house = house("")
        house.hear(exchangeGrant(more: #","applicationId":"A""#))
        house.hear(application("r1", "A"))
        #expect(house.events == ["denied r1 application-not-covered"])
    }

    @Test func `without a named consent the one for the application is found, and one for another does not help`() {
        var house = house()
        house.hear(exchangeGrant("c1", until: "2027-12-31", more: #","applicationId":"A""#))
        house.hear(exchangeGrant("c2", more: #","applicationId":"B""#))
        house.hear(application("r1", "B", consent: ""))
        #expect(house.releaseRows[.text("r1")]?[5] == .text("c2"))
        house.hear(application("r2", "C", consent: ""))
        house.pass(until: "2026-05-10T09:00:00Z")
        #expect(house.events == ["released r1", "denied r2 application-not-covered"])
    }

    @Test func `a later statement of a consent counts with what it was narrowed to`() {
        var house = house()
        house.hear(exchangeGrant())
        house.hear(application("r1", "B"))
        house.hear(exchangeGrant(at: "2026-02-01T00:00:00Z", more: #","applicationId":"A","mode":"store""#))
        house.hear(application("r2", "B"))
        house.hear(application("r3", "A"))
        #expect(house.events == ["released r1", "denied r2 application-not-covered", "released r3"])
    }

    @Test func `under the manner of use that a consent names only the messages leave whose rule allows it`() {
        let cases: [(rule: String, allowed: Set<String>)] = [
            ("", ["store"]), (#","modes":["store"]"#, ["store"]), (#","modes":["view","query"]"#, ["view", "query"]),
            (#","modes":["store","stream"]"#, ["store", "stream"]),
        ]
        for (rule, allowed) in cases {
            for mode in ["view", "store", "query", "stream", "print"] {
                var house = house(Self.about + rule)
                house.hear(exchangeGrant(more: #","mode":"\#(mode)""#))
                house.hear(application("r1", "A"))
                #expect(house.events == [allowed.contains(mode) ? "released r1" : "denied r1 mode-not-covered"], "\(mode) \(rule)")
            }
        }
    }

    @Test func `what a rule says of application, product and manner of use is checked`() {
        func defects(_ more: String) -> [String] {
            let rule = exchangeRule("x.v1", purpose: "p", categories: #"["loan"]"#, fields: #"{"a":"public"}"#, more: more)
            return Exchange.defects(of: rule, examples: [exchangeJSON(#"{"body":{},"released":{}}"#)], in: .empty)
        }
        #expect(defects(Self.about + #","modes":["view","store","query","stream"]"#) == [])
        for about in ["[]", #""applicationId""#, #"{"application":1}"#, #"{"loan":"loanId"}"#] {
            #expect(defects(#","about":\#(about)"#) == ["`about` is not {application?, product?}, each a member of the body"], "\(about)")
        }
        for modes in ["[]", #"["see"]"#, #""store""#, #"["store",1]"#] {
            #expect(defects(#","modes":\#(modes)"#) == ["`modes` is not a list of view, store, query, stream"], "\(modes)")
        }
    }

    @Test func `an application of the base pack leaves to be kept, under a consent for it or for its product`() throws {
        let cases = [
            (#","mode":"view""#, "denied r1 mode-not-covered"), (#","mode":"stream""#, "denied r1 mode-not-covered"),
            (#","mode":"store""#, "released r1"), (#","applicationId":"A","productId":"bank-a-tax-credit""#, "released r1"),
            (#","applicationId":"B""#, "denied r1 application-not-covered"),
            (#","productId":"bank-a-flow-loan""#, "denied r1 product-not-covered"),
        ]
        let entries = try GovernancePacks.entries(of: "base").map(\.entry)
        for (more, event) in cases {
            var house = ExchangeHouse(entries)
            house.hear(exchangeGrant(more: more))
            house.hear(
                exchangeRequest(
                    "r1", type: "financing.application.v1", purpose: "loan-application", categories: [],
                    body: #"{"applicationId":"A","productId":"bank-a-tax-credit"}"#))
            #expect(house.events == [event], "\(more)")
        }
    }
}
