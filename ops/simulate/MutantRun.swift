import Chassis
import Pipeline

/// A fault put into the path on purpose: with it, the simulator must find something wrong.
struct MutantEntry {
    let name: String
    /// What the guarded line keeps from happening.
    let guards: String

    static let all: [MutantEntry] = [
        MutantEntry(name: "fence-not-compared", guards: "two owners of a lane: the offsets are moved by compare-and-set"),
        MutantEntry(name: "effects-before-fence", guards: "a fenced transaction leaves nothing behind"),
        MutantEntry(name: "lane-not-fenced", guards: "timers and walks are fenced too, by the lane's own row"),
        MutantEntry(name: "offset-outside-transaction", guards: "the offset moves with its effects"),
        MutantEntry(name: "outbox-outside-transaction", guards: "what is to be sent is committed with what caused it"),
        MutantEntry(name: "sweep-outside-transaction", guards: "a walk's cursor moves with what was shown to its keys"),
        MutantEntry(name: "dead-letter-outside-transaction", guards: "what is set aside is kept in the transaction that passes it"),
        MutantEntry(name: "high-water-mark", guards: "only the next of a link is applied, not whatever is above the last"),
        MutantEntry(name: "first-number-adopted", guards: "a link begins with 1"),
        MutantEntry(name: "duplicate-applied", guards: "what a link has passed is not applied again"),
        MutantEntry(name: "seen-part-applied", guards: "of a packed message only the events that are new"),
        MutantEntry(name: "part-moves-offset", guards: "a message of which events are left is not passed"),
        MutantEntry(name: "poison-skips-sequence", guards: "what is set aside takes its place in its link"),
        MutantEntry(name: "link-numbers-not-kept", guards: "the numbers of a link go on after a restart"),
        MutantEntry(name: "ack-out-of-order", guards: "only an unbroken beginning counts as acknowledged"),
        MutantEntry(name: "handed-counts-as-acked", guards: "go back to what is unacknowledged, not to what was not handed over"),
        MutantEntry(name: "partition-chosen-anew", guards: "the partition is stored with the row"),
        MutantEntry(name: "publish-before-commit", guards: "nothing is sent that is not committed"),
        MutantEntry(name: "unknown-taken-for-done", guards: "after an unknown commit the database is asked"),
        MutantEntry(name: "cache-kept-after-fault", guards: "states are read again after a fault"),
        MutantEntry(name: "refused-batch-adopted", guards: "a refused batch did not happen"),
        MutantEntry(name: "void-decision-kept", guards: "what was decided on a refused batch is decided anew"),
        MutantEntry(name: "trims-states-under-way", guards: "states of the write under way stay in the cache"),
        MutantEntry(name: "dead-letter-on-serialization", guards: "a serialization failure is nobody's fault"),
        MutantEntry(name: "outside-id-not-kept", guards: "a sender's repeat is known"),
        MutantEntry(name: "ids-under-way-ignored", guards: "also while the first is being committed"),
        MutantEntry(name: "fired-timer-stays", guards: "a timer fires once"),
        MutantEntry(name: "sweep-ends-early", guards: "a walk comes to every key"),
        MutantEntry(name: "refetched-decided", guards: "offsets below the book's are passed over"),
        MutantEntry(name: "truncation-passed-over", guards: "a log that lost what comes next is never read on in silence"),
    ]
}

/// Plays seeds with each mutant until one is found wrong.
struct MutantRun {
    private let order: Order

    init(_ order: Order) { self.order = order }

    #if MUTANTS
        /// True when every mutant was caught.
        func carryOut() throws -> Bool {
            let entries = MutantEntry.all.filter { order.mutant == nil || $0.name == order.mutant }
            if order.part != nil {
                try carryOut(entries) { print($0.joined(separator: "\t")) }
                return true
            }
            var rows: [[String]] = []
            for start in stride(from: 0, to: entries.count, by: order.jobs) {
                let names = entries[start..<min(start + order.jobs, entries.count)].map(\.name)
                rows += try order.tried(names).map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
            }
            print("| mutant | guarded line | what the line guards | seeds until caught | oracles |\n|---|---|---|---|---|")
            var caught = 0
            for entry in entries {
                // A process that a mutant kills says how many seeds it had tried by then no more.
                guard let row = rows.first(where: { $0.first == entry.name && $0.count == 4 }) else {
                    print("| `\(entry.name)` | – | \(entry.guards) | **the process died** | |")
                    continue
                }
                if row[2] != "-" { caught += 1 }
                print("| `\(entry.name)` | \(row[1]) | \(entry.guards) | \(row[2] == "-" ? "**not caught**" : row[2]) | \(row[3]) |")
            }
            for row in rows where row.first == "broken" { print(row.joined(separator: " ")) }
            print("\(caught) of \(entries.count) mutants caught in at most \(order.count) seeds each")
            return caught == entries.count
        }

        private func carryOut(_ entries: [MutantEntry], report: ([String]) -> Void) throws {
            let simulator = try Simulator(packs: order.packs)
            for entry in entries {
                Mutant.turnOn(entry.name)
                var row = [entry.name, Mutant.site ?? "never met", "-", ""]
                for index in 0..<order.count {
                    let result = simulator.play(order.first &+ UInt64(index))
                    guard !result.violations.isEmpty else { continue }
                    row[2] = "\(index + 1)"
                    row[3] = Set(result.violations.map(\.oracle.rawValue)).sorted().joined(separator: " ")
                    break
                }
                row[1] = Mutant.site ?? "never met"
                report(row)
                Mutant.turnOn(nil)
            }
        }
    #else
        func carryOut() throws -> Bool {
            throw Order.Defect.wrong("there are no mutants in this build: `make mutants` makes one with them")
        }
    #endif
}
