import Vocabulary

/// What is written down so that nobody can alter it unseen: the hash of an entry, and what the entry is about.
public struct LedgerLeaf: Hashable, Sendable {
    /// Leads back to the row of which the entry is made: a kind, a slash, and an id. Not part of the hash.
    public let reference: String
    public let hash: Digest

    public init(reference: String, hash: Digest) {
        self.reference = reference
        self.hash = hash
    }
}

/// Where the log of one lane stands: all that is needed to append, to name the root, and to know whether a checkpoint is due.
public struct LedgerHead: Hashable, Sendable {
    public private(set) var tree: MerkleTree
    /// When the newest leaf was appended; never goes back, even if the clock does.
    public private(set) var grownAt: Instant
    /// The size at the last checkpoint; zero when there was none.
    public private(set) var signedSize: UInt64
    /// When the first leaf came that is under no checkpoint; without meaning when there is none.
    private var waitingSince: Instant

    /// A log without leaves.
    public init() {
        tree = MerkleTree()
        grownAt = .epoch
        signedSize = 0
        waitingSince = .epoch
    }

    /// Takes up a stored head; nil when its parts do not fit together.
    public init?(size: UInt64, subtrees: [UInt8], grownAt: Instant, signedSize: UInt64, waitingSince: Instant) {
        guard subtrees.count % Digest.byteCount == 0, signedSize <= size else { return nil }
        let digests = stride(from: 0, to: subtrees.count, by: Digest.byteCount)
            .compactMap { Digest(subtrees[$0..<$0 + Digest.byteCount]) }
        guard let tree = MerkleTree(size: size, subtrees: digests) else { return nil }
        self.tree = tree
        self.grownAt = grownAt
        self.signedSize = signedSize
        self.waitingSince = waitingSince
    }

    public mutating func append(_ leaf: Digest, at now: Instant) {
        grownAt = tree.size == 0 ? now : max(grownAt, now)
        if signedSize == tree.size { waitingSince = grownAt }
        tree.append(leaf: leaf)
    }

    /// Notes that a checkpoint of all leaves was made.
    public mutating func sign() { signedSize = tree.size }

    /// Since when leaves wait for a checkpoint; nil when none does.
    public var unsignedSince: Instant? { signedSize < tree.size ? waitingSince : nil }

    /// The roots of the full subtrees one behind the other, largest first. Unit: 32 bytes each.
    public var subtrees: [UInt8] { tree.subtrees.reduce(into: []) { $1.append(to: &$0) } }
}
