import Contracts
import Deciding
import Vocabulary
import Wire

extension ExchangeTurn {
    /// Asks for the release of a fact to everyone it was agreed to be told to. It takes the way of every request: the rule's fields, its
    /// purpose, its receivers, and a consent where the rule or the receiver needs one. An answer to a state verification tells its one bit,
    /// whatever a rule lists.
    func forward(_ fact: Fact, state: inout ExchangeState, effects: inout Effects) {
        let data = book.telling(fact.data, of: fact.recordType, at: now)
        for (rule, receiver) in book.forwards(of: fact.recordType, at: now) {
            let isDisputed = !fact.isRetraction && state.disputes.isOpen(about: fact.factID)
            // One that is taken back has the id of what it takes back in `supersedes`; several may come under one id.
            let id = fact.isRetraction ? "\(fact.factID)/\(fact.supersedes ?? "")" : fact.factID
            receive(
                ReleaseRequest(
                    releaseID: "fact/\(id)/\(rule.id)/\(receiver)", subject: subject, receiver: receiver, messageType: rule.id,
                    purpose: rule.purpose, categories: [], consentID: "", at: fact.knownAt,
                    body: fact.forwarded(data, isDisputed: isDisputed)),
                state: &state, effects: &effects)
        }
    }

    /// A statement is under dispute, or no longer: whoever is told of facts of its type is told so, whether the fact has left already or not.
    func mark(_ dispute: FactDispute, state: inout ExchangeState, effects: inout Effects) {
        guard state.disputes.take(dispute) else { return }
        // Another objection to the same statement may still be open.
        let isDisputed = state.disputes.isOpen(about: dispute.factID)
        for (rule, receiver) in book.forwards(of: dispute.recordType, at: now) where rule.filter.lists(Self.markMember) {
            receive(
                ReleaseRequest(
                    releaseID: "dispute/\(dispute.disputeID)/\(dispute.at.microseconds)/\(rule.id)/\(receiver)", subject: subject,
                    receiver: receiver, messageType: rule.id, purpose: rule.purpose, categories: [], consentID: "", at: dispute.at,
                    body: .written { object in
                        object.member("factId", dispute.factID)
                        object.member("recordType", dispute.recordType)
                        object.member("subject", subject)
                        object.member("occurredAt", dispute.occurredAt)
                        object.member(Self.markMember, isDisputed)
                    }),
                state: &state, effects: &effects)
        }
    }

    /// The member that carries the mark of a statement under dispute.
    static let markMember = "isDisputed"
}

extension Fact {
    /// As a release rule lists its fields: `data.<field>`, and what the fact is beside them.
    fileprivate func forwarded(_ data: JSONValue, isDisputed: Bool) -> JSONValue {
        .written { object in
            object.member("factId", factID)
            object.member("recordType", recordType)
            object.member("subject", subject)
            object.member("occurredAt", occurredAt)
            object.memberIfPresent("supersedes", supersedes)
            object.member("isRetraction", isRetraction)
            object.member(ExchangeTurn.markMember, isDisputed)
            object.member("data", data)
        }
    }
}
