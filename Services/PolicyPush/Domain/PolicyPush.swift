import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// Lets policies find firms: pushes each fitting policy once a version, takes it back when it no longer fits, reminds before the window
/// closes, and spends the budget of grants that need no application in one place.
public struct PolicyPush: Decider {
    public typealias State = PolicyPushState

    public init() {}

    public var service: ServiceName { .policypush }

    /// A policy, and where a division counts, concern every known subject.
    public var sweptKinds: Set<String> { ["policy", "divisionTable"] }

    /// The timer that looks at policies anew when a version takes effect that was published ahead.
    static let lookTimer = "look"

    /// The key under which a policy's budget is kept; no subject has a colon.
    static let policyPrefix = "policy:"

    /// For how long pushes and rounds are kept after the last day: two years.
    public static let keptAfterClose: Duration = .seconds(730 * 86_400)

    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch message.type {
        case Portrait.type: return .handle(key: message.key)
        case GrantClaim.type: return .handle(key: message.key)
        default: return .pass
        }
    }

    public func decide(
        _ input: Input, key: String, on state: inout PolicyPushState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let book = catalog.view(PolicyPushCatalog.self)
        switch input {
        case .sweep(let entries):
            guard let first = entries.first else { return }
            look(entries.count == 1 && first.kind == "policy" ? first.id : nil, subject: key, &state, book, now, &effects)
        case .timer(let timer):
            if timer.name == Self.lookTimer {
                state.nextLook = nil
                look(nil, subject: key, &state, book, now, &effects)
            } else {
                remind(timer, subject: key, &state, book, now, &effects)
            }
        case .message(let message):
            do throws(ContractDefect) {
                switch message.type {
                case Portrait.type:
                    let portrait = try Portrait(message.body)
                    if let known = state.portrait, known.revision >= portrait.revision { return }
                    state.portrait = portrait
                    look(nil, subject: key, &state, book, now, &effects)
                case GrantClaim.type:
                    grant(try GrantClaim(message.body), &state, book, now, &effects)
                default: return
                }
            } catch {
                effects.refuse(error.code, error.description)
            }
        }
    }

    // MARK: Pushing

    /// - Parameter only: one policy; nil for all that may fit and all that were pushed, those gone from the catalogue too.
    private func look(
        _ only: String?, subject: String, _ state: inout PolicyPushState, _ book: PolicyPushCatalog, _ now: Instant,
        _ effects: inout Effects
    ) {
        guard let portrait = state.portrait else { return }
        let next = book.nextChange(after: now)
        if next != state.nextLook {
            if let next { effects.schedule(Self.lookTimer, at: next) } else { effects.cancel(Self.lookTimer) }
            state.nextLook = next
        }
        for (id, push) in state.pushes where book.isForgotten(id, version: push.version, at: now) { state.pushes[id] = nil }
        let facts = SubjectFacts(portrait, region: book.region(of: portrait, at: now))
        for id in only.map({ [$0] }) ?? Set(book.candidates(facts, at: now)).union(state.pushes.keys).sorted() {
            let known = state.pushes[id]
            guard let policy = book.policy(id, at: now) else {
                if let known, known.isActive { withdraw(id, known, nil, nil, "policy-withdrawn", subject, &state, now, &effects) }
                continue
            }
            // After its last day a version is history: nobody can apply any more, so there is nothing to push or to take back.
            guard now < policy.closes else { continue }
            let fit = PolicyFit(policy, facts)
            switch (fit.truth, known) {
            case (.yes, nil):
                push(policy, fit, nil, "eligible", subject, &state, now, &effects)
            case (.yes, .some(var push)):
                if push.version != policy.version {
                    self.push(policy, fit, push, "new-version", subject, &state, now, &effects)
                } else if !push.isActive {
                    self.push(policy, fit, push, "eligible-again", subject, &state, now, &effects)
                } else {
                    claim(policy, fit, &push, subject, &state, now, &effects)
                    state.pushes[id] = push
                }
            case (.no, .some(let push)), (.unknown, .some(let push)):
                if push.isActive { withdraw(id, push, policy, fit, fit.withdrawalReason, subject, &state, now, &effects) }
            case (.no, nil), (.unknown, nil): continue
            }
        }
    }

    private func push(
        _ policy: Policy, _ fit: PolicyFit, _ known: Push?, _ reason: String, _ subject: String, _ state: inout PolicyPushState,
        _ now: Instant, _ effects: inout Effects
    ) {
        var push = Push(version: policy.version, at: now, amount: fit.amount, claimedVersion: known?.claimedVersion ?? 0)
        if let known {
            cancelTimers(of: known, policy.id, &effects)
            if known.version == policy.version {
                push.turn = known.turn + 1
                push.firstPushedAt = known.firstPushedAt
                push.reminded = known.reminded
            } else if known.isActive {
                var replaced = known
                replaced.isActive = false
                effects.write(
                    PolicyPushTables.row(replaced, of: policy.id, subject: subject, reason: "new-version", [], at: now),
                    to: PolicyPushTables.push)
            }
        }
        for days in policy.reminders where policy.reminder(days) > now {
            effects.schedule(timerName(policy.id, days), at: policy.reminder(days))
            push.timers.append(days)
        }
        announce("pushed", policy.id, policy.version, fit.amount, reason, fit.conditions, at: state.said.next(at: now), subject, &effects)
        release(
            "policy.push.v1", id: "policy-push/\(policy.id)/\(policy.version)/\(subject)/\(push.turn)",
            letter(policy, policy.id, policy.version, "pushed", reason, fit.amount, fit.conditions, nil, now, subject), subject, now,
            &effects)
        effects.write(
            PolicyPushTables.row(push, of: policy.id, subject: subject, reason: reason, fit.conditions, at: now), to: PolicyPushTables.push)
        claim(policy, fit, &push, subject, &state, now, &effects)
        state.pushes[policy.id] = push
    }

    /// Asks for the firm's share of the budget, once a version, as soon as the window is open and the amount is known.
    private func claim(
        _ policy: Policy, _ fit: PolicyFit, _ push: inout Push, _ subject: String, _ state: inout PolicyPushState, _ now: Instant,
        _ effects: inout Effects
    ) {
        guard policy.isWithoutApplication, policy.opens <= now, fit.amount > .zero else { return }
        guard push.claimedVersion != policy.version else { return }
        push.claimedVersion = policy.version
        let claimed = state.said.next(at: now)
        let claim = GrantClaim(policyID: policy.id, policyVersion: policy.version, subject: subject, amount: fit.amount, at: claimed)
        effects.send(claim, to: Topic.policyPushGrants, key: Self.policyPrefix + policy.id)
        announce("claimed", policy.id, policy.version, fit.amount, "", [], at: claimed, subject, &effects)
    }

    private func withdraw(
        _ policyID: String, _ known: Push, _ policy: Policy?, _ fit: PolicyFit?, _ reason: String, _ subject: String,
        _ state: inout PolicyPushState, _ now: Instant, _ effects: inout Effects
    ) {
        var push = known
        push.isActive = false
        push.timers = []
        cancelTimers(of: known, policyID, &effects)
        announce(
            "withdrawn", policyID, push.version, push.amount, reason, fit?.conditions ?? [], at: state.said.next(at: now), subject,
            &effects)
        release(
            "policy.withdrawn.v1", id: "policy-withdrawn/\(policyID)/\(push.version)/\(subject)/\(push.turn)",
            letter(policy, policyID, push.version, "withdrawn", reason, push.amount, fit?.conditions ?? [], nil, now, subject), subject,
            now,
            &effects)
        effects.write(
            PolicyPushTables.row(push, of: policyID, subject: subject, reason: reason, fit?.conditions ?? [], at: now),
            to: PolicyPushTables.push)
        state.pushes[policyID] = push
    }

    // MARK: Reminding

    private func timerName(_ policyID: String, _ days: Int) -> String { "remind:\(days):\(policyID)" }

    private func cancelTimers(of push: Push, _ policyID: String, _ effects: inout Effects) {
        for days in push.timers { effects.cancel(timerName(policyID, days)) }
    }

    private func remind(
        _ timer: DueTimer, subject: String, _ state: inout PolicyPushState, _ book: PolicyPushCatalog, _ now: Instant,
        _ effects: inout Effects
    ) {
        let parts = timer.name.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "remind", let days = Int(parts[1]) else { return }
        let id = parts[2]
        guard var push = state.pushes[id] else { return }
        push.timers.removeAll { $0 == days }
        defer { state.pushes[id] = push }
        guard push.isActive, let policy = book.policy(id, at: now), policy.version == push.version, now < policy.closes,
            policy.reminder(days) <= timer.due
        else { return }
        let dueOn = policy.windowTo - days
        guard !push.reminded.contains(dueOn.text) else { return }
        push.reminded = (push.reminded + [dueOn.text]).sorted()
        let reason = "days-left-\(days)"
        announce("reminded", id, policy.version, push.amount, reason, [], at: state.said.next(at: now), subject, &effects)
        release(
            "policy.reminder.v1", id: "policy-reminder/\(id)/\(policy.version)/\(subject)/\(days)",
            letter(policy, id, policy.version, "reminded", reason, push.amount, [], days, now, subject), subject, now, &effects)
        effects.write(
            [.text(id), .int64(policy.version), .text(subject), .day(dueOn), .instant(now)], to: PolicyPushTables.reminder)
    }

    // MARK: Granting

    /// Runs under the policy's key, so that all claims on a budget stand in one line.
    private func grant(
        _ claim: GrantClaim, _ state: inout PolicyPushState, _ book: PolicyPushCatalog, _ now: Instant, _ effects: inout Effects
    ) {
        guard let policy = book.policy(claim.policyID, version: claim.policyVersion), policy.isWithoutApplication else {
            return effects.refuse("policy-unknown", "no grant without application: `\(claim.policyID)` version \(claim.policyVersion)")
        }
        guard var round = state.round(policy.round) else {
            return effects.refuse("round-over", "the round of \(policy.round) is too old: `\(policy.id)` version \(policy.version)")
        }
        let outcome = round.decide(claim, budget: policy.budget)
        let status: String
        let reason: String
        switch outcome {
        case .known: return
        case .granted: (status, reason) = ("granted", "")
        case .refused(let code): (status, reason) = ("refused", code)
        }
        state.rounds[policy.round] = round
        state.forgetRounds { book.isForgotten(policy.id, round: $0, at: now) }
        let subject = claim.subject
        // Another lane than the subject's decides here, perhaps under another clock: the answer comes after the claim.
        var said = LastWord(at: claim.at)
        announce(
            status == "granted" ? "granted" : "grant-refused", policy.id, policy.version, claim.amount, reason, [],
            at: said.next(at: now), subject, &effects)
        effects.write(
            [
                .text(policy.id), .int64(policy.version), .text(subject), .int64(claim.amount.fen), .text(status), .text(reason),
                .instant(now),
            ],
            to: PolicyPushTables.grantDecision)
        effects.write(
            [
                .text(policy.id), .int64(policy.version), .text(policy.round), .int64OrNull(policy.budget?.fen), .int64(round.spent.fen),
                .int64(round.grants),
            ],
            to: PolicyPushTables.budget)
        guard status == "granted" else { return }
        release(
            "policy.granted.v1", id: "policy-granted/\(policy.id)/\(policy.version)/\(subject)",
            letter(policy, policy.id, policy.version, "granted", "", claim.amount, [], nil, now, subject), subject, now, &effects)
    }

    // MARK: What is said

    private func announce(
        _ kind: String, _ policyID: String, _ version: Int64, _ amount: Money, _ reason: String, _ conditions: [ConditionResult],
        at now: Instant, _ subject: String, _ effects: inout Effects
    ) {
        effects.count(.policyTold, kind)
        effects.send(
            PolicyEvent(
                kind: kind, policyID: policyID, policyVersion: version, subject: subject, amount: amount, reason: reason,
                conditions: conditions, at: now),
            to: Topic.policyPushEvents, key: subject)
    }

    private func letter(
        _ policy: Policy?, _ policyID: String, _ version: Int64, _ kind: String, _ reason: String, _ amount: Money,
        _ conditions: [ConditionResult], _ daysLeft: Int?, _ now: Instant, _ subject: String
    ) -> JSONValue {
        JSONValue.written { object in
            object.member("policyId", policyID)
            object.member("policyVersion", version)
            object.member("subject", subject)
            object.member("kind", kind)
            if let policy {
                policy.title.write(to: &object, as: "title")
                policy.department.write(to: &object, as: "department")
                policy.beneficiaries.write(to: &object, as: "beneficiaries")
                policy.procedure.write(to: &object, as: "procedure")
                object.member(
                    "window",
                    object: { window in
                        window.member("from", policy.windowFrom)
                        window.member("to", policy.windowTo)
                    })
            }
            object.member("amountFen", amount.fen)
            object.memberIfPresent("daysLeft", daysLeft)
            object.member("reason", reason)
            object.member(
                "conditions",
                array: { list in
                    for condition in conditions { list.element(object: { condition.write(to: &$0) }) }
                })
            object.member("at", now)
        }
    }

    private func release(
        _ messageType: String, id: String, _ letter: JSONValue, _ subject: String, _ now: Instant, _ effects: inout Effects
    ) {
        effects.send(
            ReleaseRequest(
                releaseID: id, subject: subject, receiver: "portal", messageType: messageType, purpose: "policy", categories: [],
                consentID: "", at: now, body: letter),
            to: Topic.policyPushEvents, key: subject)
    }
}
