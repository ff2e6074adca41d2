import Contracts
import Deciding
import GovernanceDomain
import Ledger
import Pipeline
import Vocabulary
import Wire

/// Whether governance's logs are what they should be, whatever struck: computed again from the store and from what outsiders received.
enum LogVerdict {
    /// Any key will do; the same one in every run.
    static let signer: NoteSigner? = Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        .flatMap { NoteSigner(name: "xinqiao/simulate", key: $0) }

    static func wrongs(_ run: Run) -> [String] {
        guard let store = run.room(.governance)?.store, let verifier = signer?.verifier else { return [] }
        var found: [String] = []
        let facts = storedFacts(store)
        let checkpoints = received(run, verifier, &found)
        var logged: Set<String> = []
        for lane in Int32(0)..<run.world.lanes {
            let leaves = store.leaves[lane] ?? []
            logged.formUnion(leaves.compactMap { FactEntry.factID(in: $0.reference) })
            var review = LogReview(lane: lane, checkpoints: checkpoints.filter { $0.lane(of: verifier.name) == lane })
            let write = LedgerWrite(lane: lane, head: store.ledgers[lane] ?? LedgerHead(), leaves: leaves, appendedAt: .epoch)
            review.take(
                first: 0, hashes: write.hashes, references: leaves.map(\.reference), facts: facts,
                isLogged: { entry in store.leaves.values.contains { $0.contains(entry.leaf) } })
            review.finish(head: store.ledgers[lane])
            found += review.findings.map(\.description)
        }
        if let fact = facts.keys.first(where: { !logged.contains($0) }) { found.append("the fact \(fact) is in no leaf") }
        return found
    }

    /// The rows of the table `fact`.
    private static func storedFacts(_ store: MemoryStore) -> [String: LogReview.StoredFact] {
        var facts: [String: LogReview.StoredFact] = [:]
        for row in (store.tables[GovernanceTables.fact] ?? [:]).values {
            if let fact = LogReview.StoredFact(cells: row) { facts[fact.entry.factID] = fact }
        }
        return facts
    }

    /// The checkpoints on their topic; every one must be signed.
    private static func received(_ run: Run, _ verifier: NoteVerifier, _ found: inout [String]) -> [Checkpoint] {
        var checkpoints: Set<Checkpoint> = []
        for log in run.stage.broker.all where log.place.topic == Topic.governanceCheckpoints {
            for message in log.everything {
                do throws(LogRefusal) {
                    checkpoints.insert(try Checkpoint.signed(message.value ?? [], by: verifier))
                } catch {
                    found.append("\(log.place.topic)/\(message.offset): \(error)")
                }
            }
        }
        return Array(checkpoints)
    }
}
