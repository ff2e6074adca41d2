import Deciding
import Vocabulary
import Wire

/// The catalogue's entries as governance compiles them, every version.
struct GovernanceEntries: Sendable {
    private(set) var types: [String: Versions<GovernedType>] = [:]
    /// By record type; the rules of each by id.
    private(set) var rules: [String: [(id: String, versions: Versions<QualityRule>)]] = [:]
    /// By id.
    private(set) var crossChecks: [(id: String, versions: Versions<CrossCheck>)] = []
    /// Record types that any version of any cross-check reads.
    private(set) var comparedTypes: Set<String> = []
    /// By record type: the keys by which any version of any cross-check joins it, each once.
    private(set) var joins: [String: [[String]]] = [:]
    private(set) var trusts: [String: Versions<Int64>] = [:]
    private(set) var categories: [String: Versions<ConsentDemand>] = [:]
    private(set) var identityRules: Versions<IdentityRule> = Versions()
    private(set) var calendar: Versions<WorkingCalendar> = Versions()

    /// Entries come by kind and id, versions ascending. One that cannot be used is left out, and why is in `defects`.
    mutating func add(_ entry: CatalogEntry, defects: inout [String]) {
        let from = entry.effectiveFrom
        func read<Compiled>(_ compile: (inout [String]) -> Compiled?) -> Compiled?? {
            if entry.isWithdrawn { return .some(nil) }
            return compile(&defects).map { .some($0) }
        }
        switch entry.kind {
        case "recordType":
            if let type = read({ GovernedType(entry, defects: &$0) }) { types[entry.id, default: Versions()].add(type, from: from) }
        case "qualityRule":
            guard let rule = read({ QualityRule(entry, defects: &$0) }) else { return }
            // A type that a new version no longer names is let go.
            let named = Set(rule?.recordTypes ?? [])
            for type in named.union(rules.keys.filter { rules[$0]?.last?.id == entry.id }) {
                if rules[type]?.last?.id != entry.id { rules[type, default: []].append((entry.id, Versions())) }
                let last = (rules[type]?.count ?? 1) - 1
                rules[type]?[last].versions.add(named.contains(type) ? rule : nil, from: from)
            }
        case "crossCheck":
            guard let check = read({ CrossCheck(entry, defects: &$0) }) else { return }
            if crossChecks.last?.id != entry.id { crossChecks.append((entry.id, Versions())) }
            crossChecks[crossChecks.count - 1].versions.add(check, from: from)
            comparedTypes.formUnion(check?.parts.map(\.recordType) ?? [])
            for part in check?.parts ?? [] where joins[part.recordType]?.contains(part.key) != true {
                joins[part.recordType, default: []].append(part.key)
            }
        case "sourceTrust":
            if let trust = read({ Self.trust(entry.body, defects: &$0) }) {
                trusts[entry.body["writer"]?.string ?? entry.id, default: Versions()].add(trust, from: from)
            }
        case "consentCategory":
            if let demand = read({ ConsentDemand(entry.body, defects: &$0) }) {
                categories[entry.id, default: Versions()].add(demand, from: from)
            }
        case "identityRule":
            if let rule = read({ IdentityRule(entry.body, defects: &$0) }) { identityRules.add(rule, from: from) }
        case "calendar":
            if let days = read({ _ in Self.calendar(entry.body) }) { calendar.add(days, from: from) }
        default: break
        }
    }

    private static func trust(_ body: JSONValue, defects: inout [String]) -> Int64? {
        guard let weight = body["weightBp"]?.int, (0...10_000).contains(weight), !(body["writer"]?.string ?? "").isEmpty else {
            defects.append("`writer` is missing or `weightBp` is not 0…10000")
            return nil
        }
        return weight
    }

    private static func calendar(_ body: JSONValue) -> WorkingCalendar? {
        let years = body["years"]?.elements.compactMap { json -> WorkingYear? in
            func days(_ name: String) -> [Day] { json[name]?.elements.compactMap(\.day) ?? [] }
            return json["year"]?.int.map { WorkingYear(year: Int($0), off: days("off"), work: days("work")) }
        }
        do throws(WorkingCalendarDefect) { return try WorkingCalendar(years: years ?? []) } catch { return nil }
    }
}
