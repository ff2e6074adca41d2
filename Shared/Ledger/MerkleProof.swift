/// Where full nodes are kept: a table, or memory.
public protocol MerkleNodes {
    /// The full node, or nil when it was never stored.
    func node(level: Int, index: UInt64) -> Digest?
}

/// Every full node in memory. For tests, verifiers and small logs.
public struct MerkleMemory: MerkleNodes, Sendable {
    /// The tree in its short form.
    public private(set) var tree = MerkleTree()
    private var levels: [[Digest]] = []

    public init() {}

    /// Appends an entry: hashes it and keeps what it completed.
    public mutating func append(_ entry: [UInt8]) { append(leaf: Merkle.leafHash(entry)) }

    /// Appends a leaf that is already hashed.
    public mutating func append(leaf: Digest) {
        tree.append(leaf: leaf) { node in
            if node.level == levels.count { levels.append([]) }
            levels[node.level].append(node.digest)
        }
    }

    public func node(level: Int, index: UInt64) -> Digest? {
        guard level < levels.count, index < UInt64(levels[level].count) else { return nil }
        return levels[level][Int(index)]
    }
}

/// Proofs over the leaves of a log. Source: RFC 6962 section 2.1; subtrees as in the Merkle Tree Certificates drafts.
///
/// A proof is a list of digests, nearest to the leaves first. Proving returns nil when the range does not exist or a node is not stored;
/// verifying is total and answers no to whatever does not fit.
public enum MerkleProof {
    /// The root of the tree of the first `size` leaves.
    public static func root(size: UInt64, in nodes: some MerkleNodes) -> Digest? {
        size == 0 ? Merkle.emptyRoot : hash(of: 0, size, in: nodes)
    }

    /// That the leaf at `index` is in the tree of the first `size` leaves.
    public static func inclusion(of index: UInt64, size: UInt64, in nodes: some MerkleNodes) -> [Digest]? {
        guard index < size else { return nil }
        var proof: [Digest] = []
        var (start, end) = (UInt64(0), size)
        while end - start > 1 {
            let middle = start + Merkle.split(end - start)
            let isLeft = index < middle
            guard let sibling = isLeft ? hash(of: middle, end, in: nodes) : hash(of: start, middle, in: nodes) else { return nil }
            proof.append(sibling)
            if isLeft { end = middle } else { start = middle }
        }
        return proof.reversed()
    }

    /// That the tree of the first `earlier` leaves is the beginning of the tree of the first `size` leaves. `earlier` is at least 1.
    public static func consistency(from earlier: UInt64, to size: UInt64, in nodes: some MerkleNodes) -> [Digest]? {
        guard earlier >= 1, earlier <= size else { return nil }
        var proof: [Digest] = []
        var (start, end) = (UInt64(0), size)
        var isKnown = true
        while end != earlier {
            let middle = start + Merkle.split(end - start)
            let isLeft = earlier <= middle
            guard let sibling = isLeft ? hash(of: middle, end, in: nodes) : hash(of: start, middle, in: nodes) else { return nil }
            proof.append(sibling)
            if isLeft {
                end = middle
            } else {
                start = middle
                isKnown = false
            }
        }
        if !isKnown {
            guard let shared = hash(of: start, end, in: nodes) else { return nil }
            proof.append(shared)
        }
        return proof.reversed()
    }

    /// Whether the proof leads from the leaf to the root.
    public static func verifyInclusion(leaf: Digest, index: UInt64, size: UInt64, root: Digest, proof: [Digest]) -> Bool {
        verifyInclusion(leaf: leaf, index: index, in: 0, size, root: root, proof: proof)
    }

    /// Whether the proof leads from the leaf at `index` to the root of the subtree of the leaves `start ..< end`.
    public static func verifyInclusion(
        leaf: Digest, index: UInt64, in start: UInt64, _ end: UInt64, root: Digest, proof: [Digest]
    ) -> Bool {
        guard isSubtree(start, end), start <= index, index < end else { return false }
        var rest = proof[...]
        let found = climb(from: leaf, index: index - start, size: end - start, proof: &rest)
        return rest.isEmpty && found == root
    }

