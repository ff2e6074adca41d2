import Contracts
import Deciding
import ExchangeDomain
import GovernanceDomain
import IngestionDomain
import MatchmakingDomain
import Pipeline
import PolicyPushDomain
import ReportingDomain
import RiskMonitoringDomain
import ScoringDomain
import Testing
import Vocabulary
import Wire

/// The whole suite in one process: the real deciders and the real step over memory.
func wholeHouse(now: Instant, packs: [String] = ["base"]) throws -> MemoryHouse {
    let house = MemoryHouse(lanes: 4, now: now)
    house.add(Ingestion()) { OutsideTopics.read(by: $0) }
    house.add(Governance()) { _ in ServiceName.governance.inputs }
    house.add(Scoring()) { _ in ServiceName.scoring.inputs }
    house.add(Matchmaking()) { _ in ServiceName.matchmaking.inputs }
    house.add(PolicyPush()) { _ in ServiceName.policypush.inputs }
    house.add(RiskMonitoring()) { _ in ServiceName.riskmonitoring.inputs }
    house.add(Exchange()) { _ in ServiceName.exchange.inputs }
    house.add(Reporting()) { _ in ServiceName.reporting.inputs }
    house.publish(try packs.flatMap { try PackFolder.entries(of: $0) })
    Story.listener?.house = house
    return house
}

extension MemoryHouse {
    func tell(_ steps: [HunanStory.Step]) {
        for step in steps { send(to: step.topic, type: step.type, id: step.id, subject: step.subject, at: step.time, data: step.data) }
    }

    /// Records first, then the request, as a firm would.
    func tellWhole(_ story: HunanStory, without type: String = "") throws {
        tell(story.records().filter { $0.type != type })
        try advance(to: now + .seconds(2))
        tell([story.request()])
        try advance(to: now + .seconds(2))
    }

    func bodies(_ topic: String, _ type: String) -> [JSONValue] { messages(on: topic).filter { $0.event.type == type }.compactMap(\.body) }
}

@Suite struct HunanInProcessTests {
    let today = Day(year: 2026, month: 9, day: 10) ?? Day(number: 0)

    @Test func `one firm's story runs from its registration to the settled loan`() throws {
        let start = today.startInChina + .seconds(37_000)
        let house = try wholeHouse(now: start)
        let story = HunanStory(today: today)
        try house.tellWhole(story)

        // A fact for every record beside what comparisons say, and nothing set aside anywhere.
        let facts = try house.bodies(Topic.governanceFacts, Fact.type).map { try Fact($0) }
        #expect(facts.count { $0.writer != "governance" } == story.records().count + 1)
        let results = facts.filter { $0.recordType == "cross-check.result" }
        #expect(!results.isEmpty && results.allSatisfy { $0.data["verdict"]?.string != "no" })
        for service in ServiceName.allCases {
            #expect(house.store(of: service)?.deadLetters.values.map { "\($0.refusal.code): \($0.refusal.detail)" } == [], "\(service)")
        }

        // The assessment: a grade, at least four reasons, versions and a time.
        let assessment = try #require(try house.bodies(Topic.scoringPortraits, Assessment.type).first.map { try Assessment($0) })
        let score = try #require(assessment.portrait.score)
        #expect(["AA", "A", "B"].contains(score.grade), "grade \(score.grade), \(score.points) points")
        #expect(score.reasons.count >= 4)
        #expect(score.modelVersion >= 1)
        #expect(score.low <= score.points && score.points <= score.high)
        #expect(assessment.portrait.asOf > .epoch)
        #expect(assessment.portrait.publicGrade == "A")
        #expect(assessment.portrait.dimensions.count == 3)
        #expect(house.bodies(Topic.scoringPortraits, ReportIssued.type).count == 1)

        // At least three ranked products, each with its conditions judged.
        let list = try #require(
            try house.bodies(Topic.matchmakingEvents, MatchList.type).map { try MatchList($0) }.first {
                $0.applicationID == story.applicationID
            })
        #expect(list.matches.count >= 3)
        #expect(list.matches.map(\.rank) == list.matches.indices.map { Int64($0 + 1) })
        #expect(list.matches.allSatisfy { match in !match.conditions.isEmpty && match.conditions.allSatisfy { $0.truth == "yes" } })
        #expect(!list.refused.isEmpty)

