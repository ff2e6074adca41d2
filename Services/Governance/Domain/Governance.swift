import Contracts
import Deciding
import Ledger
import Vocabulary
import Wire

/// What the house holds to be true: accepted records become facts of one subject, once it is known who they are about, that they may be
/// had, and that they are good enough.
///
/// A key is a unified social credit code or an alias. An alias knows only whom it stands for and what waits to learn that.
public struct Governance: Decider {
    public typealias State = GovernanceState

    /// The key under which persons are compared; without it they are not.
    private let persons: PseudonymKey?

    /// Who signs the checkpoints; without one none are made.
    private let signer: NoteSigner?

    public init(persons: PseudonymKey? = nil, signer: NoteSigner? = nil) {
        self.persons = persons
        self.signer = signer
    }

    public var service: ServiceName { .governance }

    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch message.topic {
        case Topic.ingestionRecords where message.type == AcceptedRecord.type: break
        case Topic.governanceIdentity where Self.detour.contains(message.type): break
        case Topic.ingestionRecords, Topic.governanceIdentity: return .refuse(Refusal(ContractDefect.unknownType(message.type)))
        default: return .pass
        }
        guard !message.key.isEmpty else { return .refuse(Refusal(code: "subject-missing", detail: "the message has no key")) }
        return .handle(key: message.key)
    }

    public var checkpointInterval: Duration? { signer == nil ? nil : .seconds(60) }

    public func checkpoint(_ head: LedgerHead, lane: Int32, effects: inout Effects) {
        guard let signer else { return }
        let checkpoint = LogCheckpoint(
            origin: Checkpoint.origin(signer.verifier.name, lane: lane), size: Int64(clamping: head.tree.size), grownAt: head.grownAt,
            note: Checkpoint.note(of: head, lane: lane, by: signer).note)
        effects.write(
            [.text(checkpoint.origin), .int64(checkpoint.size), .int64(Int64(lane)), .instant(checkpoint.grownAt), .text(checkpoint.note)],
            to: GovernanceTables.checkpoint)
        effects.send(checkpoint, to: Topic.governanceCheckpoints, key: checkpoint.origin)
    }

    private static let detour: Set<String> = [
        AcceptedRecord.type, IdentityMessage.type, NameClaim.type, NameQuestion.type, MergedStatement.type, TakenAway.type,
    ]

    public func decide(
        _ input: Input, key: String, on state: inout GovernanceState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let turn = Turn(key: key, now: now, book: catalog.view(GovernanceCatalog.self), persons: persons)
        do throws(ContractDefect) {
            switch input {
            case .message(let message) where message.type == IdentityMessage.type:
                try turn.learn(try IdentityMessage(message.body), state: &state, effects: &effects)
            case .message(let message) where message.type == NameClaim.type:
                turn.claim(try NameClaim(message.body), state: &state, effects: &effects)
            case .message(let message) where message.type == NameQuestion.type:
                turn.ask(try NameQuestion(message.body), state: &state, effects: &effects)
            case .message(let message) where message.type == MergedStatement.type:
                try turn.host(try MergedStatement(message.body), state: &state, effects: &effects)
            case .message(let message) where message.type == TakenAway.type:
                try turn.lose(try TakenAway(message.body), state: &state, effects: &effects)
            case .message(let message):
                let record = try AcceptedRecord(message.body)
                let isForwarded = message.topic == Topic.governanceIdentity
                if let refusal = try turn.receive(record, raw: message.body, isForwarded: isForwarded, state: &state, effects: &effects) {
                    effects.refuse(refusal.code, refusal.detail)
                }
            case .timer(let timer) where timer.name == ConsentGrant.expiryTimer:
                turn.expireConsents(state: &state, effects: &effects)
            case .timer(let timer) where timer.name == ParkedRecord.timer:
                try turn.settleWaiting(state: &state, effects: &effects)
            case .timer(let timer) where timer.name == Correction.timer:
                turn.remindOfCorrections(state: &state, effects: &effects)
            case .timer(let timer) where timer.name == Objection.timer:
                turn.remindOfObjections(state: &state, effects: &effects)
            case .timer(let timer) where timer.name == Ending.timer:
                try turn.endStatements(state: &state, effects: &effects)
            case .timer(let timer) where timer.name == Freshness.timer:
                try turn.ageStatements(state: &state, effects: &effects)
            case .timer(let timer) where timer.name == DueComparison.timer:
                try turn.compareDue(state: &state, effects: &effects)
            case .timer(let timer) where timer.name == Afterwards.timer:
                try turn.judgeAfterwards(state: &state, effects: &effects)
            case .timer, .sweep:
                // A changed rule judges what comes after it; what was judged keeps its verdict.
                break
            }
            try turn.tellOfDisputes(state: &state, effects: &effects)
        } catch {
            effects.refuse(error.code, error.description)
        }
    }
}

/// One decision about one key at one moment.
struct Turn {
    let key: String
    let now: Instant
    let book: GovernanceCatalog
    let persons: PseudonymKey?
}
