// Foundation and Testing stay in different files: together they ask the linker for an overlay that not every toolchain carries.
import Foundation

/// A file of the data folder beside the repository, or nil. It is optional: the repository must test without it.
func sharedData(_ path: String) -> [UInt8]? {
    var candidates: [URL] = []
    if let given = ProcessInfo.processInfo.environment["XINQIAO_SHARED"] { candidates.append(URL(fileURLWithPath: given)) }
    var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            candidates.append(folder.deletingLastPathComponent().appendingPathComponent("shared"))
        }
        folder = folder.deletingLastPathComponent()
    }
    let found = candidates.lazy.compactMap { try? Data(contentsOf: $0.appendingPathComponent("data").appendingPathComponent(path)) }.first
    if found == nil { print("skipped: shared data \(path) is not here") }
    return found.map { [UInt8]($0) }
}
