import Chassis
import Contracts
import Foundation
import Kafka
import Pipeline
import Postgres
import Province
import Vocabulary
import Wire

/// The two services that every record passes, ingestion and governance, as they are started by anybody, on a real Kafka and a real PostgreSQL:
/// the province's records of the types that want no consent, each judged by ten quality rules, waiting in the sources' topics.
enum IntakeBench {
    private static let types: Set<String> = [
        "tax.return", "social-insurance.month", "utility.bill", "order.month", "customs.month", "books.month",
    ]
    private static let rulesOfType = 10
    private static let lanes = 4
    private static let services: [ServiceName] = [.ingestion, .governance]

    /// Whose records are sent.
    struct Load {
        let firms: Int
        /// So many of a firm's records, the first ones.
        let recordsMax: Int
        let months: Int
        /// The feed takes no part of the cores: services stand still meanwhile. Where it takes minutes they run, and only memory is of worth.
        let isTimed: Bool

        /// Two years of each firm.
        static func whole(firms: Int) -> Load { Load(firms: firms, recordsMax: .max, months: 24, isTimed: true) }

        /// Two records of each, of many.
        static func thin(firms: Int) -> Load { Load(firms: firms, recordsMax: 2, months: 1, isTimed: false) }
    }

    /// What one wave of records showed.
    private struct Wave {
        let rate: Double
        /// Microseconds a record, by service.
        let processor: [Double]
        /// Resident at its end, by service. Unit: MiB.
        let memory: [Double]
    }

    static func measured(_ load: Load) throws -> Part.Answer {
        try PathBench.onBoth { try measured(load, $0, $1) }
    }

    private static func measured(_ load: Load, _ kafka: ScratchKafka, _ postgres: ScratchPostgres) throws -> [Figure] {
        let admin = try postgres.connect()
        // These tables have queries whose plans follow their sizes.
        for order in ["ALTER SYSTEM SET autovacuum = on", "SELECT pg_reload_conf()"] { try admin.script(order) }
        let folder = postgres.folder + "/intake"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let environment = [
            ServiceKeys.postgres: "host=\(postgres.folder) user=bench dbname=postgres", ServiceKeys.bootstrap: kafka.bootstrap,
        ]
        try operate(["migrate"], environment)
        try operate(["topics", "apply", "--packs", "packs", "--partitions", String(lanes)], environment)
        try operate(["catalog", "publish", "packs"], environment)
        try addRules(in: folder, environment)
        let settings = KafkaSettings(bootstrap: kafka.bootstrap, clientID: "bench", extra: ["linger.ms": "200"])

        // The first quarter finds a broker whose compiler is at work and services that know nobody: it is not timed. The second leads to half
        // of all firms, the third wave to all: so the services know twice as many when memory is looked at again.
        let ends = [load.firms / 4, load.firms / 2, load.firms]
        var records = try feed(0..<ends[0], of: load, settings)
        var processes: [ChildProcess] = []
        defer { for process in processes { process.stop() } }
        for service in services { processes.append(try start(service, folder, environment)) }
        try wait(for: records, admin, processes)

        var waves: [Wave] = []
        for (first, end) in zip(ends, ends.dropFirst()) {
            if load.isTimed { for process in processes { process.send(SIGSTOP) } }
            var begin = ContinuousClock.now
            var before = processes.map { processorSeconds(of: $0) }
            let fed = try feed(first..<end, of: load, settings)
            records += fed
            if load.isTimed {
                begin = ContinuousClock.now
                before = processes.map { processorSeconds(of: $0) }
                for process in processes { process.send(SIGCONT) }
            }
            try wait(for: records, admin, processes)
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            let spent = zip(processes, before).map { (processorSeconds(of: $0) - $1) * 1e6 / Double(fed) }
            let memory = processes.map { Double(ProcessMemory.resident.kibibytes(of: $0.pid) ?? 0) / 1_024 }
            waves.append(Wave(rate: Double(fed) / seconds, processor: spent, memory: memory))
            print(
                "intake: \(fed) records of \(end - first) firms in \(Figure.text(seconds)) s; memory for \(end) firms: "
                    + zip(services, memory).map { "\($0.rawValue) \(Figure.text($1)) MiB" }.joined(separator: ", "))
        }
        let facts = try admin.execute("SELECT count(*) FROM governance.fact")[0].int64(0)
        guard facts >= Int64(records) * 99 / 100 else { throw BenchFault.unequal("intake: \(facts) facts of \(records) records") }
        return figures(waves, load)
    }