        // The dispatch to the chosen bank's topic carries the consent.
        let chosen = try #require(list.matches.first)
        let dispatched = house.bodies(Topic.institutionOut(chosen.institution), "financing.application.v1")
        #expect(dispatched.count == 1)
        #expect(dispatched.first?["consentId"]?.string == story.consentID)
        #expect(dispatched.first?["applicationId"]?.string == story.applicationID)
        #expect(dispatched.first?["score"]?["grade"]?.string == score.grade)

        // An interest subsidy finds the firm.
        let pushes = try house.bodies(Topic.policyPushEvents, PolicyEvent.type).map { try PolicyEvent($0) }
        #expect(pushes.contains { $0.policyID == "interest-subsidy-sme" && $0.kind == "pushed" })
        #expect(house.bodies(Topic.portalOut, "policy.push.v1").contains { $0["policyId"]?.string == "interest-subsidy-sme" })

        // The bank answers, step by step.
        for answer in story.answers(of: chosen.institution, from: start) {
            house.tell([answer])
            try house.advance(to: answer.time + .seconds(1))
        }
        let events = try house.bodies(Topic.matchmakingEvents, ApplicationEvent.type).map { try ApplicationEvent($0) }
        #expect(events.map(\.status) == ["requested", "dispatched", "accepted", "credited", "disbursed", "settled"])
        #expect(events.first { $0.status == "disbursed" }?.amount == Money(yuan: 3_000_000))
        let watches = try house.bodies(Topic.riskMonitoringEvents, WatchEvent.type).map { try WatchEvent($0) }
        #expect(watches.first?.kind == "opened")
        #expect(watches.last?.kind == "closed")

        // The statistics count exactly one loan with its amount.
        let rows = house.rows(.reporting, "application_view")
        #expect(rows.count == 1)
        #expect(rows.first?["disbursed_fen"] == .int64(300_000_000))
        #expect(rows.first?["status"] == .text("settled"))
        for service in ServiceName.allCases {
            #expect(house.store(of: service)?.deadLetters.values.map { "\($0.refusal.code): \($0.refusal.detail)" } == [], "\(service)")
        }
    }

    @Test func `without the consent nothing reaches a bank, and with its revocation the next is stopped and the last recalled`() throws {
        let start = today.startInChina + .seconds(37_000)
        let house = try wholeHouse(now: start)
        let story = HunanStory(today: today)
        try house.tellWhole(story, without: "consent.granted")
        try house.advance(to: start + .seconds(3_600))
        func sentToBanks() -> [MemoryHouse.LoggedMessage] {
            OutsideTopics.written(by: house.catalog).flatMap { house.messages(on: $0) }
        }
        #expect(sentToBanks().isEmpty)
        let denied = try house.bodies(Topic.exchangeEvents, ExchangeEvent.type).map { try ExchangeEvent($0) }.filter { $0.kind == "denied" }
        #expect(denied.contains { $0.reason == "consent-missing" })

        let other = HunanStory(number: 8, today: today)
        try house.tellWhole(other)
        #expect(sentToBanks().map(\.event.type) == ["financing.application.v1"])
        house.tell([other.revocation(at: house.now)])
        try house.advance(to: house.now + .seconds(5))
        #expect(sentToBanks().filter { $0.event.type == "recall.v1" }.count == 1)
    }

    @Test func `telling the whole story twice changes nothing`() throws {
        let start = today.startInChina + .seconds(37_000)
        let house = try wholeHouse(now: start)
        let story = HunanStory(today: today)
        try house.tellWhole(story)
        func picture() -> [Int] {
            ServiceName.allCases.flatMap { service in
                (house.store(of: service)?.tables ?? [:]).sorted { $0.key.name < $1.key.name }.map(\.value.count)
                    + [house.store(of: service)?.states.count ?? 0]
            }
        }
        let before = picture()
        let sent = house.messages(on: Topic.matchmakingEvents).count
        try house.tellWhole(story)
        #expect(picture() == before)
        #expect(house.messages(on: Topic.matchmakingEvents).count == sent)
    }
}
