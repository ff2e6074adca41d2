import Foundation
import Testing
import Wire

/// What the packs hold, as files. That their examples hold is the checkers' part: `xinqiao catalog check`.
struct CatalogTests {
    private let tree = RepositoryTree.whole

    @Test func `every entry of every pack has a known kind and an example`() throws {
        let today = try defects(tree)
        #expect(today == [])
        let entry = #"{"kind":"product","id":"x","version":1,"effectiveFrom":"2020-01-01T00:00:00Z","body":{},"examples":[{}]}"#
        #expect(try added(by: tree.with("packs/base/x.json", entry), defects) == [])
        for (was, becomes) in [("product", "produkt"), ("[{}]", "[]"), (#","examples":[{}]"#, "")] {
            let broken = entry.replacingOccurrences(of: was, with: becomes)
            #expect(try added(by: tree.with("packs/base/x.json", broken), defects).count == 1, "\(becomes)")
        }
        #expect(try added(by: tree.with("packs/base/x.json", "[\(entry),\(entry)]"), defects).count == 1)
        #expect(try added(by: tree.with("packs/base/x.json", "{"), defects).count == 1)
    }

    @Test func `every kind that can be published is shown by an entry of the base pack`() throws {
        let shown = try Set(entries(tree).filter { $0.path.hasPrefix("packs/base/") }.compactMap { $0.json["kind"]?.string })
        #expect(try kinds().subtracting(shown) == [])
    }

    @Test func `every kind that a service looks up can be published`() throws {
        let today = try unpublishable(tree)
        #expect(today == [])
        let broken = tree.with("Services/Scoring/Domain/BadCatalog.swift", "catalog.latest(\"weather\")")
        #expect(try added(by: broken, unpublishable) == ["Services/Scoring/Domain/BadCatalog.swift: weather"])
    }

    private func unpublishable(_ tree: RepositoryTree) throws -> [String] {
        let kinds = try kinds()
        return tree.paths(under: "Services", ending: "Catalog.swift").flatMap { path in
            let source = tree[path] ?? ""
            let used = source.matches(#"(?:latest|entries|entry)\("([a-zA-Z]+)""#) + source.matches(#"^\s+case "([a-zA-Z]+)":"#)
            return used.filter { !kinds.contains($0) }.map { "\(path): \($0)" }
        }
    }

    private func defects(_ tree: RepositoryTree) throws -> [String] {
        let kinds = try kinds()
        var defects: [String] = []
        var keys: Set<String> = []
        for path in packFiles(tree) where (try? JSONDocument(parsing: Array((tree[path] ?? "").utf8), limits: limits)) == nil {
            defects.append("\(path): not JSON")
        }
        for (path, json) in try entries(tree) {
            let kind = json["kind"]?.string ?? ""
            let name = "\(path): \(kind)/\(json["id"]?.string ?? "")"
            if !kinds.contains(kind) { defects.append("\(name): no such kind") }
            if (json["examples"]?.count ?? 0) == 0 { defects.append("\(name): no example") }
            let key = "\(kind)/\(json["id"]?.string ?? "")/\(json["version"]?.int ?? 0)"
            if !keys.insert(key).inserted { defects.append("\(name): twice") }
        }
        return defects
    }

    private let limits = JSONLimits(bytesMax: 16 << 20, membersMax: 100_000)

    private func packFiles(_ tree: RepositoryTree) -> [String] {
        tree.folders(in: "packs").filter { tree["packs/\($0)/pack.json"] != nil }
            .flatMap { tree.paths(under: "packs/" + $0, ending: ".json") }.filter { !$0.hasSuffix("/pack.json") }
    }

    private func entries(_ tree: RepositoryTree) throws -> [(path: String, json: JSONValue)] {
        packFiles(tree).flatMap { path -> [(path: String, json: JSONValue)] in
            guard let root = (try? JSONDocument(parsing: Array((tree[path] ?? "").utf8), limits: limits))?.root else { return [] }
            return root.kind == .array ? root.elements.map { (path, $0) } : [(path, root)]
        }
    }

    /// What the command line publishes, read from its source: an executable can not be imported.
    private func kinds() throws -> Set<String> {
        let source = try #require(tree["Services/Operator/CatalogPublishing.swift"])
        let list = try #require(source.matches(#"static let kinds: Set<String> = \[([^\]]+)\]"#).first)
        return Set(list.matches(#""(\w+)""#))
    }
}
