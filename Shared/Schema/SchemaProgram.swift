/// A compiled schema as numbered nodes.
final class SchemaProgram: Sendable {
    /// A node that is shared, not copied: it holds many arrays.
    final class Node: Sendable {
        let schema: SchemaNode
        init(_ schema: SchemaNode) { self.schema = schema }
    }

    /// A `$dynamicAnchor` of a resource.
    struct Anchor: Hashable {
        let resource: Int
        let name: String
    }

    let nodes: [Node]
    let start: Int
    let dynamicAnchors: [Anchor: Int]
    /// Whether anything asks what was evaluated; otherwise nothing is noted.
    let asksForEvaluated: Bool

    /// Times that one value may be looked at, by one schema and those that it applies to the same value.
    private static let looksMax = 100_000
    private static let chainMax = 200

    init(nodes: [SchemaNode], start: Int, dynamicAnchors: [Anchor: Int]) {
        self.nodes = nodes.map(Node.init)
        self.start = start
        self.dynamicAnchors = dynamicAnchors
        asksForEvaluated = nodes.contains { $0.unevaluatedItems != nil || $0.unevaluatedProperties != nil }
    }

    /// All schemas that the node may apply to the value which it looks at itself.
    func inPlace(of number: Int) -> [Int] {
        let node = nodes[number].schema
        guard let dynamic = node.dynamicReference else { return node.inPlace }
        let candidates = dynamicAnchors.filter { $0.key.name == dynamic.name }.map(\.value)
        return node.inPlace + [dynamic.fallback] + candidates.sorted()
    }

    /// A node that would check its own value before it has done so, or that looks at one value more often than is allowed. Nil: all is well.
    func endlessNode() -> Int? {
        // Of a finished node: how many looks it costs, and how long its longest chain is.
        var costs = [Int](repeating: -1, count: nodes.count)
        var chains = [Int](repeating: 0, count: nodes.count)
        var isOpen = [Bool](repeating: false, count: nodes.count)
        for root in nodes.indices where costs[root] < 0 {
            var stack: [(node: Int, next: [Int], cost: Int, chain: Int)] = [(root, inPlace(of: root), 1, 1)]
            isOpen[root] = true
            while var top = stack.popLast() {
                if let child = top.next.popLast() {
                    if isOpen[child] { return child }
                    if costs[child] < 0 {
                        // Comes back to this child once it is known.
                        top.next.append(child)
                        stack.append(top)
                        stack.append((child, inPlace(of: child), 1, 1))
                        isOpen[child] = true
                        continue
                    }
                    top.cost = min(top.cost + costs[child], Self.looksMax + 1)
                    top.chain = max(top.chain, chains[child] + 1)
                    if top.cost > Self.looksMax || top.chain > Self.chainMax { return top.node }
                    stack.append(top)
                } else {
                    costs[top.node] = top.cost
                    chains[top.node] = top.chain
                    isOpen[top.node] = false
                }
            }
        }
        return nil
    }
}
