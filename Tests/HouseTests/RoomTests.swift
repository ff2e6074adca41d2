import Contracts
import Testing

/// Every service is furnished alike, so that who knows one knows all.
struct RoomTests {
    private let tree = RepositoryTree.whole

    @Test func `the manifest, the topics' plan and the folders name the same services`() throws {
        let declared = try manifest().matches(#"^    service\("(\w+)""#)
        #expect(declared.map { $0.lowercased() } == ServiceName.allCases.map(\.rawValue))
        #expect(Set(tree.folders(in: "Services")) == Set(declared + ["Operator"]))
    }

    @Test func `every service has its page, its domain, its process and its first migration`() throws {
        let today = try missing(tree)
        #expect(today == [])
        #expect(try added(by: tree.without("Services/Governance/App/Main.swift"), missing) == ["Services/Governance/App/Main.swift"])
        #expect(try added(by: tree.without("Services/Ingestion/README.md"), missing) == ["Services/Ingestion/README.md"])
        let bare = tree.paths(under: "Services/Ingestion/App/Migrations").reduce(tree) { $0.without($1) }
        #expect(try added(by: bare, missing) == ["Services/Ingestion/App/Migrations/schema_001_*.sql"])
    }

    private func missing(_ tree: RepositoryTree) throws -> [String] {
        try manifest().matches(#"^    service\("(\w+)""#).flatMap { name in
            let room = "Services/\(name)"
            var missing = ["README.md", "App/Main.swift", "Domain/\(name).swift"].map { "\(room)/\($0)" }.filter { tree[$0] == nil }
            if !tree.paths(under: room + "/App/Migrations", ending: ".sql").contains(where: { $0.contains("/schema_001_") }) {
                missing.append("\(room)/App/Migrations/schema_001_*.sql")
            }
            return missing
        }
    }

    @Test func `every executable of the manifest has a room with one way in and a page`() throws {
        let today = try locked(tree)
        #expect(today == [])
        #expect(try added(by: tree.without("Services/Operator/README.md"), locked) == ["Services/Operator: no README.md"])
        #expect(try added(by: tree.with("ops/bench/Second.swift", "@main struct Second {}\n"), locked) == ["ops/bench: 2 ways in"])
    }

    private func locked(_ tree: RepositoryTree) throws -> [String] {
        let manifest = try manifest()
        let services = manifest.matches(#"^    service\("(\w+)""#).map { (code: "Services/\($0)/App", page: "Services/\($0)") }
        let tools = manifest.matches(#"\.executableTarget\(\s+name: "[\w-]+",[^@]*?path: "([\w/]+)""#).map { (code: $0, page: $0) }
        #expect(tools.count == 4)
        return (services + tools).flatMap { room in
            let ways = tree.paths(under: room.code, ending: ".swift").filter { path in
                path.hasSuffix("/main.swift") || SwiftCode(tree[path] ?? "").text.contains("@main")
            }
            return (ways.count == 1 ? [] : ["\(room.code): \(ways.count) ways in"])
                + (tree[room.page + "/README.md"] == nil ? ["\(room.page): no README.md"] : [])
        }
    }

    @Test func `no target is left with a stand-in`() {
        #expect(tree.paths.filter { $0.hasSuffix("/Placeholder.swift") } == [])
    }

    @Test func `every file of tests belongs to a target of the manifest`() throws {
        let targets = try manifest().matches(#"\btests\(\s*"(\w+)""#) + ["Support"]
        #expect(Set(tree.folders(in: "Tests")) == Set(targets))
    }

    private func manifest() throws -> String { try #require(tree["Package.swift"]) }
}
