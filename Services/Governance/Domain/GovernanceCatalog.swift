import Contracts
import Deciding
import Vocabulary
import Wire

/// What governance makes of the catalogue: record types with their rules. Holds every version.
package struct GovernanceCatalog: CatalogView {
    private let types: [String: [(from: Instant, type: GovernedType?)]]
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    package let defects: [String: [String]]

    package init(_ catalog: Catalog) {
        var types: [String: [(from: Instant, type: GovernedType?)]] = [:]
        var unusable: [String: [String]] = [:]
        // By id, versions ascending.
        for entry in catalog.all where entry.kind == "recordType" {
            var found: [String] = []
            if entry.isWithdrawn {
                types[entry.id, default: []].append((entry.effectiveFrom, nil))
            } else if let type = GovernedType(entry, defects: &found) {
                types[entry.id, default: []].append((entry.effectiveFrom, type))
            }
            if !found.isEmpty { unusable[entry.key] = found }
        }
        self.types = types
        defects = unusable
    }

    /// The type in force at `now`; nil when there is none.
    package func type(_ id: String, at now: Instant) -> GovernedType? { types[id]?.last { $0.from <= now }?.type }
}
