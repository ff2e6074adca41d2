import Rules

/// Each of 20,000 enterprises against 40,000 products: all eligible ones listed, the ten of highest rank summed up.
enum MatchBench {
    private static let products = 40_000
    private static let enterprises = 20_000
    /// Over the first five enterprises: eligible products, and the ranks of the ten best of each. All peers got these.
    private static let check = (eligible: 1_251, ranks: 486_319)
    /// So many enterprises are also judged product by product before any clock runs.
    private static let judged = 10

    static func measured(runs: Int) throws -> Part.Answer {
        guard let data = PeerData() else { return .skipped(PeerData.absent) }
        let clock = ContinuousClock()
        let schema = try Eligibility.schema()
        let requirements = try Eligibility.requirements(data, "prod", count: products)
        let buildStart = clock.now
        let rules = try requirements.map { try CompiledRule($0, schema: schema) }
        let index = RuleIndex(rules, schema: schema)
        let buildTime = (clock.now - buildStart) / .seconds(1)
        let rows = try Eligibility.enterprises(data, count: enterprises, schema: schema)
        let ranking = try Ranking(data, count: products)
        try compare(index, requirements, rows)

        func matchAll() throws -> Int {
            var hits = RuleHits()
            var ranks: [Int32] = []
            var total = 0
            var (eligible, rankSum) = (0, 0)
            for (number, row) in rows.enumerated() {
                index.match(row, facts: [String: RuleValue](), into: &hits)
                let best = ranking.sumOfBest(hits, score: Int32(row.cells[6]), &ranks)
                if number < 5 {
                    eligible += hits.count
                    rankSum += best
                }
                total &+= hits.count &+ best
            }
            guard (eligible, rankSum) == check else { throw BenchFault.unequal("match: check [\(eligible), \(rankSum)]") }
            return total
        }
        let times = try Race.times(runs: runs, [.init(name: "match", run: matchAll)])
        let changes = try changeTimes(index, rules, runs: runs)
        let explanations = try explanationTimes(index, rows, runs: runs)
        let ours = times[0].map { $0 * 1e6 / Double(enterprises) }
        var figures = [
            Figure(
                "match_us_40k",
                "one enterprise against 40,000 products, all hits listed and ten ranked, check [\(check.eligible), \(check.ranks)]",
                unit: "µs", of: ours),
            Figure("match_change_ms", "one product replaced while a reader holds a snapshot", unit: "ms", of: changes.map { $0 * 1e3 }),
            Figure("match_explain_us", "which attributes keep a product from an enterprise", unit: "µs", of: explanations.map { $0 * 1e6 }),
            Figure("match_index_mb", "memory of the index of 40,000 products", unit: "MB", of: [Double(index.byteCount) / 1e6]),
            Figure("match_build_s", "compile 40,000 products and build the index", unit: "s", of: [buildTime]),
        ]
        for (key, peer, title) in [
            ("match_vs_drools", "drools-join-indexed", "Drools, facts indexed by region"),
            ("match_vs_lucene", "monitor-multi4-set", "Lucene Monitor, a stored query a product"),
        ] {
            guard let java = try JavaPeer.microseconds(part: "match", peer: peer, size: products, check: [check.eligible, check.ranks])
            else { continue }
            figures.append(Figure(key + "_us", "the same by \(title)", unit: "µs", of: [java]))
            figures.append(Figure(key, "how many times as fast", unit: "×", of: ours.map { java / $0 }))
        }
        for (key, script, count, title) in [
            ("match_vs_native", "match_numba", enterprises, "bitmaps joined by code that numba compiles, thresholds looked up beforehand"),
            ("match_vs_pyroaring", "match_roaring", 500, "pyroaring, a bitmap a value"),
        ] {
            guard
                let times = try PythonPeer.race(
                    script, data: data.folder, check: [check.eligible, check.ranks], runs: runs, ours: matchAll)
            else { continue }
            let theirs = times.theirs.map { $0 * 1e6 / Double(count) }
            figures.append(Figure(key + "_us", "the same by \(title)", unit: "µs", of: theirs))
            figures.append(
                Figure(
                    key, "how many times as fast, in turns", unit: "×",
                    of: ratios(theirs, times.ours.map { $0 * 1e6 / Double(enterprises) })))
        }
        return .figures(figures)
    }

    /// The index against the evaluator, pair by pair.
    private static func compare(_ index: RuleIndex, _ requirements: [[Requirement]], _ rows: [SubjectRow]) throws {
        let logics = requirements.map { Logic.apply(.and, $0.map(\.logic)) }
        var hits = RuleHits()
        for row in rows.prefix(judged) {
            let facts = Eligibility.facts(row)
            index.match(row, facts: facts, into: &hits)
            let said = logics.indices.filter { logics[$0].judge(facts).truth == .yes }
            guard said == hits.sorted else { throw BenchFault.unequal("match: index and evaluator") }
        }
    }

