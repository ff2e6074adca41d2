import Foundation
import Kafka
import Pipeline
import Postgres

/// Many messages through one service, wave after wave about the same subjects: what must not grow with them does not. The last wave's sizes stand
/// beside those of the second, when everything has found its size.
enum EndureBench {
    private static let subjects = 100_000
    private static let waves = 10
    private static let house = "bench_endure"

    private struct Mark {
        /// Bytes of all tables and their indexes but of those that are kept by time and go by dropping a range: outbox and outside ids.
        let hotBytes: Int64
        let outboxBytes: Int64
        let service: PathService.Standing
    }

    static func measured(messages: Int) throws -> Part.Answer {
        try PathBench.onBoth { try measured(messages: messages, $0, $1) }
    }

    private static func measured(messages: Int, _ kafka: ScratchKafka, _ postgres: ScratchPostgres) throws -> [Figure] {
        let admin = try postgres.connect()
        let settings = KafkaSettings(bootstrap: kafka.bootstrap, clientID: "bench")
        try PathBench.furnish(house, admin, settings)
        let feed = try LinkFeed(settings, lanes: PathBench.lanes)
        let service = try PathService.start(bootstrap: kafka.bootstrap, postgres: postgres.folder, schema: house)
        defer { service.stop() }
        let begin = ContinuousClock.now
        var marks: [Mark] = []
        for wave in 1...waves {
            let (from, to) = (messages / waves * (wave - 1), messages / waves * wave)
            try PathBench.send(from..<to, by: feed) { "firm-\($0 % subjects)" }
            try PathBench.wait(for: Int64(to), in: house, admin, service)
            let mark = try mark(service, admin)
            marks.append(mark)
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            print(
                "endure: \(to) messages in \(Figure.text(seconds)) s; hot tables \(mark.hotBytes >> 10) KiB, outbox \(mark.outboxBytes >> 10) KiB, "
                    + "memory \(Figure.text(mark.service.memory)) MiB, \(mark.service.descriptors) descriptors, \(mark.service.threads) threads"
            )
        }
        try feed.finish()
        try check(messages, admin)
        let (steady, last) = (marks[1], marks[waves - 1])
        return [
            Figure("endure_messages", "messages through one service, each of them counted once", unit: "messages", of: [Double(messages)]),
            Figure(
                "endure_hot_growth", "bytes of the tables that must not grow, at the end through after a fifth", unit: "×",
                of: [Double(last.hotBytes) / Double(steady.hotBytes)]),
            Figure(
                "endure_outbox_bytes", "bytes of the outbox a message, until its day is dropped", unit: "bytes",
                of: [Double(last.outboxBytes) / Double(messages)]),
            Figure(
                "endure_rss_growth", "memory at the end through after a fifth", unit: "×", of: [last.service.memory / steady.service.memory]
            ),
            Figure("endure_rss_mb", "memory at the end", unit: "MiB", of: [last.service.memory]),
            Figure(
                "endure_descriptors", "open descriptors more than after a fifth", unit: "",
                of: [Double(last.service.descriptors - steady.service.descriptors)]),
            Figure(
                "endure_threads", "threads more than after a fifth", unit: "", of: [Double(last.service.threads - steady.service.threads)]),
        ]
    }

    private static func mark(_ service: PathService, _ admin: Connection) throws -> Mark {
        let row = try admin.execute(
            """
            SELECT sum(pg_total_relation_size(oid)) FILTER (WHERE NOT relispartition)::int8,
                   sum(pg_total_relation_size(oid)) FILTER (WHERE relname LIKE 'outbox%')::int8
              FROM pg_class WHERE relnamespace = '\(house)'::regnamespace AND relkind = 'r'
            """
        ).first
        return Mark(hotBytes: try row?.int64(0) ?? 0, outboxBytes: try row?.int64(1) ?? 0, service: service.standing)
    }

    /// Every message has been added to its subject's sum, once.
    private static func check(_ messages: Int, _ admin: Connection) throws {
        let row = try admin.execute(
            "SELECT count(*), sum((convert_from(body, 'UTF8')::jsonb ->> 'sum')::int8)::int8 FROM \(house).state"
        ).first
        let (count, sum) = (try row?.int64(0) ?? 0, try row?.int64(1) ?? 0)
        let wanted = (0..<messages).reduce(Int64(0)) { $0 + Int64($1 % 10) }
        guard count == Int64(min(subjects, messages)), sum == wanted else {
            throw BenchFault.unequal("endure: \(count) subjects, sum \(sum) of \(wanted)")
        }
    }
}
