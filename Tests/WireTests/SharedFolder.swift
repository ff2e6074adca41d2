import Foundation

/// The public test data beside the repository, which a checkout may lack.
///
/// Kept apart from the tests: a file that imports both Foundation and Testing needs an overlay that not every toolchain carries.
enum SharedFolder {
    /// The folder's files in the order of their names; nil when there is no such folder.
    static func files(in name: String) throws -> [(name: String, bytes: [UInt8])]? {
        guard let folder = path(name) else { return nil }
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { file in
            (file, [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file))))
        }
    }

    private static func path(_ name: String) -> String? {
        var candidates: [String] = []
        if let root = ProcessInfo.processInfo.environment["XINQIAO_SHARED"] { candidates.append(root) }
        var folder = URL(fileURLWithPath: #filePath)
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            candidates.append(folder.appendingPathComponent("shared").path)
        }
        return candidates.map { $0 + "/" + name }.first { FileManager.default.fileExists(atPath: $0) }
    }
}
