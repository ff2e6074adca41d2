import Contracts
import Deciding
import Vocabulary
import Wire

/// What matchmaking makes of the catalogue: products compiled, promises of institutions, official working days, ranking weights. Holds
/// every version.
public final class MatchmakingCatalog: CatalogView {
    private let products: [(id: String, versions: Versions<Product>)]
    private let institutions: [String: Versions<Promise>]
    private let calendars: [Versions<[WorkingYear]>]
    private let rankings: [Versions<RankingWeights>]
    /// When a version of a product, of an institution or of the weights takes effect, ascending.
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
        var calendars: [String: Versions<[WorkingYear]>] = [:]
        var rankings: [String: Versions<RankingWeights>] = [:]
        var changes: Set<Instant> = []
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all {
            var found: [String] = []
            let from = entry.effectiveFrom
            switch entry.kind {
            case "product":
                let product = entry.isWithdrawn ? nil : Product(entry, defects: &found)
                if product != nil || entry.isWithdrawn { products[entry.id, default: .init()].add(product, from: from) }
                changes.insert(from)
            case "institution":
                institutions[entry.id, default: .init()].add(entry.isWithdrawn ? nil : Self.promise(entry.body), from: from)
                changes.insert(from)
            case "calendar":
                calendars[entry.id, default: .init()].add(entry.isWithdrawn ? nil : Self.years(entry.body), from: from)
            case "ranking":
                let weights = entry.isWithdrawn ? nil : RankingWeights(entry.body)
                if weights != nil || entry.isWithdrawn {
                    rankings[entry.id, default: .init()].add(weights, from: from)
                } else {
                    found.append("the four weights are not percents that make 100")
                }
                changes.insert(from)
            default: continue
            }
            if !found.isEmpty { unusable[entry.key] = found }
        }
        self.products = products.keys.sorted().compactMap { id in products[id].map { (id, $0) } }
        self.institutions = institutions
        self.calendars = calendars.keys.sorted().compactMap { calendars[$0] }
        self.rankings = rankings.keys.sorted().compactMap { rankings[$0] }
        self.changes = changes.sorted()
        defects = unusable
    }

    /// The products in force at `now`. A product of an institution that was withdrawn is not offered.
    public func shelf(at now: Instant) -> Shelf {
        shelves.made(at: now, changes: changes) {
            Shelf(
                products.compactMap { _, versions in
                    guard let product = versions.inForce(at: now) else { return nil }
                    if let institution = institutions[product.institution], institution.isWithdrawn(at: now) { return nil }
                    return product
                })
        }
    }

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
        let calendar = WorkingCalendar(fitting: calendars.compactMap { $0.inForce(at: now) }.flatMap { $0 })
        let (day, isProvisional) = calendar.deadline(from: request, workingDays: workingDays)
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

    private static func years(_ body: JSONValue) -> [WorkingYear] {
        (body["years"].map { Array($0.elements) } ?? []).compactMap { json in
            guard let year = json["year"]?.int, (1...9999).contains(year) else { return nil }
            func days(_ name: String) -> [Day] { (json[name].map { Array($0.elements) } ?? []).compactMap(\.day) }
            return WorkingYear(year: Int(year), off: days("off"), work: days("work"), isProvisional: json["isProvisional"]?.bool ?? false)
        }
    }
}
