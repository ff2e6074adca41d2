/// The hashing of RFC 6962: a leaf and an inner node can never be taken for one another.
public enum Merkle {
    /// The root of a tree without leaves: the hash of nothing.
    public static let emptyRoot = sha256([])

    /// The hash of a leaf: SHA-256 of a zero byte and the entry.
    public static func leafHash(_ entry: [UInt8]) -> Digest {
        // On the stack where it is small: two of three entries cost less to hash than to allocate.
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: entry.count + 1) { bytes in
            unsafe bytes.initializeElement(at: 0, to: 0)
            unsafe entry.withUnsafeBufferPointer { entry in
                _ = unsafe UnsafeMutableBufferPointer(rebasing: bytes[1...]).initialize(fromContentsOf: entry)
            }
            return unsafe SHA256.hash(UnsafeRawBufferPointer(bytes))
        }
    }

    /// The hash of an inner node: SHA-256 of a one byte and both children.
    public static func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
        unsafe withUnsafeTemporaryAllocation(byteCount: 1 + 2 * Digest.byteCount, alignment: 1) { bytes in
            unsafe bytes[0] = 1
            unsafe left.store(in: bytes, at: 1)
            unsafe right.store(in: bytes, at: 1 + Digest.byteCount)
            return unsafe SHA256.hash(UnsafeRawBufferPointer(bytes))
        }
    }

    /// The largest power of two below `size`: where RFC 6962 splits a tree. `size` is at least 2.
    static func split(_ size: UInt64) -> UInt64 { 1 << UInt64(63 - (size - 1).leadingZeroBitCount) }
}

/// A node whose subtree is full: it never changes again and may be stored.
public struct MerkleNode: Hashable, Sendable {
    /// 0 is a leaf; a node of level n covers 2ⁿ leaves.
    public let level: Int
    /// The node's place in its level, from 0.
    public let index: UInt64
    public let digest: Digest

    public init(level: Int, index: UInt64, digest: Digest) {
        self.level = level
        self.index = index
        self.digest = digest
    }
}

/// An append-only tree in its shortest form: the roots of its full subtrees. Enough to append and to name the root; at most 64 digests.
public struct MerkleTree: Hashable, Sendable {
    /// The number of leaves.
    public private(set) var size: UInt64
    /// The roots of the full subtrees, largest first; as many as `size` has one bits.
    public private(set) var subtrees: [Digest]

    /// A tree without leaves.
    public init() {
        size = 0
        subtrees = []
    }

    /// Takes up a stored tree; nil when the subtrees are not as many as the size demands.
    public init?(size: UInt64, subtrees: [Digest]) {
        guard subtrees.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.subtrees = subtrees
    }

    /// Appends a leaf.
    public mutating func append(leaf: Digest) { append(leaf: leaf, completing: { _ in }) }

    /// Appends a leaf and tells of every node that this completed, the leaf first.
    @inline(__always)
    public mutating func append(leaf: Digest, completing told: (MerkleNode) -> Void) {
        var node = MerkleNode(level: 0, index: size, digest: leaf)
        told(node)
        while node.index & 1 == 1, let left = subtrees.popLast() {
            node = MerkleNode(level: node.level + 1, index: node.index >> 1, digest: Merkle.nodeHash(left, node.digest))
            told(node)
        }
        subtrees.append(node.digest)
        size += 1
    }

    /// The root over all leaves.
    public var root: Digest {
        guard var root = subtrees.last else { return Merkle.emptyRoot }
        for left in subtrees.dropLast().reversed() { root = Merkle.nodeHash(left, root) }
        return root
    }
}
