import Foundation
import Wire

/// Reading and writing one flat record of 250 bytes, beside Foundation's coders doing the same.
enum WireBench {
    private static let records = 20_000

    static func measured(runs: Int) throws -> [Figure] {
        let sample = FlatRecord.sample
        let bytes = sample.json
        let data = Data(bytes)
        let decoder = JSONDecoder()
        let encoder = JSONEncoder()
        // Before any clock runs: both must read and write the same thing.
        guard bytes.count == FlatRecord.byteCount, FlatRecord(try JSONDocument(parsing: bytes).root) == sample,
            try decoder.decode(FlatRecord.self, from: data) == sample,
            FlatRecord(try JSONDocument(parsing: Array(try encoder.encode(sample))).root) == sample
        else { throw BenchFault.unequal("the flat record") }

        let times = try Race.times(
            runs: runs,
            [
                .init(name: "JSONDocument") {
                    try sum { FlatRecord(try JSONDocument(parsing: bytes).root)?.amountFen ?? 0 }
                },
                .init(name: "JSONDecoder") { try sum { try decoder.decode(FlatRecord.self, from: data).amountFen } },
                .init(name: "JSONWriter") { sum { Int64(sample.json.count) } },
                .init(name: "JSONEncoder") { try sum { Int64(try encoder.encode(sample).count) } },
            ])
        let nanoseconds = times.map { $0.map { $0 * 1e9 / Double(records) } }
        return [
            Figure("json_ns", "read a record of 250 bytes, all fields", unit: "ns", of: nanoseconds[0]),
            Figure("json_foundation_ns", "the same by Foundation's JSONDecoder", unit: "ns", of: nanoseconds[1]),
            Figure("json_vs_foundation", "how many times as fast", unit: "×", of: ratios(times[1], times[0])),
            Figure("json_write_ns", "write the record", unit: "ns", of: nanoseconds[2]),
            Figure("json_write_foundation_ns", "the same by Foundation's JSONEncoder", unit: "ns", of: nanoseconds[3]),
            Figure("json_write_vs_foundation", "how many times as fast", unit: "×", of: ratios(times[3], times[2])),
        ]
    }

    private static func sum(_ one: () throws -> Int64) rethrows -> Int {
        var sum: Int64 = 0
        for _ in 0..<records { sum &+= try one() }
        return Int(sum)
    }
}
