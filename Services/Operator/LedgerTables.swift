import GovernanceDomain
import Ledger
import Pipeline
import Postgres
import Vocabulary
import Wire

/// Governance's log as it lies in the database.
struct LedgerTables {
    let connection: Connection

    /// What reading all of it came to.
    struct Outcome {
        var lanes = 0
        var leaves: UInt64 = 0
        var repeated = 0
        /// In words, the first culprit of each lane first.
        var findings: [String] = []
    }

    /// One block of leaves.
    struct Block {
        let first: UInt64
        let hashes: [UInt8]
        let references: [String]

        func hash(_ place: Int) -> Digest? {
            let start = place * Digest.byteCount
            return start + Digest.byteCount <= hashes.count ? Digest(hashes[start..<start + Digest.byteCount]) : nil
        }
    }

    /// The text of every checkpoint that governance signed.
    func notes() throws -> [String] {
        try connection.execute("SELECT note FROM governance.checkpoint ORDER BY lane, size").map { try $0.text(0) }
    }

    /// Computes the log of every lane again, in one snapshot of the database.
    func review(against held: [Checkpoint]) throws -> Outcome {
        try connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        defer { connection.rollback() }
        var outcome = Outcome()
        var lanes = Set(held.compactMap { Int32($0.origin.split(separator: "/").last ?? "") })
        let known = try connection.execute("SELECT lane FROM governance.ledger_head UNION SELECT lane FROM governance.ledger_block")
        for row in known { lanes.insert(try row.int32(0)) }
        for lane in lanes.sorted() {
            var review = LogReview(lane: lane, checkpoints: held.filter { $0.origin.hasSuffix("/\(lane)") })
            try eachBlock(of: lane) { block in
                let facts = try facts(Set(block.references.compactMap { FactEntry.factID(in: $0) }))
                try review.take(
                    first: block.first, hashes: block.hashes, references: block.references, facts: facts,
                    isLogged: { try leaf(of: $0) != nil })
            }
            review.finish(head: try head(of: lane))
            outcome.lanes += 1
            outcome.leaves += review.tree.size
            outcome.repeated += review.repeated
            outcome.findings += review.findings.map(\.description)
        }
        for row in try connection.execute(Self.unlogged) {
            outcome.findings.append("the fact \(try row.text(0)) is in no leaf of the log: it was put in beside the service")
        }
        for row in try connection.execute(Self.unwithdrawn) {
            outcome.findings.append(
                "the consent \(try row.text(0)) of \(try row.text(1)) is `\(try row.textOrNil(2) ?? "missing")` in governance.consent, "
                    + "although \(try row.text(3)) withdrew it: the row was altered")
        }
        return outcome
    }

    /// All blocks of a lane in order, some at a time.
    func eachBlock(of lane: Int32, _ body: (Block) throws -> Void) throws {
        var after: Int64 = -1
        while true {
            let rows = try connection.execute(Self.readBlocks, [.int32(lane), .int64(after)])
            guard !rows.isEmpty else { return }
            for row in rows {
                after = try row.int64(0)
                try body(try Self.block(row))
            }
        }
    }

    /// Where the entry is a leaf: by the time at which its fact was known, its block; in the block, its hash.
    func leaf(of entry: FactEntry) throws -> (lane: Int32, index: UInt64)? {
        let wanted = entry.leaf.hash
        for row in try connection.execute(Self.blocksOfMoment, [.instant(entry.knownAt)]) {
            let block = try Self.block(row)
            if let place = block.references.indices.first(where: { block.hash($0) == wanted }) {
                return (try row.int32(3), block.first + UInt64(place))
            }
        }
        return nil
    }

    /// The facts as they are stored, by id.
    func facts(_ ids: Set<String>) throws -> [String: LogReview.StoredFact] {
        var facts: [String: LogReview.StoredFact] = [:]
        for row in try connection.execute(Self.readFacts, [.texts(Array(ids))]) {
            let entry = FactEntry(
                factID: try row.text(0), recordType: try row.text(1), writer: try row.text(2), subject: try row.text(3),
                businessKey: try row.text(4), occurredAt: try row.instant(5), knownAt: try row.instant(6), topic: try row.text(7),
                partition: try row.int64(8), offset: try row.int64(9), sha256: try row.text(10), quality: try row.int64(11),
                duplicateOf: try row.textOrNil(12), contentSHA256: try row.textOrNil(13) ?? "")
            facts[entry.factID] = LogReview.StoredFact(entry: entry, data: Array(try row.text(14).utf8))
        }
        return facts
    }

    func head(of lane: Int32) throws -> LedgerHead? {
        guard let row = try connection.execute(Self.readHead, [.int32(lane)]).first else { return nil }
        return LedgerHead(
            size: UInt64(clamping: try row.int64(0)), subtrees: try row.bytes(1), grownAt: try row.instant(2),
            signedSize: UInt64(clamping: try row.int64(3)), waitingSince: try row.instant(4))
    }

    private static func block(_ row: Row) throws -> Block {
        let list = try JSONDocument(parsing: Array(try row.text(2).utf8), limits: JSONLimits(bytesMax: 256 << 20, membersMax: 1 << 22)).root
        return Block(first: UInt64(clamping: try row.int64(0)), hashes: try row.bytes(1), references: list.elements.compactMap(\.string))
    }

    static let readBlocks = """
        SELECT first_leaf, hashes, refs::text FROM governance.ledger_block
         WHERE lane = $1 AND first_leaf > $2 ORDER BY first_leaf LIMIT 50
        """

    static let blocksOfMoment = """
        SELECT first_leaf, hashes, refs::text, lane FROM governance.ledger_block WHERE appended_at = $1 ORDER BY lane, first_leaf
        """

    static let readFacts = """
        SELECT fact_id, record_type, writer, subject, business_key, occurred_at, known_at, topic, partition, "offset", sha256, quality,
               duplicate_of, content_sha256, data::text
          FROM governance.fact WHERE fact_id = ANY ($1::text[])
        """

    static let readHead = """
        SELECT size, subtrees, grown_at, signed_size, waiting_since FROM governance.ledger_head WHERE lane = $1
        """

    // Facts from before there was a log are in none. From the first leaf on every one must be.
    static let unlogged = """
        WITH logged AS (
            SELECT substr(r.reference, strpos(r.reference, '/') + 1) AS fact_id
              FROM governance.ledger_block b CROSS JOIN LATERAL json_array_elements_text(b.refs) AS r (reference))
        SELECT f.fact_id FROM governance.fact f
         WHERE f.known_at >= (SELECT min(appended_at) FROM governance.ledger_block)
           AND NOT EXISTS (SELECT FROM logged WHERE logged.fact_id = f.fact_id)
         ORDER BY f.known_at, f.fact_id
        """

    // The table of consents shows how they stand; what was said of them is in the log.
    static let unwithdrawn = """
        SELECT coalesce(f.data->>'consentId', f.fact_id), f.subject, c.status, f.fact_id
          FROM governance.fact f
          LEFT JOIN governance.consent c ON c.subject = f.subject AND c.consent_id = coalesce(f.data->>'consentId', f.fact_id)
         WHERE f.record_type = 'consent.revoked' AND c.status IS DISTINCT FROM 'revoked'
         ORDER BY f.known_at, f.fact_id
        """
}
