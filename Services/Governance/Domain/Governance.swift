import Contracts
import Deciding
import Vocabulary
import Wire

/// What the house holds to be true: accepted records become facts of one subject, once it is known who they are about, that they may be
/// had, and that they are good enough.
///
/// A key is a unified social credit code or an alias. An alias knows only whom it stands for and what waits to learn that.
package struct Governance: Decider {
    package typealias State = GovernanceState

    package init() {}

    package var service: ServiceName { .governance }

    package func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch message.topic {
        case Topic.ingestionRecords where message.type == AcceptedRecord.type: break
        case Topic.governanceIdentity where message.type == AcceptedRecord.type || message.type == IdentityMessage.type: break
        case Topic.ingestionRecords, Topic.governanceIdentity: return .refuse(Refusal(ContractDefect.unknownType(message.type)))
        default: return .pass
        }
        guard !message.key.isEmpty else { return .refuse(Refusal(code: "subject-missing", detail: "the message has no key")) }
        return .handle(key: message.key)
    }

    package func decide(
        _ input: Input, key: String, on state: inout GovernanceState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let turn = Turn(key: key, now: now, book: catalog.view(GovernanceCatalog.self))
        do throws(ContractDefect) {
            switch input {
            case .message(let message) where message.type == IdentityMessage.type:
                try turn.learn(try IdentityMessage(message.body), state: &state, effects: &effects)
            case .message(let message):
                let record = try AcceptedRecord(message.body)
                let isForwarded = message.topic == Topic.governanceIdentity
                if let refusal = try turn.receive(record, raw: message.body, isForwarded: isForwarded, state: &state, effects: &effects) {
                    effects.refuse(refusal.code, refusal.detail)
                }
            case .timer(let timer) where timer.name == ConsentGrant.expiryTimer:
                turn.expireConsents(state: &state, effects: &effects)
            case .timer, .sweep:
                // A changed rule judges what comes after it; what was judged keeps its verdict.
                break
            }
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
}
