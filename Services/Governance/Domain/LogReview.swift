import Ledger
import Vocabulary
import Wire

/// Reads the log of one lane again from its first leaf and holds it against the facts, the head and the signed checkpoints.
///
/// Give it the blocks in order, then call `finish`. What it finds is in the order of the leaves, so the first finding is the first culprit.
public struct LogReview: Sendable {
    /// What stands in one row of the table `fact`.
    public struct StoredFact: Sendable {
        public let entry: FactEntry
        /// `data::text`.
        public let data: [UInt8]

        public init(entry: FactEntry, data: [UInt8]) {
            self.entry = entry
            self.data = data
        }

        /// Reads what `FactEntry.cells` wrote; nil for any other row.
        public init?(cells: [Cell]) {
            guard cells.count == 15, case .text(let factID) = cells[0], case .text(let recordType) = cells[1],
                case .text(let writer) = cells[2], case .text(let subject) = cells[3], case .text(let businessKey) = cells[4],
                case .instant(let occurredAt) = cells[5], case .instant(let knownAt) = cells[6], case .text(let topic) = cells[7],
                case .int64(let partition) = cells[8], case .int64(let offset) = cells[9], case .text(let sha256) = cells[10],
                case .int64(let quality) = cells[11], case .json(let data) = cells[12], case .text(let contentSHA256) = cells[14]
            else { return nil }
            let duplicateOf: String? = if case .text(let id) = cells[13] { id } else { nil }
            self.init(
                entry: FactEntry(
                    factID: factID, recordType: recordType, writer: writer, subject: subject, businessKey: businessKey,
                    occurredAt: occurredAt, knownAt: knownAt, topic: topic, partition: partition, offset: offset, sha256: sha256,
                    quality: quality, duplicateOf: duplicateOf, contentSHA256: contentSHA256),
                data: data)
        }
    }

    public enum Finding: Hashable, Sendable {
        /// A block does not begin where the one before ended.
        case hole(lane: Int32, expected: UInt64, found: UInt64)
        /// A block's hashes and references are not equally many.
        case blockUnreadable(lane: Int32, first: UInt64)
        case referenceUnknown(lane: Int32, leaf: UInt64, reference: String)
        case factMissing(lane: Int32, leaf: UInt64, factID: String)
        /// The data do not have the seal that was taken of them.
        case dataAltered(lane: Int32, leaf: UInt64, factID: String)
        /// Another column of the row, or the seal together with the data.
        case rowAltered(lane: Int32, leaf: UInt64, factID: String)
        /// `ledger_head` does not say what the leaves come to.
        case headDiffers(lane: Int32, size: UInt64)
        /// The log is not the one that was signed: leaves were changed, taken out or put in.
        case checkpointDiffers(lane: Int32, size: UInt64)
    }

    public let lane: Int32
    /// The tree of the leaves read so far.
    public private(set) var tree = MerkleTree()
    public private(set) var findings: [Finding] = []
    /// Leaves of facts that were said again under the same id when their first word was forgotten: the first one is what is kept.
    public private(set) var repeated = 0
    private var checkpoints: [Checkpoint]

    /// - Parameter checkpoints: signed ones of this lane's log, whose signatures were checked.
    public init(lane: Int32, checkpoints: [Checkpoint] = []) {
        self.lane = lane
        self.checkpoints = checkpoints.sorted { $0.size > $1.size }
        passCheckpoints()
    }

    /// Reads the next block.
    ///
    /// - Parameters:
    ///   - facts: the rows that the references are about, by fact id; the missing ones are absent.
    ///   - isLogged: whether the entry is a leaf elsewhere in the log; asked about rows that are not what this leaf says.
    public mutating func take(
        first: UInt64, hashes: [UInt8], references: [String], facts: [String: StoredFact], isLogged: (FactEntry) throws -> Bool
    ) rethrows {
        if first != tree.size { findings.append(.hole(lane: lane, expected: tree.size, found: first)) }
        guard hashes.count == references.count * Digest.byteCount else {
            findings.append(.blockUnreadable(lane: lane, first: first))
            return
        }
        for (place, reference) in references.enumerated() {
            guard let hash = Digest(hashes[place * Digest.byteCount..<(place + 1) * Digest.byteCount]) else { continue }
            try check(hash, reference, facts, isLogged)
            tree.append(leaf: hash)
            passCheckpoints()
        }
    }

    /// Call after the last block. `head` is nil when the lane has none.
    public mutating func finish(head: LedgerHead?) {
        if head?.tree ?? MerkleTree() != tree { findings.append(.headDiffers(lane: lane, size: tree.size)) }
        // What was signed and is not reached was cut off.
        for checkpoint in checkpoints.reversed() { findings.append(.checkpointDiffers(lane: lane, size: checkpoint.size)) }
        checkpoints = []
    }

    private mutating func check(
        _ hash: Digest, _ reference: String, _ facts: [String: StoredFact], _ isLogged: (FactEntry) throws -> Bool
    ) rethrows {
        guard let factID = FactEntry.factID(in: reference) else {
            findings.append(.referenceUnknown(lane: lane, leaf: tree.size, reference: reference))
            return
        }
        guard let fact = facts[factID] else {
            findings.append(.factMissing(lane: lane, leaf: tree.size, factID: factID))
            return
        }
        let seal = FactSeal.check(.init(factID: factID, data: fact.data, seal: fact.entry.contentSHA256))
        if seal != .whole {
            findings.append(.dataAltered(lane: lane, leaf: tree.size, factID: factID))
        } else if fact.entry.leaf != LedgerLeaf(reference: reference, hash: hash) {
            if try isLogged(fact.entry) {
                repeated += 1
            } else {
                findings.append(.rowAltered(lane: lane, leaf: tree.size, factID: factID))
            }
        }
    }

    private mutating func passCheckpoints() {
        while let next = checkpoints.last, next.size == tree.size {
            if next.root != tree.root { findings.append(.checkpointDiffers(lane: lane, size: next.size)) }
            checkpoints.removeLast()
        }
    }
}

extension LogReview.Finding: CustomStringConvertible {
    public var description: String {
        switch self {
        case .hole(let lane, let expected, let found):
            "lane \(lane): ledger_block goes from leaf \(expected) to leaf \(found): a block was taken out or put in"
        case .blockUnreadable(let lane, let first): "lane \(lane): the block at leaf \(first) has not as many hashes as references"
        case .referenceUnknown(let lane, let leaf, let reference): "lane \(lane), leaf \(leaf): `\(reference)` is about nothing known"
        case .factMissing(let lane, let leaf, let factID): "lane \(lane), leaf \(leaf): the fact \(factID) was deleted"
        case .dataAltered(let lane, let leaf, let factID):
            "lane \(lane), leaf \(leaf): the data of the fact \(factID) were altered: they do not have the seal that was taken of them"
        case .rowAltered(let lane, let leaf, let factID):
            "lane \(lane), leaf \(leaf): the row of the fact \(factID) was altered: it does not have the hash that was logged"
        case .headDiffers(let lane, let size): "lane \(lane): ledger_head does not say what the \(size) leaves come to"
        case .checkpointDiffers(let lane, let size):
            "lane \(lane): the first \(size) leaves are not those of the signed checkpoint: the log was rewritten"
        }
    }
}
