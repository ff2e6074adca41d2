import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary
import Wire

@Suite struct GovernanceConsentTests {
    private let ana = GovernanceHouse.firm(1)

    private func flow(_ id: String, _ period: String, received: String? = nil, _ inflow: Int = 10) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "bank-flow.month", of: ana, at: "\(period)-28T00:00:00Z", received: received,
            #"{"period":"\#(period)","bank":"b","inflow":\#(inflow)}"#)
    }

    private func consent(
        _ id: String = "c1", from: String = "2026-07-01", until: String = "2026-12-31", receivers: String = #"["platform"]"#,
        categories: String = #"["bank-flow"]"#, purposes: String = #"["collection"]"#
    ) -> AcceptedRecord {
        GovernanceHouse.record(
            "g-\(id)", "consent.granted", of: ana, at: "2026-07-01T00:00:00Z", writer: "portal",
            #"{"consentId":"\#(id)","receivers":\#(receivers),"categories":\#(categories),"purposes":\#(purposes),"from":"\#(from)","until":"\#(until)"}"#
        )
    }

    private func revocation(_ id: String = "c1", at time: String) -> AcceptedRecord {
        GovernanceHouse.record(
            "x-\(id)", "consent.revoked", of: ana, at: time, writer: "portal", #"{"consentId":"\#(id)"}"#)
    }

    @Test func `a consent that comes late leads to the same facts as one that came early`() {
        let records = [flow("1", "2026-05"), flow("2", "2026-06"), flow("3", "2026-07")]
        var late = GovernanceHouse()
        for record in records { late.take(record) }
        #expect(late.facts.isEmpty)
        #expect(late.state(ana).parked.count == 3)
        late.take(consent())

        var early = GovernanceHouse()
        early.take(consent())
        for record in records { early.take(record) }

        #expect(late.standing == early.standing)
        #expect(late.states[ana] == early.states[ana])
        #expect(late.told.count { $0 == "released consent-missing" } == 3)
        #expect(late.cells(GovernanceTables.quarantine, "status") == ["released", "released", "released"])
        #expect(early.told == ["consent-given c1"])
    }

    @Test func `only a consent for platform and category and collection and today helps`() {
        let useless = [
            consent(receivers: #"["institution:bank-a"]"#), consent(categories: #"["tax"]"#), consent(purposes: #"["post-loan"]"#),
            consent(from: "2026-09-01"), consent(from: "2025-01-01", until: "2025-12-31"), consent(receivers: "[]"),
            consent(from: "2026-12-31", until: "2026-07-01"),
        ]
        for consent in useless {
            var house = GovernanceHouse()
            house.take(consent, flow("1", "2026-06"))
            #expect(house.told.last == "quarantined consent-missing")
        }
        for consent in [
            consent(receivers: #"["*"]"#), consent(categories: #"["tax","*"]"#), consent(from: "2026-08-01", until: "2026-08-01"),
        ] {
            var house = GovernanceHouse()
            house.take(consent, flow("1", "2026-06"))
            #expect(house.facts.last?.recordType == "bank-flow.month")
        }
    }

    @Test func `what is taken in after the revocation is refused at once`() {
        var house = GovernanceHouse()
        house.take(consent(), flow("1", "2026-05", received: "2026-07-10T00:00:00Z"))
        house.take(revocation(at: "2026-07-20T00:00:00Z"))
        house.take(flow("2", "2026-06", received: "2026-07-21T00:00:00Z"))
        // Taken in before the revocation and only late with us: as if it had come in time.
        house.take(flow("3", "2026-07", received: "2026-07-19T00:00:00Z"))
        #expect(house.facts.filter { $0.recordType == "bank-flow.month" }.map(\.factID) == ["source:test/1", "source:test/3"])
        #expect(house.told == ["consent-given c1", "consent-revoked c1", "refused consent-revoked"])
        #expect(house.cells(GovernanceTables.consent, "status") == ["revoked"])
        #expect(house.timers.isEmpty)

        // Who consents again is heard, and the source says it again.
        house.take(consent("c2"), flow("2b", "2026-06", received: "2026-07-22T00:00:00Z"))
        #expect(house.facts.last?.factID == "source:test/2b")
    }

    private func wait(_ house: inout GovernanceHouse, until time: String) {
        house.now = GovernanceHouse.instant(time)
        house.ring()
    }

    @Test func `a record whose consent never comes is refused after seven days, its content dropped, and its writer told`() throws {
        var house = GovernanceHouse()
        house.take(flow("1", "2026-05", 777), flow("2", "2026-06", 777))
        wait(&house, until: "2026-08-08T07:59:59Z")
        #expect(house.told == ["quarantined consent-missing", "quarantined consent-missing"])
        #expect(house.state(ana).parked.count == 2)
        wait(&house, until: "2026-08-08T08:00:00Z")
        #expect(house.told.suffix(2) == ["refused consent-not-given", "refused consent-not-given"])
        #expect(house.facts.isEmpty)
        #expect(house.state(ana).parked.isEmpty)
        #expect(house.timers.isEmpty)
        #expect(house.cells(GovernanceTables.quarantine, "status") == ["refused", "refused"])
        #expect(house.cells(GovernanceTables.quarantine, "reason") == ["consent-not-given", "consent-not-given"])
        // Nothing is left of what they said, in the tables and in the states.
        for row in (house.rows["quarantine"] ?? [:]).values {
            let kept = row.compactMap { cell -> String? in
                guard case .json(let bytes) = cell else { return nil }
                return String(decoding: bytes, as: UTF8.self)
            }
            #expect(kept.allSatisfy { $0.contains("recordId") && !$0.contains("777") }, "\(kept)")
        }
        #expect(!house.states.values.contains { String(decoding: $0, as: UTF8.self).contains("777") })
        let told = try #require(house.requests.first)
        #expect(house.requests.map(\.messageType) == ["record.refused.v1", "record.refused.v1"])
        #expect(told.receiver == "source:test")
        #expect(told.body["writer"]?.string == told.receiver)
        #expect(told.body["recordId"]?.string == "1")
        #expect(told.body["code"]?.string == "consent-not-given")
        #expect(told.body["data"] == nil)
        // A consent that comes now does not bring them back; said again, they are taken.
        house.take(consent(), flow("1b", "2026-05", received: "2026-08-09T00:00:00Z"))
        #expect(house.facts.map(\.factID) == ["portal/g-c1", "source:test/1b"])
    }

    @Test func `a consent that begins and ends within the wait lets go what waits on its first day`() {
        var house = GovernanceHouse()
        house.take(flow("1", "2026-06"))
        house.take(consent(from: "2026-08-03", until: "2026-08-05"))
        #expect(!house.facts.contains { $0.recordType == "bank-flow.month" })
        wait(&house, until: "2026-08-02T16:00:00Z")
        #expect(house.facts.last?.recordType == "bank-flow.month")
        wait(&house, until: "2026-08-09T00:00:00Z")
        #expect(!house.told.contains { $0.hasPrefix("refused") })
    }

    @Test func `how long a record waits is its category's, and each waits its own time`() {
        let days = GovernanceHouse.entry("consentCategory", "bank-flow", #"{"title":{"en":"x","zh":"x"},"waitDays":2}"#)
        var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + [days]))
        house.take(flow("1", "2026-05"))
        wait(&house, until: "2026-08-02T08:00:00Z")
        house.take(flow("2", "2026-06"))
        wait(&house, until: "2026-08-03T08:00:00Z")
        #expect(house.told.last == "refused consent-not-given")
        #expect(house.state(ana).parked.map(\.recordID) == ["source:test/2"])
        #expect(house.timers.values.map(\.rfc3339) == ["2026-08-04T08:00:00Z"])
        for wrong in ["0", "91", #""7""#, "1.5"] {
            let entry = GovernanceHouse.entry("consentCategory", "bank-flow", #"{"title":{"en":"x","zh":"x"},"waitDays":\#(wrong)}"#)
            let defects = Governance.defects(of: entry, examples: [GovernanceHouse.json("{}")], in: GovernanceHouse.base)
            #expect(defects == ["`waitDays` is not 1…90"])
        }
    }

    @Test func `a consent that was taken in after the wait does not help, whether it or the timer is met first`() {
        for isTimerFirst in [true, false] {
            var house = GovernanceHouse()
            house.take(flow("1", "2026-05"))
            house.now = GovernanceHouse.instant("2026-08-09T00:00:00Z")
            let late = GovernanceHouse.record(
                "g-c1", "consent.granted", of: ana, at: "2026-07-01T00:00:00Z", writer: "portal", received: "2026-08-08T20:00:00Z",
                #"{"consentId":"c1","receivers":["platform"],"categories":["bank-flow"],"purposes":["collection"],"from":"2026-07-01","until":"2026-12-31"}"#
            )
            if isTimerFirst { house.ring() }
            house.take(late)
            house.ring()
            #expect(house.facts.map(\.recordType) == ["consent.granted"])
            #expect(house.cells(GovernanceTables.quarantine, "status") == ["refused"])
        }
        // One that was there in time and is met late helps as long as nobody has looked.
        var house = GovernanceHouse()
        house.take(flow("1", "2026-05"))
        house.now = GovernanceHouse.instant("2026-08-09T00:00:00Z")
        house.take(consent())
        #expect(house.facts.last?.factID == "source:test/1")
    }

    @Test func `what waits for a suspended consent is refused at once when it is revoked`() {
        var house = GovernanceHouse()
        let pause = GovernanceHouse.record(
            "p", "consent.paused", of: ana, at: "2026-07-10T00:00:00Z", writer: "portal", #"{"consentId":"c1"}"#)
        house.take(consent(), pause, flow("1", "2026-05", received: "2026-07-15T00:00:00Z"))
        #expect(house.told.last == "quarantined consent-missing")
        house.take(revocation(at: "2026-07-12T00:00:00Z"))
        #expect(house.told.suffix(2) == ["consent-revoked c1", "refused consent-revoked"])
        #expect(house.state(ana).parked.isEmpty)
        #expect(house.timers.isEmpty)
    }

    @Test func `while another consent is alive a revoked one refuses nothing`() {
        var house = GovernanceHouse()
        // The second begins in September.
        house.take(consent(), revocation(at: "2026-07-12T00:00:00Z"), consent("c2", from: "2026-09-01"))
        house.take(flow("1", "2026-05", received: "2026-07-15T00:00:00Z"))
        #expect(house.told.last == "quarantined consent-missing")
    }

    @Test func `a revocation that comes before its consent counts`() {
        let records = [consent(), revocation(at: "2026-07-20T00:00:00Z")]
        var states: [[UInt8]?] = []
        for order in [records, records.reversed()] {
            var house = GovernanceHouse()
            for record in order { house.take(record) }
            house.take(flow("2", "2026-06", received: "2026-07-21T00:00:00Z"))
            #expect(house.told.last == "refused consent-revoked")
            #expect(house.cells(GovernanceTables.consent, "status") == ["revoked"])
            states.append(house.states[ana])
        }
        #expect(states[0] == states[1])
    }

    @Test func `an expired consent is told once and covers nothing new`() {
        var house = GovernanceHouse()
        house.take(consent(until: "2026-08-10"))
        #expect(house.timers.values.map(\.rfc3339) == ["2026-08-10T16:00:00Z"])
        house.now = GovernanceHouse.instant("2026-08-10T15:59:59Z")
        house.ring()
        #expect(house.told == ["consent-given c1"])
        house.now = GovernanceHouse.instant("2026-08-10T16:00:00Z")
        house.ring()
        house.ring()
        #expect(house.told == ["consent-given c1", "consent-expired c1"])
        #expect(house.timers.isEmpty)
        #expect(house.cells(GovernanceTables.consent, "status") == ["expired"])
        house.take(flow("1", "2026-06", received: "2026-08-11T00:00:00Z"))
        #expect(house.told.last == "quarantined consent-missing")
    }

    @Test func `what happened under a consent may come for a while after its last day, and not for ever`() {
        let short = GovernanceHouse.entry("consentCategory", "bank-flow", #"{"title":{"en":"x","zh":"x"},"lateDays":10}"#)
        // The last day is 2026-07-31; the flow is July's.
        for (more, received, isFact) in [
            ([], "2026-09-14T15:59:59Z", true), ([], "2026-09-14T16:00:00Z", false), ([], "2027-09-14T00:00:00Z", false),
            ([short], "2026-08-10T15:59:59Z", true), ([short], "2026-08-10T16:00:00Z", false),
        ] as [([CatalogEntry], String, Bool)] {
            var house = GovernanceHouse(catalog: Catalog(version: 1, entries: GovernanceHouse.baseEntries + more))
            house.now = GovernanceHouse.instant(received)
            house.take(consent(until: "2026-07-31"), flow("1", "2026-07", received: received))
            #expect(house.facts.contains { $0.recordType == "bank-flow.month" } == isFact, "\(received) \(more.count)")
            if !isFact { #expect(house.told.last == "quarantined consent-missing") }
        }
        for wrong in ["-1", "401", #""7""#] {
            let entry = GovernanceHouse.entry("consentCategory", "bank-flow", #"{"title":{"en":"x","zh":"x"},"lateDays":\#(wrong)}"#)
            let defects = Governance.defects(of: entry, examples: [GovernanceHouse.json("{}")], in: GovernanceHouse.base)
            #expect(defects == ["`lateDays` is not 0…400"])
        }
    }

    @Test func `consents are facts so that the exit door knows them`() {
        var house = GovernanceHouse()
        house.take(consent(), revocation(at: "2026-07-20T00:00:00Z"))
        #expect(house.facts.map(\.recordType) == ["consent.granted", "consent.revoked"])
    }
}
