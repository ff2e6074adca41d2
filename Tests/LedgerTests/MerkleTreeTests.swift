import Ledger
import Testing

@Test func `roots are those of the textbook definition at every size`() {
    var memory = MerkleMemory()
    #expect(memory.tree.root == Merkle.emptyRoot)
    #expect(Merkle.emptyRoot.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    for size in 1...130 {
        memory.append(entry(size - 1))
        #expect(memory.tree.root == definition(0, size))
        #expect(MerkleProof.root(size: UInt64(size), in: memory) == memory.tree.root)
        #expect(memory.tree.subtrees.count == size.nonzeroBitCount)
    }
    // The hash of one empty leaf, as RFC 6962 implementations publish it.
    #expect(Merkle.leafHash([]).hex == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
}

@Test func `a stored tree goes on where it stopped`() throws {
    var whole = MerkleTree()
    for size in 1...70 {
        let parked = MerkleTree(size: whole.size, subtrees: whole.subtrees)
        var resumed = try #require(parked)
        whole.append(leaf: Merkle.leafHash(entry(size)))
        resumed.append(leaf: Merkle.leafHash(entry(size)))
        #expect(resumed == whole)
    }
    #expect(MerkleTree(size: 3, subtrees: [Merkle.emptyRoot]) == nil)
}

@Test func `every proof of every small tree verifies, and only for what it proves`() throws {
    var memory = MerkleMemory()
    for index in 0..<70 { memory.append(entry(index)) }
    for size in 1...UInt64(70) {
        let root = try #require(MerkleProof.root(size: size, in: memory))
        for index in 0..<size {
            let proof = try #require(MerkleProof.inclusion(of: index, size: size, in: memory))
            let leaf = Merkle.leafHash(entry(Int(index)))
            #expect(MerkleProof.verifyInclusion(leaf: leaf, index: index, size: size, root: root, proof: proof))
            #expect(!MerkleProof.verifyInclusion(leaf: leaf, index: index ^ 1, size: size, root: root, proof: proof))
            #expect(!MerkleProof.verifyInclusion(leaf: leaf, index: index, size: size, root: root, proof: proof + [leaf]))
            let otherLeaf = Merkle.leafHash(entry(Int(index) + 1))
            #expect(!MerkleProof.verifyInclusion(leaf: otherLeaf, index: index, size: size, root: root, proof: proof))
        }
        for earlier in 1...size {
            let proof = try #require(MerkleProof.consistency(from: earlier, to: size, in: memory))
            let earlierRoot = try #require(MerkleProof.root(size: earlier, in: memory))
            #expect(MerkleProof.verifyConsistency(from: earlier, root: earlierRoot, to: size, root: root, proof: proof))
            #expect(!MerkleProof.verifyConsistency(from: earlier, root: sha256([1]), to: size, root: root, proof: proof))
            #expect(!MerkleProof.verifyConsistency(from: earlier, root: earlierRoot, to: size, root: sha256([1]), proof: proof))
            #expect(!MerkleProof.verifyConsistency(from: earlier, root: earlierRoot, to: size, root: root, proof: proof + [root]))
        }
    }
    #expect(MerkleProof.inclusion(of: 70, size: 70, in: memory) == nil)
    #expect(MerkleProof.inclusion(of: 0, size: 71, in: memory) == nil)
    #expect(MerkleProof.consistency(from: 0, to: 5, in: memory) == nil)
    #expect(MerkleProof.consistency(from: 6, to: 5, in: memory) == nil)
}

@Test func `verifying is total at the ends of the number range`() {
    let sizes: [UInt64] = [0, 1, 2, 3, .max / 2, .max / 2 + 1, .max - 1, .max]
    let digest = sha256([7])
    for a in sizes {
        for b in sizes {
            for count in [0, 1, 64, 65] {
                let proof = [Digest](repeating: digest, count: count)
                let isOneLeaf = a == 0 && b == 1 && count == 0
                #expect(MerkleProof.verifyInclusion(leaf: digest, index: a, size: b, root: digest, proof: proof) == isOneLeaf)
                let isSame = a == b && a > 0 && count == 0
                #expect(MerkleProof.verifyConsistency(from: a, root: digest, to: b, root: digest, proof: proof) == isSame)
                for c in sizes where c > b && a > 0 {
                    #expect(!MerkleProof.verifyConsistency(of: a, b, root: digest, in: c, root: digest, proof: proof))
                }
            }
        }
    }
}

private func entry(_ index: Int) -> [UInt8] { Array("entry \(index)".utf8) }

/// RFC 6962 section 2.1, word for word: split at the largest power of two below the size.
private func definition(_ start: Int, _ end: Int) -> Digest {
    if end - start == 1 { return Merkle.leafHash(entry(start)) }
    var left = 1
    while left * 2 < end - start { left *= 2 }
    return Merkle.nodeHash(definition(start, start + left), definition(start + left, end))
}
