import Foundation

/// Files of the repository, found by walking up from this source file.
enum Repository {
    static let root: URL = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Shared/Contracts").path) {
            folder = folder.deletingLastPathComponent()
        }
        return folder
    }()

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: root.appending(path: path))) }

    static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// Names of a folder's files with this ending, without it, sorted.
    static func names(in folder: String, ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }.sorted()
    }
}

/// A payload type as the sources declare it.
struct DeclaredPayload: Hashable {
    /// The Swift name, which is also its example's file name.
    let name: String
    /// The CloudEvents type.
    let type: String

    /// Every type that the sources of the folder declare as a payload. Reads the shape of our own declarations: the name stands on the line
    /// of the conformance, the CloudEvents type in quotes below it.
    static func all(in folder: String) throws -> [DeclaredPayload] {
        var declared: [DeclaredPayload] = []
        for file in try Repository.names(in: folder, ending: ".swift") {
            var name: String?
            for line in try Repository.text("\(folder)/\(file).swift").split(separator: "\n") {
                let words = line.split { !($0.isLetter || $0.isNumber) }
                if let keyword = words.firstIndex(where: { ["struct", "enum", "class", "actor", "extension"].contains($0) }),
                    let colon = line.firstIndex(of: ":"), line[colon...].contains("Payload"), keyword + 1 < words.count
                {
                    if let name { throw Unfinished(name: name) }
                    name = String(words[keyword + 1])
                }
                guard let found = name, line.contains("static let type = \"") else { continue }
                let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
                guard quoted.count == 3 else { throw Unfinished(name: found) }
                declared.append(DeclaredPayload(name: found, type: String(quoted[1])))
                name = nil
            }
            if let name { throw Unfinished(name: name) }
        }
        return declared
    }

    /// A payload without a literal CloudEvents type below the line of its conformance.
    struct Unfinished: Error { let name: String }
}
