import Testing
import Vocabulary

@Suite struct LoanClassTests {
    @Test func `days overdue lead to the known classes`() {
        let cases: [(Int, LoanClass)] = [
            (-1, .normal), (0, .normal), (1, .specialMention), (7, .specialMention), (8, .specialMention), (90, .specialMention),
            (91, .substandard), (270, .substandard), (271, .doubtful), (360, .doubtful), (361, .loss), (.max, .loss),
        ]
        for (days, expected) in cases { #expect(LoanClass.byOverdue(days: days, isTechnical: false) == expected, "\(days)") }
        #expect(LoanClass.byOverdue(days: 7, isTechnical: true) == .normal)
        #expect(LoanClass.byOverdue(days: 8, isTechnical: true) == .specialMention)
    }

    @Test func `a changed purpose makes a short delay a matter of attention`() {
        let verdict = LoanClass.classify(overdueDays: 5, isTechnical: true, triggers: [.purposeChanged])
        #expect(verdict == LoanVerdict(loanClass: .specialMention, isByDays: false, triggers: [.purposeChanged]))
        #expect(LoanClass.classify(overdueDays: 5, triggers: [.purposeChanged]).loanClass == .specialMention)
    }

    @Test func `each trigger alone leads to its class`() {
        let expected: [LoanTrigger: LoanClass] = [
            .purposeChanged: .specialMention, .newLoanRepaysOld: .specialMention, .compliantRenewal: .normal,
            .badDebtElsewhere: .specialMention, .restructuredUnderObservation: .specialMention, .creditImpaired: .substandard,
            .ratingSharplyCut: .substandard, .widelyOverdue: .substandard, .evadesDebts: .doubtful, .halfLost: .doubtful,
            .bankruptcyLiquidation: .loss, .almostAllLost: .loss,
        ]
        for trigger in LoanTrigger.allCases {
            #expect(LoanClass.classify(overdueDays: 0, triggers: [trigger]).loanClass == expected[trigger], "\(trigger)")
            #expect(LoanClass.classify(overdueDays: 0, isRetail: true, triggers: [trigger]).loanClass == .normal, "\(trigger)")
        }
    }

    @Test func `a renewal by the rules excuses repaying the old loan, and nothing else`() {
        #expect(LoanClass.classify(overdueDays: 0, triggers: [.newLoanRepaysOld, .compliantRenewal]).loanClass == .normal)
        #expect(LoanClass.classify(overdueDays: 0, triggers: [.purposeChanged, .compliantRenewal]).loanClass == .specialMention)
    }

    @Test func `the worst reason decides, and the verdict names what decided`() {
        let verdict = LoanClass.classify(overdueDays: 91, triggers: [.purposeChanged, .creditImpaired, .widelyOverdue])
        #expect(verdict == LoanVerdict(loanClass: .substandard, isByDays: true, triggers: [.creditImpaired, .widelyOverdue]))
        var generator = SplitMix64(seed: 5)
        for _ in 0..<2_000 {
            let days = Int.random(in: 0...400, using: &generator)
            let triggers = Set(LoanTrigger.allCases.filter { _ in Bool.random(using: &generator) })
            let verdict = LoanClass.classify(overdueDays: days, triggers: triggers)
            #expect(verdict.loanClass >= LoanClass.byOverdue(days: days, isTechnical: false))
            #expect(verdict.loanClass <= LoanClass.classify(overdueDays: days + 1, triggers: triggers).loanClass)
            #expect(verdict.loanClass == .normal || verdict.isByDays || !verdict.triggers.isEmpty)
        }
    }

    @Test func `shares of loss and arrears cross their limits where the rule says`() {
        #expect(LoanTrigger.impaired(expectedLoss: BasisPoints(4_999)) == .creditImpaired)
        #expect(LoanTrigger.impaired(expectedLoss: BasisPoints(5_000)) == .halfLost)
        #expect(LoanTrigger.impaired(expectedLoss: BasisPoints(8_999)) == .halfLost)
        #expect(LoanTrigger.impaired(expectedLoss: BasisPoints(9_000)) == .almostAllLost)
        #expect(LoanTrigger.overdue(share: BasisPoints(2_000)) == nil)
        #expect(LoanTrigger.overdue(share: BasisPoints(2_001)) == .widelyOverdue)
    }

    @Test func `more than a tenth bad makes all of a debtor's claims bad`() {
        func claims(bad: Int64, good: Int64) -> [LoanClaim] {
            [
                LoanClaim(loanClass: .doubtful, balance: Money(fen: bad)), LoanClaim(loanClass: .normal, balance: Money(fen: good)),
            ]
        }
        #expect(LoanClass.withContagion(claims(bad: 10, good: 90)) == [.doubtful, .normal])
        #expect(LoanClass.withContagion(claims(bad: 11, good: 90)) == [.doubtful, .substandard])
        #expect(LoanClass.withContagion(claims(bad: .max, good: .max)) == [.doubtful, .substandard])
        #expect(LoanClass.withContagion(claims(bad: 0, good: 0)) == [.doubtful, .normal])
        #expect(LoanClass.withContagion([]).isEmpty)
    }

    @Test func `a bad loan rises after two good periods or six months, whichever is longer`() throws {
        let settled = try #require(Day("2026-01-31"))
        #expect(LoanClass.earliestUpgrade(settledOn: settled, secondPeriodEndsOn: nil) == nil)
        #expect(LoanClass.earliestUpgrade(settledOn: settled, secondPeriodEndsOn: Day("2026-03-31"))?.text == "2026-07-31")
        #expect(LoanClass.earliestUpgrade(settledOn: settled, secondPeriodEndsOn: Day("2026-09-30"))?.text == "2026-09-30")
        #expect(LoanClass.observationEnd(restructuredOn: settled).text == "2027-01-31")
    }

    @Test func `only the last three classes are bad`() {
        #expect(LoanClass.allCases.filter(\.isBad) == [.substandard, .doubtful, .loss])
        #expect(Set(LoanClass.allCases.map(\.code)).count == 5)
    }
}
