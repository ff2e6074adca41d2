import Contracts
import Deciding
import Vocabulary
import Wire

/// Watches every loan from payout to settlement, classes it by its days overdue, and warns the lenders of record.
///
/// What is told follows from what is known: each input changes the facts of one subject, and then watches and alerts are brought into
/// line with them. So facts may come in any order, and a repeated one says nothing new.
public struct RiskMonitoring: Decider {
    public typealias State = RiskState

    public init() {}

    public var service: ServiceName { .riskmonitoring }

    public var sweptKinds: Set<String> { [RiskCatalog.ruleKind, "tag"] }

    static let disbursedType = "financing.disbursed"
    static let settledType = "financing.settled"
    static let statusType = "loan.status"

    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch message.type {
        case Fact.type, FactDispute.type:
            switch message.body["recordType"]?.string {
            case Self.disbursedType, Self.settledType, Self.statusType: break
            default: return .pass
            }
        case Portrait.type: break
        default: return .pass
        }
        guard !message.key.isEmpty else { return .refuse(Refusal(code: "subject-missing", detail: "the message has no key")) }
        return .handle(key: message.key)
    }

    public func decide(
        _ input: Input, key: String, on state: inout RiskState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let turn = RiskTurn(subject: key, now: now, book: catalog.view(RiskCatalog.self))
        switch input {
        case .message(let message):
            do throws(ContractDefect) {
                let subject = try Fields(message.body).text("subject")
                guard subject == key else { return effects.refuse("subject-mismatch", "the message is about another subject than its key") }
                let isNews: Bool
                switch message.type {
                case Portrait.type: isNews = state.take(try PortraitFacts(message.body))
                case FactDispute.type: isNews = state.disputes.take(try FactDispute(message.body))
                default: isNews = try turn.take(try Fact(message.body), state: &state, effects: &effects)
                }
                guard isNews, effects.refusal == nil else { return }
            } catch {
                return effects.refuse(error.code, error.description)
            }
        case .sweep: break
        case .timer: return
        }
        turn.alignAlerts(state: &state, effects: &effects)
    }
}

/// One decision about one subject at one moment.
struct RiskTurn {
    let subject: String
    let now: Instant
    let book: RiskCatalog
}
