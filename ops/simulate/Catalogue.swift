import Deciding
import Foundation
import Wire

/// The base pack, with the words by which a consent is suspended, read once, and some changes of it.
struct Catalogue: Sendable {
    let base: Catalog
    /// Each is the base with one entry's next version.
    let changed: [Catalog]

    init(packs: String) throws {
        let base = FileManager.default.enumerator(atPath: packs + "/base")?.compactMap { $0 as? String }.sorted() ?? []
        let files = base.map { "base/" + $0 } + ["paused", "resumed"].map { "governance/recordTypes/consent.\($0).json" }
        var all: [CatalogEntry] = []
        for file in files where file.hasSuffix(".json") && !file.hasSuffix("pack.json") {
            guard let data = FileManager.default.contents(atPath: "\(packs)/\(file)") else {
                throw Order.Defect.wrong(
                    "\(packs)/\(file) can not be read: name the folder of packs with --packs, or begin in the repository's root")
            }
            let json = try JSONDocument(parsing: Array(data), limits: JSONLimits(bytesMax: 16 << 20, membersMax: 100_000)).root
            if json.kind == .array {
                for element in json.elements { all.append(try CatalogEntry(element)) }
            } else {
                all.append(try CatalogEntry(json))
            }
        }
        let version = Int64(all.count)
        self.base = Catalog(version: version, entries: all)
        changed = Self.changing.compactMap { kind, id in
            guard let entry = all.last(where: { $0.kind == kind && $0.id == id }) else { return nil }
            let next = CatalogEntry(
                kind: kind, id: id, version: entry.version + 1, effectiveFrom: entry.effectiveFrom, isWithdrawn: true, body: entry.body)
            return Catalog(version: version + 1, entries: all + [next])
        }
    }

    /// What the acts of a world withdraw: each concerns every firm.
    private static let changing = [
        ("tag", "clean-record"), ("tag", "first-borrower"), ("product", "bank-a-tax-credit"), ("policy", "first-loan-award"),
        ("riskRule", "tax-silent"),
    ]
}
