import Chassis
import Foundation
import GovernanceDomain
import Ledger
import Postgres

extension Command {
    static let prove = Command(
        "prove",
        usage: """
            inclusion FACT_ID [--size N] [--to FILE]
                   xinqiao prove consistency LANE EARLIER_SIZE SIZE [--to FILE]
                   xinqiao prove checkpoint LANE [--size N] [--to FILE]
            """,
        summary: "write a proof or a signed checkpoint of governance's log to a file, for `xinqiao verify`",
        valued: ["size", "to"],
        details: """
            inclusion    that a fact, or a word about a consent, is in the log. FACT_ID is writer/id, as in governance.fact. For the lane's
                         newest checkpoint, or for the one of N leaves.
            consistency  that a lane's log of SIZE leaves goes on from the one of EARLIER_SIZE.
            checkpoint   the newest one of a lane, or the one of N leaves.

            The proof is one JSON object: `proof` (inclusion, consistency), `origin` (the log's name), `size`, `index` and `entry`, or
            `earlier`, and `hashes` in base64, nearest to the leaves first (RFC 9162, 2.1.3 and 2.1.4). Without --to it goes to stdout.
            """
    ) { options in
        let proving = Proving(tables: LedgerTables(connection: try Connections.postgres()))
        let text: [UInt8]
        switch (options.words.first, options.words.count) {
        case ("inclusion", 2): text = try proving.inclusion(options.words[1], options)
        case ("consistency", 4):
            text = try proving.consistency(
                lane: try Proving.number(options.words[1]), earlier: try Proving.number(options.words[2]),
                size: try Proving.number(options.words[3]))
        case ("checkpoint", 2): text = try proving.checkpoint(lane: try Proving.number(options.words[1]), options)
        default:
            throw Failure(
                "say `prove inclusion FACT_ID`, `prove consistency LANE EARLIER_SIZE SIZE` or `prove checkpoint LANE`", code: .usage)
        }
        guard let path = options.text("to") else {
            FileHandle.standardOutput.write(Data(text))
            return
        }
        guard FileManager.default.createFile(atPath: path, contents: Data(text)) else { throw Failure("\(path) can not be written") }
    }
}

struct Proving {
    let tables: LedgerTables

    func inclusion(_ factID: String, _ options: Options) throws -> [UInt8] {
        guard let fact = try tables.facts([factID])[factID] else {
            throw Failure("there is no fact `\(factID)`: its id is writer/id, as in governance.fact")
        }
        guard let (lane, index) = try tables.leaf(of: fact.entry) else {
            throw Failure("\(factID) is in no leaf as it stands: it is older than the log, or was altered; `xinqiao verify log` says which")
        }
        let (origin, size) = try signed(lane, options)
        guard index < size else {
            throw Failure("\(factID) is leaf \(index) of lane \(lane), and the checkpoint ends at \(size): wait a minute for the next one")
        }
        guard let hashes = try hashes(lane, upTo: size, { MerkleProof.inclusion(of: index, size: size, in: $0) }) else {
            throw Failure("the log of lane \(lane) has not the \(size) leaves that it should have: run `xinqiao verify log`")
        }
        return LogProof.inclusion(origin: origin, size: size, index: index, entry: fact.entry.text, hashes: hashes).bytes
    }

    func consistency(lane: UInt64, earlier: UInt64, size: UInt64) throws -> [UInt8] {
        let lane = Int32(clamping: lane)
        guard earlier >= 1, earlier <= size else {
            throw Failure("EARLIER_SIZE should be from 1 to SIZE: from no leaves nothing can be proven", code: .usage)
        }
        guard let hashes = try hashes(lane, upTo: size, { MerkleProof.consistency(from: earlier, to: size, in: $0) }) else {
            throw Failure("the log of lane \(lane) has not \(size) leaves: `xinqiao prove checkpoint \(lane)` says how many are signed")
        }
        return LogProof.consistency(origin: try origin(lane), earlier: earlier, size: size, hashes: hashes).bytes
    }

    func checkpoint(lane: UInt64, _ options: Options) throws -> [UInt8] {
        let lane = Int32(clamping: lane)
        let (_, size) = try signed(lane, options)
        let rows = try tables.connection.execute(
            "SELECT note FROM governance.checkpoint WHERE lane = $1 AND size = $2", [.int64(Int64(lane)), .int64(Int64(clamping: size))])
        return Array(try rows.first?.text(0).utf8 ?? "".utf8)
    }

    /// The digests of a proof over the lane's first leaves, which pass by once; nil when there are fewer.
    private func hashes(_ lane: Int32, upTo size: UInt64, _ proof: (any MerkleNodes) -> [Digest]?) throws -> [Digest]? {
        var picking = MerklePicking { _ = proof($0) }
        try tables.eachBlock(of: lane) { block in
            for place in block.references.indices where picking.tree.size < size {
                if let hash = block.hash(place) { picking.append(leaf: hash) }
            }
        }
        return picking.tree.size == size ? proof(picking) : nil
    }

    /// The name of the lane's log and the size of its newest checkpoint, or of the one that was asked for.
    private func signed(_ lane: Int32, _ options: Options) throws -> (origin: String, size: UInt64) {
        let size = try options.text("size").map { try Self.number($0) }
        let rows = try tables.connection.execute(
            "SELECT origin, size FROM governance.checkpoint WHERE lane = $1 AND ($2::int8 IS NULL OR size = $2) ORDER BY size DESC LIMIT 1",
            [.int64(Int64(lane)), size.map { .int64(Int64(clamping: $0)) } ?? .null])
        guard let row = rows.first else {
            throw Failure(
                size.map { "lane \(lane) has no checkpoint of \($0) leaves" }
                    ?? "lane \(lane) has no checkpoint: governance makes them when XINQIAO_LEDGER_KEY_FILE names its private key")
        }
        return (try row.text(0), UInt64(clamping: try row.int64(1)))
    }

    private func origin(_ lane: Int32) throws -> String {
        let rows = try tables.connection.execute(
            "SELECT origin FROM governance.checkpoint WHERE lane = $1 ORDER BY size DESC LIMIT 1", [.int64(Int64(lane))])
        return try rows.first?.text(0) ?? Checkpoint.origin(LedgerFiles.defaultName, lane: lane)
    }

    static func number(_ text: String) throws -> UInt64 {
        guard let number = UInt64(text) else { throw Failure("`\(text)` should be a whole number", code: .usage) }
        return number
    }
}
