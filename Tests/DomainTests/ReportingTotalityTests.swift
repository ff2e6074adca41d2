import Contracts
import Deciding
import ReportingDomain
import Testing
import Vocabulary
import Wire

@Suite struct ReportingTotalityTests {
    @Test func `no body stops the decider, and what is refused changes nothing`() {
        let types = [
            (Topic.governanceFacts, Fact.type), (Topic.governanceEvents, GovernanceEvent.type), (Topic.scoringPortraits, Portrait.type),
            (Topic.scoringPortraits, WhitelistChange.type), (Topic.scoringPortraits, ReportIssued.type),
            (Topic.matchmakingEvents, ApplicationEvent.type), (Topic.matchmakingEvents, MatchList.type),
            (Topic.policyPushEvents, PolicyEvent.type), (Topic.riskMonitoringEvents, RiskAlert.type),
            (Topic.riskMonitoringEvents, WatchEvent.type), (Topic.exchangeEvents, ExchangeEvent.type),
        ]
        let names = [
            "factId", "recordType", "writer", "subject", "occurredAt", "knownAt", "origin", "quality", "data", "kind", "recordId", "reason",
            "at", "revision", "asOf", "name", "status", "applicationId", "amountFen", "alertId", "level", "title", "loanId", "isMember",
        ]
        var dice = SplitMix64(seed: 11)
        let house = ReportingHouse()
        for round in 0..<4_000 {
            let (topic, type) = types[round % types.count]
            let message = Message(
                topic: topic, partition: 0, offset: Int64(round), key: "S", id: "\(round)", source: "test", type: type, subject: "S",
                time: nil, body: ReportingHouse.json(dice.tree(names)))
            house.take([message])
        }
        #expect(house.refusals.count > 3_000)
        // The state still reads back as itself.
        #expect(house.state("S").bytes == (house.states["S"] ?? SubjectRecord().bytes))
    }

    @Test func `extreme amounts and moments are kept as they are`() {
        let house = ReportingHouse()
        house.take([
            ReportingHouse.message(
                ApplicationEvent(
                    applicationID: "", subject: "", status: "disbursed", institution: "", productID: "", amount: Money(fen: .max),
                    months: .min, annualRate: .max, region: "中", industry: "中", scoreID: "", loanID: "", reason: "", at: .epoch),
                on: Topic.matchmakingEvents)
        ])
        #expect(house.cells(ReportingTables.application, "disbursed_fen") == [.int64(.max)])
        #expect(house.cells(ReportingTables.application, "months") == [.int64(.min)])
        #expect(house.cells(ReportingTables.handling, "institution") == [])
    }

    @Test func `a status nobody knows is refused by its name`() {
        let house = ReportingHouse()
        house.take([ReportingHouse.step("teleported", on: 1)])
        #expect(house.refusals == ["field-wrong"])
        #expect(house.rows.isEmpty)
    }

    @Test func `what is meant for others is passed over`() {
        let decider = Reporting()
        let request = ReportingHouse.message(
            ReleaseRequest(
                releaseID: "r", subject: "S", receiver: "portal", messageType: "matches.v1", purpose: "policy", categories: [],
                consentID: "",
                at: .epoch, body: ReportingHouse.json("{}")), on: Topic.matchmakingEvents)
        guard case .pass = decider.admit(request, catalog: .empty) else {
            Issue.record("a request for release was not passed over")
            return
        }
    }
}
