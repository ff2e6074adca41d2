import Contracts
import Deciding
import Vocabulary
import Wire

/// What governance makes of the catalogue: record types with their rules, cross-checks, what consent a category needs, how far each source is
/// trusted, the working days. Holds every version.
package struct GovernanceCatalog: CatalogView {
    private var types: [String: Versions<GovernedType>] = [:]
    /// By record type; the rules of each by id.
    private var rules: [String: [(id: String, versions: Versions<QualityRule>)]] = [:]
    /// By id.
    private var crossChecks: [(id: String, versions: Versions<CrossCheck>)] = []
    /// Record types that any version of any cross-check reads.
    private var comparedTypes: Set<String> = []
    private var trusts: [String: Versions<Int64>] = [:]
    private var categories: [String: Versions<ConsentDemand>] = [:]
    private var identityRules: Versions<IdentityRule> = Versions()
    private var calendar: Versions<WorkingCalendar> = Versions()
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    package private(set) var defects: [String: [String]] = [:]

    package init(_ catalog: Catalog) {
        // By kind and id, versions ascending.
        for entry in catalog.all {
            var found: [String] = []
            add(entry, defects: &found)
            if !found.isEmpty { defects[entry.key] = found }
        }
    }

    private mutating func add(_ entry: CatalogEntry, defects: inout [String]) {
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

    // MARK: In force

    /// The type in force at `now`; nil when there is none.
    package func type(_ id: String, at now: Instant) -> GovernedType? { types[id]?.inForce(at: now) }

    /// The entries of kind `qualityRule` that judge the type, by id.
    func rules(for type: String, at now: Instant) -> [QualityRule] {
        rules[type]?.compactMap { $0.versions.inForce(at: now) } ?? []
    }

    /// The cross-checks that read the type, by id.
    func crossChecks(reading type: String, at now: Instant) -> [CrossCheck] {
        guard comparedTypes.contains(type) else { return [] }
        return crossChecks.compactMap { $0.versions.inForce(at: now) }.filter { $0.reads(type) }
    }

    func crossCheck(_ id: String, at now: Instant) -> CrossCheck? {
        crossChecks.first { $0.id == id }?.versions.inForce(at: now)
    }

    /// How far the writer is trusted: 10,000 basis points when nothing is said.
    func trust(of writer: String, at now: Instant) -> Int64 { trusts[writer]?.inForce(at: now) ?? 10_000 }

    func demand(of category: String, at now: Instant) -> ConsentDemand { categories[category]?.inForce(at: now) ?? ConsentDemand() }

    func identityRule(at now: Instant) -> IdentityRule? { identityRules.inForce(at: now) }

    /// The last day of a term of working days, and whether a year in it has not been announced.
    func deadline(from moment: Instant, workingDays: Int, at now: Instant) -> (day: Day, isProvisional: Bool) {
        (calendar.inForce(at: now) ?? WorkingCalendar()).deadline(from: moment, workingDays: workingDays)
    }

    func workingDays(after earlier: Instant, through later: Instant, at now: Instant) -> Int {
        (calendar.inForce(at: now) ?? WorkingCalendar()).workingDays(after: earlier.dayInChina, through: later.dayInChina)
    }

    // MARK: Reading

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
