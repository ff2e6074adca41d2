import Contracts
import Deciding
import Pipeline
import Support
import Testing
import Vocabulary
import Wire

/// A consent's whole life through the house: asked for, given, used once, suspended twice, and what an institution gets of it.
@Suite struct ConsentTests {
    private func step(_ topic: String, _ id: String, _ type: String, _ story: HunanStory, _ time: Instant, _ data: String)
        -> HunanStory.Step
    {
        HunanStory.Step(topic: topic, id: "\(story.firm)-\(id)", type: type, subject: story.firm, time: time, data: Array(data.utf8))
    }

    @Test func `what a firm allows once or suspends does not leave, and it hears who asks`() throws {
        let today = Story.day(2026, 9, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(36_000), packs: ["base", "governance"])
        let story = HunanStory(number: 87, today: today)
        let start = house.now
        func consents() -> [String] {
            house.rows(.governance, "consent").map { "\($0["consent_id"] ?? .null) \($0["status"] ?? .null)" }.sorted()
        }
        func status(_ consent: String, _ word: String) -> String { "\(Cell.text(consent)) \(Cell.text(word))" }

        // A bank asks; the firm is told; nothing is allowed yet.
        let asked = "R-\(story.firm)"
        house.tell(
            story.records().filter { $0.type != "consent.granted" } + [
                step(
                    Topic.institutionIn("bank-a"), "asks", "consent.requested", story, (today - 60).startInChina,
                    #"{"consentId":"\#(asked)","institution":"bank-a","receivers":["institution:bank-a"],"categories":["tax","score"],"purposes":["loan-application"],"from":"\#((today - 60).text)","until":"\#((today + 300).text)","reason":"to look at the firm"}"#
                )
            ])
        try house.advance(to: start + .seconds(5))
        #expect(consents() == [status(asked, "pending")])
        let told = try #require(house.messages(on: Topic.portalOut).first { $0.event.type == "consent.requested.v1" })
        #expect(told.body?["data"]?["institution"]?.string == "bank-a" && told.body?["data"]?["reason"]?.string == "to look at the firm")
        #expect(try house.facts("bank-flow.month").isEmpty)

        // The firm declines that one, and gives its own, for one time.
        house.tell([
            step(Topic.portalIn, "declines", "consent.revoked", story, (today - 55).startInChina, #"{"consentId":"\#(asked)"}"#),
            step(
                Topic.portalIn, "gives", "consent.granted", story, (today - 50).startInChina,
                #"{"consentId":"\#(story.consentID)","receivers":["*","platform"],"categories":["registration","tax","social-insurance","utility","bank-flow","judicial","score","portrait","application","loan"],"purposes":["collection","loan-application","post-loan","policy"],"from":"\#((today - 400).text)","until":"\#((today + 300).text)","signature":"signed","channel":"portal","mode":"store","fetch":"once","keepDays":180}"#
            ),
        ])
        try house.advance(to: start + .seconds(10))
        #expect(consents() == [status(story.consentID, "active"), status(asked, "revoked")].sorted())
        #expect(try house.facts("bank-flow.month").count == 12)

        // Suspended, taken up, and suspended again in the same words: the application stays inside.
        let pauses: [(String, Int64)] = [("paused", 1), ("resumed", 2), ("paused", 3)]
        for (word, hour) in pauses {
            house.tell([
                step(
                    Topic.portalIn, "\(word)-\(hour)", "consent.\(word)", story, (today - 1).startInChina + .seconds(hour * 3_600),
                    #"{"consentId":"\#(story.consentID)"}"#)
            ])
        }
        try house.advance(to: start + .seconds(15))
        #expect(consents().contains(status(story.consentID, "paused")))
        house.tell([story.request()])
        try house.advance(to: start + .seconds(20))
        func applications() -> [String] {
            house.rows(.exchange, "release").filter { $0["message_type"] == .text("financing.application.v1") }
                .map { "\($0["status"] ?? .null) \($0["reason"] ?? .null)" }
        }
        #expect(applications() == ["\(Cell.text("denied")) \(Cell.text("consent-paused"))"])
        for bank in ["bank-a", "bank-b", "bank-c"] {
            #expect(!house.messages(on: Topic.institutionOut(bank)).contains { $0.event.type == "financing.application.v1" })
        }
        for service in ServiceName.allCases { #expect(house.setAside(service) == [], "\(service)") }
    }
}

/// A consent that names an application is for that one.
@Suite struct ConsentForOneApplicationTests {
    @Test func `a consent for one application lets the bank have that one and no other`() throws {
        let today = Story.day(2026, 9, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(37_000), packs: ["base", "governance"])
        let story = HunanStory(number: 89, today: today)
        let one = "C-\(story.firm)-one"
        house.tell(
            story.records() + [
                HunanStory.Step(
                    topic: Topic.portalIn, id: "\(story.firm)-for-one", type: "consent.granted", subject: story.firm,
                    time: (today - 1).startInChina,
                    data: Array(
                        #"{"consentId":"\#(one)","receivers":["*"],"categories":["application","score","portrait"],"purposes":["loan-application"],"from":"\#((today - 1).text)","until":"\#((today + 30).text)","signature":"signed","channel":"portal","applicationId":"E89-one","mode":"store"}"#
                            .utf8))
            ])
        try house.advance(to: house.now + .seconds(5))
        func ask(_ application: String, under consent: String) throws {
            let data = JSONWriter.encode { writer in
                writer.object {
                    $0.member("applicationId", application)
                    $0.member("amount", Int64(3_000_000))
                    $0.member("months", Int64(12))
                    $0.member("purpose", "working-capital")
                    $0.member("consentId", consent)
                }
            }
            house.tell([
                HunanStory.Step(
                    topic: Topic.portalIn, id: "\(story.firm)-\(application)", type: "financing.requested", subject: story.firm,
                    time: house.now, data: data)
            ])
            try house.advance(to: house.now + .seconds(5))
        }
        func letters() -> [String] {
            OutsideTopics.written(by: house.catalog).flatMap { house.bodies($0, "financing.application.v1") }
                .map { "\($0["applicationId"]?.string ?? "") under \($0["consentId"]?.string ?? "")" }
        }
        try ask("E89-one", under: one)
        #expect(letters() == ["E89-one under \(one)"])
        try ask("E89-two", under: one)
        #expect(letters() == ["E89-one under \(one)"])
        let denied = house.rows(.exchange, "release").filter {
            $0["message_type"] == .text("financing.application.v1") && $0["status"] == .text("denied")
        }
        #expect(denied.map { $0["reason"] } == [.text("application-not-covered")])
        // Under the consent that names no application the other one leaves as well.
        try ask("E89-three", under: story.consentID)
        #expect(Set(letters()) == ["E89-one under \(one)", "E89-three under \(story.consentID)"])
    }
}

/// Withdrawing is as easy as giving (PIPL, article 15).
@Suite struct ConsentWithdrawalTests {
    @Test func `withdrawing takes no more than giving, is held against nobody, and ends what left and what would leave`() throws {
        let today = Story.day(2026, 9, 10)
        let house = try wholeHouse(now: today.startInChina + .seconds(37_000), packs: ["base", "governance"])
        let story = HunanStory(number: 88, today: today)

        // The same door, and no field that the grant does not ask for as well.
        func body(of id: String) throws -> JSONValue { try #require(house.catalog.entry("recordType", id, at: house.now)).body }
        func texts(_ json: JSONValue?) -> Set<String> { Set((json.map { Array($0.elements) } ?? []).compactMap(\.string)) }
        let given = try body(of: "consent.granted")
        for id in ["consent.revoked", "consent.paused"] {
            let withdrawn = try body(of: id)
            #expect(texts(withdrawn["schema"]?["required"]) == ["consentId"], "\(id)")
            #expect(texts(withdrawn["schema"]?["required"]).subtracting(texts(given["schema"]?["required"])) == [], "\(id)")
            #expect(texts(withdrawn["writers"]) == texts(given["writers"]), "\(id)")
        }

        try house.tellWhole(story)
        func sent(_ type: String) -> Int { OutsideTopics.written(by: house.catalog).map { house.bodies($0, type).count }.reduce(0, +) }
        #expect(sent("financing.application.v1") == 1)
        #expect(sent("recall.v1") == 0)

        // One message gave it; one message ends it, without a reason, and no rule finds fault with that.
        house.tell([story.revocation(at: house.now)])
        try house.advance(to: house.now + .seconds(5))
        func verdicts(on record: String) -> [Cell] {
            house.rows(.governance, "quality_verdict").filter { $0["record_id"] == .text("portal/\(story.firm)-\(record)") }
                .compactMap { $0["rule"] }
        }
        #expect(verdicts(on: "consent") == [])
        #expect(verdicts(on: "revocation") == [])
        let (grants, ends) = (try house.facts("consent.granted"), try house.facts("consent.revoked"))
        #expect(ends.map(\.quality) == grants.map(\.quality))
        #expect(ends.count == 1)

        #expect(sent("recall.v1") == 1)
        house.tell([story.request(again: "E88-again", at: house.now)])
        try house.advance(to: house.now + .seconds(5))
        #expect(sent("financing.application.v1") == 1)
        let denied = house.rows(.exchange, "release").filter {
            $0["message_type"] == .text("financing.application.v1") && $0["status"] == .text("denied")
        }
        #expect(denied.map { $0["reason"] } == [.text("consent-revoked")])
        for service in ServiceName.allCases { #expect(house.setAside(service) == [], "\(service)") }
    }
}

/// The same told to the real processes.
@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct ConsentProcessesTests {
    @Test func `what a firm allows once or suspends does not leave, and it hears who asks`() throws {
        try Story.again { try ConsentTests().`what a firm allows once or suspends does not leave, and it hears who asks`() }
    }
}
