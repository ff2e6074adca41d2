/// What to do about a place in a topic after the process ended uncleanly, by how often it was tried. Pure.
///
/// The first try after the end takes the batch as it comes. When that ends the process too, its messages are taken one by one: the
/// next end then names the culprit. A message that ended the process three times, the last two alone, is set aside without a fourth try:
/// fewer, and a process that is killed from outside would too easily blame what it had in its hands.
public enum AttemptPlan: Hashable, Sendable {
    case asItComes
    case oneByOne
    case setAside

    /// Tries from which on messages are taken one by one, and from which on one is set aside. The try that is about to begin counts.
    public static let aloneFrom: Int32 = 2
    public static let asideFrom: Int32 = 4

    /// A try that is written down before it begins.
    public struct Mark: Hashable, Sendable {
        public let place: MessagePlace
        public let attempts: Int32
        /// Whether it was the only message of its batch.
        public let isAlone: Bool

        public init(place: MessagePlace, attempts: Int32, isAlone: Bool) {
            self.place = place
            self.attempts = attempts
            self.isAlone = isAlone
        }
    }

    /// What a worker does that finds these marks of earlier tries: single messages as soon as one place was tried as often as
    /// `aloneFrom` says, or when the process ended over a single message.
    public init(resuming marks: some Sequence<Mark>) {
        self = marks.contains { $0.isAlone || $0.attempts + 1 >= Self.aloneFrom } ? .oneByOne : .asItComes
    }

    /// The mark to write down for a batch that begins at `place`, after `former` of the same partition.
    public static func next(_ former: Mark?, at place: MessagePlace, isAlone: Bool) -> Mark {
        guard let former, former.place == place else { return Mark(place: place, attempts: 1, isAlone: isAlone) }
        return Mark(place: place, attempts: former.attempts + 1, isAlone: isAlone)
    }

    /// What is due for a single message with this mark. One that ended the process only in company is first tried alone.
    public static func verdict(_ mark: Mark, former: Mark?) -> AttemptPlan {
        guard mark.isAlone else { return .asItComes }
        let wasAlone = former?.place == mark.place && former?.isAlone == true
        return mark.attempts >= asideFrom && wasAlone ? .setAside : .oneByOne
    }
}
