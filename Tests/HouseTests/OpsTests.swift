import Testing

/// What is watched, and what to do about it.
struct OpsTests {
    private let tree = RepositoryTree.whole

    @Test func `every alert has its runbook and every runbook its alert`() {
        #expect(alone(tree) == [])
        #expect(alone(tree.without("ops/runbooks/DiskFull.md")) == ["ops/runbooks/DiskFull.md is missing"])
        #expect(alone(tree.with("ops/runbooks/Nobody.md", "")) == ["ops/runbooks/Nobody.md belongs to no alert"])
    }

    private func alone(_ tree: RepositoryTree) -> [String] {
        let alerts = (tree["ops/alerts.yaml"] ?? "").matches(#"^\s+- alert: (\w+)"#).map { "ops/runbooks/\($0).md" }
        let runbooks = tree.paths(under: "ops/runbooks", ending: ".md")
        return alerts.filter { tree[$0] == nil }.map { $0 + " is missing" }
            + runbooks.filter { !alerts.contains($0) }.map { $0 + " belongs to no alert" }
            + (tree["ops/alerts.yaml"] ?? "").matches(#"runbook: (\S+)"#).filter { tree[$0] == nil }.map { $0 + " is named and missing" }
    }

    @Test func `nothing is watched that is not measured`() {
        #expect(unknownMetrics(tree) == [])
        let name = "credit_" + "weather"
        #expect(unknownMetrics(tree.appending("expr: \(name) > 0\n", to: "ops/alerts.yaml")) == ["ops/alerts.yaml: \(name)"])
        #expect(unknownMetrics(tree.appending("`\(name)`\n", to: "ops/runbooks/DiskFull.md")) == ["ops/runbooks/DiskFull.md: \(name)"])
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
}
