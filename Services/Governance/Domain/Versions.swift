import Vocabulary

/// All versions of one catalogue entry, ascending; nil where it was withdrawn or never usable.
struct Versions<Compiled: Sendable>: Sendable {
    private var versions: [(from: Instant, compiled: Compiled?)] = []

    mutating func add(_ compiled: Compiled?, from: Instant) { versions.append((from, compiled)) }

    /// The highest version that is effective by `now`.
    func inForce(at now: Instant) -> Compiled? { versions.last { $0.from <= now }?.compiled }
}
