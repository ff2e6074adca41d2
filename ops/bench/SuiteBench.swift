import Foundation
import Wire

/// The whole suite over a real Kafka: the demonstration's province through all eight services, in two sizes. The small one runs once more before
/// the clock does, because a new broker's compiler takes half as much of the cores as the suite itself, whatever the size.
enum SuiteBench {
    /// About 165 records a firm: 600 firms are 100,000, 6,060 a million.
    static func measured(firms: [Int]) throws -> Part.Answer {
        guard let home = ScratchKafka.home else { return .skipped("there is no Kafka: set KAFKA_HOME") }
        var runs: [(records: Double, seconds: Double)] = []
        var peak = 0.0
        let kafka = try ScratchKafka(home: home)
        defer { kafka.stop() }
        for (number, firms) in (firms.prefix(1) + firms).enumerated() {
            if number > 0 { try kafka.clear() }
            let folder = "/var/tmp/xinqiao-bench-suite-\(getpid())"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let answer = try Command.output([
                Command.sibling("xinqiao"), "demo", "--firms", String(firms), "--kafka", kafka.bootstrap, "--exit", "--folder", folder,
            ])
            guard let line = answer.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
                throw BenchFault.file("xinqiao demo", answer)
            }
            let json = try JSONDocument(parsing: Array(line.utf8)).root
            guard json["ok"]?.bool == true, let records = json["records"]?["in"]?.double, let seconds = json["seconds"]?.double else {
                throw BenchFault.file("xinqiao demo", String(line))
            }
            let isWarmUp = number == 0
            if !isWarmUp { runs.append((records, seconds)) }
            for (_, memory) in json["peakMemoryMiB"].map({ Array($0.members) }) ?? [] { peak = max(peak, memory.double ?? 0) }
            let peaks = json["peakMemoryMiB"].map { $0.members.map { "\($0.key) \($0.value.int ?? 0)" }.joined(separator: ", ") } ?? ""
            print("suite\(isWarmUp ? ", warming up" : ""): \(Int(records)) records of \(firms) firms in \(seconds) s; peak MiB: \(peaks)")
        }
        guard let small = runs.first, let large = runs.last else { return .skipped("no sizes") }
        return .figures([
            Figure(
                "suite_records_per_s", "records through all services, from the first one sent to the last effect", unit: "records/s",
                of: [large.records / large.seconds]),
            Figure(
                "suite_linearity", "time a record at the large size through the small one; 1 is linear", unit: "×",
                of: [(large.seconds / large.records) / (small.seconds / small.records)]),
            Figure("suite_rss_mb", "peak memory of the largest service", unit: "MiB", of: [peak]),
        ])
    }
}
