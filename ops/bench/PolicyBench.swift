import Rules

/// Each of 20 policies against 1.5 million enterprises: the numbers of all eligible ones, ascending.
enum PolicyBench {
    private static let policies = 20
    private static let enterprises = 1_500_000
    /// Over the 20 policies: how many numbers, and their sum. All peers got these.
    private static let check = (count: 343_401, sum: 257_436_174_789)

    static func measured(runs: Int) throws -> Part.Answer {
        guard let data = PeerData() else { return .skipped(PeerData.absent) }
        let clock = ContinuousClock()
        let requirements = try Eligibility.requirements(data, "pol", count: policies)
        let usual = try Eligibility.schema(cuts: thresholds(requirements))
        let rows = try Eligibility.enterprises(data, count: enterprises, schema: usual)
        let buildStart = clock.now
        let index = SubjectIndex(rows, schema: usual)
        let buildTime = (clock.now - buildStart) / .seconds(1)
        let rules = try requirements.map { try CompiledRule($0, schema: usual) }
        // The same without knowing the policies' thresholds beforehand: round numbers only.
        let round = try Eligibility.schema(cuts: [
            "years": [1, 2, 4, 8], "revenue": [10, 100, 1_000, 10_000], "score": [450, 525, 575, 625, 675], "debt": [0.25, 0.5, 0.75],
            "overdue": [1, 2],
        ])
        let other = SubjectIndex(rows, schema: round)
        let otherRules = try requirements.map { try CompiledRule($0, schema: round) }

        // One after the other and not in turns: each would find its bitmaps driven from the cache by the other's.
        let times = try [("policy", index, rules), ("policy, other thresholds", other, otherRules)].map { name, index, rules in
            try Race.times(runs: runs, [.init(name: name) { try search(index, rules) }])[0]
        }
        let perPolicy = times.map { $0.map { $0 * 1e6 / Double(policies) } }
        let changes = changeTimes(index, rows, runs: runs)
        var figures = [
            Figure(
                "policy_us_1500k", "one policy against 1.5 M enterprises, ascending numbers, check [\(check.count), \(check.sum)]",
                unit: "µs",
                of: perPolicy[0]),
            Figure("policy_us_1500k_unknown_cuts", "the same where no threshold is one that the index knows", unit: "µs", of: perPolicy[1]),
            Figure(
                "policy_change_us", "one enterprise replaced while a reader holds a snapshot, rebuilding included", unit: "µs", of: changes),
            Figure("policy_bytes", "memory of an indexed enterprise", unit: "bytes", of: [Double(index.byteCount) / Double(enterprises)]),
            Figure("policy_build_s", "build the index", unit: "s", of: [buildTime]),
        ]
        for (key, script, title) in [
            ("policy_vs_pyroaring", "policy_roaring", "pyroaring, a bitmap a value, thresholds looked at on what is left"),
            ("policy_vs_native", "policy_numba", "one pass over the columns that numba compiles"),
        ] {
            guard
                let times = try PythonPeer.race(
                    script, data: data.folder, check: [check.count, check.sum], runs: runs, ours: { try search(index, rules) })
            else { continue }
            figures.append(
                Figure(key + "_us", "the same by \(title)", unit: "µs", of: times.theirs.map { $0 * 1e6 / Double(policies) }))
            figures.append(Figure(key, "how many times as fast, in turns", unit: "×", of: ratios(times.theirs, times.ours)))
        }
        return .figures(figures)
    }

    private static func search(_ index: SubjectIndex, _ rules: [CompiledRule]) throws -> Int {
        var list = SubjectList()
        var (count, sum) = (0, 0)
        for rule in rules {
            index.find(rule, into: &list)
            count += list.count
            sum += list.sum
        }
        guard (count, sum) == check else { throw BenchFault.unequal("policy: check [\(count), \(sum)]") }
        return sum
    }

    /// Microseconds of one change, by run.
    private static func changeTimes(_ index: SubjectIndex, _ rows: [SubjectRow], runs: Int) -> [Double] {
        let clock = ContinuousClock()
        let live = LiveSubjectIndex(index)
        let count = 20_000
        return (0..<runs).map { run in
            let start = clock.now
            for step in 0..<count {
                let snapshot = live.snapshot
                let number = (run * count + step) * 7_919 % rows.count
                live.set(rows[(number + 1) % rows.count], at: number)
                withExtendedLifetime(snapshot) {}
            }
            return (clock.now - start) / .seconds(1) * 1e6 / Double(count)
        }
    }

    /// Where the policies cut the numbers.
    private static func thresholds(_ requirements: [[Requirement]]) -> [String: [Double]] {
        var cuts: [String: Set<Double>] = [:]
        for requirement in requirements.joined() {
            switch requirement {
            case .atLeast(let name, let bound), .below(let name, let bound): cuts[name, default: []].insert(bound)
            case .atMost(let name, let bound), .above(let name, let bound): cuts[name, default: []].insert(bound.nextUp)
            case .oneOf, .flag: continue
            }
        }
        return cuts.mapValues { $0.sorted() }
    }
}
