import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

@testable import ScoringDomain

@Suite struct ScoringTotalityTests {
    private static let scalars = [
        "null", "true", "false", "0", "-0", "1", "-1", "0.1", "1e300", "-1e300", "1e-300", "9223372036854775807", "-9223372036854775808",
        "123456789012345678901234567890", "1e400", "\"\"", "\"A\"", "\"D\"", "\"2025-13\"", "\"9999-12\"", "\"0001-01\"", "\"2025-02\"",
        "\"2025-02-30\"",
        "\"0001-01-01\"", "\"9999-12-31\"", "\"open\"", "\"defendant\"", "\"\\u0007\\ud83d\\ude00\"", "[]", "{}", "[[1]]",
    ]
    private static let names = [
        "period", "sales", "grade", "name", "division", "industry", "registeredOn", "role", "status", "overdueDays", "amount", "months",
        "applicationId", "purpose", "class", "evaluatedOn",
    ]
    private static let types = [
        "tax.return", "registration", "public-grade", "judicial.case", "penalty", "loan.status", "financing.requested",
        "financing.disbursed", "x",
    ]
    private static let times = [
        "0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "2025-01-31T23:59:59Z", "2025-06-15T00:00:00Z", "2600-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ]

    @Test func `no data stops scoring, and what comes out can be read`() throws {
        var dice = ScoringDice(seed: 99)
        func one(_ list: [String], _ dice: inout ScoringDice) -> String { list[dice.below(list.count)] }
        for _ in 0..<40 {
            var drive = ScoringDrive()
            for step in 0..<50 {
                func object(_ dice: inout ScoringDice) -> String {
                    let members = Self.names.filter { _ in dice.below(3) == 0 }.map { "\"\($0)\":\(one(Self.scalars, &dice))" }
                    return "{" + members.joined(separator: ",") + "}"
                }
                let fact = ScoringGround.fact(
                    "f\(dice.below(60))", one(Self.types, &dice), one(Self.times, &dice), object(&dice),
                    supersedes: dice.below(3) == 0 ? "f\(dice.below(60))" : nil, said: dice.below(3) == 0 ? object(&dice) : nil,
                    isRetraction: dice.below(8) == 0)
                var effects = drive.tell(fact)
                if step % 7 == 0 { effects = drive.ring() }
                for message in effects.messages {
                    let json = try JSONDocument(parsing: message.value).root
                    switch message.type {
                    case Portrait.type: _ = try Portrait(json)
                    case Assessment.type: _ = try Assessment(json)
                    case ReportIssued.type: _ = try ReportIssued(json)
                    case WhitelistChange.type: _ = try WhitelistChange(json)
                    default: Issue.record("a message of type \(message.type)")
                    }
                }
            }
            let read = try ScoringState(try JSONDocument(parsing: drive.state.bytes).root)
            #expect(read.bytes == drive.state.bytes)
        }
    }

    @Test func `a body that is no fact is refused, and another subject's too`() {
        var drive = ScoringDrive()
        for text in ["{}", "[]", "null", "{\"factId\":1}"] {
            let message = Message(
                topic: Topic.governanceFacts, partition: 0, offset: 0, key: ScoringGround.firm, id: "i", source: "s", type: Fact.type,
                subject: ScoringGround.firm, time: nil, body: ScoringGround.json(text))
            #expect(drive.decide(.message(message)).refusal != nil)
        }
        var effects = Effects()
        Scoring().decide(
            .message(ScoringGround.message(ScoringGround.registration())), key: "92430102PDY000079R", on: &drive.state,
            at: ScoringGround.now,
            catalog: ScoringGround.catalog, effects: &effects)
        #expect(effects.refusal?.code == "subject-mismatch")
        #expect(drive.state.factCount == 0)
    }

    @Test func `a state that was not written here is refused and stops nothing`() {
        for text in [
            "{}", "[]", "{\"facts\":1,\"revision\":0,\"profile\":{},\"series\":{},\"memory\":\"é\",\"lists\":{}}",
            "{\"facts\":1,\"revision\":0,\"profile\":{\"a\":[1]},\"series\":{},\"memory\":\"\",\"lists\":{}}",
            "{\"facts\":1,\"revision\":0,\"profile\":{},\"series\":{\"a\":{\"m\":[[1]]}},\"memory\":\"\",\"lists\":{}}",
        ] {
            #expect(throws: ContractDefect.self, "\(text)") { try ScoringState(ScoringGround.json(text)) }
        }
    }

    @Test func `only facts are admitted`() {
        let scoring = Scoring()
        let fact = ScoringGround.message(ScoringGround.registration())
        guard case .handle(let key, nil) = scoring.admit(fact, catalog: .empty) else {
            Issue.record("a fact is not admitted")
            return
        }
        #expect(key == ScoringGround.firm)
        let other = Message(
            topic: Topic.governanceFacts, partition: 0, offset: 0, key: "k", id: "i", source: "s", type: "governance.fact.v2", subject: "k",
            time: nil, body: ScoringGround.json("{}"))
        guard case .pass = scoring.admit(other, catalog: .empty) else {
            Issue.record("another type is not passed over")
            return
        }
    }
}
