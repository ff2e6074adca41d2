import Contracts
import Deciding
import Testing
import Vocabulary
import Wire

@testable import ScoringDomain

@Suite struct ScoringOrderTests {
    /// 300 facts of seven years, a third of which take the place of others; chains and retractions among them.
    private func history(_ dice: inout ScoringDice) -> [Fact] {
        var facts: [Fact] = []
        for number in 0..<100 {
            let month = Month(year: 2019, month: 1) + number % 84
            let period = month.text
            let day = "\(period)-\(10 + dice.below(18))T0\(dice.below(10)):00:00Z"
            let first: String
            let second: String
            let type: String
            switch number % 3 {
            case 0:
                type = "tax.return"
                first = "{\"period\":\"\(period)\",\"sales\":\(dice.below(1_000_000)).\(10 + dice.below(89)),\"grade\":\"A\"}"
                second = "{\"period\":\"\(period)\",\"sales\":\(dice.below(1_000_000)),\"grade\":\"B\"}"
            case 1:
                type = "judicial.case"
                first = "{\"caseNo\":\"\(number)\",\"role\":\"defendant\",\"status\":\"open\"}"
                second = "{\"caseNo\":\"\(number)\",\"role\":\"defendant\",\"status\":\"closed\"}"
            default:
                type = "loan.status"
                first = "{\"loanId\":\"\(number)\",\"overdueDays\":\(dice.below(90))}"
                second = "{\"loanId\":\"\(number)\",\"overdueDays\":\(dice.below(90))}"
            }
            let later = (month + dice.below(14)).text + "-28T12:00:00Z"
            facts.append(ScoringGround.fact("\(number)a", type, day, first))
            facts.append(ScoringGround.fact("\(number)b", type, later, second, supersedes: "\(number)a", said: first))
            facts.append(
                number % 2 == 0
                    ? ScoringGround.fact("\(number)c", type, later, second, supersedes: "\(number)b", said: second, isRetraction: true)
                    : ScoringGround.fact("\(number)c", type, later, first, supersedes: "\(number)b", said: second))
        }
        return facts
    }

    @Test func `the order in which facts come leaves no trace`() {
        var dice = ScoringDice(seed: 20_260_120)
        let facts = history(&dice)
        #expect(facts.count == 300)
        var expected: ScoringDrive?
        for round in 0..<8 {
            var shuffled = facts
            if round > 0 { for last in stride(from: shuffled.count - 1, to: 0, by: -1) { shuffled.swapAt(last, dice.below(last + 1)) } }
            var drive = ScoringDrive()
            for fact in shuffled { drive.tell(fact) }
            guard let first = expected else {
                // The history is not trivially empty.
                #expect(drive.value("sales-12m") != nil)
                #expect(drive.value("open-cases") != nil)
                expected = drive
                continue
            }
            #expect(drive.state.bytes == first.state.bytes, "round \(round)")
            var (a, b) = (drive, first)
            #expect(a.ring().messages == b.ring().messages, "round \(round)")
        }
    }

    @Test func `the state read back is the state that was written`() throws {
        var dice = ScoringDice(seed: 3)
        var drive = ScoringDrive()
        for fact in history(&dice) { drive.tell(fact) }
        drive.ring()
        let bytes = drive.state.bytes
        let read = try ScoringState(try JSONDocument(parsing: bytes).root)
        #expect(read.bytes == bytes)
        #expect(read.memory == drive.state.memory)
        #expect(read.series == drive.state.series)
    }

    @Test func `a correction counts in place of what it corrects`() {
        var drive = ScoringDrive()
        let old = ScoringGround.tax("2025-03", "100")
        drive.tell(old)
        drive.tell(ScoringGround.tax("2025-04", "7"))
        drive.tell(
            ScoringGround.fact(
                "new", "tax.return", "2025-05-02T00:00:00Z", "{\"period\":\"2025-03\",\"sales\":60}", supersedes: old.factID,
                said: "{\"period\":\"2025-03\",\"sales\":100}"))
        #expect(drive.value("sales-12m") == .number(67))
        #expect(drive.value("tax-months") == .number(2))
    }

    /// An overdue status that was a slip must not stay the worst of two years, nor one that was repaired.
    @Test func `the greatest amount of a month follows corrections and retractions`() {
        func status(_ id: String, _ days: Int, supersedes: String? = nil, said: Int? = nil, isRetraction: Bool = false) -> Fact {
            ScoringGround.fact(
                id, "loan.status", "2025-03-10T00:00:00Z", "{\"loanId\":\"\(id)\",\"overdueDays\":\(days)}", supersedes: supersedes,
                said: said.map { "{\"overdueDays\":\($0)}" }, isRetraction: isRetraction)
        }
        let facts = [
            status("a", 30), status("b", 400), status("c", 30), status("d", 4, supersedes: "b", said: 400),
            status("r", 30, supersedes: "a", said: 30, isRetraction: true),
        ]
        var drive = ScoringDrive()
        for (fact, worst) in zip(facts, [30.0, 400, 400, 30, 30]) {
            drive.tell(fact)
            #expect(drive.value("overdue") == .number(worst))
        }
        drive.tell(status("s", 30, supersedes: "c", said: 30, isRetraction: true))
        #expect(drive.value("overdue") == .number(4))

        var back = ScoringDrive()
        for fact in facts.reversed() { back.tell(fact) }
        back.tell(status("s", 30, supersedes: "c", said: 30, isRetraction: true))
        #expect(back.state.bytes == drive.state.bytes)
    }

