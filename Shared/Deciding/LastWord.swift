import Vocabulary

/// When something was last said about a subject.
///
/// Readers tell by its moment which of two words about one thing stands: a push and its withdrawal, a raised and a lowered alert. A batch
/// has one `now`, and a clock may be set back; so each word gets a moment after the last one's, by a microsecond when the clock has no better.
public struct LastWord: Hashable, Sendable {
    /// Nil before the first.
    public private(set) var at: Instant?

    public init(at: Instant? = nil) { self.at = at }

    /// The moment of the next word.
    public mutating func next(at now: Instant) -> Instant {
        let moment = at.map { max(now, $0 + .microseconds(1)) } ?? now
        at = moment
        return moment
    }
}
