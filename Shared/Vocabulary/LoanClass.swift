/// The five classes of a loan, from good to bad. Source: 商业银行金融资产风险分类办法 (2023 No. 1, in force 2023-07-01).
public enum LoanClass: Int, CaseIterable, Comparable, Sendable {
    /// 正常.
    case normal = 1
    /// 关注.
    case specialMention
    /// 次级.
    case substandard
    /// 可疑.
    case doubtful
    /// 损失.
    case loss

    /// The last three are bad loans (不良).
    public var isBad: Bool { self >= .substandard }

    /// Stable name, for records and messages.
    public var code: String {
        switch self {
        case .normal: "normal"
        case .specialMention: "special-mention"
        case .substandard: "substandard"
        case .doubtful: "doubtful"
        case .loss: "loss"
        }
    }

    /// Later is worse.
    public static func < (a: LoanClass, b: LoanClass) -> Bool { a.rawValue < b.rawValue }

    /// By days overdue alone. A technical delay (the payment system's or an operation's, not the debtor's) of up to seven days is no
    /// arrears.
    public static func byOverdue(days: Int, isTechnical: Bool) -> LoanClass {
        switch days {
        case ...0: .normal
        case 1...7 where isTechnical: .normal
        case 1...90: .specialMention
        case 91...270: .substandard
        case 271...360: .doubtful
        default: .loss
        }
    }

    /// The worst of the day rule and the triggers.
    ///
    /// The triggers are the rule's for non-retail claims; of retail ones (`isRetail`) each stands on its own and only its days count.
    public static func classify(
        overdueDays: Int, isTechnical: Bool = false, isRetail: Bool = false, triggers: Set<LoanTrigger> = []
    ) -> LoanVerdict {
        let byDays = byOverdue(days: overdueDays, isTechnical: isTechnical)
        let counted = isRetail ? [] : triggers.filter { !$0.isExcused(by: triggers) }
        let result = counted.map(\.leastClass).reduce(byDays, max)
        let decisive = LoanTrigger.allCases.filter { counted.contains($0) && $0.leastClass == result && result != .normal }
        return LoanVerdict(loanClass: result, isByDays: byDays == result, triggers: decisive)
    }

    /// Applies contagion to all claims of this bank on one non-retail debtor: when more than 10 % of them by amount are bad, all are at
    /// least substandard. Amounts that are not positive do not count.
    public static func withContagion(_ claims: [LoanClaim]) -> [LoanClass] {
        var total: Int128 = 0
        var bad: Int128 = 0
        for claim in claims where claim.balance > .zero {
            total += Int128(claim.balance.fen)
            if claim.loanClass.isBad { bad += Int128(claim.balance.fen) }
        }
        guard bad * 10 > total else { return claims.map(\.loanClass) }
        return claims.map { max($0.loanClass, .substandard) }
    }

    /// The first day on which a bad loan may be classed better: all arrears are paid, and since then two consecutive repayment periods or
    /// six months, whichever is longer, were paid as agreed.
    ///
    /// `settledOn`: the day the last arrears were paid. `secondPeriodEndsOn`: the end of the second period paid as agreed since; nil while
    /// there are not two, and then the answer is nil too.
    public static func earliestUpgrade(settledOn: Day, secondPeriodEndsOn: Day?) -> Day? {
        secondPeriodEndsOn.map { max($0, settledOn.adding(months: 6)) }
    }

    /// The first day after the observation of a restructured loan, which lasts a year at least.
    public static func observationEnd(restructuredOn: Day) -> Day { restructuredOn.adding(months: 12) }
}

/// A fact beside the arrears that puts a claim into a class at least. Source: the same rule.
public enum LoanTrigger: String, CaseIterable, Sendable {
    /// Funds used for another purpose without the bank's consent.
    case purposeChanged = "purpose-changed"
    /// A new loan repays the old (借新还旧).
    case newLoanRepaysOld = "new-loan-repays-old"
    /// The renewal follows the rules for small firms (续贷); it excuses `newLoanRepaysOld`.
    case compliantRenewal = "compliant-renewal"
    /// The debtor has bad debts at any bank.
    case badDebtElsewhere = "bad-debt-elsewhere"
    /// Restructured and under observation, otherwise in order.
    case restructuredUnderObservation = "restructured-under-observation"
    /// The asset is credit-impaired.
    case creditImpaired = "credit-impaired"
    /// The external rating was cut sharply.
    case ratingSharplyCut = "rating-sharply-cut"
    /// More than 20 % of the debtor's debts at all banks are over 90 days overdue.
    case widelyOverdue = "widely-overdue"
    /// The debtor evades its debts (逃废债).
    case evadesDebts = "evades-debts"
    /// Impaired, with expected credit losses of 50 % of the book value or more.
    case halfLost = "half-lost"
    /// In bankruptcy liquidation.
    case bankruptcyLiquidation = "bankruptcy-liquidation"
    /// Impaired, with expected credit losses of 90 % of the book value or more.
    case almostAllLost = "almost-all-lost"

    /// The best class that remains possible.
    public var leastClass: LoanClass {
        switch self {
        case .compliantRenewal: .normal
        case .purposeChanged, .newLoanRepaysOld, .badDebtElsewhere, .restructuredUnderObservation: .specialMention
        case .creditImpaired, .ratingSharplyCut, .widelyOverdue: .substandard
        case .evadesDebts, .halfLost: .doubtful
        case .bankruptcyLiquidation, .almostAllLost: .loss
        }
    }

    func isExcused(by others: Set<LoanTrigger>) -> Bool { self == .newLoanRepaysOld && others.contains(.compliantRenewal) }

    /// The trigger of a credit-impaired asset whose expected credit loss is this share of its book value.
    public static func impaired(expectedLoss: BasisPoints) -> LoanTrigger {
        if expectedLoss >= BasisPoints(9_000) { return .almostAllLost }
        return expectedLoss >= BasisPoints(5_000) ? .halfLost : .creditImpaired
    }

    /// The trigger of a debtor of whose debts at all banks this share is over 90 days overdue; nil at 20 % or less.
    public static func overdue(share: BasisPoints) -> LoanTrigger? { share > BasisPoints(2_000) ? .widelyOverdue : nil }
}

/// A class with what decided it.
public struct LoanVerdict: Hashable, Sendable {
    public let loanClass: LoanClass
    /// True when the days overdue alone lead to the class.
    public let isByDays: Bool
    /// The triggers that lead to the class, in the rule's order.
    public let triggers: [LoanTrigger]

    public init(loanClass: LoanClass, isByDays: Bool, triggers: [LoanTrigger]) {
        self.loanClass = loanClass
        self.isByDays = isByDays
        self.triggers = triggers
    }
}

/// A claim with its balance, for contagion.
public struct LoanClaim: Hashable, Sendable {
    public let loanClass: LoanClass
    public let balance: Money

    public init(loanClass: LoanClass, balance: Money) {
        self.loanClass = loanClass
        self.balance = balance
    }
}
