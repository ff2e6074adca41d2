import Contracts
import Deciding
import Vocabulary
import Wire

extension RiskTurn {
    /// Takes a fact about a loan and brings its watch into line. False when it says nothing new.
    func take(_ fact: Fact, state: inout RiskState, effects: inout Effects) throws(ContractDefect) -> Bool {
        if fact.isRetraction { return takeBack(fact.supersedes, state: &state, effects: &effects) }
        let data = try Fields(fact.data)
        let order = WatchedLoan.Order(occurredAt: fact.occurredAt, factID: fact.factID)
        let place = state.loanPlace(institution: try data.text("institution"), loanID: try data.text("loanId"))
        let before = state.loans[place]
        switch fact.recordType {
        case RiskMonitoring.disbursedType:
            let news = WatchedLoan.Disbursement(order: order, amount: try data.yuan("amount"), day: try data.day("disbursedOn"))
            if before.disbursement.map({ $0.order < order }) ?? true { state.loans[place].disbursement = news }
        case RiskMonitoring.settledType:
            let news = WatchedLoan.Settlement(order: order, day: try data.day("settledOn"))
            if before.settlement.map({ $0.order < order }) ?? true { state.loans[place].settlement = news }
        default:
            let news = WatchedLoan.Status(
                order: order, asOf: try data.day("asOf"), balance: try data.yuan("balance"),
                overdueDays: max(0, try data.int("overdueDays")))
            state.loans[place].take(news, superseding: fact.supersedes)
        }
        guard state.loans[place] != before else { return false }
        guard state.loans.count(where: \.isLive) <= RiskState.liveMax else {
            effects.refuse("loans-full", "\(subject) has \(RiskState.liveMax) live loans")
            return false
        }
        alignWatch(of: &state.loans[place], effects: &effects)
        takeBackMisnamed(fact, state: &state, effects: &effects)
        state.forgetOldLoans()
        return true
    }

    /// Brings the watch into line with what is left when a statement is taken back: repaired, removed by an objection, or past its time.
    private func takeBack(_ said: String?, state: inout RiskState, effects: inout Effects) -> Bool {
        guard let said, let place = state.loans.indices.first(where: { state.loans[$0].forget(said) }) else { return false }
        alignWatch(of: &state.loans[place], effects: &effects)
        state.forgetOldLoans()
        return true
    }

    /// A correction may give the loan another number: what the superseded fact said of the old one is taken back.
    private func takeBackMisnamed(_ fact: Fact, state: inout RiskState, effects: inout Effects) {
        guard let old = fact.supersedes, let said = fact.supersededData, let institution = said["institution"]?.string,
            let loanID = said["loanId"]?.string,
            institution != fact.data["institution"]?.string || loanID != fact.data["loanId"]?.string,
            let place = state.loans.firstIndex(where: { $0.institution == institution && $0.loanID == loanID }),
            state.loans[place].forget(old)
        else { return }
        alignWatch(of: &state.loans[place], effects: &effects)
    }

    /// Says what is not said yet about the loan, and writes its row.
    private func alignWatch(of loan: inout WatchedLoan, effects: inout Effects) {
        let isKnown = loan.disbursement != nil
        switch (loan.watch, isOpen: loan.isLive) {
        case (nil, true), (.closed, true):
            tell("opened", &loan, effects: &effects)
            loan.watch = .open
        case (.open, true):
            if loan.toldClass != loan.loanClass { tell("classified", &loan, effects: &effects) }
        case (nil, false):
            guard isKnown else { return }
            // Settled before we heard of the payout: both are told, so that counts of openings and closings agree.
            tell("opened", &loan, effects: &effects)
            tell("closed", &loan, effects: &effects)
            loan.watch = .closed
        case (.open, false):
            tell("closed", &loan, effects: &effects)
            loan.watch = .closed
        case (.closed, false): break
        }
        loan.toldClass = loan.loanClass
        effects.write(RiskTables.row(loan, of: subject), to: RiskTables.watch)
    }

    private func tell(_ kind: String, _ loan: inout WatchedLoan, effects: inout Effects) {
        let event = WatchEvent(
            kind: kind, loanID: loan.loanID, subject: subject, institution: loan.institution, balance: loan.balance,
            loanClass: loan.loanClass.code, at: loan.said.next(at: now))
        effects.send(event, to: Topic.riskMonitoringEvents, key: subject)
    }
}

extension Fields {
    /// An amount written in yuan.
    fileprivate func yuan(_ name: String) throws(ContractDefect) -> Money {
        guard let money = try required(name).moneyInYuan else { throw .wrong(field: name, expected: "yuan with two decimals at most") }
        return money
    }
}
