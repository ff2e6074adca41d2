import Chassis
import Contracts
import Foundation
import Postgres
import Support
import Testing
import Vocabulary
import Wire

@Suite(.serialized, .enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct HunanProcessesTests {
    private func suite() throws -> ProcessSuite { try ProcessSuite.shared.get() }

    /// Runs the story of one firm to its settled loan, with something done to the services on the way.
    private func runStory(_ suite: ProcessSuite, number: Int, disturb: (Int) throws -> Void = { _ in }) throws {
        let today = Day.today - 1
        let story = HunanStory(number: number, today: today)
        let subject: [Parameter] = [.text(story.firm)]
        let steps = story.records()
        for (index, step) in steps.enumerated() {
            try suite.tell([step])
            if index % 8 == 7 { try disturb(index) }
        }
        #expect(
            try suite.number("SELECT count(*) FROM governance.fact WHERE subject = $1", subject, becomes: Int64(steps.count))
                == Int64(steps.count))
        try suite.settle()
        try suite.tell([story.request()])
        #expect(
            try suite.number(
                "SELECT count(*) FROM exchange.release WHERE subject = $1 AND message_type = 'financing.application.v1' AND status = 'released'",
                subject, becomes: 1) == 1)
        #expect(
            try suite.number("SELECT count(*) FROM matchmaking.match WHERE subject = $1 AND application_id <> '' AND is_current", subject)
                >= 3)
        // The release is committed a moment before it is published.
        var banks: [String] = []
        _ = eventually(within: .seconds(20)) {
            banks = ["bank-a", "bank-b", "bank-c", "guarantor-a", "fund-a"].filter { bank in
                let sent = try? suite.read(Topic.institutionOut(bank), type: "financing.application.v1", subject: story.firm)
                return sent?.isEmpty == false
            }
            return !banks.isEmpty
        }
        let bank = try #require(banks.first)
        #expect(banks.count == 1)
        let sent = try suite.read(Topic.institutionOut(bank), type: "financing.application.v1", subject: story.firm)
        #expect(sent.first?["consentId"]?.string == story.consentID)
        let now = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) - .seconds(5 * 3_600)
        for (index, answer) in story.answers(of: bank, from: now).enumerated() {
            try suite.tell([answer])
            try disturb(100 + index)
        }
        #expect(
            try suite.number(
                "SELECT count(*) FROM reporting.application_view WHERE subject = $1 AND status = 'settled' AND disbursed_fen = 300000000",
                subject,
                becomes: 1) == 1)
        #expect(
            try suite.number("SELECT count(*) FROM riskmonitoring.watch WHERE subject = $1 AND status = 'closed'", subject, becomes: 1) == 1
        )
        #expect(
            try suite.number(
                "SELECT count(*) FROM policypush.push WHERE subject = $1 AND policy_id = 'interest-subsidy-sme'", subject, becomes: 1) == 1)
        try suite.settle()
        #expect(try suite.number("SELECT count(*) FROM operator.dead_letter WHERE convert_from(key, 'UTF8') = $1", subject) == 0)
        // As the bank sees it: one application, once per link sequence, whatever happened to us.
        #expect(
            try suite.number(
                "SELECT count(*) FROM exchange.release WHERE subject = $1 AND message_type = 'financing.application.v1'", subject) == 1)
    }

    @Test func `the story runs on the real processes`() throws {
        let suite = try suite()
        try runStory(suite, number: 101)
    }

    @Test func `the story runs with every service killed and started again in the middle of it`() throws {
        let suite = try suite()
        var victims = ServiceName.allCases[...]
        try runStory(suite, number: 102) { _ in
            let victim = victims.popFirst() ?? ServiceName.allCases.randomElement() ?? .scoring
            suite.end(victim, signal: SIGKILL)
            try suite.start(victim)
        }
        #expect(victims.isEmpty)
        for service in ServiceName.allCases { try suite.waitUntilReady(service) }
    }

    @Test func `a second instance shares the lanes and takes over when the first is killed`() throws {
        let suite = try suite()
        try suite.start(.scoring, instance: 1)
        let held = "SELECT count(DISTINCT owner) FROM scoring.lane_lease WHERE expires_at > now()"
        #expect(try suite.number(held, becomes: 2, within: .seconds(20)) == 2)
        suite.end(.scoring, signal: SIGKILL)
        #expect(
            try suite.number("SELECT count(*) FROM scoring.lane_lease WHERE owner = 'scoring-1'", becomes: 4, within: .seconds(15)) == 4)
        try runStory(suite, number: 103)
        try suite.start(.scoring)
        try suite.waitUntilReady(.scoring)
        #expect(suite.end(.scoring, instance: 1, signal: SIGTERM) == .status(0))
    }

    @Test func `SIGTERM ends every service in good order within ten seconds`() throws {
        let suite = try suite()
        for service in ServiceName.allCases {
            let started = Date()
            #expect(suite.end(service, signal: SIGTERM) == .status(0), "\(service)")
            #expect(Date().timeIntervalSince(started) < 10)
            try suite.start(service)
        }
        for service in ServiceName.allCases { try suite.waitUntilReady(service) }
    }

    @Test func `bad input is set aside with a stable code and its bytes, and the lane goes on`() throws {
        let suite = try suite()
        let today = Day.today - 1
        let story = HunanStory(number: 104, today: today)
        let firm = story.firm
        let time = today.startInChina
        func send(_ topic: String, _ type: String, _ id: String, _ text: String, subject: String? = nil) throws {
            try suite.send(topic, type: type, id: "\(firm)-\(id)", subject: subject ?? firm, time: time, data: Array(text.utf8))
        }
        let tax = Topic.source("tax")
        let sound = "{\"period\":\"2026-05\",\"sales\":1000,\"taxDue\":10,\"taxPaid\":10,\"grade\":\"A\",\"declaredOn\":\"2026-06-10\"}"
        try send(tax, "tax.return", "1", sound)
        try send(tax, "no.such.type", "2", sound)
        try send(tax, "penalty", "3", "{\"decisionNo\":\"x\"}")
        try send(tax, "tax.return", "4", sound.replacingOccurrences(of: "1000", with: "1000.125"))
        try send(tax, "tax.return", "5", sound.replacingOccurrences(of: "2026-06-10", with: "2026-02-30"))
        try send(tax, "tax.return", "6", sound.replacingOccurrences(of: "\"grade\"", with: "\"grad\""))
        try send(tax, "tax.return", "7", "{\"period\":")
        try send(tax, "tax.return", "8", sound, subject: String(firm.dropLast()) + (firm.hasSuffix("0") ? "1" : "0"))
        try send(tax, "tax.return", "1", sound.replacingOccurrences(of: "1000", with: "2000"))
        try send(
            Topic.institutionIn("bank-a"), "financing.accepted", "9",
            "{\"applicationId\":\"a\",\"institution\":\"bank-b\",\"acceptedOn\":\"2026-06-10\"}")
        try suite.sendRaw(tax, key: firm, value: Array("{}".utf8), headers: [])
        try send(tax, "tax.return", "10", sound.replacingOccurrences(of: "2026-05", with: "2026-04"))
        try suite.acknowledged()
        #expect(try suite.number("SELECT count(*) FROM governance.fact WHERE subject = $1", [.text(firm)], becomes: 2) == 2)
        let expected = [
            "type-unknown": 1, "writer-not-allowed": 1, "money-decimals": 1, "date-impossible": 1, "field-unknown": 1,
            "json-unterminated": 1,
            "uscc-check-character": 1, "id-reuse": 1, "institution-mismatch": 1, "missing-attribute": 1,
        ]
        for (code, count) in expected.sorted(by: { $0.key < $1.key }) {
            let found = try suite.number(
                "SELECT count(*) FROM ingestion.dead_letter WHERE reason = $1 AND left(convert_from(key, 'UTF8'), 17) = left($2, 17) AND length(value) > 0",
                [.text(code), .text(firm)], becomes: Int64(count), within: .seconds(20))
            #expect(found == Int64(count), "\(code)")
        }
    }

    @Test func `a product published while everything runs finds the firms it fits within ten seconds`() throws {
        let suite = try suite()
        let pack = try PackOnDisk("test-product")
        let body = """
            {
             "title":{"en":"Test loan","zh":"测试贷"},"institution":"bank-a","kind":"credit","amountMin":10000,"amountMax":50000000,
             "monthsMin":1,"monthsMax":36,"purposes":["working-capital","equipment","research","trade","project"],
             "conditions":[{"id":"points","title":{"en":"At least 400 points","zh":"评分不低于400"},"logic":{">=":[{"var":"points"},400]},"isHard":true}],
             "rate":{"baseBp":400,"gradeBp":{"AA":-60,"A":-40,"B":0,"C":60,"D":120}},"feeBp":0,"limit":3000000,
             "successBp":{"AA":9000,"A":8500,"B":7000,"C":4000,"D":1000},"days":2,"serviceBp":8000}
            """
        try pack.write(
            "product", pack.id, body,
            examples: #"{"facts":{"points":600},"eligible":true},{"facts":{"points":300},"eligible":false,"firstFailing":"points"}"#)
        _ = try suite.number("SELECT count(*) FROM scoring.portrait", becomes: -2, within: .seconds(1))
        let firms = try suite.number("SELECT count(*) FROM scoring.portrait WHERE points >= 400")
        #expect(firms >= 1)
        try suite.run(["catalog", "publish", pack.folder.path])
        let matched = try suite.number(
            "SELECT count(*) FROM matchmaking.match WHERE product_id = $1 AND application_id = '' AND is_current", [.text(pack.id)],
            becomes: firms,
            within: .seconds(10))
        #expect(matched == firms)
    }

    @Test(.enabled(if: RealKafka.isPresent, "no Apache Kafka: neither KAFKA_HOME nor ../shared/kafka, or no java"))
    func `a source whose topic is not there yet does not stop the front door`() throws {
        let suite = try suite()
        try #require(suite.isRealKafka, "Apache Kafka is here and did not start")
        let pack = try PackOnDisk("test-source")
        try pack.write(
            "source", pack.id,
            #"{"title":{"en":"t","zh":"t"},"recordTypes":["tax.return"],"rhythmDays":30,"owner":{"en":"t","zh":"t"}}"#,
            examples: #"{"recordType":"tax.return","allowed":true}"#)
        try suite.run(["catalog", "publish", pack.folder.path])
        #expect(eventually(within: .seconds(20)) { !suite.readiness(.ingestion).isHealthy })
        let today = Day.today - 1
        let story = HunanStory(number: 105, today: today)
        try suite.tell(Array(story.records().prefix(10)))
        #expect(try suite.number("SELECT count(*) FROM governance.fact WHERE subject = $1", [.text(story.firm)], becomes: 10) == 10)
        try suite.run(["topics", "apply", "--packs", pack.folder.path])
        try suite.waitUntilReady(.ingestion)
    }
}
