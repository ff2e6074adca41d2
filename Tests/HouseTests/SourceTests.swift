import Testing

/// What may stand where in the sources.
struct SourceTests {
    private let tree = RepositoryTree.whole

    @Test func `comments and texts are no code, what is interpolated is`() {
        let code = SwiftCode("let a = \"try! \\(b[\"x\"]! + 1)\" // fatalError\n/* as! */ let c = #\"\"\"\n as! \"\"\"#; d").text
        #expect(!code.contains("try!") && !code.contains("fatalError") && !code.contains("as!"))
        #expect(code.contains("b[\"\"]! + 1") && code.hasSuffix("; d"))
    }

    @Test func `C libraries are imported only by the targets that wrap them`() {
        #expect(foreignImports(tree) == [])
        #expect(
            added(by: tree.with("Shared/Pipeline/Bad.swift", "import CLibPQ\n"), foreignImports) == ["Shared/Pipeline/Bad.swift: CLibPQ"])
        #expect(
            added(by: tree.with("Shared/Kafka/Bad.swift", "package import COpenSSL\n"), foreignImports) == [
                "Shared/Kafka/Bad.swift: COpenSSL"
            ])
    }

    private func foreignImports(_ tree: RepositoryTree) -> [String] {
        let homes = [
            "CRdKafka": "Shared/Kafka/", "CLibPQ": "Shared/Postgres/", "COpenSSL": "Shared/Ledger/", "CMalloc": "Shared/Chassis/",
            "CSpawn": "Shared/Chassis/",
        ]
        return swift(tree, under: ["Shared", "Services", "Tests"]).flatMap { path, code in
            code.matches(#"\bimport (C[A-Z]\w+)$"#).filter { homes[$0].map { !path.hasPrefix($0) } ?? false }.map { "\(path): \($0)" }
        }
    }

    /// The targets whose trade is a C library, a socket or raw bytes, and the files elsewhere that use a socket, ask for the host's name or
    /// scan bitmaps.
    private static let unsafePlaces = [
        "Shared/Chassis/", "Shared/Kafka/", "Shared/Ledger/", "Shared/Postgres/", "Shared/Schema/", "Shared/Wire/",
        "Shared/Pipeline/ServiceMain.swift", "Services/Operator/EmbeddedSuite.swift", "Services/Reporting/App/Console/ServiceProbe.swift",
        // The bitmaps of the indexes and the loops that scan them.
        "Shared/Rules/BitBlock.swift", "Shared/Rules/RuleChunk.swift", "Shared/Rules/RuleHits.swift", "Shared/Rules/RuleIndex.swift",
        "Shared/Rules/RuleLayout.swift", "Shared/Rules/RuleScan.swift", "Shared/Rules/SubjectBase.swift",
        "Shared/Rules/SubjectList.swift", "Shared/Rules/SubjectScan.swift", "Shared/Rules/WarningSet.swift",
    ]

    @Test func `unsafe code stands only where C is wrapped or bytes and bitmaps are read`() {
        #expect(unsafeElsewhere(tree) == [])
        let broken = tree.with("Services/Scoring/Domain/Bad.swift", "let a = unsafe b()\n")
        #expect(added(by: broken, unsafeElsewhere) == ["Services/Scoring/Domain/Bad.swift"])
        #expect(added(by: tree.with("Shared/Rules/Note.swift", "// unsafe\nlet a = \"unsafe\"\n"), unsafeElsewhere) == [])
    }

    @Test func `no place keeps a leave for unsafe code that it does not use`() {
        let used = swift(tree, under: ["Shared", "Services"]).filter { $0.code.hasWord("unsafe") }.map(\.path)
        for place in Self.unsafePlaces { #expect(used.contains { $0.hasPrefix(place) }, "\(place)") }
    }

    private func unsafeElsewhere(_ tree: RepositoryTree) -> [String] {
        swift(tree, under: ["Shared", "Services"]).filter { path, code in
            !Self.unsafePlaces.contains { path.hasPrefix($0) } && code.hasWord("unsafe")
        }.map(\.path)
    }

    @Test func `a domain has no clock, no chance, and asks nobody`() {
        #expect(impurities(tree) == [])
        for culprit in ["WallClock.now", "Date()", "Int.random(in: 0...9)", "x.hashValue", "getenv(y)", "try Connection(z)"] {
            #expect(added(by: tree.with("Services/Scoring/Domain/Bad.swift", "let a = \(culprit)\n"), impurities).count == 1, "\(culprit)")
        }
        for module in ["Foundation", "Glibc", "Dispatch", "Synchronization", "Chassis", "Kafka", "Postgres"] {
            #expect(added(by: tree.with("Services/Scoring/Domain/Bad.swift", "import \(module)\n"), impurities).count == 1, "\(module)")
        }
    }

    private func impurities(_ tree: RepositoryTree) -> [String] {
        let words = [
            "WallClock", "MonotonicClock", "ContinuousClock", "SuspendingClock", "ProcessInfo", "getenv", "clock_gettime", "random",
            "SystemRandomNumberGenerator", "UUID", "Date", "Connection", "FileManager", "print",
            // Seeded anew in every process: what is decided with it can not be decided again.
            "hashValue", "Hasher",
        ]
        let modules = ["Foundation", "Glibc", "Dispatch", "Synchronization", "Chassis", "Kafka", "Postgres", "Pipeline"]
        let domains = tree.folders(in: "Services").map { "Services/\($0)/Domain" }
        return swift(tree, under: domains).flatMap { path, code in
            words.filter { code.hasWord($0) }.map { "\(path): \($0)" }
                + modules.filter { code.contains("import \($0)\n") }.map { "\(path): import \($0)" }
        }
    }

    @Test func `nothing is forced`() {
        #expect(forced(tree) == [])
        for culprit in ["try! f()", "a as! Int", "fatalError()", "list.first!", "f()!.g", "d[0]!"] {
            #expect(added(by: tree.with("Shared/Rules/Bad.swift", "let a = \(culprit)\n"), forced).count == 1, "\(culprit)")
        }
        #expect(added(by: tree.with("Shared/Rules/Fine.swift", "let a = b != c && !d\n"), forced) == [])
    }

    private func forced(_ tree: RepositoryTree) -> [String] {
        swift(tree, under: ["Shared", "Services", "Tests", "ops/bench"]).flatMap { path, code in
            code.matches(#"(\btry!|\bas!|\bfatalError\b|(?<!\btry)(?<!\bas)(?<=[\w\)\]])!(?![=\w]))"#).map { "\(path): \($0)" }
        }
    }

    @Test func `an open end says why it is open`() {
        #expect(openEnds(tree) == [])
        let word = "TO" + "DO"
        #expect(added(by: tree.with("Shared/Rules/Bad.swift", "// \(word): later\n"), openEnds).count == 1)
        #expect(added(by: tree.with("ops/bad", "# FIX" + "ME\n"), openEnds).count == 1)
        #expect(added(by: tree.with("Shared/Rules/Fine.swift", "// \(word): wait, because the table has no index yet\n"), openEnds) == [])
    }

    private func openEnds(_ tree: RepositoryTree) -> [String] {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        return tree.paths.flatMap { path in
            (tree[path] ?? "").split(separator: "\n").filter { line in
                words.contains { line.contains($0) && String(line).hasWord($0) } && !line.contains("because")
            }.map { "\(path): \($0)" }
        }
    }

    @Test func `no file knows a folder of the machine it was written on`() {
        #expect(machinePaths(tree) == [])
        #expect(added(by: tree.with("docs/bad.md", "see /" + "work/main/x\n"), machinePaths).count == 1)
    }

    private func machinePaths(_ tree: RepositoryTree) -> [String] {
        let folders = ["/" + "work/", "/" + "tmp/build", "/" + "farm/"]
        return tree.paths.flatMap { path in
            folders.filter { (tree[path] ?? "").contains($0) }.map { "\(path): \($0)" }
        }
    }

    private func swift(_ tree: RepositoryTree, under folders: [String]) -> [(path: String, code: String)] {
        folders.flatMap { tree.paths(under: $0, ending: ".swift") }.map { (path: $0, code: SwiftCodes.code(of: tree[$0] ?? "")) }
    }
}

/// Sources are read many times and change in few: their code is worked out once.
private enum SwiftCodes {
    private static let known: [String: String] = {
        let tree = RepositoryTree.whole
        let paths = ["Shared", "Services", "Tests", "ops"].flatMap { tree.paths(under: $0, ending: ".swift") }
        return Dictionary(paths.compactMap { tree[$0] }.map { ($0, SwiftCode($0).text) }) { first, _ in first }
    }()

    static func code(of source: String) -> String { known[source] ?? SwiftCode(source).text }
}
