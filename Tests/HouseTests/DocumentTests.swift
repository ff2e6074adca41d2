import Foundation
import Testing
import Wire

/// What the documents say of files, commands and codes is so.
struct DocumentTests {
    private let tree = RepositoryTree.whole
    private let shopWindow = ["README.md", "README.zh.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/glossary.md"]

    @Test func `the documents are there`() {
        for path in shopWindow + [
            "docs/operator.md", "docs/source.md", "docs/institution.md", "docs/portal.md", "docs/ops.md", "docs/security.md",
        ] {
            #expect((tree[path] ?? "").utf8.count > 500, "\(path)")
        }
        #expect(tree.paths(under: "docs/decisions", ending: ".md").count >= 10)
    }

    @Test func `no word has two entries in the glossary`() {
        #expect(wordsSaidTwice(tree) == [])
        #expect(added(by: tree.appending("| lane, trail | 通道 | a way | Pipeline |\n", to: "docs/glossary.md"), wordsSaidTwice) == ["lane"])
    }

    private func wordsSaidTwice(_ tree: RepositoryTree) -> [String] {
        var seen: Set<String> = []
        return (tree["docs/glossary.md"] ?? "").split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| English |") }
            .flatMap { $0.dropFirst(2).prefix { $0 != "|" }.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !seen.insert($0).inserted }
    }

    @Test func `every link in a document leads to a file`() {
        #expect(deadLinks(tree) == [])
        #expect(added(by: tree.appending("[x](docs/nowhere.md)", to: "README.md"), deadLinks) == ["README.md: docs/nowhere.md"])
        #expect(added(by: tree.appending("[x](../nowhere.md#top)", to: "docs/ops.md"), deadLinks) == ["docs/ops.md: nowhere.md"])
        #expect(added(by: tree.appending("[x](https://example.org) [y](#here)", to: "README.md"), deadLinks) == [])
    }

    private func deadLinks(_ tree: RepositoryTree) -> [String] {
        documents(tree).flatMap { path in
            (tree[path] ?? "").matches(#"\]\(([^)\s]+)\)"#).compactMap { link -> String? in
                let target = link.split(separator: "#", omittingEmptySubsequences: false).first.map(String.init) ?? ""
                guard !target.isEmpty, !link.contains("://"), !link.hasPrefix("mailto:") else { return nil }
                let resolved = resolve(target, from: path)
                return tree.exists(resolved) ? nil : "\(path): \(resolved)"
            }
        }
    }

