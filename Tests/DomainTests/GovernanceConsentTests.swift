import Contracts
import GovernanceDomain
import Testing
import Vocabulary

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

    @Test func `what is taken in after the revocation waits again`() {
        var house = GovernanceHouse()
        house.take(consent(), flow("1", "2026-05", received: "2026-07-10T00:00:00Z"))
        house.take(revocation(at: "2026-07-20T00:00:00Z"))
        house.take(flow("2", "2026-06", received: "2026-07-21T00:00:00Z"))
        // Taken in before the revocation and only late with us: as if it had come in time.
        house.take(flow("3", "2026-07", received: "2026-07-19T00:00:00Z"))
        #expect(house.facts.filter { $0.recordType == "bank-flow.month" }.map(\.factID) == ["source:test/1", "source:test/3"])
        #expect(house.told == ["consent-given c1", "consent-revoked c1", "quarantined consent-missing"])
        #expect(house.cells(GovernanceTables.consent, "status") == ["revoked"])

        house.take(consent("c2"))
        #expect(house.facts.last?.factID == "source:test/2")
    }

    @Test func `a revocation that comes before its consent counts`() {
        let records = [consent(), revocation(at: "2026-07-20T00:00:00Z")]
        var states: [[UInt8]?] = []
        for order in [records, records.reversed()] {
            var house = GovernanceHouse()
            for record in order { house.take(record) }
            house.take(flow("2", "2026-06", received: "2026-07-21T00:00:00Z"))
            #expect(house.told.last == "quarantined consent-missing")
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

    @Test func `consents are facts so that the exit door knows them`() {
        var house = GovernanceHouse()
        house.take(consent(), revocation(at: "2026-07-20T00:00:00Z"))
        #expect(house.facts.map(\.recordType) == ["consent.granted", "consent.revoked"])
    }
}
