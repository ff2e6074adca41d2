import Contracts
import Deciding
import GovernanceDomain
import Ledger
import Testing
import Vocabulary
import Wire

/// What becomes a leaf, what is found when something was altered, and what a proof proves.
@Suite struct GovernanceLogTests {
    private let ana = GovernanceHouse.firm(1)

    private func consent() -> AcceptedRecord {
        GovernanceHouse.record(
            "g-1", "consent.granted", of: ana, at: "2026-07-01T00:00:00Z", writer: "portal",
            #"{"consentId":"c1","receivers":["platform"],"categories":["bank-flow"],"purposes":["collection"],"from":"2026-07-01","until":"2026-12-31"}"#
        )
    }

    private func flow(_ id: String, _ period: String) -> AcceptedRecord {
        GovernanceHouse.record(
            id, "bank-flow.month", of: ana, at: "\(period)-28T00:00:00Z", #"{"period":"\#(period)","bank":"b","inflow":10}"#)
    }

    private func withdrawal() -> AcceptedRecord {
        GovernanceHouse.record(
            "x-1", "consent.revoked", of: ana, at: "2026-08-01T00:00:00Z", writer: "portal", #"{"consentId":"c1"}"#)
    }

    /// A consent, two facts under it, its withdrawal, and a record that comes too late to become one.
    private func house() -> GovernanceHouse {
        var house = GovernanceHouse()
        house.take(consent(), flow("1", "2026-05"), flow("2", "2026-06"), withdrawal(), flow("3", "2026-07"))
        return house
    }

    private func facts(_ house: GovernanceHouse) -> [String: LogReview.StoredFact] {
        var facts: [String: LogReview.StoredFact] = [:]
        for row in (house.rows[GovernanceTables.fact.name] ?? [:]).values {
            if let fact = LogReview.StoredFact(cells: row) { facts[fact.entry.factID] = fact }
        }
        return facts
    }

    @Test func `every accepted fact and every consent, given or withdrawn, is a leaf, and nothing else is`() throws {
        let house = house()
        #expect(
            house.leaves.map(\.reference) == [
                "consent/portal/g-1", "fact/source:test/1", "fact/source:test/2", "consent/portal/x-1",
            ])
        #expect(Set(house.leaves.map { $0 }) == Set(facts(house).values.map(\.entry.leaf)))
        #expect(house.told.contains("consent-revoked c1"))
        // Said again under the same id it changes nothing.
        var again = house
        again.take(consent(), flow("1", "2026-05"), withdrawal())
        #expect(again.leaves == house.leaves)
    }

    @Test func `the entry of a leaf never changes its form`() throws {
        let entry = try #require(facts(house())["portal/x-1"]).entry
        let seal = FactSeal.of(GovernanceHouse.json(#"{"consentId":"c1"}"#))
        let text =
            #"{"kind":"consent","factId":"portal/x-1","recordType":"consent.revoked","writer":"portal","subject":"\#(ana)","#
            + #""businessKey":"c1","occurredAt":"2026-08-01T00:00:00Z","knownAt":"2026-08-01T08:00:00Z","#
            + #""topic":"source.test.records.v1","partition":0,"offset":1,"sha256":"ab","quality":10000,"contentSha256":"\#(seal)"}"#
        #expect(String(decoding: entry.text, as: UTF8.self) == text)
        #expect(entry.leaf.hash == Merkle.leafHash(Array(text.utf8)))
    }

    private func findings(
        _ house: GovernanceHouse, facts: [String: LogReview.StoredFact], leaves: [LedgerLeaf]? = nil, first: UInt64 = 0,
        against checkpoints: [Checkpoint] = []
    ) -> [LogReview.Finding] {
        var head = LedgerHead()
        for leaf in house.leaves { head.append(leaf.hash, at: house.now) }
        let leaves = leaves ?? house.leaves
        var review = LogReview(lane: 0, checkpoints: checkpoints)
        review.take(
            first: first, hashes: leaves.flatMap(\.hash.bytes), references: leaves.map(\.reference), facts: facts,
            isLogged: { entry in leaves.contains(entry.leaf) })
        review.finish(head: head)
        return review.findings
    }

    private func altered(_ cells: [Cell], _ column: String, _ cell: Cell) throws -> LogReview.StoredFact {
        var cells = cells
        let place = try #require(GovernanceTables.fact.columns.firstIndex { $0.name == column })
        cells[place] = cell
        return try #require(LogReview.StoredFact(cells: cells))
    }

    @Test func `any altered column of a stored fact is found and the fact is named`() throws {
        let house = house()
        let sound = facts(house)
        #expect(findings(house, facts: sound) == [])
        let id = "source:test/2"
        let row = try #require(house.rows[GovernanceTables.fact.name]?.values.first { $0.contains(.text(id)) })
        func found(_ column: String, _ cell: Cell) throws -> [LogReview.Finding] {
            var facts = sound
            facts[id] = try altered(row, column, cell)
            return findings(house, facts: facts)
        }
        let moment = GovernanceHouse.instant("2026-08-02T00:00:00Z")
        let changes: [(String, Cell)] = [
            ("record_type", .text("tax.return")), ("writer", .text("source:other")), ("subject", .text(GovernanceHouse.firm(2))),
            ("business_key", .text("2026-07")), ("occurred_at", .instant(moment)), ("known_at", .instant(moment)),
            ("topic", .text("source.other.records.v1")), ("partition", .int64(1)), ("offset", .int64(2)), ("sha256", .text("ac")),
            ("quality", .int64(1)), ("duplicate_of", .text("source:test/1")),
        ]
        for (column, cell) in changes {
            #expect(try found(column, cell) == [.rowAltered(lane: 0, leaf: 2, factID: id)], "\(column)")
        }
        let data = #"{"period":"2026-06","bank":"b","inflow":11}"#
        #expect(try found("data", .json(Array(data.utf8))) == [.dataAltered(lane: 0, leaf: 2, factID: id)])
        #expect(try found("content_sha256", .text("ab")) == [.dataAltered(lane: 0, leaf: 2, factID: id)])
        // Who alters the seal with the data is found by the leaf.
        var facts = sound
        let sealed = try altered(row, "content_sha256", .text(FactSeal.of(GovernanceHouse.json(data)))).entry
        facts[id] = LogReview.StoredFact(entry: sealed, data: Array(data.utf8))
        #expect(findings(house, facts: facts) == [.rowAltered(lane: 0, leaf: 2, factID: id)])
        facts[id] = nil
        #expect(findings(house, facts: facts) == [.factMissing(lane: 0, leaf: 2, factID: id)])
        // Written in another way it is the same fact.
        facts[id] = try altered(row, "data", .json(Array(#"{"bank": "b", "inflow": 10, "period": "2026-06"}"#.utf8)))
        #expect(findings(house, facts: facts) == [])
    }

    @Test func `a log that was rewritten with all that belongs to it is found by a checkpoint that somebody kept`() throws {
        let house = house()
        var tree = MerkleTree()
        var checkpoints: [Checkpoint] = []
        for leaf in house.leaves {
            tree.append(leaf: leaf.hash)
            checkpoints.append(Checkpoint(origin: "x/0", size: tree.size, root: tree.root, grownAt: house.now))
        }
        #expect(findings(house, facts: facts(house), against: checkpoints) == [])
        // Without the withdrawal: rows, leaves and head agree with each other again.
        var forged = GovernanceHouse()
        forged.take(consent(), flow("1", "2026-05"), flow("2", "2026-06"), flow("3", "2026-07"))
        #expect(findings(forged, facts: facts(forged)) == [])
        #expect(findings(forged, facts: facts(forged), against: checkpoints) == [.checkpointDiffers(lane: 0, size: 4)])
        // Cut off behind a leaf.
        var cut = GovernanceHouse()
        cut.take(consent(), flow("1", "2026-05"))
        #expect(findings(cut, facts: facts(cut)) == [])
        #expect(
            findings(cut, facts: facts(cut), against: checkpoints) == [
                .checkpointDiffers(lane: 0, size: 3), .checkpointDiffers(lane: 0, size: 4),
            ])
    }

    @Test func `holes, blocks that do not fit and a head of another log are found`() throws {
        let house = house()
        let sound = facts(house)
        #expect(findings(house, facts: sound, first: 1).contains(.hole(lane: 0, expected: 0, found: 1)))
        #expect(findings(house, facts: sound, leaves: Array(house.leaves.dropLast())) == [.headDiffers(lane: 0, size: 3)])
        var swapped = house.leaves
        swapped.swapAt(1, 2)
        #expect(findings(house, facts: sound, leaves: swapped) == [.headDiffers(lane: 0, size: 4)])
        var review = LogReview(lane: 0)
        review.take(first: 0, hashes: [1, 2, 3], references: ["fact/x"], facts: [:], isLogged: { _ in false })
        #expect(review.findings == [.blockUnreadable(lane: 0, first: 0)])
        var unknown = LogReview(lane: 0)
        unknown.take(first: 0, hashes: Merkle.emptyRoot.bytes, references: ["weather/x"], facts: [:], isLogged: { _ in false })
        #expect(unknown.findings == [.referenceUnknown(lane: 0, leaf: 0, reference: "weather/x")])
    }

    @Test func `a fact that was said again when its first word was forgotten is no forgery`() throws {
        let house = house()
        let fact = try #require(facts(house)["source:test/1"])
        let second = FactEntry(
            factID: fact.entry.factID, recordType: fact.entry.recordType, writer: fact.entry.writer, subject: fact.entry.subject,
            businessKey: fact.entry.businessKey, occurredAt: fact.entry.occurredAt, knownAt: house.now + .seconds(86_400 * 90),
            topic: fact.entry.topic, partition: 0, offset: 99, sha256: "cd", quality: fact.entry.quality, duplicateOf: nil,
            contentSHA256: fact.entry.contentSHA256)
        let leaves = house.leaves + [second.leaf]
        var review = LogReview(lane: 0)
        review.take(
            first: 0, hashes: leaves.flatMap(\.hash.bytes), references: leaves.map(\.reference), facts: facts(house),
            isLogged: { leaves.contains($0.leaf) })
        #expect(review.findings == [] && review.repeated == 1)
    }

    // MARK: proofs

    private func signer() throws -> NoteSigner {
        let key = try #require(Ed25519PrivateKey(seed: Array(0..<32)))
        return try #require(NoteSigner(name: "xinqiao/test", key: key))
    }

    private func checkpoint(_ entries: [String]) throws -> (Checkpoint, MerkleMemory) {
        var memory = MerkleMemory()
        var head = LedgerHead()
        for entry in entries {
            memory.append(Array(entry.utf8))
            head.append(Merkle.leafHash(Array(entry.utf8)), at: .epoch)
        }
        let signer = try signer()
        let note = Checkpoint.note(of: head, lane: 0, by: signer)
        return (try Checkpoint.signed(Array(note.note.utf8), by: signer.verifier), memory)
    }

    @Test func `an inclusion proof with one flipped bit is refused`() throws {
        let entries = (0..<11).map { "entry \($0)" }
        let (checkpoint, memory) = try checkpoint(entries)
        let hashes = try #require(MerkleProof.inclusion(of: 6, size: 11, in: memory))
        let proof = LogProof.inclusion(origin: "xinqiao/test/0", size: 11, index: 6, entry: Array("entry 6".utf8), hashes: hashes)
        #expect(try LogProof(proof.bytes) == proof)
        #expect(try LogProof(proof.bytes).entry(under: checkpoint) == Array("entry 6".utf8))
        let sound = proof.bytes
        var refused = 0
        for place in sound.indices {
            for bit in 0..<8 {
                var wrong = sound
                wrong[place] ^= 1 << UInt8(bit)
                do throws(LogRefusal) {
                    let read = try LogProof(wrong)
                    // The case of a letter of an escape, or of white space: the same proof in other bytes.
                    if read == proof { continue }
                    _ = try read.entry(under: checkpoint)
                    Issue.record("byte \(place), bit \(bit) was taken")
                } catch { refused += 1 }
            }
        }
        #expect(refused > 8 * sound.count * 9 / 10)
        for (index, entry) in [(UInt64(5), "entry 6"), (6, "entry 5"), (11, "entry 6")] {
            let other = LogProof.inclusion(origin: "xinqiao/test/0", size: 11, index: index, entry: Array(entry.utf8), hashes: hashes)
            #expect(throws: LogRefusal.notIncluded(index: index, size: 11)) { try other.entry(under: checkpoint) }
        }
        let otherLog = LogProof.inclusion(origin: "xinqiao/test/1", size: 11, index: 6, entry: Array("entry 6".utf8), hashes: hashes)
        #expect(throws: LogRefusal.otherLog(proof: "xinqiao/test/1", checkpoint: "xinqiao/test/0")) {
            try otherLog.entry(under: checkpoint)
        }
        let otherSize = LogProof.inclusion(origin: "xinqiao/test/0", size: 12, index: 6, entry: Array("entry 6".utf8), hashes: hashes)
        #expect(throws: LogRefusal.otherSize(proof: 12, checkpoint: 11)) { try otherSize.entry(under: checkpoint) }
        #expect(throws: LogRefusal.self) { try proof.check(from: checkpoint, to: checkpoint) }
    }

    @Test func `a log that was forked is refused, also at the same size`() throws {
        let entries = (0..<11).map { "entry \($0)" }
        var forged = entries
        forged[3] = "entry x"
        let (old, _) = try checkpoint(Array(entries[..<7]))
        let (new, memory) = try checkpoint(entries)
        let (fork, forkMemory) = try checkpoint(forged)
        func proof(_ earlier: UInt64, _ size: UInt64, _ memory: MerkleMemory) throws -> LogProof {
            .consistency(
                origin: "xinqiao/test/0", earlier: earlier, size: size,
                hashes: try #require(MerkleProof.consistency(from: earlier, to: size, in: memory)))
        }
        let sound = try proof(7, 11, memory)
        #expect(try LogProof(sound.bytes) == sound)
        try sound.check(from: old, to: new)
        try proof(11, 11, memory).check(from: new, to: new)
        #expect(throws: LogRefusal.forked(earlier: 7, size: 11)) { try sound.check(from: old, to: fork) }
        #expect(throws: LogRefusal.forked(earlier: 7, size: 11)) { try proof(7, 11, forkMemory).check(from: old, to: fork) }
        #expect(throws: LogRefusal.forked(earlier: 11, size: 11)) { try proof(11, 11, memory).check(from: new, to: fork) }
        #expect(throws: LogRefusal.otherSize(proof: 7, checkpoint: 11)) { try sound.check(from: new, to: new) }
        #expect(throws: LogRefusal.self) { try sound.entry(under: new) }
    }

    @Test func `a checkpoint counts only as it was signed, alone or in its message`() throws {
        let signer = try signer()
        var head = LedgerHead()
        head.append(Merkle.leafHash([1]), at: .epoch)
        let note = Checkpoint.note(of: head, lane: 2, by: signer).note
        let message = LogCheckpoint(origin: "whatever", size: 99, grownAt: .epoch, note: note)
        let read = try Checkpoint.signed(Array(note.utf8), by: signer.verifier)
        #expect(read.size == 1 && read.origin == "xinqiao/test/2")
        #expect(try Checkpoint.signed(message.bytes, by: signer.verifier) == read)
        #expect(throws: LogRefusal.checkpointUnreadable) { try Checkpoint.signed(Array("{}".utf8), by: signer.verifier) }
        #expect(throws: LogRefusal.checkpointUnreadable) { try Checkpoint.signed([], by: signer.verifier) }
        #expect(throws: LogRefusal.notSigned(by: "xinqiao/test")) {
            try Checkpoint.signed(Array(note.replacing("\n1\n", with: "\n2\n").utf8), by: signer.verifier)
        }
        // The holder of a key can not speak for a log of another name.
        let foreign = SignedNote(
            signing: Checkpoint(origin: "other/2", size: 1, root: head.tree.root, grownAt: .epoch).text, by: signer)
        #expect(throws: LogRefusal.notSigned(by: "xinqiao/test")) {
            try Checkpoint.signed(Array(foreign.note.utf8), by: signer.verifier)
        }
    }

    @Test func `governance tells of its log in one row and one message, the same whenever it is asked`() throws {
        let signer = try signer()
        var head = LedgerHead()
        for leaf in house().leaves { head.append(leaf.hash, at: house().now) }
        let governance = Governance(signer: signer)
        #expect(governance.checkpointInterval == .seconds(60))
        #expect(Governance().checkpointInterval == nil)
        var effects = Effects()
        governance.checkpoint(head, lane: 1, effects: &effects)
        var again = Effects()
        governance.checkpoint(head, lane: 1, effects: &again)
        #expect(effects.messages == again.messages && effects.rows == again.rows)
        let message = try #require(effects.messages.first)
        #expect(message.topic == Topic.governanceCheckpoints && message.key == "xinqiao/test/1" && effects.messages.count == 1)
        let read = try Checkpoint.signed(message.value, by: signer.verifier)
        #expect(read == Checkpoint(origin: "xinqiao/test/1", size: 4, root: head.tree.root, grownAt: house().now))
        #expect(effects.rows.map(\.table.name) == ["checkpoint"])
    }
}
