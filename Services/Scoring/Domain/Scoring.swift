import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// What the facts about a subject come to: indicators, tags, three dimensions, a score with its reasons, white lists, and reports.
///
/// A fact, or a word about a dispute, only changes the state and sets a timer; the portrait is made when the timer is due, so that a hundred
/// facts make one portrait.
/// A firm that asks for financing does not wait: its portrait, report and assessment are made at once.
public struct Scoring: Decider {
    public typealias State = ScoringState

    public init() {}

    public var service: ServiceName { .scoring }

    /// Rules ask where a division counts.
    public var sweptKinds: Set<String> { Self.kinds.union(["divisionTable"]) }

    /// The kinds of entries that scoring answers for.
    public static let kinds: Set<String> = ["indicator", "tag", "dimension", "model", "whitelist"]

    static let portraitTimer = "portrait"
    /// The official grade becomes stale.
    static let gradeTimer = "public-grade"
    /// A division counts under another code.
    static let divisionsTimer = "divisions"
    static let requestType = "financing.requested"

    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        guard message.topic == Topic.governanceFacts, message.type == Fact.type || message.type == FactDispute.type else { return .pass }
        guard !message.key.isEmpty else { return .refuse(Refusal(code: "subject-missing", detail: "the message has no key")) }
        return .handle(key: message.key)
    }

    public func decide(
        _ input: Input, key: String, on state: inout ScoringState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let view = catalog.view(ScoringCatalog.self)
        let turn = Turn(subject: key, now: now, book: view.book(at: now))
        switch input {
        case .message(let message) where message.type == FactDispute.type:
            do throws(ContractDefect) {
                let dispute = try FactDispute(message.body)
                guard dispute.subject == key else {
                    return effects.refuse(
                        "subject-mismatch", "a dispute about `\(dispute.subject.prefix(64))` under the key `\(key.prefix(64))`")
                }
                if state.take(dispute) { effects.schedule(Self.portraitTimer, at: now) }
            } catch {
                effects.refuse(error.code, error.description)
            }
        case .message(let message):
            do throws(ContractDefect) {
                let fact = try Fact(message.body)
                guard fact.subject == key else {
                    return effects.refuse("subject-mismatch", "a fact about `\(fact.subject.prefix(64))` under the key `\(key.prefix(64))`")
                }
                let isRequest = fact.recordType == Self.requestType && !fact.isRetraction
                // Read before anything is changed: a refusal leaves the state as it was.
                let request = isRequest ? try FinancingRequest(fact) : nil
                guard state.take(fact, view.collected) else { return }
                if let request {
                    effects.cancel(Self.portraitTimer)
                    turn.tell(of: &state, answering: request, effects: &effects)
                } else {
                    effects.schedule(Self.portraitTimer, at: now)
                }
            } catch {
                effects.refuse(error.code, error.description)
            }
        case .timer:
            turn.tell(of: &state, answering: nil, effects: &effects)
            watch(view.divisions, now, &effects)
        case .sweep(let entries):
            for entry in entries where entry.effectiveFrom > now {
                effects.schedule("effective/\(entry.kind)/\(entry.id)", at: entry.effectiveFrom)
            }
            // The version before one that is to come may have been replaced under the same number.
            turn.tell(of: &state, answering: nil, effects: &effects)
            watch(view.divisions, now, &effects)
        }
    }

    /// Sets the clock for the next day on which a division counts under another code: rules may ask for the region.
    private func watch(_ divisions: DivisionTables, _ now: Instant, _ effects: inout Effects) {
        if let change = divisions.nextChange(after: now) { effects.schedule(Self.divisionsTimer, at: change) }
    }
}

/// One decision about one subject at one moment.
struct Turn {
    let subject: String
    let now: Instant
    let book: ScoringBook

