import Foundation
import Wire

/// One version of a record type, with the bodies that its own examples call right.
///
/// Kept apart from the tests for the same reason as `SharedFolder`.
struct RecordTypeVersion {
    let id: String
    let version: Int64
    /// Null when the entry states none, which is no schema.
    let schema: JSONValue
    let examples: [JSONValue]

    /// Those of every pack and the frozen ones, by type, each type's in the order of versions.
    static func all() throws -> [String: [RecordTypeVersion]] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        var versions: [RecordTypeVersion] = []
        for folder in [root.appendingPathComponent("packs"), tests.appendingPathComponent("FrozenSchemas")] {
            for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".json") {
                versions += try read(folder.appendingPathComponent(path))
            }
        }
        return Dictionary(grouping: versions, by: \.id).mapValues { $0.sorted { $0.version < $1.version } }
    }

    private static func read(_ file: URL) throws -> [RecordTypeVersion] {
        let limits = JSONLimits(bytesMax: 16 << 20, membersMax: 100_000)
        let json = try JSONDocument(parsing: [UInt8](try Data(contentsOf: file)), limits: limits).root
        return (json.kind == .array ? Array(json.elements) : [json]).compactMap { RecordTypeVersion($0) }
    }

    /// Nil for an entry of another kind.
    private init?(_ entry: JSONValue) {
        guard entry["kind"]?.string == "recordType", let id = entry["id"]?.string, let version = entry["version"]?.int else { return nil }
        self.id = id
        self.version = version
        schema = entry["body"]?["schema"] ?? .null
        let all = entry["examples"].map { Array($0.elements) } ?? []
        examples = all.filter { $0["valid"]?.bool == true }.compactMap { $0["data"] }
    }
}
