import Contracts
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
    /// Everything of the path but what is kept by time and goes by dropping a range of it: outbox and outside ids.
    private static let hotTables = [
        "state", "consumer_offset", "link_in", "link_out", "lane_lease", "worker", "timer", "sweep", "message_count", "dead_letter",
    ]

    private struct Mark {
        /// Bytes of the hot tables and their indexes.
        let hotBytes: Int64
        let outboxBytes: Int64
        let memory: Double
        let descriptors: Int
        let threads: Int
    }

    static func measured(messages: Int) throws -> Part.Answer {
        guard let home = ScratchKafka.home else { return .skipped("there is no Kafka: set KAFKA_HOME") }
        guard let binaries = ScratchPostgres.binaries() else { return .skipped("PostgreSQL is not installed") }
        let kafka = try ScratchKafka(home: home)
        defer { kafka.stop() }
        let postgres = try ScratchPostgres(binaries: binaries)
        do {
            let figures = try measured(messages: messages, kafka, postgres)
            try postgres.stop()
            return .figures(figures)
        } catch {
            try postgres.stop()
            throw error
        }
    }

    private static func measured(messages: Int, _ kafka: ScratchKafka, _ postgres: ScratchPostgres) throws -> [Figure] {
        let admin = try postgres.connect()
        let settings = KafkaSettings(bootstrap: kafka.bootstrap, clientID: "bench")
        _ = try Migrator.apply(PathMigration.all, schema: house, on: admin)
        let topics = [PathBench.input, PathBench.output, Topic.deadLetters(ServiceName.governance.rawValue)]
        _ = try KafkaAdmin(settings).createTopics(
            topics.map { TopicSpec(name: $0, partitions: Int(PathBench.lanes), replication: 1, config: [:]) }, timeout: .seconds(30))
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
                    + "memory \(Figure.text(mark.memory)) MiB, \(mark.descriptors) descriptors, \(mark.threads) threads")
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
            Figure("endure_rss_growth", "memory at the end through after a fifth", unit: "×", of: [last.memory / steady.memory]),
            Figure("endure_rss_mb", "memory at the end", unit: "MiB", of: [last.memory]),
            Figure(
                "endure_descriptors", "open descriptors more than after a fifth", unit: "",
                of: [Double(last.descriptors - steady.descriptors)]),
            Figure("endure_threads", "threads more than after a fifth", unit: "", of: [Double(last.threads - steady.threads)]),
        ]
    }

    private static func mark(_ service: PathService, _ admin: Connection) throws -> Mark {
        func bytes(_ tables: [String]) throws -> Int64 {
            let row = try admin.execute(
                """
                SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 FROM pg_class c
                 WHERE c.relnamespace = '\(house)'::regnamespace AND c.relkind = 'r'
                   AND (c.relname = ANY($1) OR c.oid IN (SELECT inhrelid FROM pg_inherits
                                                         WHERE inhparent IN (SELECT oid FROM pg_class WHERE relname = ANY($1))))
                """, [.texts(tables)]
            ).first
            return try row?.int64(0) ?? 0
        }
        let standing = service.standing
        return Mark(
            hotBytes: try bytes(hotTables), outboxBytes: try bytes(["outbox"]), memory: standing.memory, descriptors: standing.descriptors,
            threads: standing.threads)
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
