import Vocabulary
import Wire

/// The names that entries may speak of: the ids of what is in the catalogue and was not withdrawn, and the fields of its record types.
public struct CatalogNames: Sendable {
    private let catalog: Catalog
    /// By kind.
    private let ids: [String: Set<String>]
    private let fields: [String: RecordFields]

    public init(_ catalog: Catalog) {
        self.catalog = catalog
        var ids: [String: Set<String>] = [:]
        for kind in Set(catalog.all.map(\.kind)) { ids[kind] = Set(catalog.latest(kind).filter { !$0.isWithdrawn }.map(\.id)) }
        self.ids = ids
        var fields: [String: RecordFields] = [:]
        for type in catalog.latest("recordType") where !type.isWithdrawn { fields[type.id] = RecordFields(type.body) }
        self.fields = fields
    }

    /// The names that lead nowhere, each with its line and the known name that is most like it.
    public func defects(of references: [CatalogReference]) -> [String] { references.compactMap(defect) }

    private func defect(of reference: CatalogReference) -> String? {
        let name = reference.name
        let known: Set<String>
        let complaint: String
        switch reference.target {
        case .entry(let kind):
            known = ids[kind] ?? []
            let isWithdrawn = catalog.latest(kind).contains { $0.id == name }
            complaint = isWithdrawn ? "a \(Self.words(kind)) that was withdrawn" : "and there is no such \(Self.words(kind))"
        case .field(let type):
            // A type that is not there is told by the reference to it.
            guard let fields = fields[type] else { return nil }
            known = Set(fields.names)
            complaint = "and `\(type)` has no such field"
        case .fact(let others):
            known = (ids["indicator"] ?? []).union((ids["tag"] ?? []).map { "tag." + $0 }).union(others)
            complaint = "and there is no such indicator, tag or other fact"
        case .name(let names):
            known = names
            complaint = "which means nothing there"
        }
        guard !known.contains(name) else { return nil }
        let remedy = Self.nearest(to: name, among: known).map { "the nearest is `\($0)`" } ?? "nothing that is known reads like it"
        return "line \(reference.line): `\(reference.member)` names `\(name)`, \(complaint); \(remedy)"
    }

    /// `record type` for `recordType`.
    private static func words(_ kind: String) -> String {
        kind.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }

    /// The name that fewest slips lead to: letters left out, put in, changed, or swapped with the next. Of several the first; none where
    /// more than half of the name would be slips.
    static func nearest(to name: String, among known: Set<String>) -> String? {
        let letters = Array(name.unicodeScalars.prefix(lettersMax))
        var best: (name: String, slips: Int)?
        for candidate in known.sorted(by: { $0.precedesBytewise($1) }) {
            let found = slips(letters, Array(candidate.unicodeScalars.prefix(lettersMax)))
            if found * 2 <= letters.count, found < (best?.slips ?? .max) { best = (candidate, found) }
        }
        return best?.name
    }

    private static let lettersMax = 100

    private static func slips(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        // Of the beginnings of `a` that are one and two letters shorter: slips to each beginning of `b`.
        var before: [Int] = []
        var above = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, before[j - 1] + 1) }
                row.append(least)
            }
            before = above
            above = row
        }
        return above[b.count]
    }
}
