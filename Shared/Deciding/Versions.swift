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

extension CatalogEntry {
    /// The version that the entry is: what is made of it, or nothing from then on where it was withdrawn. Nil when it can not be used; why goes
    /// to `unusable`, under its key.
    public func compiled<Compiled>(
        unusable: inout [String: [String]], _ compile: (CatalogEntry, inout [String]) -> Compiled?
    ) -> Compiled?? {
        if isWithdrawn { return .some(nil) }
        var found: [String] = []
        let compiled = compile(self, &found)
        if !found.isEmpty { unusable[key] = found }
        return compiled.map { .some($0) }
    }
}

extension Dictionary where Key == String {
    /// Adds the entry to the versions of its id. One that can not be used is left out, so that the version before stays in force. Says whether
    /// it was added.
    @discardableResult
    public mutating func add<Compiled: Sendable>(
        _ entry: CatalogEntry, unusable: inout [String: [String]], _ compile: (CatalogEntry, inout [String]) -> Compiled?
    ) -> Bool where Value == Versions<Compiled> {
        guard let version = entry.compiled(unusable: &unusable, compile) else { return false }
        self[entry.id, default: Versions()].add(version, from: entry.effectiveFrom)
        return true
    }
}
