import Contracts
import Deciding
import Vocabulary

/// What scoring makes of the catalogue: for every stretch of time between two changes, the entries in force, compiled and in order.
public final class ScoringCatalog: CatalogView {
    /// Ascending by when they begin; the first one begins before everything.
    private let books: [ScoringBook]
    /// What facts are kept for. Also for entries not in force yet, so that they do not start with nothing.
    public let collected: Collected
    let divisions: DivisionTables
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var unusable: [String: [String]] = [:]
        var indicators: [String: Versions<Indicator>] = [:]
        var tags: [String: Versions<Tag>] = [:]
        var dimensions: [String: Versions<Dimension>] = [:]
        var models: [String: Versions<ScoringModel>] = [:]
        var whitelists: [String: Versions<Whitelist>] = [:]
        var collected = Collected()
        var starts: Set<Instant> = []

        func add<Compiled: Sendable>(
            _ entry: CatalogEntry, to versions: inout [String: Versions<Compiled>], _ compile: (CatalogEntry, inout [String]) -> Compiled?
        ) {
            if versions.add(entry, unusable: &unusable, compile) { starts.insert(entry.effectiveFrom) }
        }
        // By kind and id, versions ascending.
        for entry in catalog.all {
            switch entry.kind {
            case "indicator":
                add(entry, to: &indicators) { entry, defects in
                    let indicator = Indicator(entry, defects: &defects)
                    if let indicator { collected.add(indicator) }
                    return indicator
                }
            case "tag": add(entry, to: &tags) { Tag($0, defects: &$1) }
            case "dimension": add(entry, to: &dimensions) { Dimension($0, defects: &$1) }
            case "model": add(entry, to: &models) { ScoringModel($0, defects: &$1) }
            case "whitelist": add(entry, to: &whitelists) { Whitelist($0, defects: &$1) }
            default: continue
            }
        }

        divisions = DivisionTables(catalog)
        starts.formUnion(divisions.starts)
        var books: [ScoringBook] = []
        for start in starts.sorted() {
            let inForce = Self.pick(indicators, at: start)
            let (ordered, circular) = ScoringBook.order(inForce)
            for id in circular {
                let entry = catalog.entry("indicator", id, at: start)
                unusable[entry?.key ?? "indicator/\(id)"] = ["it is made of itself, or of one that is"]
            }
            books.append(
                ScoringBook(
                    from: start, catalogVersion: catalog.version, indicators: ordered, tags: Self.pick(tags, at: start),
                    dimensions: Self.pick(dimensions, at: start),
                    models: Self.pick(models, at: start).sorted { $0.priority != $1.priority ? $0.priority < $1.priority : $0.id < $1.id },
                    whitelists: Self.pick(whitelists, at: start), divisions: divisions.table(at: start)))
        }
        self.books = books
        self.collected = collected
        defects = unusable.merging(divisions.defects) { own, _ in own }
        empty = ScoringBook(
            from: .epoch, catalogVersion: catalog.version, indicators: [], tags: [], dimensions: [], models: [], whitelists: [],
            divisions: .empty)
    }

    private let empty: ScoringBook

    /// By id; of each the highest version effective by `now`.
    private static func pick<Compiled>(_ entries: [String: Versions<Compiled>], at now: Instant) -> [Compiled] {
        entries.sorted { $0.key < $1.key }.compactMap { $0.value.inForce(at: now) }
    }

    /// What is in force at `now`.
    public func book(at now: Instant) -> ScoringBook { books.last { $0.from <= now } ?? empty }

    /// What will be in force when every entry is.
    public var latestBook: ScoringBook { books.last ?? empty }
}

/// The compiled entries that are in force together.
public struct ScoringBook: Sendable {
    public let from: Instant
    public let catalogVersion: Int64
    /// Each after what it is made of.
    public let indicators: [Indicator]
    /// Their ids in the order in which a portrait lists them.
    let indicatorIDs: [String]
    /// By id.
    public let tags: [Tag]
    public let dimensions: [Dimension]
    /// By priority.
    public let models: [ScoringModel]
    public let whitelists: [Whitelist]
    /// Where a division counts.
    let divisions: DivisionTable
    private let recordTypes: [String: Set<String>]
    /// Position in `indicators`.
    private let places: [String: Int]

    init(
        from: Instant, catalogVersion: Int64, indicators: [Indicator], tags: [Tag], dimensions: [Dimension], models: [ScoringModel],
        whitelists: [Whitelist], divisions: DivisionTable
    ) {
        self.from = from
        self.catalogVersion = catalogVersion
        self.indicators = indicators
        indicatorIDs = indicators.map(\.id).sorted { $0.precedesBytewise($1) }
        self.tags = tags
        self.dimensions = dimensions
        self.models = models
        self.whitelists = whitelists
        self.divisions = divisions
        places = Dictionary(indicators.enumerated().map { ($1.id, $0) }) { first, _ in first }
        var recordTypes: [String: Set<String>] = [:]
        for indicator in indicators {
            var types: Set<String> = []
            if let type = indicator.recordType { types.insert(type) }
            for need in indicator.needs { types.formUnion(recordTypes[need] ?? []) }
            recordTypes[indicator.id] = types
        }
        self.recordTypes = recordTypes
    }

    public func indicator(_ id: String) -> Indicator? { places[id].map { indicators[$0] } }

    /// The record types that an indicator rests on, itself or through others.
    public func recordTypes(of id: String) -> Set<String> { recordTypes[id] ?? [] }

    /// Each indicator after what it is made of; those that rest on themselves are left out. A need that is no indicator is
    /// no hindrance: its value is missing.
    static func order(_ indicators: [Indicator]) -> (ordered: [Indicator], circular: [String]) {
        let known = Set(indicators.map(\.id))
        var done: Set<String> = []
        var ordered: [Indicator] = []
        var waiting = indicators
        while !waiting.isEmpty {
            let ready = waiting.filter { $0.needs.allSatisfy { !known.contains($0) || done.contains($0) } }
            if ready.isEmpty { break }
            ordered += ready
            done.formUnion(ready.map(\.id))
            waiting.removeAll { done.contains($0.id) }
        }
        return (ordered, waiting.map(\.id))
    }
}