    /// Makes the portrait, and sends it when it says something new; with it a report and an assessment for a request, and changes of the
    /// white lists.
    func tell(of state: inout ScoringState, answering request: FinancingRequest?, effects: inout Effects) {
        guard state.factCount > 0 else { return }
        let making = PortraitMaking(of: subject, state, book, on: now.dayInChina)
        watchGrade(of: &state, making, effects: &effects)
        let said = making.unnumbered
        let fingerprint = FNV64.hash(said.bytes)
        let isNew = state.saidLast != fingerprint
        if isNew {
            state.saidLast = fingerprint
            state.revision += 1
        }
        guard isNew || request != nil else { return changeLists(of: &state, making, effects: &effects) }
        let portrait = making.portrait(said, revision: state.revision)
        if isNew {
            effects.send(portrait, to: Topic.scoringPortraits, key: subject)
            effects.write(ScoringTables.portraitRow(portrait, at: now), to: ScoringTables.portrait)
            if let score = portrait.score {
                effects.write(ScoringTables.scoreRow(score, of: portrait, at: now), to: ScoringTables.scoreHistory)
                effects.count(.scoreComputed, score.model, String(score.modelVersion))
            }
        }
        if let request {
            let report = CreditReport(portrait: portrait, making: making, issuedAt: now).issued(for: request)
            effects.send(report, to: Topic.scoringPortraits, key: subject)
            effects.write(ScoringTables.reportRow(report), to: ScoringTables.report)
            effects.send(Assessment(request: request, portrait: portrait), to: Topic.scoringPortraits, key: subject)
        }
        changeLists(of: &state, making, effects: &effects)
    }

    /// Sets the clock for the day on which the official grade is no longer new, once for each such day.
    private func watchGrade(of state: inout ScoringState, _ making: PortraitMaking, effects: inout Effects) {
        guard state.gradeStaleFrom != making.gradeStaleFrom else { return }
        state.gradeStaleFrom = making.gradeStaleFrom
        if let due = making.gradeStaleFrom {
            effects.schedule(Scoring.gradeTimer, at: due)
        } else {
            effects.cancel(Scoring.gradeTimer)
        }
    }

    private func changeLists(of state: inout ScoringState, _ making: PortraitMaking, effects: inout Effects) {
        for list in book.whitelists {
            let verdict = list.logic.judge(making.facts)
            let reason = list.reason
            switch (state.lists[list.id], verdict.truth) {
            case (nil, .yes):
                state.lists[list.id] = change(list.id, isMember: true, "\(reason.en) / \(reason.zh)", of: &state, effects: &effects)
            case (.some, .no), (.some, .unknown):
                state.lists[list.id] = nil
                let missing = verdict.missing.isEmpty ? "" : " (not known: \(verdict.missing.joined(separator: ", ")))"
                change(list.id, isMember: false, "no longer: \(reason.en)\(missing) / 不再符合：\(reason.zh)", of: &state, effects: &effects)
            case (nil, .no), (nil, .unknown), (.some, .yes): break
            }
        }
        let standing = Set(book.whitelists.map(\.id))
        for id in state.lists.keys.filter({ !standing.contains($0) }).sorted() {
            state.lists[id] = nil
            change(id, isMember: false, "the list was withdrawn / 名单已撤销", of: &state, effects: &effects)
        }
    }

    /// Says it, and returns since when it is so.
    @discardableResult
    private func change(
        _ list: String, isMember: Bool, _ reason: String, of state: inout ScoringState, effects: inout Effects
    ) -> Instant {
        let since = state.said.next(at: now)
        effects.send(
            WhitelistChange(list: list, subject: subject, isMember: isMember, reason: reason, at: since), to: Topic.scoringPortraits,
            key: subject)
        effects.write(
            [.text(list), .text(subject), .bool(isMember), .instant(since), .text(reason)], to: ScoringTables.whitelistMember)
        return since
    }
}

extension FinancingRequest {
    /// Reads a `financing.requested` fact, whose amount is in yuan. Refuses what lacks its number, its amount or its months.
    init(_ fact: Fact) throws(ContractDefect) {
        let fields = try Fields(fact.data)
        guard let amount = try fields.required("amount").moneyInYuan, amount > .zero else {
            throw .wrong(field: "amount", expected: "yuan above zero, two decimals")
        }
        let months = try fields.int("months")
        guard months > 0 else { throw .wrong(field: "months", expected: "1 or more") }
        self.init(
            applicationID: try fields.text("applicationId"), amount: amount, months: months, purpose: try fields.text("purpose"),
            productID: try fields.textOrNil("productId") ?? "", institution: try fields.textOrNil("institution") ?? "",
            consentID: try fields.textOrNil("consentId") ?? "", requestedAt: fact.occurredAt)
    }
}
