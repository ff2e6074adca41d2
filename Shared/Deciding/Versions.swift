import Vocabulary

/// All versions of one catalogue entry, ascending; nil where it was withdrawn or never usable.
public struct Versions<Compiled: Sendable>: Sendable {
    private var versions: [(from: Instant, compiled: Compiled?)] = []

    public init() {}

    public mutating func add(_ compiled: Compiled?, from: Instant) { versions.append((from, compiled)) }

    /// The same stretches of time with what `take` makes of each version; nil when it makes nothing of any.
    public func compactMap<Part: Sendable>(_ take: (Compiled) -> Part?) -> Versions<Part>? {
        let parts = versions.map { (from: $0.from, part: $0.compiled.flatMap(take)) }
        guard parts.contains(where: { $0.part != nil }) else { return nil }
        var taken = Versions<Part>()
        for (from, part) in parts { taken.add(part, from: from) }
        return taken
    }

    /// When a version takes effect.
    public var starts: Set<Instant> { Set(versions.map(\.from)) }

    /// The highest version that is effective by `now`.
    public func inForce(at now: Instant) -> Compiled? { versions.last { $0.from <= now }?.compiled }

    /// The last usable version that answers to the question, in force or not.
    public func last(where answers: (Compiled) -> Bool = { _ in true }) -> Compiled? {
        versions.last { $0.compiled.map(answers) ?? false }?.compiled
    }

    /// False also when there never was one.
    public func isWithdrawn(at now: Instant) -> Bool {
        guard let latest = versions.last(where: { $0.from <= now }) else { return false }
        return latest.compiled == nil
    }
}
