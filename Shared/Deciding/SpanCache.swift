import Synchronization
import Vocabulary

/// Something made of what is in force: it is the same from one change to the next, so it is made once for such a span of time and kept while
/// the span is asked for.
public final class SpanCache<Made: Sendable>: Sendable {
    private let kept = Mutex<(span: Int, made: Made)?>(nil)

    public init() {}

    /// - Parameter changes: the moments at which something takes effect, ascending; always the same.
    public func made(at now: Instant, changes: [Instant], make: () -> Made) -> Made {
        let span = changes.prefixCount { $0 <= now }
        if let kept = kept.withLock({ $0 }), kept.span == span { return kept.made }
        let made = make()
        kept.withLock { $0 = (span, made) }
        return made
    }
}
