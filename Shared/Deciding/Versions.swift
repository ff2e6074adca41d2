import Vocabulary

/// All versions of one catalogue entry, ascending; nil where it was withdrawn or never usable.
package struct Versions<Compiled: Sendable>: Sendable {
    @usableFromInline
    var versions: [(from: Instant, compiled: Compiled?)] = []

    package init() {}

    package mutating func add(_ compiled: Compiled?, from: Instant) { versions.append((from, compiled)) }

    /// The same stretches of time with what `take` makes of each version; nil when it makes nothing of any.
    package func compactMap<Part: Sendable>(_ take: (Compiled) -> Part?) -> Versions<Part>? {
        let parts = versions.map { (from: $0.from, part: $0.compiled.flatMap(take)) }
        guard parts.contains(where: { $0.part != nil }) else { return nil }
        var taken = Versions<Part>()
        for (from, part) in parts { taken.add(part, from: from) }
        return taken
    }

    /// When a version takes effect.
    package var starts: Set<Instant> { Set(versions.map(\.from)) }

    /// The highest version that is effective by `now`. Inlinable, since every record asks and code over a generic type is not specialised for
    /// its users in other modules.
    @inlinable
    package func inForce(at now: Instant) -> Compiled? {
        var place = versions.count
        while place > 0 {
            place -= 1
            if versions[place].from <= now { return versions[place].compiled }
        }
        return nil
    }

    /// False also when there never was one.
    package func isWithdrawn(at now: Instant) -> Bool {
        guard let latest = versions.last(where: { $0.from <= now }) else { return false }
        return latest.compiled == nil
    }
}