    /// Whether the proof shows the tree of `earlier` leaves to be the beginning of the tree of `size` leaves.
    public static func verifyConsistency(
        from earlier: UInt64, root earlierRoot: Digest, to size: UInt64, root: Digest, proof: [Digest]
    ) -> Bool {
        // Nothing is the beginning of everything: a proof from no leaves would prove nothing, so it is refused.
        earlier >= 1 && verifyConsistency(of: 0, earlier, root: earlierRoot, in: size, root: root, proof: proof)
    }

    /// Whether the proof shows the subtree of the leaves `start ..< end` to be part of the tree of `size` leaves.
    ///
    /// The empty subtree is part of every tree, whatever that tree's root.
    public static func verifyConsistency(
        of start: UInt64, _ end: UInt64, root subtreeRoot: Digest, in size: UInt64, root: Digest, proof: [Digest]
    ) -> Bool {
        guard end <= size else { return false }
        guard start != end else { return proof.isEmpty && subtreeRoot == Merkle.emptyRoot }
        guard isSubtree(start, end) else { return false }
        var rest = proof[...]
        let found = climb(of: start, end, isKnown: true, subtreeRoot: subtreeRoot, size: size, proof: &rest)
        return rest.isEmpty && found?.subtree == subtreeRoot && found?.tree == root
    }

    /// A subtree starts at a multiple of the smallest power of two that holds it: only then is it a node of every later tree.
    private static func isSubtree(_ start: UInt64, _ end: UInt64) -> Bool {
        guard start < end else { return false }
        let length = end - start
        guard start != 0, length > 1 else { return true }
        let levels = 64 - (length - 1).leadingZeroBitCount
        return levels < 64 && start & ((1 << UInt64(levels)) - 1) == 0
    }

    // The recursions are at most 64 deep: every step splits off at least the highest bit of the size.

    private static func climb(from leaf: Digest, index: UInt64, size: UInt64, proof: inout ArraySlice<Digest>) -> Digest? {
        guard size > 1 else { return leaf }
        let left = Merkle.split(size)
        guard let sibling = proof.popLast() else { return nil }
        if index < left {
            return climb(from: leaf, index: index, size: left, proof: &proof).map { Merkle.nodeHash($0, sibling) }
        }
        return climb(from: leaf, index: index - left, size: size - left, proof: &proof).map { Merkle.nodeHash(sibling, $0) }
    }

    private static func climb(
        of start: UInt64, _ end: UInt64, isKnown: Bool, subtreeRoot: Digest, size: UInt64, proof: inout ArraySlice<Digest>
    ) -> (subtree: Digest, tree: Digest)? {
        if start == 0, end == size {
            guard !isKnown else { return (subtreeRoot, subtreeRoot) }
            return proof.popLast().map { ($0, $0) }
        }
        let left = Merkle.split(size)
        guard let sibling = proof.popLast() else { return nil }
        if end <= left {
            let below = climb(of: start, end, isKnown: isKnown, subtreeRoot: subtreeRoot, size: left, proof: &proof)
            return below.map { ($0.subtree, Merkle.nodeHash($0.tree, sibling)) }
        }
        if start >= left {
            let below = climb(
                of: start - left, end - left, isKnown: isKnown, subtreeRoot: subtreeRoot, size: size - left, proof: &proof)
            return below.map { ($0.subtree, Merkle.nodeHash(sibling, $0.tree)) }
        }
        let below = climb(of: 0, end - left, isKnown: false, subtreeRoot: subtreeRoot, size: size - left, proof: &proof)
        return below.map { (Merkle.nodeHash(sibling, $0.subtree), Merkle.nodeHash(sibling, $0.tree)) }
    }

    /// The hash over the leaves `start ..< end`, where `start` is a multiple of the power of two that holds the range.
    private static func hash(of start: UInt64, _ end: UInt64, in nodes: some MerkleNodes) -> Digest? {
        let length = end - start
        if length & (length - 1) == 0 {
            let level = length.trailingZeroBitCount
            return nodes.node(level: level, index: start >> UInt64(level))
        }
        let middle = start + Merkle.split(length)
        guard let left = hash(of: start, middle, in: nodes), let right = hash(of: middle, end, in: nodes) else { return nil }
        return Merkle.nodeHash(left, right)
    }
}
