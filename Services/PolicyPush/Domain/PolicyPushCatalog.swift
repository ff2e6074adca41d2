import Contracts
import Deciding
import Rules
import Vocabulary

/// What policy push makes of the catalogue: every version of every policy, compiled.
public final class PolicyPushCatalog: CatalogView {
    private let versions: [String: Versions<Policy>]
    /// All policies ever published, sorted.
    private let ids: [String]
    private let divisions: DivisionTables
    /// When a version takes effect, its claims begin, or another division counts, ascending.
    private let changes: [Instant]
    private let racks = SpanCache<Rack>()
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var versions: [String: Versions<Policy>] = [:]
        var changes: Set<Instant> = []
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all where entry.kind == "policy" {
            let isAdded = versions.add(entry, unusable: &unusable) { entry, defects in
                let policy = Policy(entry, defects: &defects)
                // From its first day on a grant without application can be claimed.
                if let policy, policy.isWithoutApplication { changes.insert(policy.opens) }
                return policy
            }
            if isAdded { changes.insert(entry.effectiveFrom) }
        }
        self.versions = versions
        ids = versions.keys.sorted()
        let divisions = DivisionTables(catalog)
        self.divisions = divisions
        self.changes = changes.union(divisions.changes).sorted()
        defects = unusable.merging(divisions.defects) { own, _ in own }
    }

    /// The division where the subject's counts at `now`.
    func region(of portrait: Portrait, at now: Instant) -> String { divisions.counted(portrait.region, at: now) }

    /// The policy in force at `now`; nil when there is none or it was withdrawn.
    public func policy(_ id: String, at now: Instant) -> Policy? { versions[id]?.inForce(at: now) }

    /// The policies in force at `now` that fit the subject, and some that do not.
    func candidates(_ facts: SubjectFacts, at now: Instant) -> [String] {
        let rack = rack(at: now)
        return rack.sieve.passing(facts).map { rack.ids[$0] }
    }

    public func prepare(at now: Instant) { _ = rack(at: now) }

    private func rack(at now: Instant) -> Rack {
        racks.made(at: now, changes: changes) {
            let policies = ids.compactMap { policy($0, at: now) }
            return Rack(ids: policies.map(\.id), sieve: RuleSieve(policies.map { .apply(.and, $0.conditions.map(\.logic)) }))
        }
    }

    /// The policies in force, and what sorts out those that can not fit without judging each.
    private struct Rack: Sendable {
        let ids: [String]
        let sieve: RuleSieve
    }

    /// One exact version, in force or not.
    public func policy(_ id: String, version: Int64) -> Policy? { versions[id]?.last { $0.version == version } }

    /// Whether a push of the version need no longer be known: its last day is long over. What is not in the catalogue is kept.
    func isForgotten(_ id: String, version: Int64, at now: Instant) -> Bool {
        policy(id, version: version).map { $0.closes <= now - PolicyPush.keptAfterClose } ?? false
    }

    /// Whether a round need no longer be known: the last day of all its versions is long over. What is not in the catalogue is kept.
    func isForgotten(_ id: String, round: String, at now: Instant) -> Bool {
        guard let versions = versions[id], versions.last(where: { $0.round == round }) != nil else { return false }
        return versions.last { $0.round == round && $0.closes > now - PolicyPush.keptAfterClose } == nil
    }

    /// The first moment after `now` at which a version takes effect or its claims begin.
    public func nextChange(after now: Instant) -> Instant? { changes.first { $0 > now } }
}
