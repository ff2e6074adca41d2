/// Something of the business that those who watch the services count. It is counted in the process once its decision is committed; statistics,
/// which must not miss anything, come from the tables.
public struct Tally: Hashable, Sendable {
    public enum Name: String, CaseIterable, Sendable {
        /// Let in at the front door; by kind of writer and record type.
        case recordTaken
        /// Looked at by governance; by record type, and `established`, `held` or `refused`.
        case recordJudged
        /// By model and its version.
        case scoreComputed
        /// Products that were found for a firm and sent on.
        case matchListed
        /// By `pushed`, `withdrawn`, `reminded` and so on.
        case policyTold
        /// By level and rule.
        case alertRaised
        /// Sent out to a receiver; by the receiver and the message's type.
        case released
        /// By purpose.
        case consentDenied
        /// What a timer or a catalogue walk would have done and may not; by the refusal's code.
        case effectRefused
    }

    public let name: Name
    /// Their values, in the order in which the name's comment has them; few different ones.
    public let labels: [String]

    public init(_ name: Name, _ labels: [String]) {
        self.name = name
        self.labels = labels
    }
}