    private static func figures(_ waves: [Wave], _ load: Load) -> [Figure] {
        let largest = waves.map { $0.memory.max() ?? 0 }
        let last = waves.last?.memory ?? []
        var figures = [
            Figure(
                "intake_rss_growth", "memory of the larger of the two once it knows \(load.firms) firms, through at \(load.firms / 2)",
                unit: "×", of: [(largest.last ?? 0) / (largest.first ?? 1)]),
            Figure("intake_rss_mb", "memory of the larger of the two at the end", unit: "MiB", of: [largest.last ?? 0]),
        ]
        for (service, memory) in zip(services, last) {
            figures.append(
                Figure("intake_\(service.rawValue)_rss_mb", "memory of \(service.rawValue) at the end", unit: "MiB", of: [memory]))
        }
        // With the feed on the same cores, and two records of a firm, they would be of something else.
        guard load.isTimed else { return figures }
        let timed = [
            Figure(
                "intake_records_per_s", "records through ingestion and governance, ten quality rules each, until their facts are given out",
                unit: "records/s", of: waves.map(\.rate)),
            Figure(
                "intake_ingestion_cpu_us", "processor time of ingestion a record, all its threads", unit: "µs",
                of: waves.map { $0.processor[0] }),
            Figure("intake_governance_cpu_us", "the same of governance", unit: "µs", of: waves.map { $0.processor[1] }),
        ]
        return timed + figures
    }

