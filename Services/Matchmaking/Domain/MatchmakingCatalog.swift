import Contracts
import Deciding
import Vocabulary
import Wire

/// What matchmaking makes of the catalogue: products compiled, promises of institutions, official working days, ranking weights. Holds
/// every version.
public final class MatchmakingCatalog: CatalogView {
    private let products: [(id: String, versions: Versions<Product>)]
    private let institutions: [String: Versions<Promise>]
    private let calendars: WorkingCalendars
    private let divisions: DivisionTables
    private let rankings: [Versions<RankingWeights>]
    /// When a version of a product, of an institution or of the weights takes effect, or another division counts, ascending.
    private let changes: [Instant]
    private let shelves = SpanCache<Shelf>()
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    /// How soon an institution promised to act, in working days.
    public struct Promise: Hashable, Sendable {
        public let acceptDays: Int
        public let answerDays: Int

        /// What holds where an institution said nothing.
        public static let standard = Promise(acceptDays: 3, answerDays: 10)
    }

    public init(_ catalog: Catalog) {
        var products: [String: Versions<Product>] = [:]
        var institutions: [String: Versions<Promise>] = [:]
        var rankings: [String: Versions<RankingWeights>] = [:]
        var changes: Set<Instant> = []
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all {
            switch entry.kind {
            case "product": products.add(entry, unusable: &unusable) { Product($0, defects: &$1) }
            case "institution": institutions.add(entry, unusable: &unusable) { entry, _ in Self.promise(entry.body) }
            case "ranking": rankings.add(entry, unusable: &unusable) { RankingWeights($0, defects: &$1) }
            default: continue
            }
            changes.insert(entry.effectiveFrom)
        }
        self.products = products.keys.sorted().compactMap { id in products[id].map { (id, $0) } }
        self.institutions = institutions
        let calendars = WorkingCalendars(catalog)
        self.calendars = calendars
        self.rankings = rankings.keys.sorted().compactMap { rankings[$0] }
        let divisions = DivisionTables(catalog)
        self.divisions = divisions
        self.changes = changes.union(divisions.changes).sorted()
        defects = unusable.merging(calendars.defects) { own, _ in own }.merging(divisions.defects) { own, _ in own }
    }

    /// The products in force at `now`. A product of an institution that was withdrawn is not offered.
    public func shelf(at now: Instant) -> Shelf {
        shelves.made(at: now, changes: changes) {
            let table = divisions.table(at: now)
            return Shelf(
                products.compactMap { _, versions in
                    guard let product = versions.inForce(at: now) else { return nil }
                    if let institution = institutions[product.institution], institution.isWithdrawn(at: now) { return nil }
                    return product.serving(table, on: now.dayInChina)
                })
        }
    }

    /// The division where the subject's counts at `now`.
    func region(of portrait: Portrait, at now: Instant) -> String { divisions.counted(portrait.region, at: now) }

    public func prepare(at now: Instant) { _ = shelf(at: now) }

    /// The first moment after `now` at which something takes effect that matching depends on.
    public func nextChange(after now: Instant) -> Instant? { changes.first { $0 > now } }

    public func weights(at now: Instant) -> RankingWeights {
        rankings.lazy.compactMap { $0.inForce(at: now) }.first ?? .standard
    }

    public func promise(of institution: String, at now: Instant) -> Promise {
        institutions[institution]?.inForce(at: now) ?? .standard
    }

    /// The end (24:00 in China) of the last of so many working days after the day of the request. Provisional while a year on the way has
    /// not been announced; without any calendar, Monday to Friday are counted.
    public func deadline(from request: Instant, workingDays: Int, at now: Instant) -> (due: Instant, isProvisional: Bool) {
        let (day, isProvisional) = calendars.calendar(at: now).deadline(from: request, workingDays: workingDays)
        return ((day + 1).startInChina, isProvisional)
    }

    private static func promise(_ body: JSONValue) -> Promise {
        func days(_ name: String, _ standard: Int) -> Int {
            guard let days = body[name]?.int, (1...365).contains(days) else { return standard }
            return Int(days)
        }
        return Promise(
            acceptDays: days("acceptDays", Promise.standard.acceptDays), answerDays: days("answerDays", Promise.standard.answerDays))
    }
}
