import Contracts
import Deciding
import Vocabulary
import Wire

extension ExchangeTurn {
    /// Asks for the release of a fact to everyone it was agreed to be told to. It takes the way of every request: the rule's fields, its
    /// purpose, its receivers, and a consent where the rule or the receiver needs one. An answer to a state verification tells its one bit,
    /// whatever a rule lists.
    func forward(_ fact: Fact, state: inout ExchangeState, effects: inout Effects) {
        let body = fact.forwarded(book.telling(fact.data, of: fact.recordType, at: now))
        for (rule, receiver) in book.forwards(of: fact.recordType, at: now) {
            // One that is taken back has the id of what it takes back in `supersedes`; several may come under one id.
            let id = fact.isRetraction ? "\(fact.factID)/\(fact.supersedes ?? "")" : fact.factID
            receive(
                ReleaseRequest(
                    releaseID: "fact/\(id)/\(rule.id)/\(receiver)", subject: subject, receiver: receiver, messageType: rule.id,
                    purpose: rule.purpose, categories: [], consentID: "", at: fact.knownAt, body: body),
                state: &state, effects: &effects)
        }
    }
}

extension Fact {
    /// As a release rule lists its fields: `data.<field>`, and what the fact is beside them.
    fileprivate func forwarded(_ data: JSONValue) -> JSONValue {
        .written { object in
            object.member("factId", factID)
            object.member("recordType", recordType)
            object.member("subject", subject)
            object.member("occurredAt", occurredAt)
            object.memberIfPresent("supersedes", supersedes)
            object.member("isRetraction", isRetraction)
            object.member("data", data)
        }
    }
}
