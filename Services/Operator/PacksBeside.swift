import Deciding
import Foundation

/// The packs in the same folders as those given that have what these speak of. Packs may speak of one another; then they go together.
struct PacksBeside {
    private let given: [Pack]
    /// Those that have a name which leads nowhere among the packs given, and in their turn what these speak of.
    private let lacking: [Pack]
    /// The names that the packs given lack, each with the pack that has it.
    private let found: Set<String>

    /// - Parameter references: the names that an entry holds of others.
    init(_ given: [Pack], known: [CatalogEntry], references: (CatalogEntry) -> [CatalogReference]) {
        var together = given
        var lacking: [Pack] = []
        var found: Set<String> = []
        var left = Self.neighbours(of: given)
        for _ in left {
            let names = CatalogNames(Catalog(version: 1, entries: known + Self.entries(of: together)))
            let missing = Self.entries(of: together).flatMap { references($0) }.filter { !names.defects(of: [$0]).isEmpty }
            var needed: [Pack] = []
            for pack in left {
                let own = CatalogNames(Catalog(version: 1, entries: Self.entries(of: [pack])))
                let theirs = missing.filter { Self.leads($0, somewhereIn: own) }
                if theirs.isEmpty { continue }
                needed.append(pack)
                if lacking.isEmpty { found.formUnion(theirs.map { "`\($0.name)` in \(pack.name)" }) }
            }
            if needed.isEmpty { break }
            together += needed
            lacking += needed
            left.removeAll { pack in needed.contains { $0.path == pack.path } }
        }
        self.given = given
        self.lacking = lacking
        self.found = found
    }

    /// What to do, on lines of its own; empty when no pack beside would help.
    var remedy: String {
        guard !lacking.isEmpty else { return "" }
        let here = FileManager.default.currentDirectoryPath + "/"
        let paths = (given + lacking).map { $0.path.hasPrefix(here) ? String($0.path.dropFirst(here.count)) : $0.path }
        return "\nmissing here, and found beside: \(found.sorted().joined(separator: ", "))"
            + "\npacks that speak of one another are named together: \(paths.joined(separator: " "))"
    }

    private static func entries(of packs: [Pack]) -> [CatalogEntry] { packs.flatMap(\.entries).map(\.entry) }

    /// A field of a type that is not there is told by the name of the type.
    private static func leads(_ reference: CatalogReference, somewhereIn names: CatalogNames) -> Bool {
        if case .field = reference.target { return false }
        return names.defects(of: [reference]).isEmpty
    }

    /// One that can not be read is left out: nobody has asked for it.
    private static func neighbours(of given: [Pack]) -> [Pack] {
        let own = Set(given.map(\.path))
        let folders = Set(given.map { URL(fileURLWithPath: $0.path).deletingLastPathComponent().path }).sorted()
        var packs: [Pack] = []
        for folder in folders {
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
                let path = URL(fileURLWithPath: folder).appendingPathComponent(name).path
                guard !own.contains(path), FileManager.default.fileExists(atPath: path + "/pack.json") else { continue }
                packs += (try? Pack.load(path)) ?? []
            }
        }
        return packs
    }
}
