import Contracts
import Deciding
import Vocabulary
import Wire

/// What governance makes of the catalogue: record types with their rules, cross-checks, what consent a category needs, how far each source is
/// trusted, the working days. Holds every version.
public final class GovernanceCatalog: CatalogView {
    private let entries: GovernanceEntries
    private let calendars: WorkingCalendars
    private let divisions: DivisionTables
    /// By record type: the entries of kind `qualityRule` that judge it, from one change to the next.
    private let judging: [String: Versions<JudgingRules>]
    /// By record type: the cross-checks that read it, from one change to the next.
    private let comparing: [String: Versions<[CrossCheck]>]
    /// Record types that some version of some rule judges afterwards.
    private let judgedAfterwards: Set<String>
    /// Record types on which such a judgement rests.
    private let readAfterwards: Set<String>
    /// By record type: the fields by which cross-checks join it to others, each list once.
    private let joins: [String: [[String]]]
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var entries = GovernanceEntries()
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all { entries.add(entry, unusable: &unusable) }
        self.entries = entries
        let calendars = WorkingCalendars(catalog)
        self.calendars = calendars
        let divisions = DivisionTables(catalog)
        self.divisions = divisions
        defects = unusable.merging(calendars.defects) { own, _ in own }.merging(divisions.defects) { own, _ in own }
        judging = entries.rules.mapValues { rules in Self.inForce(rules) { JudgingRules($0) } }
        let judgedAfterwards = Set(entries.rulesAfterwards.keys)
        self.judgedAfterwards = judgedAfterwards
        // What people say is right is no longer doubted.
        let overrides: Set<String> = judgedAfterwards.isEmpty ? [] : [QualityRuling.overrideType]
        readAfterwards = entries.rulesAfterwards.values.reduce(judgedAfterwards.union(overrides)) { $0.union($1) }
        var comparing: [String: Versions<[CrossCheck]>] = [:]
        for type in entries.comparedTypes { comparing[type] = Self.inForce(entries.crossChecks) { $0.filter { $0.reads(type) } } }
        self.comparing = comparing
        joins = entries.joins
    }

    /// What is made of all that is in force together, from one change to the next.
    private static func inForce<Entry: Sendable, Made: Sendable>(
        _ entries: [(id: String, versions: Versions<Entry>)], _ make: ([Entry]) -> Made
    ) -> Versions<Made> {
        var made = Versions<Made>()
        for start in Set(entries.flatMap { $0.versions.starts }).sorted() {
            made.add(make(entries.compactMap { $0.versions.inForce(at: start) }), from: start)
        }
        return made
    }

    // MARK: In force

    /// The type in force at `now`; nil when there is none.
    public func type(_ id: String, at now: Instant) -> GovernedType? { entries.types[id]?.inForce(at: now) }

    /// The entries of kind `qualityRule` that judge the type, by id.
    func rules(for type: String, at now: Instant) -> JudgingRules { judging[type]?.inForce(at: now) ?? .none }

    /// Whether a rule of any time judges statements of the type when they stand.
    func isJudgedAfterwards(_ type: String) -> Bool { judgedAfterwards.contains(type) }

    /// Whether such a judgement may change with what is said of the type.
    func isReadAfterwards(_ type: String) -> Bool { readAfterwards.contains(type) }

    /// Whether statements of the type may tell the end of another type's.
    func tellsEnds(_ type: String) -> Bool { entries.endTypes.contains(type) }

    /// The cross-checks that read the type, by id.
    func crossChecks(reading type: String, at now: Instant) -> [CrossCheck] { comparing[type]?.inForce(at: now) ?? [] }

    /// The fields by which any version of any cross-check, those to come included, joins the type to others.
    func joins(of type: String) -> [[String]] { joins[type] ?? [] }

    func crossCheck(_ id: String, at now: Instant) -> CrossCheck? {
        entries.crossChecks.first { $0.id == id }?.versions.inForce(at: now)
    }

    /// How far the writer is trusted: 10,000 basis points when nothing is said.
    func trust(of writer: String, at now: Instant) -> Int64 { entries.trusts[writer]?.inForce(at: now)?.weight ?? SourceTrust.full }

    func demand(of category: String, at now: Instant) -> ConsentDemand { entries.categories[category]?.inForce(at: now) ?? ConsentDemand() }

    func identityRule(at now: Instant) -> IdentityRule? { entries.identityRules.inForce(at: now) }

    /// The code under which the division counts at `now`.
    func division(_ code: String, at now: Instant) -> String { divisions.counted(code, at: now) }

    /// The last day of a term of working days, and whether a year in it has not been announced.
    func deadline(from moment: Instant, workingDays: Int, at now: Instant) -> (day: Day, isProvisional: Bool) {
        calendars.calendar(at: now).deadline(from: moment, workingDays: workingDays)
    }

    func workingDays(after earlier: Instant, through later: Instant, at now: Instant) -> Int {
        calendars.calendar(at: now).workingDays(after: earlier.dayInChina, through: later.dayInChina)
    }
}
