/// The hashing of RFC 6962: a leaf and an inner node can never be taken for one another.
package enum Merkle {
    /// The root of a tree without leaves: the hash of nothing.
    package static let emptyRoot = sha256([])

    /// The hash of a leaf: SHA-256 of a zero byte and the entry.
    package static func leafHash(_ entry: [UInt8]) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entry.count + 1)
        bytes.append(0)
        bytes += entry
        return sha256(bytes)
    }

    /// The hash of an inner node: SHA-256 of a one byte and both children.
    package static func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1 + 2 * Digest.byteCount)
        bytes.append(1)
        left.append(to: &bytes)
        right.append(to: &bytes)
        return sha256(bytes)
    }

    /// The largest power of two below `size`: where RFC 6962 splits a tree. `size` is at least 2.
    static func split(_ size: UInt64) -> UInt64 { 1 << UInt64(63 - (size - 1).leadingZeroBitCount) }
}

/// A node whose subtree is full: it never changes again and may be stored.
package struct MerkleNode: Hashable, Sendable {
    /// 0 is a leaf; a node of level n covers 2ⁿ leaves.
    package let level: Int
    /// The node's place in its level, from 0.
    package let index: UInt64
    package let digest: Digest

    package init(level: Int, index: UInt64, digest: Digest) {
        self.level = level
        self.index = index
        self.digest = digest
    }
}

/// An append-only tree in its shortest form: the roots of its full subtrees. Enough to append and to name the root; at most 64 digests.
package struct MerkleTree: Hashable, Sendable {
    /// The number of leaves.
    package private(set) var size: UInt64
    /// The roots of the full subtrees, largest first; as many as `size` has one bits.
    package private(set) var subtrees: [Digest]

    /// A tree without leaves.
    package init() {
        size = 0
        subtrees = []
    }

    /// Takes up a stored tree; nil when the subtrees are not as many as the size demands.
    package init?(size: UInt64, subtrees: [Digest]) {
        guard subtrees.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.subtrees = subtrees
    }

    /// Appends a leaf and returns the nodes that this completed, the leaf first.
    @discardableResult
    package mutating func append(leaf: Digest) -> [MerkleNode] {
        var node = MerkleNode(level: 0, index: size, digest: leaf)
        var completed = [node]
        while node.index & 1 == 1, let left = subtrees.popLast() {
            node = MerkleNode(level: node.level + 1, index: node.index >> 1, digest: Merkle.nodeHash(left, node.digest))
            completed.append(node)
        }
        subtrees.append(node.digest)
        size += 1
        return completed
    }

    /// The root over all leaves.
    package var root: Digest {
        guard var root = subtrees.last else { return Merkle.emptyRoot }
        for left in subtrees.dropLast().reversed() { root = Merkle.nodeHash(left, root) }
        return root
    }
}
