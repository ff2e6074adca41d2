import Synchronization
import Vocabulary

/// Something made of what is in force: it is the same from one change to the next, so it is made once for such a span of time and kept while
/// the span is asked for.
package final class SpanCache<Made: Sendable>: Sendable {
    private let kept = Mutex<(span: Int, made: Made)?>(nil)

    package init() {}

    /// - Parameter changes: the moments at which something takes effect, ascending; always the same.
    package func made(at now: Instant, changes: [Instant], make: () -> Made) -> Made {
        let span = changes.partitioningIndex(after: now)
        if let kept = kept.withLock({ $0 }), kept.span == span { return kept.made }
        let made = make()
        kept.withLock { $0 = (span, made) }
        return made
    }
}

extension [Instant] {
    /// How many of the ascending moments are not after `now`.
    fileprivate func partitioningIndex(after now: Instant) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= now { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
