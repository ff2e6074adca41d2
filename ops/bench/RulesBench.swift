import Rules
import Wire

/// 50 early-warning rules over the 20 indicators of each of 200,000 events, one event at a time.
enum RulesBench {
    private static let events = 200_000
    private static let indicators = 20
    /// So many rules fire in the first thousand events. All peers but those with other semantics got this.
    private static let check = 2_236

    static func measured(runs: Int) throws -> Part.Answer {
        guard let data = PeerData() else { return .skipped(PeerData.absent) }
        let schema = try AttributeSchema((0..<indicators).map { .init("x\($0)", .number(cuts: [])) })
        let logics = try data.json("rules").elements.map(logic)
        let set = try WarningSet(logics.map { try CompiledRule($0, schema: schema) }, schema: schema)
        let rows = try rows(data, schema: schema)
        for row in rows.prefix(1_000) {
            let facts = Dictionary(uniqueKeysWithValues: row.cells.enumerated().map { ("x\($0)", RuleValue.number($1)) })
            var said: UInt64 = 0
            for (bit, logic) in logics.enumerated() where logic.judge(facts).truth == .yes { said |= 1 << UInt64(bit) }
            guard said == set.candidates(row) else { throw BenchFault.unequal("rules: set and evaluator") }
        }
        let live = LiveWarningSet(set)
        let times = try Race.times(
            runs: runs,
            [
                .init(name: "rules") {
                    let set = live.snapshot
                    var firings = 0
                    var digest: UInt64 = 0
                    for (number, row) in rows.enumerated() {
                        let firing = set.candidates(row)
                        digest = digest &* 31 &+ firing
                        if number < 1_000 { firings += firing.nonzeroBitCount }
                    }
                    guard firings == check else { throw BenchFault.unequal("rules: check \(firings)") }
                    return Int(truncatingIfNeeded: digest)
                }
            ])
        let ours = times[0].map { $0 * 1e6 / Double(events) }
        var figures = [
            Figure("rules_us_event", "50 early-warning rules on one event of 20 indicators, check \(check)", unit: "µs", of: ours)
        ]
        for (peer, title) in [
            ("java", "a Java class generated from the rules"), ("drools", "Drools: an event is inserted, fired and deleted in one session"),
        ] {
            guard let theirs = try JavaPeer.microseconds(part: "rules", peer: peer, size: events, check: [check]) else { continue }
            figures.append(Figure("rules_\(peer)_us_event", "the same by \(title)", unit: "µs", of: [theirs]))
            figures.append(Figure("rules_vs_\(peer)", "how many times as fast", unit: "×", of: ours.map { theirs / $0 }))
        }
        return .figures(figures)
    }

    /// `all` must hold, and one of `any` where there are some.
    private static func logic(_ rule: JSONValue) throws -> Logic {
        func comparisons(_ list: JSONValue?) throws -> [Logic] {
            guard let list else { return [] }
            return try list.elements.map { term in
                let parts = Array(term.elements)
                guard parts.count == 3, let name = parts[0].string, let sign = parts[1].string, let operation = Operator(rawValue: sign),
                    let bound = parts[2].double
                else { throw BenchFault.file("rules.json", "has another shape") }
                return .apply(operation, [.variable(VariableName(name), fallback: nil), .constant(.number(bound))])
            }
        }
        let any = try comparisons(rule["any"])
        return .apply(.and, try comparisons(rule["all"]) + (any.isEmpty ? [] : [.apply(.or, any)]))
    }

    /// Rounded to three digits; what is missing is -999, as the peers have it.
    private static func rows(_ data: PeerData, schema: AttributeSchema) throws -> [SubjectRow] {
        let values = try data.column("score_X", of: Float.self, count: events * indicators)
        return try (0..<events).map { event in
            let cells = values[event * indicators..<(event + 1) * indicators].map { value in
                value.isNaN ? -999 : (Double(value) * 1_000).rounded(.toNearestOrEven) / 1_000
            }
            return try SubjectRow(cells: cells, schema: schema)
        }
    }
}
