import Contracts
import Deciding
import GovernanceDomain
import Testing
import Vocabulary

@Suite struct GovernanceIdentityTests {
    private let ana = GovernanceHouse.firm(1)
    private let ben = GovernanceHouse.firm(2)

    private func registration(_ id: String, of subject: String, at time: String = "2026-01-01T00:00:00Z", aliases: String) -> AcceptedRecord
    {
        GovernanceHouse.record(
            id, "registration", of: subject, at: time, #"{"uscc":"\#(subject)","name":"A","aliases":\#(aliases)}"#)
    }

    private func tax(_ id: String, of subject: String, _ period: String, _ sales: Int) -> AcceptedRecord {
        GovernanceHouse.record(id, "tax.return", of: subject, at: "\(period)-15T00:00:00Z", #"{"period":"\#(period)","sales":\#(sales)}"#)
    }

    @Test func `an alias learned late leads to the same facts as one learned early`() {
        let records = [tax("1", of: "Ana Ltd", "2026-01", 100), tax("2", of: "Ana Ltd", "2026-02", 200)]
        let naming = registration("r", of: ana, aliases: #"["Ana Ltd"]"#)

        var late = GovernanceHouse()
        for record in records { late.take(record) }
        #expect(late.facts.isEmpty)
        #expect(late.told == ["quarantined identity-unresolved", "quarantined identity-unresolved"])
        late.take(naming)

        var early = GovernanceHouse()
        early.take(naming)
        for record in records { early.take(record) }

        #expect(late.standing == early.standing)
        #expect(late.standing.count == 3)
        #expect(late.facts.allSatisfy { $0.subject == ana })
        #expect(late.states[ana] == early.states[ana])
        #expect(late.states["Ana Ltd"] == early.states["Ana Ltd"])
        #expect(late.cells(GovernanceTables.identity, "subject") == [ana])
        #expect(late.cells(GovernanceTables.quarantine, "status") == ["released", "released"])
        // What it says is kept as a fact where it belongs, and nowhere else.
        for case .json(let record) in (late.rows[GovernanceTables.quarantine.name] ?? [:]).values.joined() {
            let text = String(decoding: record, as: UTF8.self)
            #expect(text.contains("tax.return") && !text.contains("sales"))
        }
        #expect(late.told.count { $0 == "released identity-unresolved" } == 2)
    }

    @Test func `a firm that was never registered still has its facts`() {
        var house = GovernanceHouse()
        house.take(tax("1", of: ana, "2026-01", 100))
        #expect(house.standing.count == 1)
        #expect(!house.state(ana).isRegistered)
    }

    @Test func `a registration under an alias resolves the alias itself`() {
        var house = GovernanceHouse()
        house.take(
            tax("1", of: "Ana Ltd", "2026-01", 100),
            GovernanceHouse.record(
                "r", "registration", of: "Ana Ltd", at: "2026-01-01T00:00:00Z", #"{"uscc":"\#(ana)","name":"A","aliases":[]}"#))
        #expect(house.facts.map(\.subject) == [ana, ana])
        #expect(house.state(ana).aliases == ["Ana Ltd"])
        #expect(house.state(ana).name == "A")
    }

    @Test func `a registration of another firm is refused`() {
        var house = GovernanceHouse()
        house.take(
            GovernanceHouse.record("r", "registration", of: ana, at: "2026-01-01T00:00:00Z", #"{"uscc":"\#(ben)","name":"A"}"#))
        #expect(house.refusals.map(\.code) == ["subject-mismatch"])
        #expect(house.facts.isEmpty)
    }

    @Test func `of two registrations that claim an alias the later one has it whichever came first`() {
        let first = registration("a", of: ana, at: "2026-01-01T00:00:00Z", aliases: #"["Ana Ltd"]"#)
        let second = registration("b", of: ben, at: "2026-02-01T00:00:00Z", aliases: #"["Ana Ltd"]"#)
        for order in [[first, second], [second, first]] {
            var house = GovernanceHouse()
            for record in order { house.take(record) }
            #expect(house.state("Ana Ltd").canonical?.subject == ben)
            #expect(house.cells(GovernanceTables.identity, "subject") == [ben])
        }
    }

    @Test func `a claim that was lost is won back by a later registration or by the desk, in every order`() {
        let first = registration("a", of: ana, at: "2026-01-01T00:00:00Z", aliases: #"["Ana Ltd"]"#)
        let second = registration("b", of: ben, at: "2026-02-01T00:00:00Z", aliases: #"["Ana Ltd"]"#)
        let again = registration("c", of: ana, at: "2026-03-01T00:00:00Z", aliases: #"["Ana Ltd"]"#)
        let told = GovernanceHouse.record(
            "d", "identity.resolved", of: ana, at: "2026-03-01T00:00:00Z", writer: "source:desk", #"{"alias":"Ana Ltd"}"#)
        let type = GovernanceHouse.type("identity.resolved", class: "control", key: ["alias"])
        let catalog = Catalog(version: 1, entries: GovernanceHouse.baseEntries + [type])
        for third in [again, told] {
            for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                var house = GovernanceHouse(catalog: catalog)
                for place in order { house.take([first, second, third][place]) }
                #expect(house.state("Ana Ltd").canonical?.subject == ana, "\(third.recordType) \(order)")
            }
        }
    }

    @Test func `a code is never taken for another firm's alias`() {
        var house = GovernanceHouse()
        house.take(registration("a", of: ana, aliases: #"["\#(ben)"]"#), tax("1", of: ben, "2026-01", 100))
        #expect(house.told.contains("refused alias-is-a-code"))
        #expect(house.facts.last?.subject == ben)
    }

    @Test func `beyond two hundred waiting records of one alias the next is refused`() {
        var house = GovernanceHouse()
        for number in 0..<201 { house.take(tax("\(number)", of: "Ana Ltd", "2026-01", number)) }
        #expect(house.refusals.map(\.code) == ["parking-full"])
        #expect(house.state("Ana Ltd").parked.count == 200)
    }

    @Test func `what governance can not read is refused by name`() {
        var house = GovernanceHouse()
        house.take(AcceptedRecord.type, Array(#"{"recordId":"x"}"#.utf8), topic: Topic.ingestionRecords, key: ana)
        house.take("other.v1", Array("{}".utf8), topic: Topic.ingestionRecords, key: ana)
        house.take(AcceptedRecord.type, Array("{}".utf8), topic: Topic.ingestionRecords, key: "")
        house.take(GovernanceHouse.record("1", "no-such-type", of: ana, at: "2026-01-01T00:00:00Z", "{}"))
        #expect(house.refusals.map(\.code) == ["field-missing", "type-unknown", "subject-missing", "type-unknown"])
    }
}
