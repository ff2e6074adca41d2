import Foundation
import Ledger
import Pipeline
import Postgres
import Vocabulary

/// Appending to the Merkle tree, beside SHA-256 of the same leaves and nothing else, which no tree can outrun, and beside the same tree in
/// Python's hashlib; then the same leaves into the log's tables, `fsync` and all.
enum LedgerBench {
    private static let entries = 1_000_000
    private static let entryByteCount = 230
    /// As many as one batch of a worker has messages.
    private static let groupSize = 10_000
    private static let script = "ops/bench/hashlib_tree.py"

    static func measured(runs: Int) throws -> [Figure] {
        // A thousand different ones, over and over: a million of them would measure the memory.
        let leaves = (0..<1_000).map { number in
            (0..<entryByteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 7 &+ number >> 8) }
        }
        let root = tree(leaves).root
        let times = try Race.times(
            runs: runs,
            [
                .init(name: "Merkle tree") {
                    let tree = tree(leaves)
                    return Int(tree.size) ^ Int(tree.root.bytes[0])
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
        ] + (try besideHashlib(leaves, root, runs: runs)) + (try durable(leaves, root, runs: runs))
    }

    private static func tree(_ leaves: [[UInt8]]) -> MerkleTree {
        var tree = MerkleTree()
        for number in 0..<entries { tree.append(leaf: Merkle.leafHash(leaves[number % leaves.count])) }
        return tree
    }

    // MARK: the peer

    /// Ours and the peer in turns; the peer takes its own time, without its start.
    private static func besideHashlib(_ leaves: [[UInt8]], _ root: Digest, runs: Int) throws -> [Figure] {
        guard FileManager.default.isReadableFile(atPath: script) else {
            print("skipped: \(script) is not here; run this from the repository's root")
            return []
        }
        var ours: [Double] = []
        var theirs: [Double] = []
        let clock = ContinuousClock()
        for _ in 0..<runs {
            let words: [Substring]
            do {
                words = try Command.output(["/usr/bin/python3", script, String(entries)]).split(whereSeparator: \.isWhitespace)
            } catch {
                print("skipped: the tree in hashlib does not run: \(error)")
                return []
            }
            guard words.count == 2, let seconds = Double(words[0]), words[1] == root.hex[...] else {
                throw BenchFault.unequal("hashlib's root")
            }
            theirs.append(Double(entries) / seconds)
            let begin = clock.now
            guard tree(leaves).root == root else { throw BenchFault.unequal("the tree's root") }
            ours.append(Double(entries) / ((clock.now - begin) / .seconds(1)))
        }
        return [
            Figure("ledger_hashlib_per_s", "the same tree in Python's hashlib", unit: "entries/s", of: theirs),
            Figure("ledger_vs_hashlib", "how many times as fast, in turns", unit: "×", of: ratios(ours, theirs)),
        ]
    }

    // MARK: durable

    private static func durable(_ leaves: [[UInt8]], _ root: Digest, runs: Int) throws -> [Figure] {
        guard let figure = try ScratchPostgres.lent(to: { try durable(leaves, root, runs: runs, on: $0) }) else {
            print("skipped: \(ScratchPostgres.absent)")
            return []
        }
        return [figure]
    }

    /// Hashing, appending, and one transaction for each group, by the store that the services use.
    private static func durable(_ leaves: [[UInt8]], _ root: Digest, runs: Int, on postgres: ScratchPostgres) throws -> Figure {
        let admin = try postgres.connect()
        var rates: [Double] = []
        let clock = ContinuousClock()
        for run in 0..<runs {
            let schema = "ledger_\(run)"
            _ = try Migrator.apply(PathMigration.all, schema: schema, on: admin)
            let lane = TopicPartition(topic: LaneBook.laneTopic, partition: 0)
            _ = try admin.execute(
                "INSERT INTO \(schema).consumer_offset (topic, partition, next_offset) VALUES ($1, 0, 0)", [.text(lane.topic)])
            let store = try PostgresStore(
                PostgresAddress(
                    conninfo: "host=\(postgres.folder) user=bench dbname=postgres", applicationName: "bench", searchPath: schema))
            try admin.script("CHECKPOINT")
            let begin = clock.now
            var head = LedgerHead()
            for start in stride(from: 0, to: entries, by: groupSize) {
                var group: [LedgerLeaf] = []
                group.reserveCapacity(groupSize)
                let now = Instant(microseconds: Int64(start))
                for number in start..<start + groupSize {
                    let leaf = LedgerLeaf(reference: "fact/\(number)", hash: Merkle.leafHash(leaves[number % leaves.count]))
                    head.append(leaf.hash, at: now)
                    group.append(leaf)
                }
                var write = BatchWrite()
                write.fence = [FenceMove(place: lane, from: Int64(start / groupSize), to: Int64(start / groupSize) + 1)]
                write.ledgers = [LedgerWrite(lane: 0, head: head, leaves: group, appendedAt: now)]
                try store.commit(write)
            }
            rates.append(Double(entries) / ((clock.now - begin) / .seconds(1)))
            let stored = try store.ledgerHeads([0])[0]?.tree
            let bytes = try admin.execute("SELECT sum(length(hashes))::int8 FROM \(schema).ledger_block").first?.int64(0)
            guard stored?.root == root, bytes == Int64(entries * Digest.byteCount) else { throw BenchFault.unequal("the stored log") }
            store.close()
            try admin.script("DROP SCHEMA \(schema) CASCADE")
        }
        admin.close()
        return Figure(
            "ledger_durable_entries_per_s", "the same into the log's tables in transactions of 10,000, fsync on", unit: "entries/s",
            of: rates)
    }
}

extension Digest {
    /// One bit that depends on the digest and costs nothing; unlike `hashValue` it is the same in every process.
    fileprivate var bit: Int { self < Merkle.emptyRoot ? 1 : 0 }
}