    /// Seconds of one change, by run; a snapshot is held all the time, so each change copies a chunk.
    private static func changeTimes(_ index: RuleIndex, _ rules: [CompiledRule], runs: Int) throws -> [Double] {
        let clock = ContinuousClock()
        let live = LiveRuleIndex(index)
        return (0..<runs).map { run in
            var seconds = 0.0
            for step in 0..<20 {
                let snapshot = live.snapshot
                let number = (run * 20 + step) * 397 % rules.count
                let start = clock.now
                live.set(rules[(number + 1) % rules.count], at: number)
                seconds += (clock.now - start) / .seconds(1)
                withExtendedLifetime(snapshot) {}
            }
            return seconds / 20
        }
    }

    private static func explanationTimes(_ index: RuleIndex, _ rows: [SubjectRow], runs: Int) throws -> [Double] {
        let clock = ContinuousClock()
        return try (0..<runs).map { run in
            var blamed = 0
            let start = clock.now
            for pair in 0..<10_000 {
                let shortfalls = index.shortfalls(of: pair * 397 % products, for: rows[(pair + run) % rows.count])
                blamed += shortfalls.reduce(0) { $0 + $1.count }
            }
            let seconds = (clock.now - start) / .seconds(1)
            // Most pairs have several attributes against them.
            guard blamed > 10_000 else { throw BenchFault.unequal("match: explanations") }
            return seconds / 10_000
        }
    }
}

/// What ranks the products that an enterprise may have: base + (score - lowest score) × weight.
struct Ranking {
    /// By product, what a score of 0 would get in the upper 24 bits and the weight in the lower 8, so that a rank asks for one word.
    private let entries: [Int32]

    init(_ data: PeerData, count: Int) throws {
        let base = try data.column("prod_base_rank", of: UInt16.self, count: count)
        let scoreMin = try data.column("prod_score_min", of: UInt16.self, count: count)
        let weight = try data.column("prod_mw", of: UInt8.self, count: count)
        entries = (0..<count).map { (Int32(base[$0]) - Int32(scoreMin[$0]) * Int32(weight[$0])) << 8 | Int32(weight[$0]) }
    }

    /// The sum of the ten highest ranks. `memory` is to work in, and used again and again.
    func sumOfBest(_ hits: RuleHits, score: Int32, _ memory: inout [Int32]) -> Int {
        if memory.count < hits.count { memory = [Int32](repeating: 0, count: hits.count * 2) }
        return unsafe memory.withUnsafeMutableBufferPointer { ranks in
            var count = 0
            unsafe entries.withUnsafeBufferPointer { entries in
                unsafe hits.unsorted.withUnsafeBufferPointer { numbers in
                    for place in 0..<numbers.count {
                        let entry = unsafe entries[Int(numbers[place])]
                        unsafe ranks[place] = entry >> 8 &+ score &* (entry & 0xff)
                    }
                    count = numbers.count
                }
            }
            let floor = unsafe Ranking.floor(UnsafeMutableBufferPointer(rebasing: ranks[..<count]))
            var kept = 0
            for place in 0..<count {
                let rank = unsafe ranks[place]
                unsafe ranks[kept] = rank
                kept &+= rank >= floor ? 1 : 0
            }
            var best = Best()
            for place in 0..<kept { best.insert(unsafe ranks[place]) }
            return best.sum
        }
    }

    /// The tenth of sixteen columns' highest ranks, which is not above the tenth of all: most ranks are below it, and done with.
    private static func floor(_ ranks: UnsafeMutableBufferPointer<Int32>) -> Int32 {
        var columns = SIMD16<Int32>(repeating: .min)
        for row in stride(from: 0, to: ranks.count - ranks.count % 16, by: 16) {
            let ranks = unsafe UnsafeRawBufferPointer(ranks).loadUnaligned(fromByteOffset: row * 4, as: SIMD16<Int32>.self)
            columns.replace(with: ranks, where: ranks .> columns)
        }
        var best = Best()
        for column in columns.indices { best.insert(columns[column]) }
        return best.lowest
    }

    /// The ten highest, descending.
    private struct Best {
        private var ranks = InlineArray<10, Int32>(repeating: .min)

        var lowest: Int32 { ranks[9] }

        @inline(__always)
        mutating func insert(_ rank: Int32) {
            guard rank > lowest else { return }
            var place = 9
            while place > 0, ranks[place - 1] < rank {
                ranks[place] = ranks[place - 1]
                place -= 1
            }
            ranks[place] = rank
        }

        var sum: Int { ranks.indices.reduce(0) { ranks[$1] == .min ? $0 : $0 + Int(ranks[$1]) } }
    }
}
