import Deciding
import Foundation
import Wire

/// The repository's own packs, read as the operator reads them.
enum PackFolder {
    static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    static func entries(of pack: String) throws -> [CatalogEntry] {
        let folder = root.appendingPathComponent("packs/\(pack)")
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted() ?? []
        var entries: [CatalogEntry] = []
        for file in files where file.hasSuffix(".json") && file != "pack.json" {
            let data = try Data(contentsOf: folder.appendingPathComponent(file))
            let json = try JSONDocument(parsing: Array(data), limits: JSONLimits(bytesMax: 16 << 20, membersMax: 100_000)).root
            if json.kind == .array {
                for element in json.elements { entries.append(try CatalogEntry(element)) }
            } else {
                entries.append(try CatalogEntry(json))
            }
        }
        return entries
    }
}
