import Contracts
import Synchronization
import Vocabulary
import Wire

/// One catalogue entry: data that a user publishes to make the suite do something new without a rebuild.
public struct CatalogEntry: Sendable {
    public let kind: String
    public let id: String
    public let version: Int64
    public let effectiveFrom: Instant
    /// True when the entry was taken back.
    public let isWithdrawn: Bool
    public let body: JSONValue

    public init(kind: String, id: String, version: Int64, effectiveFrom: Instant, isWithdrawn: Bool = false, body: JSONValue) {
        self.kind = kind
        self.id = id
        self.version = version
        self.effectiveFrom = effectiveFrom
        self.isWithdrawn = isWithdrawn
        self.body = body
    }

    /// Reads the published form `{kind, id, version, effectiveFrom, withdrawn?, body}`.
    public init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        let version = try fields.int("version")
        guard version > 0 else { throw .wrong(field: "version", expected: "1 or more") }
        self.init(
            kind: try fields.text("kind"), id: try fields.text("id"), version: version,
            effectiveFrom: try fields.instantOrNil("effectiveFrom") ?? .epoch, isWithdrawn: try fields.bool("withdrawn"),
            body: try fields.required("body"))
    }

    /// `kind/id/version`: the key on the compacted topic.
    public var key: String { "\(kind)/\(id)/\(version)" }
}

/// What is in force: an immutable picture of the catalogue topic up to one offset. Replaced as a whole, never changed.
public final class Catalog: Sendable {
    /// The topic's next offset when the picture was taken; goes into every decision.
    public let version: Int64
    /// By kind, then id; versions ascending.
    private let entries: [String: [String: [CatalogEntry]]]
    /// By kind the highest versions, by id.
    private let latestEntries: [String: [CatalogEntry]]
    private let views = Mutex<[ObjectIdentifier: any CatalogView]>([:])

    public static let empty = Catalog(version: 0, entries: [])

    public init(version: Int64, entries all: [CatalogEntry]) {
        var byKind: [String: [String: [CatalogEntry]]] = [:]
        for entry in all { byKind[entry.kind, default: [:]][entry.id, default: []].append(entry) }
        for kind in byKind.keys {
            for id in (byKind[kind] ?? [:]).keys {
                // The same version published again replaces what was there: last on the topic wins.
                var latest: [Int64: CatalogEntry] = [:]
                for entry in byKind[kind]?[id] ?? [] { latest[entry.version] = entry }
                byKind[kind]?[id] = latest.values.sorted { $0.version < $1.version }
            }
        }
        self.version = version
        entries = byKind
        latestEntries = byKind.mapValues { ids in ids.sorted { $0.key < $1.key }.compactMap { $0.value.last } }
    }

    /// The entry in force at `now`: the highest version that is effective by then; nil when none is, or it was withdrawn.
    public func entry(_ kind: String, _ id: String, at now: Instant) -> CatalogEntry? {
        guard let entry = entries[kind]?[id]?.last(where: { $0.effectiveFrom <= now }), !entry.isWithdrawn else { return nil }
        return entry
    }

    /// One exact version, in force or not: for replaying a decision.
    public func entry(_ kind: String, _ id: String, version: Int64) -> CatalogEntry? {
        entries[kind]?[id]?.first { $0.version == version }
    }

    /// All entries of a kind in force at `now`, by id.
    public func entries(_ kind: String, at now: Instant) -> [CatalogEntry] {
        (entries[kind] ?? [:]).keys.sorted().compactMap { entry(kind, $0, at: now) }
    }

    /// The highest version of every id of a kind, withdrawn ones included: what sweeps look at.
    public func latest(_ kind: String) -> [CatalogEntry] {
        latestEntries[kind] ?? []
    }

    /// Every entry, in a stable order.
    public var all: [CatalogEntry] {
        entries.keys.sorted().flatMap { kind in (entries[kind] ?? [:]).keys.sorted().flatMap { entries[kind]?[$0] ?? [] } }
    }

    /// A compiled view of the catalogue, made once per picture: parsed rules, models, tables.
    public func view<View: CatalogView>(_ type: View.Type = View.self) -> View {
        if let made = views.withLock({ $0[ObjectIdentifier(type)] }) as? View { return made }
        let view = View(self)
        views.withLock { $0[ObjectIdentifier(type)] = view }
        return view
    }

    /// Makes the views that `previous` has been asked for, with what is in force at `now`, so that whoever takes this picture next need not
    /// wait for them: compiling all products of a country takes about a second.
    public func prepareViews(like previous: Catalog, at now: Instant) {
        func prepare(like view: some CatalogView) { self.view(type(of: view)).prepare(at: now) }
        for view in previous.views.withLock({ Array($0.values) }) { prepare(like: view) }
    }
}

/// What a service makes of the catalogue. Total: an entry that can not be used is left out and named in `defects`. One reference, since every
/// decision takes it along.
public protocol CatalogView: AnyObject, Sendable {
    init(_ catalog: Catalog)

    /// Makes beforehand what would be made when first asked for at `now`.
    func prepare(at now: Instant)
}

extension CatalogView {
    public func prepare(at now: Instant) {}
}
