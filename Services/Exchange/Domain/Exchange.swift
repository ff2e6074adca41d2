import Contracts
import Deciding
import Vocabulary
import Wire

/// The only exit door: nothing leaves the house but what a release rule lists, to a known receiver, under a consent that covers it now.
///
/// Closed unless shown open: no rule, no consent, no such receiver, a field that is not listed – each keeps things inside, with a reason.
public struct Exchange: Decider {
    public typealias State = ExchangeState

    public init() {}

    public var service: ServiceName { .exchange }

    static let grantedType = "consent.granted"
    static let revokedType = "consent.revoked"
    static let pausedType = "consent.paused"
    static let resumedType = "consent.resumed"
    /// How long a request may be ahead of the consent it rests on: they travel over different topics.
    public static let consentWait: Duration = .seconds(600)

    private static let consentTypes: Set<String> = [grantedType, revokedType, pausedType, resumedType]
    private static func isOfConsents(_ recordType: String) -> Bool { consentTypes.contains(recordType) }

    public func admit(_ message: Message, catalog: Catalog) -> Admission {
        switch message.type {
        case ReleaseRequest.type: break
        case Fact.type:
            let type = message.body["recordType"]?.string ?? ""
            guard Self.isOfConsents(type) || catalog.view(ExchangeCatalog.self).forwardedTypes.contains(type) else { return .pass }
        case FactDispute.type:
            let type = message.body["recordType"]?.string ?? ""
            guard catalog.view(ExchangeCatalog.self).forwardedTypes.contains(type) else { return .pass }
        default: return .pass
        }
        guard !message.key.isEmpty else { return .refuse(Refusal(code: "subject-missing", detail: "the message has no key")) }
        return .handle(key: message.key)
    }

    public func decide(
        _ input: Input, key: String, on state: inout ExchangeState, at now: Instant, catalog: Catalog, effects: inout Effects
    ) {
        let turn = ExchangeTurn(subject: key, now: now, book: catalog.view(ExchangeCatalog.self))
        switch input {
        case .message(let message):
            do throws(ContractDefect) {
                let subject = try Fields(message.body).text("subject")
                guard subject == key else { return effects.refuse("subject-mismatch", "the message is about another subject than its key") }
                if message.type == ReleaseRequest.type {
                    turn.expireConsents(state: &state, effects: &effects)
                    turn.receive(try ReleaseRequest(message.body), state: &state, effects: &effects)
                } else if message.type == FactDispute.type {
                    turn.expireConsents(state: &state, effects: &effects)
                    turn.mark(try FactDispute(message.body), state: &state, effects: &effects)
                } else {
                    let fact = try Fact(message.body)
                    if Self.isOfConsents(fact.recordType) {
                        try turn.take(fact, state: &state, effects: &effects)
                    } else {
                        turn.expireConsents(state: &state, effects: &effects)
                    }
                    turn.forward(fact, state: &state, effects: &effects)
                }
            } catch {
                effects.refuse(error.code, error.description)
            }
        case .timer(let timer):
            turn.expireConsents(state: &state, effects: &effects)
            if timer.name.hasPrefix(ConsentOnFile.keepingTimerPrefix) {
                turn.endKeeping(
                    under: String(timer.name.dropFirst(ConsentOnFile.keepingTimerPrefix.count)), state: &state, effects: &effects)
            }
            if timer.name.hasPrefix(WaitingRelease.timerPrefix) {
                turn.endWait(of: String(timer.name.dropFirst(WaitingRelease.timerPrefix.count)), state: &state, effects: &effects)
            }
        case .sweep: break
        }
    }
}

/// One decision about one subject at one moment.
struct ExchangeTurn {
    let subject: String
    let now: Instant
    let book: ExchangeCatalog

    func tell(_ kind: String, _ decision: ReleaseDecision, reason: String, effects: inout Effects) {
        let event = ExchangeEvent(
            kind: kind, releaseID: decision.releaseID, subject: subject, receiver: decision.receiver, messageType: decision.messageType,
            purpose: decision.purpose, consentID: decision.consentID, reason: reason, at: now)
        effects.send(event, to: Topic.exchangeEvents, key: subject)
    }

    func audit(_ releaseID: String, _ kind: String, reason: String, effects: inout Effects) {
        let cells: [Cell] = [.text(subject), .text(releaseID), .text(kind), .text(reason), .instant(now)]
        effects.write(cells, to: ExchangeTables.audit)
    }
}