    @Test func `the latest value of a field follows corrections and retractions`() {
        func grade(_ id: String, _ month: String, _ grade: String, supersedes: String? = nil, said: String? = nil, isGone: Bool = false)
            -> Fact
        {
            ScoringGround.fact(
                id, "tax.return", month + "-28T04:00:00Z", "{\"period\":\"\(month)\",\"sales\":1,\"grade\":\"\(grade)\"}",
                supersedes: supersedes, said: said.map { "{\"period\":\"\(month)\",\"sales\":1,\"grade\":\"\($0)\"}" }, isRetraction: isGone
            )
        }
        var drive = ScoringDrive()
        drive.tell(grade("a", "2025-01", "A"))
        drive.tell(grade("d", "2025-03", "D"))
        #expect(drive.state.text("tax.return", "grade") == "D")
        drive.tell(grade("r", "2025-03", "D", supersedes: "d", said: "D", isGone: true))
        #expect(drive.state.text("tax.return", "grade") == "A")
        // A correction speaks of the same time, and may come with an earlier one.
        drive.tell(grade("b", "2025-01", "B", supersedes: "a", said: "A"))
        #expect(drive.state.text("tax.return", "grade") == "B")
        drive.tell(grade("q", "2025-01", "B", supersedes: "b", said: "B", isGone: true))
        #expect(drive.state.value("tax.return", "grade") == nil)
    }

    @Test func `what is taken back is taken out of the month where it was counted`() {
        var drive = ScoringDrive()
        let opened = "{\"caseNo\":\"1\",\"role\":\"defendant\",\"status\":\"open\"}"
        drive.tell(ScoringGround.fact("o", "judicial.case", "2023-05-01T00:00:00Z", opened))
        #expect(drive.value("open-cases") == .number(1))
        let closed = "{\"caseNo\":\"1\",\"role\":\"defendant\",\"status\":\"closed\"}"
        drive.tell(ScoringGround.fact("c", "judicial.case", "2025-05-01T00:00:00Z", closed, supersedes: "o", said: opened))
        // Nothing of the series stands, so nothing is known of it.
        #expect(drive.value("open-cases") == nil)
        #expect(drive.state.series.values.allSatisfy { $0.months.allSatisfy { $0.count >= 0 } })

        let penalty = "{\"decisionNo\":\"9\",\"class\":\"serious\"}"
        drive.tell(ScoringGround.fact("p", "penalty", "2025-01-01T00:00:00Z", penalty))
        #expect(drive.value("penalties") == .number(1))
        drive.tell(ScoringGround.fact("r", "penalty", "2025-01-01T00:00:00Z", penalty, supersedes: "p", said: penalty, isRetraction: true))
        #expect(drive.value("penalties") == nil)
    }

    @Test func `what is taken back after sixty months leaves no trace either`() {
        let opened = "{\"caseNo\":\"1\",\"role\":\"defendant\",\"status\":\"open\"}"
        let closed = "{\"caseNo\":\"1\",\"role\":\"defendant\",\"status\":\"closed\"}"
        let first = ScoringGround.fact("o", "judicial.case", "2015-05-01T00:00:00Z", opened)
        let second = ScoringGround.fact("c", "judicial.case", "2025-05-01T00:00:00Z", closed, supersedes: "o", said: opened)
        var (forth, back) = (ScoringDrive(), ScoringDrive())
        for fact in [first, ScoringGround.registration(), second] { forth.tell(fact) }
        for fact in [second, first, ScoringGround.registration()] { back.tell(fact) }
        #expect(forth.state.series.isEmpty)
        #expect(forth.state.bytes == back.state.bytes)
    }

    @Test func `a fact that comes twice counts once and says nothing`() {
        var drive = ScoringDrive()
        for fact in [ScoringGround.registration(), ScoringGround.tax("2025-03", "100"), ScoringGround.request()] {
            drive.tell(fact)
            let before = drive.state.bytes
            let effects = drive.tell(fact)
            #expect(drive.state.bytes == before)
            #expect(effects.messages.isEmpty && effects.rows.isEmpty && effects.timers.isEmpty && effects.refusal == nil)
        }
    }
}

/// SplitMix64: the same throws on every machine.
struct ScoringDice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
