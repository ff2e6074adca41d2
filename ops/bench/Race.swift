/// Contenders that take turns, so that a noisy moment of the machine hits all of them alike.
struct Race {
    /// One contender: prepares itself unmeasured, then runs measured. The number it returns must be the same every time,
    /// which proves that the work was done and keeps the compiler from leaving it out.
    struct Contender {
        let name: String
        var prepare: () throws -> Void = {}
        let run: () throws -> Int
    }

    /// Seconds of each run, by contender in their order. Each runs once unmeasured before.
    static func times(runs: Int, _ contenders: [Contender]) throws -> [[Double]] {
        var results: [Int] = []
        for contender in contenders {
            try contender.prepare()
            results.append(try contender.run())
        }
        var times = [[Double]](repeating: [], count: contenders.count)
        let clock = ContinuousClock()
        for round in 0..<runs {
            // Each goes first in turn: what comes second may find warmer or fuller caches.
            for turn in contenders.indices {
                let index = (turn + round) % contenders.count
                let contender = contenders[index]
                try contender.prepare()
                let start = clock.now
                let result = try contender.run()
                times[index].append((clock.now - start) / .seconds(1))
                guard result == results[index] else { throw BenchFault.unequal(contender.name) }
            }
        }
        return times
    }
}

/// Run by run, `a` through `b`.
func ratios(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 / $1 } }
