import Contracts
import Testing
import Vocabulary
import Wire

@Suite struct ArbitraryBodyTests {
    @Test func `arbitrary JSON is refused or read, and what is read is written and read as the same`() throws {
        let examples = try PayloadExample.all()
        let names = Array(Set(examples.flatMap { $0.places.compactMap(\.member) })).sorted()
        var random = SplitMix64(seed: 20_260_105)
        var read = 0
        var refused = 0
        for round in 0..<12_000 {
            let example = examples[round % examples.count]
            // Wholly arbitrary bodies are nearly all refused at their first member; changed examples reach the rest.
            var tree = round % 4 == 0 ? Tree.random(depth: 4, names: names, &random) : example.golden
            if round % 4 != 0 {
                let places = tree.places { _ in true }
                for _ in 0...Int.random(in: 0..<3, using: &random) {
                    guard let place = places.randomElement(using: &random) else { continue }
                    let put = Tree.random(depth: 2, names: names, &random)
                    let isTakenAway = Int.random(in: 0..<4, using: &random) == 0
                    tree = tree.changing(place) { _ in isTakenAway ? nil : put }
                }
            }
            do {
                let document = try JSONDocument(parsing: tree.bytes)
                let first = try example.type.init(document.root).bytes
                let again = try example.type.init(try JSONDocument(parsing: first).root).bytes
                #expect(first == again, "\(example.name), round \(round)")
                read += 1
            } catch is ContractDefect {
                refused += 1
            }
        }
        #expect(read > 500 && refused > 500, "\(read) read, \(refused) refused")
    }
}

extension Tree {
    /// A value of any kind, its members mostly named like those of the contracts.
    static func random(depth: Int, names: [String], _ random: inout SplitMix64) -> Tree {
        let scalars = [
            "null", "true", "false", "0", "-1", "10000", "7.25", "1e2", "1e400", "-0.0", "9223372036854775807", "-9223372036854775809",
            "\"\"", "\"91430102PDY000079R\"", "\"2026-01-05T01:30:00Z\"", "\"2026-02-30T00:00:00Z\"", "\"\\u0007星桥\\n\"",
        ]
        switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
        case 4:
            let count = Int.random(in: 0..<4, using: &random)
            return .array((0..<count).map { _ in Tree.random(depth: depth - 1, names: names, &random) })
        case 5:
            let keys = Set((0..<Int.random(in: 0..<16, using: &random)).map { _ in names.randomElement(using: &random) ?? "x" })
            return .object(keys.sorted().map { ($0, Tree.random(depth: depth - 1, names: names, &random)) })
        default: return Tree(scalar: scalars.randomElement(using: &random) ?? "null")
        }
    }
}
