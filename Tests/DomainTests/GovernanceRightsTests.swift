import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

/// What the law gives the subject: an end to publication, repair, five years, objections, and consent that can be suspended.
@Suite struct GovernanceRightsTests {
    private let ana = GovernanceHouse.firm(1)

    private func penalty(_ id: String = "p", _ grade: String = "ordinary", published: String, more: String = "") -> AcceptedRecord {
        GovernanceHouse.record(
            id, "penalty", of: ana, at: "\(published)T01:00:00Z",
            #"{"decisionNo":"D1","class":"\#(grade)","amount":5,"publishedOn":"\#(published)"\#(more)}"#)
    }

    private func application(on day: String, fulfilled: String? = "2026-05-01", commitment: Bool = true) -> AcceptedRecord {
        let duty = fulfilled.map { #""fulfilledOn":"\#($0)","# } ?? ""
        return GovernanceHouse.record(
            "a-\(day)", "repair.applied", of: ana, at: "\(day)T02:00:00Z", writer: "portal",
            #"{"decisionNo":"D1","appliedOn":"\#(day)",\#(duty)"commitment":\#(commitment)}"#)
    }

    @Test func `publication ends by itself on the last day of its class`() {
        let vectors = [
            ("ordinary", "2026-05-10", "2027-05-10"), ("serious", "2026-05-10", "2029-05-10"), ("minor", "2026-05-10", "2026-08-10"),
            // Leap years and ends of months.
            ("ordinary", "2028-02-29", "2029-02-28"), ("serious", "2028-02-29", "2031-02-28"), ("minor", "2027-11-30", "2028-02-29"),
            ("minor", "2026-11-30", "2027-02-28"), ("ordinary", "2027-02-28", "2028-02-28"),
        ]
        for (grade, published, end) in vectors {
            var house = GovernanceHouse()
            house.now = GovernanceHouse.instant("\(published)T02:00:00Z")
            house.take(penalty(grade: grade, published: published))
            #expect(house.standing.count == 1)
            let last = Day(end).map { $0 - 1 }
            house.now = (last?.startInChina ?? .epoch) + .seconds(86_399)
            house.ring()
            #expect(house.standing.count == 1, "\(grade) \(published)")
            house.now = Day(end)?.startInChina ?? .epoch
            house.ring()
            #expect(house.standing.isEmpty, "\(grade) \(published)")
            #expect(house.told == ["retracted publication-ended"])
            #expect(house.sum("amount") == 0)
            #expect(house.timers.isEmpty)
            // Known only afterwards it is never shown.
            var late = GovernanceHouse()
            late.now = house.now
            late.take(penalty(grade: grade, published: published))
            #expect(late.facts.isEmpty)
            #expect(late.cells(GovernanceTables.factRetracted, "retracted_by") == ["publication-ended"])
        }
        print("publication's end: \(vectors.count) vectors passed")
    }

    private func penalty(grade: String, published: String) -> AcceptedRecord { penalty("p", grade, published: published) }

    @Test func `an application is refused with all obstacles and the first day on which it may be made`() {
        let cases: [(AcceptedRecord, String, String)] = [
            (application(on: "2026-08-09", fulfilled: "2026-07-01"), "refused", "publication-too-short earliest=2026-08-10"),
            (application(on: "2026-08-10", fulfilled: "2026-07-01"), "admitted", "D1"),
            (application(on: "2026-09-01", fulfilled: "2026-09-15"), "refused", "duties-not-fulfilled earliest=2026-09-15"),
            (
                application(on: "2026-06-01", fulfilled: nil, commitment: false), "refused",
                "duties-not-fulfilled,publication-too-short,no-commitment"
            ),
            (application(on: "2027-05-10"), "ended", "publication-ended"),
        ]
        for (application, status, reason) in cases {
            for order in [[penalty(published: "2026-05-10"), application], [application, penalty(published: "2026-05-10")]] {
                var house = GovernanceHouse()
                for record in order { house.take(record) }
                #expect(house.told == ["repair-application-\(status) \(reason)"])
                #expect(house.cells(GovernanceTables.repairApplication, "status") == [status])
            }
        }
        var excluded = GovernanceHouse()
        excluded.take(penalty(published: "2026-05-10", more: #","repairable":false"#), application(on: "2026-08-10"))
        #expect(excluded.told == ["repair-application-refused excluded-by-law"])
    }

    @Test func `the firm is told what became of its application, with the first day on which it may come again`() throws {
        var house = GovernanceHouse()
        house.take(application(on: "2026-08-09", fulfilled: "2026-07-01"), penalty(published: "2026-05-10"))
        house.take(application(on: "2026-08-10", fulfilled: "2026-07-01"))
        func told(_ member: String) -> [String] { house.requests.map { $0.body[member]?.string ?? "-" } }
        #expect(told("status") == ["refused", "admitted"])
        #expect(told("earliestOn") == ["2026-08-10", "-"])
        #expect(told("recordId") == ["a-2026-08-09", "a-2026-08-10"])
        #expect(told("appliedOn") == ["2026-08-09", "2026-08-10"])
        #expect(told("recordType") == ["penalty", "penalty"])
        #expect(told("businessKey") == ["D1", "D1"])
        let refused = try #require(house.requests.first)
        #expect(refused.messageType == "repair.status.v1" && refused.receiver == "portal" && refused.purpose == "rights")
        #expect((refused.body["reasons"]?.elements.compactMap(\.string) ?? []) == ["publication-too-short"])

        // It turns out to be serious: both are answered anew, under numbers of their own.
        house.take(penalty("p2", "serious", published: "2026-05-10"))
        #expect(told("status").suffix(2) == ["refused", "refused"])
        #expect(told("earliestOn").suffix(2) == ["2027-05-10", "2027-05-10"])
        #expect(Set(house.requests.map(\.releaseID)).count == 4)
    }

    @Test func `an objection's last day, its passing, and the answer are told to the firm`() {
        var house = GovernanceHouse()
        house.take(contested, objection("opened", "", at: "2026-08-01T08:00:00Z"))
        house.now = GovernanceHouse.instant("2026-08-21T16:00:00Z")
        house.ring()
        house.take(objection("answered", #","outcome":"upheld","explanation":"right""#, at: "2026-08-22T00:00:00Z"))
        func told(_ member: String) -> [String] { house.requests.map { $0.body[member]?.string ?? "-" } }
        #expect(told("status") == ["open", "overdue", "upheld"])
        #expect(told("dueOn") == ["2026-08-21", "2026-08-21", "2026-08-21"])
        #expect(told("explanation") == ["-", "-", "right"])
        #expect(
            house.requests.map(\.releaseID) == ["open", "overdue", "upheld"].map { "objection/\(ana)/X1/\($0)" })
        #expect(house.requests.allSatisfy { $0.messageType == "objection.status.v1" && $0.receiver == "portal" })

        // The answer may be here before the objection: it is told once, and nothing is due any more.
        var early = GovernanceHouse()
        early.take(contested, objection("answered", #","outcome":"removed","explanation":"wrong""#), objection("opened", ""))
        #expect(early.requests.map { $0.body["status"]?.string } == ["removed"])
    }

    @Test func `adverse data about a person go after five years and a day`() {
        let type = GovernanceHouse.type(
            "judicial.person", key: ["no"], #","adverse":{"ended":{"on":"endedOn"},"retention":"all"}"#,
            fields: #"{"no":{"type":"text"},"endedOn":{"type":"day"}}"#)
        let catalog = Catalog(version: 1, entries: GovernanceHouse.baseEntries + [type])
        for (ended, lastDay) in [("2021-08-15", "2026-08-15"), ("2020-02-29", "2025-02-28"), ("2023-02-28", "2028-02-28")] {
            let last = Day(lastDay) ?? Day(number: 0)
            var house = GovernanceHouse(catalog: catalog)
            house.now = (last - 10).startInChina
            house.take(
                GovernanceHouse.record("c", "judicial.person", of: ana, at: "2020-01-01T00:00:00Z", #"{"no":"1","endedOn":"\#(ended)"}"#))
            house.now = last.startInChina + .seconds(86_399)
            house.ring()
            #expect(house.standing.count == 1)
            house.now = (last + 1).startInChina
            house.ring()
            #expect(house.standing.isEmpty)
            #expect(house.told == ["retracted retention-ended"])
        }
        var open = GovernanceHouse(catalog: catalog)
        open.take(GovernanceHouse.record("c", "judicial.person", of: ana, at: "2010-01-01T00:00:00Z", #"{"no":"1"}"#))
        #expect(open.standing.count == 1, "what has not ended is kept")
        #expect(open.timers.isEmpty)
    }

    @Test func `what says until when it holds is taken back on the next day, and comes too late after it`() {
        let type = GovernanceHouse.type(
            "e-certificate", key: ["no"], #","holdsUntil":"validTo""#, fields: #"{"no":{"type":"text"},"validTo":{"type":"day"}}"#)
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [type]))
        func certificate(_ no: String, _ more: String = "") -> AcceptedRecord {
            GovernanceHouse.record(no, "e-certificate", of: ana, at: "2024-01-15T00:00:00Z", #"{"no":"\#(no)"\#(more)}"#)
        }
        house.take(certificate("a", #","validTo":"2026-08-10""#), certificate("b", #","validTo":"2026-07-31""#), certificate("c"))
        #expect(house.facts.map(\.factID) == ["source:test/a", "source:test/c"])
        #expect(house.timers.values.map(\.rfc3339) == ["2026-08-10T16:00:00Z"])
        house.now = GovernanceHouse.instant("2026-08-10T15:59:59Z")
        house.ring()
        #expect(house.standing.count == 2)
        house.now = GovernanceHouse.instant("2026-08-10T16:00:00Z")
        house.ring()
        #expect(house.standing == [#"e-certificate \#(ana) {"no":"c"}"#])
        #expect(house.told == ["retracted validity-ended", "retracted validity-ended"])
        #expect(house.timers.isEmpty)
    }

    @Test func `what ends by itself is not forgotten among the many that are there`() {
        let type = GovernanceHouse.type(
            "e-certificate", key: ["no"], #","holdsUntil":"validTo""#, fields: #"{"no":{"type":"text"},"validTo":{"type":"day"}}"#)
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [type]))
        for number in 0..<60 {
            house.take(
                GovernanceHouse.record(
                    "c\(number)", "e-certificate", of: ana, at: "2024-01-15T00:00:\(number < 10 ? "0" : "")\(number)Z",
                    #"{"no":"\#(number)","validTo":"2026-08-10"}"#))
        }
        house.now = GovernanceHouse.instant("2026-08-10T16:00:00Z")
        house.ring()
        #expect(house.standing.isEmpty)
    }

    private func objection(_ kind: String, _ more: String, at time: String = "2026-08-01T00:00:00Z") -> AcceptedRecord {
        GovernanceHouse.record(
            "\(kind)-1", "objection.\(kind)", of: ana, at: time, writer: kind == "opened" ? "portal" : "source:governance-desk",
            received: time, #"{"objectionId":"X1","recordId":"source:test/h"\#(more)}"#)
    }

    private var contested: AcceptedRecord {
        GovernanceHouse.record("h", "happening", of: ana, at: "2026-03-01T00:00:00Z", #"{"amount":1}"#)
    }

    @Test func `an objection is marked for twenty days and told when nobody answered`() {
        var house = GovernanceHouse()
        house.take(contested, objection("opened", "", at: "2026-08-01T08:00:00Z"))
        #expect(house.told == ["objection-opened source:test/h due=2026-08-21"])
        #expect(house.cells(GovernanceTables.objection, "status") == ["open"])
        house.now = GovernanceHouse.instant("2026-08-21T15:59:59Z")
        house.ring()
        #expect(house.told.count == 1)
        house.now = GovernanceHouse.instant("2026-08-21T16:00:00Z")
        house.ring()
        house.ring()
        #expect(house.told.dropFirst() == ["objection-overdue X1"])
        house.take(objection("answered", #","outcome":"upheld","explanation":"right""#))
        #expect(house.cells(GovernanceTables.objection, "status") == ["upheld"])
        #expect(house.sum("amount") == 1)
    }

    @Test func `an objection that is won takes the statement back in every order`() {
        let records = [contested, objection("opened", ""), objection("answered", #","outcome":"removed","explanation":"wrong""#)]
        var dice = SplitMix64(seed: 4)
        var rows: Set<[String]> = []
        for _ in 0..<12 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.sum("amount") == 0)
            #expect(house.standing.filter { $0.hasPrefix("happening") } == [])
            rows.insert(house.cells(GovernanceTables.factRetracted, "fact_id") + house.cells(GovernanceTables.objection, "status"))
            #expect(house.timers.isEmpty)
        }
        #expect(rows == [["source:test/h", "removed"]])
    }

    @Test func `what is removed is gone under every id that says it`() {
        func tax(_ id: String, _ time: String) -> AcceptedRecord {
            GovernanceHouse.record(id, "tax.return", of: ana, at: time, #"{"period":"2026-01","sales":5}"#)
        }
        let words = [objection("opened", ""), objection("answered", #","outcome":"removed","explanation":"wrong""#)]
        var dice = SplitMix64(seed: 5)
        let said = [tax("h", "2026-02-01T00:00:00Z"), tax("h2", "2026-02-02T00:00:00Z")]
        for _ in 0..<24 {
            var house = GovernanceHouse()
            for record in (said + words).shuffled(using: &dice) { house.take(record) }
            #expect(house.standing.filter { $0.hasPrefix("tax.return") } == [])
        }
        // Said again before the objection, and after it.
        for before in [true, false] {
            var house = GovernanceHouse()
            house.take(tax("h", "2026-02-01T00:00:00Z"))
            if before { house.take(tax("h2", "2026-02-02T00:00:00Z")) }
            for word in words { house.take(word) }
            #expect(house.standing.filter { $0.hasPrefix("tax.return") } == [], "\(before)")
            for day in 10...28 {
                house.take(tax("h\(day)", "2026-02-\(day)T00:00:00Z"))
                #expect(house.standing.filter { $0.hasPrefix("tax.return") } == [], "\(before) \(day)")
            }
        }
    }

    @Test func `the public grade is taken as it is and marked when it is more than twelve months old`() {
        let type = GovernanceHouse.type("public-grade", key: [])
        for (evaluated, lastFresh) in [("2026-05-10", "2027-05-10"), ("2028-02-29", "2029-02-28"), ("2027-02-28", "2028-02-28")] {
            var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [type]))
            house.now = Day(evaluated)?.startInChina ?? .epoch
            house.take(
                GovernanceHouse.record(
                    "g", "public-grade", of: ana, at: "\(evaluated)T00:00:00Z", #"{"grade":"A","evaluatedOn":"\#(evaluated)"}"#))
            let last = Day(lastFresh) ?? Day(number: 0)
            house.now = last.startInChina + .seconds(86_399)
            house.ring()
            #expect(house.told == [])
            house.now = (last + 1).startInChina
            house.ring()
            house.ring()
            #expect(house.told == ["stale since=\((last + 1).text)"])
            // Told on its last fresh day, it is fresh.
            var late = GovernanceHouse(catalog: house.catalog)
            late.now = last.startInChina
            late.take(
                GovernanceHouse.record(
                    "g", "public-grade", of: ana, at: "\(evaluated)T00:00:00Z", #"{"grade":"A","evaluatedOn":"\#(evaluated)"}"#))
            #expect(late.told == [])
            // It stays what it is: nobody puts another in its place.
            #expect(house.facts.count == 1)
            #expect(house.standing == [#"public-grade \#(ana) {"evaluatedOn":"\#(evaluated)","grade":"A"}"#])
            house.take(
                GovernanceHouse.record(
                    "g2", "public-grade", of: ana, at: "\(last.text)T00:00:00Z", #"{"grade":"B","evaluatedOn":"\#(last.text)"}"#))
            #expect(house.timers.values.map { $0 } == [(last.adding(months: 12) + 1).startInChina])
        }
    }

    // MARK: Consent

    private func flow(_ id: String, received: String) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "bank-flow.month", of: ana, at: "2026-06-28T00:00:00Z", received: received,
            #"{"period":"2026-06","bank":"\#(id)","inflow":10}"#)
    }

    private func consent(
        _ more: String = "", lists: String = #""receivers":["platform"],"categories":["bank-flow"],"purposes":["collection"]"#
    )
        -> AcceptedRecord
    {
        GovernanceHouse.record(
            "g", "consent.granted", of: ana, at: "2026-07-01T00:00:00Z", writer: "portal",
            #"{"consentId":"c1",\#(lists),"from":"2026-07-01","until":"2026-12-31"\#(more)}"#)
    }

    private func word(_ kind: String, at time: String) -> AcceptedRecord {
        GovernanceHouse.record("\(kind)-\(time)", "consent.\(kind)", of: ana, at: time, writer: "portal", #"{"consentId":"c1"}"#)
    }

    @Test func `a suspended consent covers nothing new until it is taken up again`() {
        var house = GovernanceHouse()
        house.take(consent(), word("paused", at: "2026-07-10T00:00:00Z"))
        house.take(flow("a", received: "2026-07-09T00:00:00Z"), flow("b", received: "2026-07-11T00:00:00Z"))
        #expect(house.told == ["consent-given c1", "consent-paused c1", "quarantined consent-missing"])
        #expect(house.cells(GovernanceTables.consent, "status") == ["paused"])
        house.take(word("resumed", at: "2026-07-12T00:00:00Z"))
        #expect(house.told.suffix(2) == ["consent-resumed c1", "released consent-missing"])
        #expect(house.sum("inflow") == 20)
        // Withdrawing is possible from every state.
        house.take(word("paused", at: "2026-07-20T00:00:00Z"), word("revoked", at: "2026-07-21T00:00:00Z"))
        #expect(house.cells(GovernanceTables.consent, "status") == ["revoked"])
        house.take(word("resumed", at: "2026-07-22T00:00:00Z"), flow("c", received: "2026-07-23T00:00:00Z"))
        #expect(house.told.last == "refused consent-revoked")
    }

    @Test func `every pause and every resumption is told to the exit door, however often the same is said`() {
        var house = GovernanceHouse()
        house.take(consent(), word("paused", at: "2026-07-10T00:00:00Z"), word("resumed", at: "2026-07-12T00:00:00Z"))
        house.take(word("paused", at: "2026-07-14T00:00:00Z"), word("resumed", at: "2026-07-13T00:00:00Z"))
        let said = house.facts.filter { $0.recordType.hasPrefix("consent.") && !$0.isRetraction }.map(\.factID)
        #expect(said.count == 5, "\(said)")
        #expect(house.cells(GovernanceTables.consent, "status") == ["paused"])
    }

    private func asked(_ id: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "q-\(id)", "consent.requested", of: ana, at: "2026-06-30T00:00:00Z", writer: "institution:bank-a",
            #"{"consentId":"\#(id)","institution":"bank-a","receivers":["institution:bank-a"],"categories":["tax"],"purposes":["loan-application"],"from":"2026-07-01","until":"2026-12-31"}"#
        )
    }

    @Test func `a consent that is asked for is pending, allows nothing, and is given or declined by the subject`() {
        var house = GovernanceHouse()
        house.take(asked("c1"), flow("a", received: "2026-07-09T00:00:00Z"))
        #expect(house.told == ["consent-requested c1", "quarantined consent-missing"])
        #expect(house.cells(GovernanceTables.consent, "status") == ["pending"])
        let askers = "\(Cell.json(Array(#"["institution:bank-a"]"#.utf8)))"
        #expect(house.cells(GovernanceTables.consent, "receivers") == [askers])
        house.take(consent())
        #expect(house.cells(GovernanceTables.consent, "status") == ["active"])
        #expect(house.told.suffix(2) == ["consent-given c1", "released consent-missing"])
        // Asked for once more it stays given, with the terms that were given.
        house.take(asked("c1"))
        #expect(house.cells(GovernanceTables.consent, "status") == ["active"])
        #expect(house.cells(GovernanceTables.consent, "receivers") != [askers])

        var declined = GovernanceHouse()
        declined.take(asked("c1"), word("revoked", at: "2026-07-02T00:00:00Z"))
        #expect(declined.cells(GovernanceTables.consent, "status") == ["revoked"])
    }

    @Test func `whoever asks for many consents can not keep the subject from giving one`() {
        var house = GovernanceHouse()
        for number in 0..<250 { house.take(asked("q\(number)")) }
        house.take(consent(), flow("a", received: "2026-07-09T00:00:00Z"))
        #expect(house.refusals.isEmpty)
        #expect(house.told.last == "consent-given c1")
        #expect(house.sum("inflow") == 10)
    }

    @Test func `words about a consent lead to the same state in every order`() {
        let records = [
            consent(), word("paused", at: "2026-07-10T00:00:00Z"), word("resumed", at: "2026-07-12T00:00:00Z"),
            word("paused", at: "2026-07-14T00:00:00Z"),
        ]
        var dice = SplitMix64(seed: 8)
        for _ in 0..<20 {
            var house = GovernanceHouse()
            for record in records.shuffled(using: &dice) { house.take(record) }
            #expect(house.cells(GovernanceTables.consent, "status") == ["paused"])
            house.take(flow("b", received: "2026-07-15T00:00:00Z"))
            #expect(house.told.last == "quarantined consent-missing")
        }
    }

    @Test func `what the articles demand of a consent is asked of each record`() {
        func house(_ demands: String) -> GovernanceHouse {
            GovernanceHouse(
                catalog: Catalog(
                    version: 1,
                    entries: GovernanceHouse.baseEntries + [
                        GovernanceHouse.entry("consentCategory", "bank-flow", #"{"title":{"en":"x","zh":"x"},"demands":[\#(demands)]}"#)
                    ]))
        }
        let record = flow("a", received: "2026-07-09T00:00:00Z")
        let all = #""receivers":["*"],"categories":["*"],"purposes":["*"]"#
        // Article 14, first part: never, not even with consent.
        var forbidden = house(#""forbidden""#)
        forbidden.take(consent(), record)
        #expect(forbidden.refusals.map(\.code) == ["category-forbidden"])
        // Article 14, second part: in writing.
        var unwritten = house(#""written""#)
        unwritten.take(consent(), record)
        #expect(unwritten.told.last == "quarantined consent-missing")
        var written = house(#""written""#)
        written.take(consent(#","signature":"ed25519:1""#), record)
        #expect(written.sum("inflow") == 10)
        // Separate consent names the receiver and the category.
        var sweeping = house(#""separate""#)
        sweeping.take(consent(lists: all), record)
        #expect(sweeping.told.last == "quarantined consent-missing")
        var separate = house(#""separate""#)
        separate.take(consent(), record)
        #expect(separate.sum("inflow") == 10)
        // No other purpose than the agreed one.
        var otherPurpose = house("")
        otherPurpose.take(consent(lists: #""receivers":["platform"],"categories":["bank-flow"],"purposes":["policy"]"#), record)
        #expect(otherPurpose.told.last == "quarantined consent-missing")
    }
}
