import Foundation

/// The public test data beside the repository, which a checkout may lack.
///
/// Kept apart from the tests: a file that imports both Foundation and Testing needs an overlay that not every toolchain carries.
enum SharedFolder {
    /// The files below the folder with their paths from it, in the order of these; nil when there is no such folder.
    static func files(below name: String) throws -> [(path: String, bytes: [UInt8])]? {
        guard let folder = path(name) else { return nil }
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted()
        return try paths.map { ($0, [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)))) }
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
