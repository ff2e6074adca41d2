import Deciding
import Vocabulary
import Wire

/// The catalogue's entries as governance compiles them, every version.
struct GovernanceEntries: Sendable {
    private(set) var types: [String: Versions<GovernedType>] = [:]
    /// By record type; the rules of each by id.
    private(set) var rules: [String: [(id: String, versions: Versions<QualityRule>)]] = [:]
    /// By a record type that rules of any version judge afterwards: the other types that they read.
    private(set) var rulesAfterwards: [String: Set<String>] = [:]
    /// Record types by which any version of another one's `adverse` is told to have ended.
    private(set) var endTypes: Set<String> = []
    /// By id.
    private(set) var crossChecks: [(id: String, versions: Versions<CrossCheck>)] = []
    /// Record types that any version of any cross-check reads.
    private(set) var comparedTypes: Set<String> = []
    /// By record type: the keys by which any version of any cross-check joins it, each once.
    private(set) var joins: [String: [[String]]] = [:]
    private(set) var trusts: [String: Versions<SourceTrust>] = [:]
    private(set) var categories: [String: Versions<ConsentDemand>] = [:]
    private(set) var identityRules: Versions<IdentityRule> = Versions()

    /// Entries come by kind and id, versions ascending. One that cannot be used is left out, and why goes to `unusable`.
    mutating func add(_ entry: CatalogEntry, unusable: inout [String: [String]]) {
        let from = entry.effectiveFrom
        switch entry.kind {
        case "recordType":
            types.add(entry, unusable: &unusable) { GovernedType($0, defects: &$1) }
            if let rules = types[entry.id]?.last()?.rules, !rules.rulesAfterwards.isEmpty {
                rulesAfterwards[entry.id, default: []].formUnion(rules.otherTypesAfterwards)
            }
            if let record = types[entry.id]?.last()?.adverse?.endRecord { endTypes.insert(record.recordType) }
        case "qualityRule":
            guard let rule = entry.compiled(unusable: &unusable, { QualityRule($0, defects: &$1) }) else { return }
            // A type that a new version no longer names is let go.
            let named = Set(rule?.recordTypes ?? [])
            if let rule, rule.stage == .after {
                for type in named { rulesAfterwards[type, default: []].formUnion(rule.others.values) }
            }
            for type in named.union(rules.keys.filter { rules[$0]?.last?.id == entry.id }) {
                if rules[type]?.last?.id != entry.id { rules[type, default: []].append((entry.id, Versions())) }
                let last = (rules[type]?.count ?? 1) - 1
                rules[type]?[last].versions.add(named.contains(type) ? rule : nil, from: from)
            }
        case "crossCheck":
            guard let check = entry.compiled(unusable: &unusable, { CrossCheck($0, defects: &$1) }) else { return }
            if crossChecks.last?.id != entry.id { crossChecks.append((entry.id, Versions())) }
            crossChecks[crossChecks.count - 1].versions.add(check, from: from)
            comparedTypes.formUnion(check?.parts.map(\.recordType) ?? [])
            for part in check?.parts ?? [] where joins[part.recordType]?.contains(part.key) != true {
                joins[part.recordType, default: []].append(part.key)
            }
        case "sourceTrust":
            if let trust = entry.compiled(unusable: &unusable, { SourceTrust($0.body, defects: &$1) }) {
                trusts[entry.body["writer"]?.string ?? entry.id, default: Versions()].add(trust, from: from)
            }
        case "consentCategory": categories.add(entry, unusable: &unusable) { ConsentDemand($0.body, defects: &$1) }
        case "identityRule":
            if let rule = entry.compiled(unusable: &unusable, { IdentityRule($0.body, defects: &$1) }) {
                identityRules.add(rule, from: from)
            }
        default: break
        }
    }
}
