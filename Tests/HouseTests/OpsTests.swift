import Testing

/// What is watched, and what to do about it.
struct OpsTests {
    private let tree = RepositoryTree.whole

    @Test func `every alert has its runbook and every runbook its alert`() {
        #expect(alone(tree) == [])
        #expect(added(by: tree.without("ops/runbooks/DiskFull.md"), alone) == ["ops/runbooks/DiskFull.md is missing"])
        #expect(added(by: tree.with("ops/runbooks/Nobody.md", ""), alone) == ["ops/runbooks/Nobody.md belongs to no alert"])
    }

    private func alone(_ tree: RepositoryTree) -> [String] {
        let alerts = (tree["ops/alerts.yaml"] ?? "").matches(#"^\s+- alert: (\w+)"#).map { "ops/runbooks/\($0).md" }
        let runbooks = tree.paths(under: "ops/runbooks", ending: ".md")
        return alerts.filter { tree[$0] == nil }.map { $0 + " is missing" }
            + runbooks.filter { !alerts.contains($0) }.map { $0 + " belongs to no alert" }
            + (tree["ops/alerts.yaml"] ?? "").matches(#"runbook: (\S+)"#).filter { !alerts.contains($0) }.map { $0 + " is another alert's" }
    }

    @Test func `nothing is watched that is not measured`() {
        #expect(unknownMetrics(tree) == [])
        let name = "credit_" + "weather"
        #expect(added(by: tree.appending("expr: \(name) > 0\n", to: "ops/alerts.yaml"), unknownMetrics) == ["ops/alerts.yaml: \(name)"])
        #expect(
            added(by: tree.appending("`\(name)`\n", to: "ops/runbooks/DiskFull.md"), unknownMetrics) == [
                "ops/runbooks/DiskFull.md: \(name)"
            ])
    }

    private func unknownMetrics(_ tree: RepositoryTree) -> [String] {
        let known = Set((tree["Shared/Chassis/MetricName.swift"] ?? "").matches(#"case \w+ = "(\w+)""#))
        #expect(known.count > 30)
        let paths = tree.paths.filter { path in
            (path.hasPrefix("ops/") || path.hasPrefix("compose/") || path.hasPrefix("docs/"))
                && [".yaml", ".yml", ".json", ".md"].contains { path.hasSuffix($0) }
        }
        return paths.flatMap { path in
            Set((tree[path] ?? "").matches(#"\b(credit_[a-z_]+[a-z])\b(?!\*)"#)).subtracting(known).filter { name in
                // A histogram is asked for by its three parts.
                !["_bucket", "_sum", "_count"].contains { name.hasSuffix($0) && known.contains(String(name.dropLast($0.count))) }
            }.sorted().map { "\(path): \($0)" }
        }
    }

    @Test func `every alert can be raised: something sets its metric`() {
        #expect(silentAlerts(tree).isEmpty)
        let mute = tree.appending("    case weather = \"credit_weather\"\n", to: "Shared/Chassis/MetricName.swift")
            .appending("      - alert: Weather\n        expr: credit_weather > 1\n", to: "ops/alerts.yaml")
        #expect(silentAlerts(mute).subtracting(silentAlerts(tree)) == ["Weather"])
    }

    @Test func `every metric that is declared is counted somewhere`() {
        #expect(uncounted(tree).isEmpty)
        let more = tree.appending("    case weather = \"weather_total\"\n", to: "Shared/Chassis/MetricName.swift")
        #expect(Set(uncounted(more)).subtracting(uncounted(tree)) == ["weather"])
    }

    private func uncounted(_ tree: RepositoryTree) -> [String] {
        let code = ["Shared", "Services"].flatMap { tree.paths(under: $0, ending: ".swift") }
            .filter { $0 != "Shared/Chassis/MetricName.swift" }.compactMap { tree[$0] }.joined(separator: "\n")
        return (tree["Shared/Chassis/MetricName.swift"] ?? "").matches(#"case (\w+) = "\w+""#)
            .filter { code.matches(#"(\.\#($0))\b"#).isEmpty }
    }

    private func silentAlerts(_ tree: RepositoryTree) -> Set<String> {
        let declared = tree["Shared/Chassis/MetricName.swift"] ?? ""
        let cases = Dictionary(zip(declared.matches(#"case \w+ = "(\w+)""#), declared.matches(#"case (\w+) = "\w+""#))) { first, _ in first
        }
        let code = ["Shared", "Services"].flatMap { tree.paths(under: $0, ending: ".swift") }
            .filter { $0 != "Shared/Chassis/MetricName.swift" }.compactMap { tree[$0] }.joined(separator: "\n")
        var silent: Set<String> = []
        for rule in (tree["ops/alerts.yaml"] ?? "").split(separator: "- alert: ").dropFirst() {
            let name = String(rule.prefix { !$0.isWhitespace })
            let isSet = String(rule).matches(#"\b(credit_\w+)\b"#).allSatisfy { metric in
                cases[metric].map { code.contains("." + $0 + ",") || code.contains("." + $0 + ")") } ?? true
            }
            if !isSet { silent.insert(name) }
        }
        return silent
    }
}
