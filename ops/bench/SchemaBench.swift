import Foundation
import Schema
import Wire

/// Records of 440 bytes against their JSON Schema, beside corvus-json-schema-rs and a hand-written parser in Java for just this record.
///
/// The records come from the peers' generator (`PEERS_HOME/data`); of the 200,000 exactly 191,185 are right.
enum SchemaBench {
    private static let expected = (first: 19_088, all: 191_185)
    private static let count = 200_000
    private static let firstCount = 20_000

    static func measured(runs: Int) throws -> Part.Answer {
        let home = PeerData.home
        guard let text = FileManager.default.contents(atPath: home + "/data/record.schema.json"),
            let data = FileManager.default.contents(atPath: home + "/data/records.jsonl")
        else { return .skipped("no records in \(home)/data (PEERS_HOME)") }

        let schema = try schema(String(decoding: text, as: UTF8.self))
        let lines = Array(Array(data).split(separator: UInt8(ascii: "\n")).prefix(count).map(Array.init))
        let bad = lines.filter { !schema.accepts($0) }
        guard lines.count == count, accepted(schema, lines[..<firstCount]) == expected.first, count - bad.count == expected.all else {
            throw BenchFault.unequal("the accepted records")
        }
        let times = try Race.times(
            runs: runs,
            [
                .init(name: "accepts") { accepted(schema, lines[...]) },
                .init(name: "verdict") { listed(schema, lines) },
                .init(name: "verdict, bad records") { listed(schema, bad) },
                .init(name: "JSONDocument") { try lines.reduce(0) { $0 + (try JSONDocument(parsing: $1).root.count) } },
            ])
        let rates = times[0].map { Double(count) / $0 }
        var figures = [
            Figure("schema_accept_per_s", "records of 440 bytes accepted or refused, a second and core", unit: "1/s", of: rates),
            Figure("schema_ns_record", "the same, a record", unit: "ns", of: times[0].map { $0 * 1e9 / Double(count) }),
            Figure(
                "schema_listing_per_s", "every violation listed, 4.4 % of the records refused", unit: "1/s",
                of: times[1].map { Double(count) / $0 }),
            Figure(
                "schema_bad_ns", "every violation of a refused record listed", unit: "ns", of: times[2].map { $0 * 1e9 / Double(bad.count) }
            ),
            Figure("schema_vs_parse", "how many times as fast as parsing alone", unit: "×", of: ratios(times[3], times[0])),
        ]
        if let times = try PythonPeer.race(
            "schema_corvus", data: home + "/data", check: [expected.all], runs: runs, ours: { accepted(schema, lines[...]) })
        {
            figures.append(
                Figure(
                    "schema_corvus_per_s", "corvus-json-schema-rs, the same bytes accepted or refused", unit: "1/s",
                    of: times.theirs.map { Double(count) / $0 }))
            figures.append(Figure("schema_vs_corvus", "how many times as fast, in turns", unit: "×", of: ratios(times.theirs, times.ours)))
        }
        if let java = javaRate(home: home) {
            figures.append(Figure("schema_java_parser_per_s", "the hand-written Java parser", unit: "1/s", of: [java]))
            figures.append(Figure("schema_vs_java_parser", "how many times as fast", unit: "×", of: rates.map { $0 / java }))
        } else {
            print("skipped: the Java parser (no java, or no shared/peers)")
        }
        return .figures(figures)
    }

    /// The peers' schema is of draft 7; what it says means the same in 2020-12.
    private static func schema(_ text: String) throws -> Schema {
        let renamed = text.replacingOccurrences(
            of: "http://json-schema.org/draft-07/schema#", with: "https://json-schema.org/draft/2020-12/schema")
        return try Schema(try JSONDocument(parsing: Array(renamed.utf8)).root)
    }

    private static func accepted(_ schema: Schema, _ lines: ArraySlice<[UInt8]>) -> Int {
        var accepted = 0
        for line in lines where schema.accepts(line) { accepted += 1 }
        return accepted
    }

    private static func listed(_ schema: Schema, _ lines: [[UInt8]]) -> Int {
        var violations = 0
        for line in lines { if case .refused(let list) = schema.verdict(on: line) { violations += list.count } }
        return violations
    }

    /// Records a second of `micro.sh validate java-parser`, over all records; nil where it can not run.
    private static func javaRate(home: String) -> Double? {
        let shared = ProcessInfo.processInfo.environment["XINQIAO_SHARED"] ?? "../shared"
        let script = shared + "/peers/java/micro.sh"
        guard FileManager.default.fileExists(atPath: script),
            let output = try? Command.output(["env", "PEERS_HOME=" + home, "bash", script, "validate", "java-parser"])
        else { return nil }
        for line in output.split(separator: "\n") {
            guard let found = try? JSONDocument(parsing: Array(line.utf8)).root, found["size"]?.int == Int64(count) else { continue }
            guard found["check"]?.int == Int64(expected.all) else { return nil }
            return found["per_s"]?.double
        }
        return nil
    }
}