    @Test func `every path that a document names is there`() {
        #expect(deadPaths(tree) == [])
        #expect(
            added(by: tree.appending("`Shared/Pipeline/Magic.swift`", to: "ARCHITECTURE.md"), deadPaths) == [
                "ARCHITECTURE.md: Shared/Pipeline/Magic.swift"
            ])
    }

    private func deadPaths(_ tree: RepositoryTree) -> [String] {
        documents(tree).flatMap { path in
            (tree[path] ?? "").matches(#"`((?:Shared|Services|Tests|ops|docs|packs|compose)/[\w./-]*)`"#)
                .filter { !tree.exists($0) }.map { "\(path): \($0)" }
        }
    }

    @Test func `the page of the architecture names every file of the one path once`() {
        #expect(unnamedFiles(tree) == [])
        #expect(added(by: tree.with("Shared/Pipeline/Magic.swift", ""), unnamedFiles) == ["Magic.swift: 0 times"])
        #expect(added(by: tree.appending("| `Step.swift` | again |\n", to: "ARCHITECTURE.md"), unnamedFiles) == ["Step.swift: 2 times"])
    }

    private func unnamedFiles(_ tree: RepositoryTree) -> [String] {
        let rows = (tree["ARCHITECTURE.md"] ?? "").matches(#"^\| (`\w+\.swift`.*?) \|"#).joined(separator: "\n")
        return tree.paths(under: "Shared/Pipeline", ending: ".swift").compactMap { path in
            let name = String(path.dropFirst("Shared/Pipeline/".count))
            let times = rows.components(separatedBy: "`\(name)`").count - 1
            return times == 1 ? nil : "\(name): \(times) times"
        }
    }

    @Test func `a service's help names every key of the page for those on call, with the same default`() {
        #expect(unhelped(tree) == [])
        #expect(added(by: tree.appending("| `XINQIAO_WEATHER` | fair | – |\n", to: "docs/ops.md"), unhelped) == ["XINQIAO_WEATHER"])
        let most = (tree["Shared/Pipeline/Worker.swift"] ?? "").matches(#"var messagesMax = ([0-9_]+)"#).map { $0.filter(\.isNumber) }
        #expect(most.count == 1)
        for number in most {
            #expect(tree["Shared/Pipeline/ServiceMain.swift"]?.contains("most messages of one batch (\(number))") == true)
            #expect(tree["docs/ops.md"]?.contains("| most messages of one batch | \(number) |") == true)
        }
    }

    private func unhelped(_ tree: RepositoryTree) -> [String] {
        let parts = (tree["Shared/Pipeline/ServiceMain.swift"] ?? "").components(separatedBy: "static let help = \"\"\"")
        let help = parts.last?.components(separatedBy: "\"\"\"").first ?? ""
        return (tree["docs/ops.md"] ?? "").matches(#"^\| `(XINQIAO_[A-Z_]+)`"#).filter { !help.hasWord($0) && !help.hasWord($0 + "_FILE") }
    }

    @Test func `make and xinqiao know every command that a document names`() {
        #expect(unknownCommands(tree) == [])
        #expect(added(by: tree.appending("`make coffee`", to: "README.md"), unknownCommands) == ["README.md: make coffee"])
        #expect(
            added(by: tree.appending("```\nxinqiao brew --strong\n```", to: "docs/ops.md"), unknownCommands) == [
                "docs/ops.md: xinqiao brew"
            ])
    }

    private func unknownCommands(_ tree: RepositoryTree) -> [String] {
        let targets = Set((tree["Makefile"] ?? "").matches(#"^([a-z]+):"#))
        let commands = Set(
            tree.paths(under: "Services/Operator", ending: ".swift").flatMap { (tree[$0] ?? "").matches(#"Command\(\s+"([a-z-]+)""#) })
        #expect(targets.count > 5 && commands.count > 5)
        return documents(tree).flatMap { path in
            let code = codeParts(of: tree[path] ?? "")
            return code.matches(#"(?:^|[`;&|(] *)make ([a-z]+)\b"#).filter { !targets.contains($0) }.map { "\(path): make \($0)" }
                + code.matches(#"(?:^|[`;&|( /])xinqiao ([a-z]+[a-z-]*)\b"#).filter { !commands.contains($0) }.map {
                    "\(path): xinqiao \($0)"
                }
        }
    }

    /// What stands in backticks or between fences, each part on its own line.
    private func codeParts(of document: String) -> String {
        var parts: [Substring] = []
        var isFenced = false
        for line in document.split(separator: "\n") {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isFenced.toggle()
            } else if isFenced {
                parts.append(line)
            } else {
                parts += line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map(
                    \.element)
            }
        }
        return parts.joined(separator: "\n")
    }

    @Test func `the page for sources explains every code that a sender can meet`() throws {
        let today = try unexplained(tree)
        #expect(today == [])
        let page = try #require(tree["docs/source.md"])
        #expect(
            try added(by: tree.with("docs/source.md", page.replacingOccurrences(of: "`id-reuse`", with: "")), unexplained) == ["id-reuse"])
        let door = "Services/Ingestion/Domain/Bad.swift"
        #expect(try added(by: tree.with(door, "effects.refuse(\"bad-weather\", \"\")"), unexplained) == ["bad-weather"])
    }

    private func unexplained(_ tree: RepositoryTree) throws -> [String] {
        let calls = #"(?:refuse\(|code: |wrong\(|alias\()"([a-z]+(?:-[a-z]+)*)""#
        var codes = Set(["id-reuse", "row-refused"])
        for path in tree.paths(under: "Services/Ingestion/Domain", ending: ".swift") where !path.contains("EntryChecks") {
            codes.formUnion((tree[path] ?? "").matches(calls))
        }
        for path in ["Shared/Wire/CloudEvent.swift", "Shared/Vocabulary/USCCDefect.swift"] {
            codes.formUnion((tree[path] ?? "").matches(#"case \.\w+: "([a-z]+(?:-[a-z0-9]+)+)""#))
        }
        codes.formUnion(JSONDefect.Kind.allCases.map { "json-" + $0.rawValue })
        #expect(codes.count > 40)
        let page = try #require(tree["docs/source.md"])
        return codes.filter { !page.contains("`\($0)`") }.sorted()
    }

    @Test func `the page of indicators has every indicator of the base pack`() throws {
        let today = try unlisted(tree)
        #expect(today == [])
        let page = try #require(tree["docs/indicators.md"])
        let without = page.replacingOccurrences(of: "`debt-ratio`", with: "")
        #expect(try added(by: tree.with("docs/indicators.md", without), unlisted) == ["debt-ratio"])
    }

    private func unlisted(_ tree: RepositoryTree) throws -> [String] {
        let ids = try #require(tree["packs/base/indicators.json"]).matches(#""kind": "indicator",\s+"id": "([\w-]+)""#)
        #expect(ids.count > 50)
        let page = try #require(tree["docs/indicators.md"])
        return ids.filter { !page.contains("| `\($0)` |") }
    }

    @Test func `both READMEs tell the same`() {
        func outline(_ path: String) -> [String] { (tree[path] ?? "").matches(#"^(#+) "#) }
        func links(_ path: String) -> Set<String> { Set((tree[path] ?? "").matches(#"\]\(([^)\s#]+)"#)).subtracting(shopWindow) }
        func code(_ path: String) -> [String] { (tree[path] ?? "").matches(#"^(make \w+|\.build/release/xinqiao \w+|kcat )"#) }
        #expect(outline("README.md") == outline("README.zh.md"))
        #expect(links("README.md") == links("README.zh.md"))
        #expect(code("README.md") == code("README.zh.md"))
        #expect(code("README.md").count > 5)
    }

    private func documents(_ tree: RepositoryTree) -> [String] {
        tree.paths.filter { $0.hasSuffix(".md") }
    }

    private func resolve(_ target: String, from document: String) -> String {
        var parts = target.hasPrefix("/") ? [] : document.split(separator: "/").dropLast().map(String.init)
        for step in target.split(separator: "/") {
            if step == ".." { _ = parts.popLast() } else if step != "." { parts.append(String(step)) }
        }
        return parts.joined(separator: "/")
    }
}
