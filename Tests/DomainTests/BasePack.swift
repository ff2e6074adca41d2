import Foundation
import Wire

/// The record types that this repository ships.
///
/// Kept apart from the tests: a file that imports both Foundation and Testing needs an overlay that not every toolchain carries.
enum BasePack {
    static func recordTypes() throws -> [JSONValue] { try recordTypes(of: "base") }

    static func recordTypesOfEveryPack() throws -> [JSONValue] {
        try FileManager.default.contentsOfDirectory(atPath: packs.path).sorted().flatMap { pack in
            let folder = packs.appendingPathComponent(pack).appendingPathComponent("recordTypes")
            return FileManager.default.fileExists(atPath: folder.path) ? try recordTypes(of: pack) : []
        }
    }

    private static var packs: URL {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("packs")
    }

    private static func recordTypes(of pack: String) throws -> [JSONValue] {
        let folder = packs.appendingPathComponent(pack).appendingPathComponent("recordTypes")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
            try JSONDocument(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(file)))).root
        }
    }
}
