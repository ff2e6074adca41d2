import Ledger

/// Appending to the Merkle tree, beside SHA-256 of the same leaves and nothing else: no tree can be faster.
enum LedgerBench {
    private static let entries = 1_000_000
    private static let entryByteCount = 230

    static func measured(runs: Int) throws -> [Figure] {
        // A thousand different ones, over and over: a million of them would measure the memory.
        let leaves = (0..<1_000).map { number in
            (0..<entryByteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 7 &+ number >> 8) }
        }
        let times = try Race.times(
            runs: runs,
            [
                .init(name: "Merkle tree") {
                    var tree = MerkleTree()
                    var nodes = 0
                    for number in 0..<entries { nodes += tree.append(leaf: Merkle.leafHash(leaves[number % leaves.count])).count }
                    return nodes ^ Int(tree.root.bytes[0])
                },
                .init(name: "SHA-256") {
                    var sum = 0
                    for number in 0..<entries { sum &+= sha256(leaves[number % leaves.count]).bit }
                    return sum
                },
            ])
        let rates = times.map { $0.map { Double(entries) / $0 } }
        return [
            Figure("ledger_entries_per_s", "append 1 M entries of 230 bytes to the Merkle tree", unit: "entries/s", of: rates[0]),
            Figure("ledger_sha256_per_s", "plain SHA-256 of the same entries", unit: "entries/s", of: rates[1]),
            Figure("ledger_vs_sha256", "share of that limit", unit: "of 1", of: ratios(rates[0], rates[1])),
        ]
    }
}

extension Digest {
    /// One bit that depends on the digest and costs nothing; unlike `hashValue` it is the same in every process.
    fileprivate var bit: Int { self < Merkle.emptyRoot ? 1 : 0 }
}
