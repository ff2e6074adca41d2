import Foundation

/// The repository's text files by their path, as a value: a test adds or takes away a file to see its own check fail.
struct RepositoryTree {
    private(set) var files: [String: String]

    /// The repository that this file is part of, read once.
    static let whole = RepositoryTree(readingAbove: #filePath)

    private init(readingAbove path: String) {
        var root = URL(fileURLWithPath: path).resolvingSymlinksInPath().deletingLastPathComponent()
        while root.path != "/", !FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path) {
            root.deleteLastPathComponent()
        }
        files = [:]
        let names = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isDirectoryKey])
        while let url = names?.nextObject() as? URL {
            let relative = String(url.path.dropFirst(root.path.count + 1))
            let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
            if isFolder {
                if Self.isIgnored(relative) { names?.skipDescendants() }
            } else if let data = FileManager.default.contents(atPath: url.path), data.count < 4 << 20,
                let text = String(data: data, encoding: .utf8)
            {
                files[relative] = text
            }
        }
    }

    /// What `.gitignore` names, and git's own folder.
    private static func isIgnored(_ folder: String) -> Bool {
        let name = folder.split(separator: "/").last.map(String.init) ?? folder
        return name.hasPrefix(".build") || [".git", ".demo", ".work", "__pycache__"].contains(name) || folder == "docs/api"
    }

    var paths: [String] { files.keys.sorted() }

    subscript(path: String) -> String? { files[path] }

    /// A file of this path, or a folder that holds one.
    func exists(_ path: String) -> Bool {
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        return path.isEmpty || files[path] != nil || files.keys.contains { $0.hasPrefix(path + "/") }
    }

    func paths(under folder: String, ending suffix: String = "") -> [String] {
        paths.filter { $0.hasPrefix(folder + "/") && $0.hasSuffix(suffix) }
    }

    /// The folders directly below `folder`.
    func folders(in folder: String) -> [String] {
        Set(
            files.keys.filter { $0.hasPrefix(folder + "/") }.compactMap { path -> String? in
                let parts = path.dropFirst(folder.count + 1).split(separator: "/")
                return parts.count > 1 ? String(parts[0]) : nil
            }
        ).sorted()
    }

    /// The same with one file more, or another text in it.
    func with(_ path: String, _ text: String) -> RepositoryTree {
        var changed = self
        changed.files[path] = text
        return changed
    }

    /// The same with a text put behind what a file holds.
    func appending(_ text: String, to path: String) -> RepositoryTree { with(path, (files[path] ?? "") + text) }

    /// The same without a file.
    func without(_ path: String) -> RepositoryTree {
        var changed = self
        changed.files[path] = nil
        return changed
    }
}

/// The faults that a check finds in a changed tree and not in the whole one: that it can fail is then told apart from what it finds today.
func added<Fault: Hashable>(by change: RepositoryTree, _ check: (RepositoryTree) throws -> [Fault]) rethrows -> [Fault] {
    let before = Set(try check(.whole))
    return try check(change).filter { !before.contains($0) }
}

extension String {
    /// What the pattern's group number `group` matched, each time it did.
    func matches(_ pattern: String, group: Int = 1) -> [String] {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines]) else { return [] }
        let whole = NSRange(startIndex..., in: self)
        return expression.matches(in: self, range: whole).compactMap { match in
            Range(match.range(at: group), in: self).map { String(self[$0]) }
        }
    }

    /// True when the word stands in the text as a word of its own.
    func hasWord(_ word: String) -> Bool {
        var rest = self[...]
        while let found = rest.range(of: word) {
            let before = found.lowerBound > startIndex ? self[index(before: found.lowerBound)] : " "
            let after = found.upperBound < endIndex ? self[found.upperBound] : " "
            if !before.isWordPart, !after.isWordPart { return true }
            rest = self[found.upperBound...]
        }
        return false
    }
}

extension Character {
    fileprivate var isWordPart: Bool { isLetter || isNumber || self == "_" }
}
