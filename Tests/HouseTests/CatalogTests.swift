import Foundation
import Testing
import Wire

/// What the packs hold, as files. That their examples hold is the checkers' part: `xinqiao catalog check`.
struct CatalogTests {
    private let tree = RepositoryTree.whole

    @Test func `every entry of every pack has a known kind and an example`() throws {
        #expect(try defects(tree) == [])
        let entry = #"{"kind":"product","id":"x","version":1,"effectiveFrom":"2020-01-01T00:00:00Z","body":{},"examples":[{}]}"#
        #expect(try defects(tree.with("packs/base/x.json", entry)) == [])
        for (was, becomes) in [("product", "produkt"), ("[{}]", "[]"), (#","examples":[{}]"#, "")] {
            let broken = entry.replacingOccurrences(of: was, with: becomes)
            #expect(try defects(tree.with("packs/base/x.json", broken)).count == 1, "\(becomes)")
        }
        #expect(try defects(tree.with("packs/base/x.json", "[\(entry),\(entry)]")).count == 1)
        #expect(try defects(tree.with("packs/base/x.json", "{")).count == 1)
    }

    @Test func `every kind that can be published is shown by an entry of the base pack`() throws {
        let shown = try Set(entries(tree).filter { $0.path.hasPrefix("packs/base/") }.compactMap { $0.json["kind"]?.string })
        #expect(try kinds().subtracting(shown) == [])
    }

    @Test func `every kind that a service looks up can be published`() throws {
        var used: Set<String> = []
        for path in tree.paths(under: "Services", ending: "Catalog.swift") {
            used.formUnion((tree[path] ?? "").matches(#"(?:latest|entries)\("([a-zA-Z]+)""#))
            used.formUnion((tree[path] ?? "").matches(#"^\s+case "([a-zA-Z]+)":"#))
        }
        #expect(used.count > 5)
        #expect(try used.subtracting(kinds()) == [])
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
            if !keys.insert("\(kind)/\(json["id"]?.string ?? "")/\(json["version"]?.int ?? 0)").inserted { defects.append("\(name): twice") }
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