    /// As many rules for each type as bring it to ten, each over a field of the record.
    private static func addRules(in folder: String, _ environment: [String: String]) throws {
        let base = try JSONDocument(parsing: Array(Data(contentsOf: URL(fileURLWithPath: "packs/base/qualityRules.json")))).root
        var known: [String: Int] = [:]
        for rule in base.elements {
            for type in rule["body"]?["recordTypes"].map({ Array($0.elements) }) ?? [] { known[type.string ?? "", default: 0] += 1 }
        }
        var entries: [String] = []
        for type in types.sorted() {
            for number in known[type, default: 0]..<rulesOfType {
                entries.append(
                    """
                    {"kind": "qualityRule", "id": "bench-\(type.replacing(".", with: "-"))-\(number)", "version": 1, "effectiveFrom": "2020-01-01T00:00:00Z",
                     "body": {"title": {"en": "Not of a year long past", "zh": "年份合理"}, "recordTypes": ["\(type)"], "kind": "range", "severity": "flag",
                              "weight": 1, "owner": "", "correctWithinWorkingDays": 5,
                              "logic": {"!=": [{"var": "data.period"}, "19\(10 + number)-01"]}},
                     "examples": [{"data": {"period": "2026-03"}, "occurredDay": "2026-03-31", "truth": "yes"}]}
                    """)
            }
        }
        let pack = folder + "/pack"
        try FileManager.default.createDirectory(atPath: pack, withIntermediateDirectories: false)
        try Data(#"{"id": "bench", "title": {"en": "Ten rules a record", "zh": "每条十项规则"}, "version": 1}"#.utf8)
            .write(to: URL(fileURLWithPath: pack + "/pack.json"))
        try Data("[\(entries.joined(separator: ",\n"))]".utf8).write(to: URL(fileURLWithPath: pack + "/qualityRules.json"))
        try operate(["catalog", "publish", pack], environment)
    }

    /// What the kernel counts for it, in hundredths of a second.
    private static func processorSeconds(of process: ChildProcess) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)) ?? ""
        // Behind the name in brackets, which may hold anything, user time is the twelfth number and system time the thirteenth.
        let fields = text.split(separator: ")").last?.split(separator: " ").map(String.init) ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / 100
    }

    private static func operate(_ words: [String], _ environment: [String: String]) throws {
        try Command.output(["env"] + environment.map { "\($0.key)=\($0.value)" } + [Command.sibling("xinqiao")] + words)
    }

    private static func start(_ service: ServiceName, _ folder: String, _ environment: [String: String]) throws -> ChildProcess {
        let key = folder + "/persons.key"
        try Data(String(repeating: "ab", count: 32).utf8).write(to: URL(fileURLWithPath: key))
        let own = [
            ServiceKeys.postgres: (environment[ServiceKeys.postgres] ?? "") + " user=xinqiao_\(service.rawValue)",
            ServiceKeys.statusPort: "0", ServiceKeys.instance: "bench",
        ].merging(service == .governance ? ["XINQIAO_PERSONS_KEY_FILE": key] : [:]) { $1 }
        return try ChildProcess(
            program: Command.sibling(service.rawValue), arguments: [],
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }.merging(own) { $1 },
            output: folder + "/\(service.rawValue).log")
    }

    /// Sends the firms' records to the sources' topics; returns how many.
    private static func feed(_ range: Range<Int>, of load: Load, _ settings: KafkaSettings) throws -> Int {
        let province = Province(
            seed: 1, firms: load.firms, months: load.months, lastMonth: Month(year: 2026, month: 3), badShare: BasisPoints(0))
        let producer = try KafkaProducer(settings) { _ in }
        var sent = 0
        for firm in range {
            for record in province.records(ofFirm: firm).filter({ types.contains($0.type) }).prefix(load.recordsMax) {
                var event = CloudEvent(id: record.id, source: "bench", type: record.type, data: record.data)
                event.time = record.time
                event.subject = record.subject
                event.dataContentType = "application/json"
                let headers = event.binaryHeaders().map { KafkaHeader(name: $0.name, value: $0.value) }
                sent += 1
                try producer.produceWaiting(
                    topic: record.topic, partition: Lane.of(record.subject, lanes: Int32(lanes)), key: Array(record.subject.utf8),
                    value: record.data, headers: headers, tag: UInt64(sent))
            }
        }
        guard producer.flush(.seconds(60)) else { throw BenchFault.unequal("messages in flight after a minute") }
        producer.abandon()
        return sent
    }

    /// Until ingestion has had so many, governance has everything that ingestion gave out, and the broker all of both.
    /// Refuses two minutes in which nothing moves.
    private static func wait(for records: Int, _ admin: Connection, _ processes: [ChildProcess]) throws {
        var limit = ContinuousClock.now + .seconds(120)
        var seen: [Int64] = []
        while true {
            let row = try admin.execute(
                """
                SELECT (SELECT coalesce(sum(messages), 0)::int8 FROM ingestion.message_count),
                       (SELECT coalesce(sum(last_seq), 0)::int8 FROM ingestion.link_out WHERE topic = '\(Topic.ingestionRecords)')
                         - (SELECT coalesce(sum(last_seq), 0)::int8 FROM governance.link_in WHERE topic = '\(Topic.ingestionRecords)'),
                       (SELECT coalesce(sum(last_seq - acked_seq), 0)::int8 FROM ingestion.link_out)
                         + (SELECT coalesce(sum(last_seq - acked_seq), 0)::int8 FROM governance.link_out)
                """)[0]
            let counts = [try row.int64(0), try row.int64(1), try row.int64(2)]
            if counts[0] >= Int64(records), counts[1] == 0, counts[2] == 0 { return }
            if counts != seen {
                seen = counts
                limit = ContinuousClock.now + .seconds(120)
            }
            guard ContinuousClock.now < limit, processes.allSatisfy(\.isRunning) else {
                throw BenchFault.unequal("intake: \(counts[0]) of \(records) records, \(counts[1]) and \(counts[2]) under way")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }
}
