import Foundation

/// The data folder beside the repository, or nil. It is optional: the repository must test without it.
func sharedData(_ path: String) -> URL? {
    var candidates: [URL] = []
    if let given = ProcessInfo.processInfo.environment["XINQIAO_SHARED"] { candidates.append(URL(fileURLWithPath: given)) }
    var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            candidates.append(folder.deletingLastPathComponent().appendingPathComponent("shared"))
        }
        folder = folder.deletingLastPathComponent()
    }
    let found = candidates.map { $0.appendingPathComponent("data").appendingPathComponent(path) }
        .first { FileManager.default.fileExists(atPath: $0.path) }
    if found == nil { print("skipped: shared data \(path) is not here") }
    return found
}
