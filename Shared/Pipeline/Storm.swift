/// What may go wrong between a broker, a service and its store, drawn from a seed: batches end anywhere, a process dies before or
/// after its commit, a producer fails in the middle and goes back. Counts how often each struck.
package struct Storm: Sendable {
    package enum Strike: String, CaseIterable, Sendable {
        case shortBatch, crashBeforeCommit, crashAfterCommit, duplicate, hole
    }

    package private(set) var strikes: [Strike: Int] = [:]
    private var state: UInt64

    package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private mutating func happens(oneIn chance: UInt64, _ strike: Strike) -> Bool {
        guard next() % chance == 0 else { return false }
        strikes[strike, default: 0] += 1
        return true
    }

    /// How many of the waiting messages are taken this time: none, some or all.
    mutating func batchSize(upTo count: Int) -> Int {
        guard happens(oneIn: 2, .shortBatch) else { return count }
        return Int(next() % UInt64(count + 1))
    }

    mutating func crashesBeforeCommit() -> Bool { happens(oneIn: 6, .crashBeforeCommit) }
    mutating func crashesAfterCommit() -> Bool { happens(oneIn: 6, .crashAfterCommit) }

    /// Parts of a row that reach the log before the whole of it does: the beginning (then duplicates follow), or with a hole.
    mutating func falseStarts(_ count: Int) -> [Range<Int>] {
        if happens(oneIn: 5, .duplicate) { return [0..<Int(next() % UInt64(count + 1))] }
        if count > 2, happens(oneIn: 5, .hole) {
            let hole = 1 + Int(next() % UInt64(count - 2))
            return [0..<hole, hole + 1..<count]
        }
        return []
    }
}
