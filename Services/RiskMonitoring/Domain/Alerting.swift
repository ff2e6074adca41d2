import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// What a rule saw, or why its alert is lowered all the same.
private struct Sight {
    let observed: String
    /// A statement under dispute has a part in it.
    let isDisputed: Bool
}

extension RiskTurn {
    /// Brings the alerts into line with the facts: one live alert of a rule at the most, while there is a live loan.
    ///
    /// A rule that can not be judged leaves its alert as it was: what is not known is never an all-clear.
    func alignAlerts(state: inout RiskState, effects: inout Effects) {
        let live = state.loans.filter(\.isLive)
        guard !live.isEmpty else {
            let settled = Sight(observed: "loan-settled", isDisputed: false)
            for alert in state.alerts { lower(alert, settled, lenders: [], state: &state, effects: &effects) }
            state.alerts = []
            return
        }
        let lenders = Set(live.map(\.institution)).sorted()
        let facts = state.facts(over: live)
        let disputed = state.disputed(over: live)
        let board = book.board(at: now)

        var standing: [LiveAlert] = []
        for alert in state.alerts where !board.contains(alert.rule) {
            lower(alert, Sight(observed: "rule-withdrawn", isDisputed: false), lenders: lenders, state: &state, effects: &effects)
        }
        for rule in board.candidates(facts, and: Set(state.alerts.map(\.rule))) {
            let alert = state.alerts.first { $0.rule == rule.id }
            switch (rule.logic.judge(facts).truth, alert) {
            case (.yes, nil):
                standing.append(raise(rule, sight(of: rule, facts, disputed), lenders: lenders, state: &state, effects: &effects))
            case (.yes, let alert?):
                let seen = sight(of: rule, facts, disputed)
                var kept = alert
                (kept.ruleVersion, kept.level) = (rule.version, rule.level)
                (kept.observed, kept.isDisputed) = (seen.observed, seen.isDisputed)
                standing.append(keep(kept, after: alert, lenders: lenders, state: &state, effects: &effects))
            case (.no, let alert?):
                lower(alert, sight(of: rule, facts, disputed), lenders: lenders, state: &state, effects: &effects)
            case (.unknown, let alert?):
                var kept = alert
                kept.isDisputed = sight(of: rule, facts, disputed).isDisputed
                standing.append(keep(kept, after: alert, lenders: lenders, state: &state, effects: &effects))
            case (.no, nil), (.unknown, nil): break
            }
        }
        state.alerts = standing
    }

    private func sight(of rule: RiskRule, _ facts: [String: RuleValue], _ disputed: Set<String>) -> Sight {
        let isDisputed = !disputed.isEmpty && !book.grounds(of: rule, at: now).isDisjoint(with: disputed)
        return Sight(observed: rule.observed(facts), isDisputed: isDisputed)
    }

    private func raise(
        _ rule: RiskRule, _ seen: Sight, lenders: [String], state: inout RiskState, effects: inout Effects
    ) -> LiveAlert {
        let alert = LiveAlert(
            rule: rule.id, ruleVersion: rule.version, level: rule.level, since: now, observed: seen.observed, isDisputed: seen.isDisputed,
            lenders: lenders)
        tell("raised", alert, level: alert.level, to: lenders, state: &state, effects: &effects)
        effects.write(RiskTables.row(alert, of: subject), to: RiskTables.alert)
        return alert
    }

    /// The cause is still there: only another colour is news, and that what was seen is contested, or is no longer. What was seen is kept up
    /// to date in silence.
    private func keep(
        _ kept: LiveAlert, after alert: LiveAlert, lenders: [String], state: inout RiskState, effects: inout Effects
    ) -> LiveAlert {
        guard kept.level != alert.level || kept.isDisputed != alert.isDisputed else {
            let informed = inform(lenders, of: kept, state: &state, effects: &effects)
            if informed != alert, informed == kept { effects.write(RiskTables.row(informed, of: subject), to: RiskTables.alert) }
            return informed
        }
        var changed = kept
        changed.lenders = lenders
        tell("changed", changed, level: changed.level, to: lenders, state: &state, effects: &effects)
        effects.write(RiskTables.row(changed, of: subject), to: RiskTables.alert)
        return changed
    }

    /// Who became a lender while the alert stands hears of it now; who is none any more is not told again.
    private func inform(_ lenders: [String], of alert: LiveAlert, state: inout RiskState, effects: inout Effects) -> LiveAlert {
        guard alert.lenders != lenders else { return alert }
        let newcomers = lenders.filter { !alert.lenders.contains($0) }
        var informed = alert
        informed.lenders = lenders
        if !newcomers.isEmpty {
            state.sequence += 1
            let event = event("raised", alert, level: alert.level, lenders: newcomers, at: state.said.next(at: now))
            release(event, sequence: state.sequence, effects: &effects)
        }
        effects.write(RiskTables.row(informed, of: subject), to: RiskTables.alert)
        return informed
    }

    /// `lenders` are those of record now; only they are told, and only if they had heard of the alert.
    private func lower(
        _ alert: LiveAlert, _ seen: Sight, lenders: [String], state: inout RiskState, effects: inout Effects
    ) {
        var lowered = alert
        (lowered.observed, lowered.isDisputed) = (seen.observed, seen.isDisputed)
        lowered.lenders = alert.lenders.filter { lenders.contains($0) }
        tell("lowered", lowered, level: "none", to: lowered.lenders, state: &state, effects: &effects)
        effects.write(RiskTables.row(lowered, of: subject, loweredAt: now), to: RiskTables.alert)
    }

    private func tell(
        _ kind: String, _ alert: LiveAlert, level: String, to lenders: [String], state: inout RiskState, effects: inout Effects
    ) {
        state.sequence += 1
        let event = event(kind, alert, level: level, lenders: lenders, at: state.said.next(at: now))
        effects.send(event, to: Topic.riskMonitoringEvents, key: subject)
        if kind == "raised" { effects.count(.alertRaised, alert.level, alert.rule) }
        effects.write(RiskTables.row(event, sequence: state.sequence), to: RiskTables.history)
        release(event, sequence: state.sequence, effects: &effects)
    }

    private func event(_ kind: String, _ alert: LiveAlert, level: String, lenders: [String], at moment: Instant) -> RiskAlert {
        RiskAlert(
            alertID: "\(alert.rule)/\(subject)", subject: subject, rule: alert.rule, ruleVersion: alert.ruleVersion, level: level,
            kind: kind, title: book.title(of: alert.rule), observed: alert.observed, lenders: lenders, at: moment,
            isDisputed: alert.isDisputed)
    }

    /// Asks exchange to let each lender know. Whether it may is for exchange to say.
    private func release(_ event: RiskAlert, sequence: Int64, effects: inout Effects) {
        guard !event.lenders.isEmpty else { return }
        let body = JSONValue.written { body in
            body.member("alertId", event.alertID)
            body.member("subject", event.subject)
            body.member("rule", event.rule)
            body.member("ruleVersion", event.ruleVersion)
            body.member("level", event.level)
            body.member("kind", event.kind)
            event.title.write(to: &body, as: "title")
            body.member("observed", event.observed)
            body.member("isDisputed", event.isDisputed)
            body.member("at", event.at)
        }
        for lender in event.lenders {
            let request = ReleaseRequest(
                releaseID: "alert/\(event.alertID)/\(sequence)/\(lender)", subject: subject, receiver: "institution:" + lender,
                messageType: "risk.alert.v1", purpose: "post-loan", categories: ["loan"], consentID: "", at: now, body: body)
            effects.send(request, to: Topic.riskMonitoringEvents, key: subject)
        }
    }
}
