import Foundation
import Wire

/// The entries that this repository ships.
///
/// Kept apart from the tests: a file that imports both Foundation and Testing needs an overlay that not every toolchain carries.
enum BasePack {
    static func recordTypes() throws -> [JSONValue] {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let folder = root.appendingPathComponent("packs/base/recordTypes")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
            try JSONDocument(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(file)))).root
        }
    }
}
