import Deciding
import Foundation
import Testing
import Wire

/// The repository's own packs, for tests of what is data.
enum GovernancePacks {
    private static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    /// The names of all packs; a folder without a `pack.json` is none.
    static func all() throws -> [String] {
        let folder = root.appendingPathComponent("packs")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent("\($0)/pack.json").path)
        }
    }

    static func entries(of pack: String) throws -> [(entry: CatalogEntry, examples: [JSONValue])] {
        let folder = root.appendingPathComponent("packs/\(pack)").resolvingSymlinksInPath()
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted() ?? []
        var entries: [(entry: CatalogEntry, examples: [JSONValue])] = []
        for file in files where file.hasSuffix(".json") && !file.hasSuffix("pack.json") {
            let data = try Data(contentsOf: folder.appendingPathComponent(file))
            let json = try JSONDocument(parsing: Array(data), limits: JSONLimits(bytesMax: 16 << 20, membersMax: 100_000)).root
            for element in json.kind == .array ? Array(json.elements) : [json] {
                entries.append((try CatalogEntry(element), element["examples"].map { Array($0.elements) } ?? []))
            }
        }
        return entries
    }

    static func catalog(_ packs: String...) throws -> Catalog {
        Catalog(version: 1, entries: try packs.flatMap { try entries(of: $0).map(\.entry) })
    }
}
