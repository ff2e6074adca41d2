/// The few full nodes that one proof needs, picked out while all leaves pass by: a proof over any number of leaves in the room of some
/// hundred digests.
public struct MerklePicking: MerkleNodes, Sendable {
    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    /// The tree of the leaves that have passed.
    public private(set) var tree = MerkleTree()
    private var picked: [Place: Digest] = [:]
    private let wanted: Set<Place>

    /// Asks the proof once to learn which nodes it needs.
    public init(for proof: (any MerkleNodes) -> Void) {
        let asking = Asking()
        proof(asking)
        wanted = asking.asked
    }

    public mutating func append(leaf: Digest) {
        tree.append(leaf: leaf) { node in
            let place = Place(level: node.level, index: node.index)
            if wanted.contains(place) { picked[place] = node.digest }
        }
    }

    public func node(level: Int, index: UInt64) -> Digest? { picked[Place(level: level, index: index)] }

    /// Answers anything and remembers what it was asked.
    private final class Asking: MerkleNodes {
        var asked: Set<Place> = []

        func node(level: Int, index: UInt64) -> Digest? {
            asked.insert(Place(level: level, index: index))
            return Merkle.emptyRoot
        }
    }
}
