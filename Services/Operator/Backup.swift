import Chassis
import Contracts
import Deciding
import Foundation
import Kafka
import Pipeline
import Postgres
import Vocabulary
import Wire

extension Command {
    static let backup = Command(
        "backup", usage: "TO_FOLDER [--folder .demo]",
        summary: "copy the suite's PostgreSQL while it runs, with the catalogue, the topics' settings and all positions",
        valued: ["folder"],
        details: """
            TO_FOLDER must be new or empty. In it: `postgres/` (pg_basebackup with its write-ahead log and a manifest of SHA-256 sums, checked
            with pg_verifybackup), `catalog/` (every published entry, as a pack), `topics.json`, `positions.json`, `backup.json`, `README.txt`.

            Needs XINQIAO_POSTGRES of a role with REPLICATION (or an administrator), and PostgreSQL's programs of the server's version on this
            machine. With XINQIAO_KAFKA_BOOTSTRAP the catalogue and the topics are saved too; without it only the database is.
            `--folder DIR` takes both from a running `xinqiao demo` or `xinqiao up`.
            """
    ) { options in
        guard options.words.count == 1 else { throw Failure("say `backup TO_FOLDER`", code: .usage) }
        if let work = options.text("folder") { try Backup.takeAddresses(from: work) }
        try Backup(folder: options.words[0]).run()
    }
}

struct Backup {
    let folder: URL

    init(folder path: String) throws {
        folder = URL(fileURLWithPath: path).standardizedFileURL
        let there = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        guard there.isEmpty else { throw Failure("\(folder.path) is not empty; name a new folder", code: .usage) }
        // The database has what is personal: for nobody else's eyes.
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Reads the addresses of an embedded suite from its `operator.env`.
    static func takeAddresses(from work: String) throws {
        let path = URL(fileURLWithPath: work).appendingPathComponent("operator.env").path
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure("\(path) is not there: no `xinqiao demo` or `xinqiao up` runs with this folder", code: .usage)
        }
        for line in text.split(separator: "\n") where line.hasPrefix("export ") {
            let parts = line.dropFirst(7).split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            EmbeddedSuite.setVariable(String(parts[0]), String(parts[1]).trimmingCharacters(in: CharacterSet(charactersIn: "'")))
        }
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func run() throws {
        let started = WallClock.now
        let connection = try Connections.postgres()
        let server = try connection.execute("SELECT current_setting('server_version_num')::int4, current_setting('server_version')").first
        guard let major = try server?.int32(0) else { throw Failure("PostgreSQL does not say its version") }
        let programs = try PostgresPrograms.folder(with: "pg_basebackup", major: Int(major) / 10_000)
        let hasKafka = ProcessInfo.processInfo.environment[ServiceKeys.bootstrap].map { !$0.isEmpty } ?? false
        if hasKafka {
            try saveTopicsAndCatalog()
        } else {
            Terminal.say("no XINQIAO_KAFKA_BOOTSTRAP: the topics and the catalogue are not saved")
        }
        try copyDatabase(programs + "/pg_basebackup", connection)
        // What the copy holds is younger than this; the difference is what a service reads again.
        try savePositions(connection)
        Terminal.say("checking every file against the manifest …")
        try runToEnd(
            try PostgresPrograms.folder(with: "pg_verifybackup", major: Int(major) / 10_000) + "/pg_verifybackup", [path("postgres")])
        try write(
            "backup.json",
            JSONWriter.encode { writer in
                writer.object { object in
                    object.member("suite", SuiteVersion.text)
                    object.member("startedAt", started)
                    object.member("endedAt", WallClock.now)
                    object.memberIfPresent("postgres", try? server?.text(1))
                    object.member("hasTopics", hasKafka)
                }
            })
        try write("README.txt", Array(Self.note(started).utf8))
        print("\(folder.path): \(try size() >> 20) MiB, checked")
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        guard FileManager.default.createFile(atPath: path(name), contents: Data(bytes), attributes: [.posixPermissions: 0o600]) else {
            throw Failure("\(path(name)) can not be written")
        }
    }

    private func size() throws -> Int64 {
        Int64(try runToEnd("/usr/bin/du", ["-sb", folder.path]).split(separator: "\t").first ?? "0") ?? 0
    }

    // MARK: the database

    private func copyDatabase(_ program: String, _ connection: Connection) throws {
        var environment = Environment.ofProcess()
        let conninfo = environment.secret(ServiceKeys.postgres)
        guard let text = ConninfoParts(conninfo)?.serviceFile(named: "xinqiao") else {
            throw Failure("XINQIAO_POSTGRES must be in the form `key=value …` for a backup", code: .configuration)
        }
        let services = path(".service")
        try write(".service", Array(text.utf8))
        defer { try? FileManager.default.removeItem(atPath: services) }
        let log = path(".pg_basebackup.log")
        defer { try? FileManager.default.removeItem(atPath: log) }
        let process = try ChildProcess(
            program: program,
            arguments: [
                "--dbname=service=xinqiao", "--pgdata=\(path("postgres"))", "--wal-method=stream", "--checkpoint=fast",
                "--manifest-checksums=SHA256", "--no-password", "--label=xinqiao backup",
            ], environment: ProcessInfo.processInfo.environment.merging(["PGSERVICEFILE": services]) { $1 }, output: log)
        while process.isRunning {
            if let row = try? connection.execute("SELECT phase, backup_streamed, backup_total FROM pg_stat_progress_basebackup LIMIT 1")
                .first,
                let phase = try? row.text(0), let streamed = try? row.int64OrNil(1)
            {
                let total = (try? row.int64OrNil(2)).flatMap { $0 }
                Terminal.progress("\(phase): \(streamed >> 20)\(total.map { " of \($0 >> 20)" } ?? "") MiB")
            }
            OwnThread.sleep(for: .milliseconds(200))
        }
        guard process.wait() == .status(0) else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw Failure("pg_basebackup failed:\n\(said)It needs a role with REPLICATION and a `replication` line in pg_hba.conf")
        }
    }

    private func savePositions(_ connection: Connection) throws {
        let offsets = try connection.execute(
            "SELECT service, topic, partition, next_offset FROM operator.consumer_offset WHERE topic NOT LIKE '@%' ORDER BY 1, 2, 3")
        let links = try connection.execute(
            "SELECT service, lane, topic, partition, last_seq, acked_seq FROM operator.link_out ORDER BY 1, 2, 3, 4")
        var writer = JSONWriter()
        try writer.object { object in
            try object.member(
                "offsets",
                array: { list in
                    for row in offsets {
                        try list.element(object: {
                            $0.member("service", try row.text(0))
                            $0.member("topic", try row.text(1))
                            $0.member("partition", Int64(try row.int32(2)))
                            $0.member("next", try row.int64(3))
                        })
                    }
                })
            try object.member(
                "links",
                array: { list in
                    for row in links {
                        try list.element(object: {
                            $0.member("service", try row.text(0))
                            $0.member("lane", Int64(try row.int32(1)))
                            $0.member("topic", try row.text(2))
                            $0.member("partition", Int64(try row.int32(3)))
                            $0.member("last", try row.int64(4))
                            $0.member("acknowledged", try row.int64(5))
                        })
                    }
                })
        }
        try write("positions.json", writer.bytes)
    }

    // MARK: the broker

    private func saveTopicsAndCatalog() throws {
        let settings = try Connections.kafka()
        let admin = try KafkaAdmin(settings)
        let topics = try admin.describe(timeout: .seconds(30)).filter { !$0.name.hasPrefix("__") }
        let consumer = try KafkaConsumer(settings, groupID: "xinqiao.operator")
        defer { consumer.close() }
        var hasSettings = true
        var writer = JSONWriter()
        try writer.array { list in
            for (count, topic) in topics.enumerated() {
                var config: [String: String] = [:]
                if hasSettings {
                    do {
                        config = try admin.describeConfig(topic: topic.name, timeout: .seconds(5))
                    } catch {
                        // The built-in broker does not answer this; its topics have no settings.
                        hasSettings = false
                        Terminal.say("the broker does not tell its topics' settings (\(error)); their names and sizes are saved")
                    }
                }
                let kept = config.filter {
                    ["retention.ms", "cleanup.policy", "max.message.bytes", "min.insync.replicas"].contains($0.key)
                }
                var marks: [(low: Int64, high: Int64)] = []
                for partition in 0..<Int32(clamping: topic.partitions) {
                    marks.append(
                        try whileTransient { () throws(KafkaFault) in
                            try consumer.watermarks(topic: topic.name, partition: partition, timeout: .seconds(10))
                        })
                }
                list.element(object: { object in
                    object.member("name", topic.name)
                    object.member("partitions", Int64(topic.partitions))
                    object.member("config", object: { for key in kept.keys.sorted() { $0.member(key, kept[key] ?? "") } })
                    object.member(
                        "logs",
                        array: { logs in
                            for mark in marks {
                                logs.element(object: {
                                    $0.member("first", mark.low)
                                    $0.member("end", mark.high)
                                })
                            }
                        })
                })
                Terminal.progress("topics: \(count + 1) of \(topics.count)")
            }
        }
        try write("topics.json", writer.bytes)
        let entries = Catalog(version: 0, entries: try CatalogPublishing.published(settings)).all
        try FileManager.default.createDirectory(atPath: path("catalog"), withIntermediateDirectories: true)
        try write(
            "catalog/pack.json", Array("{\"id\": \"restored\", \"title\": {\"en\": \"The catalogue as it was\", \"zh\": \"目录备份\"}}\n".utf8))
        for (kind, entries) in Dictionary(grouping: entries, by: \.kind) {
            let lines = entries.map { String(decoding: Pack.publishedForm($0), as: UTF8.self) }
            try write("catalog/\(kind).json", Array(("[\n" + lines.joined(separator: ",\n") + "\n]\n").utf8))
        }
        Terminal.say("\(topics.count) topics, \(entries.count) catalogue entries")
    }

    /// What someone should know who finds the folder in a year.
    private static func note(_ moment: Instant) -> String {
        """
        A backup of the Xinqiao suite, begun \(moment.rfc3339).
        信桥平台备份，开始时间 \(moment.rfc3339)。

        Restore:  xinqiao restore THIS_FOLDER NEW_DATA_FOLDER     (says the next steps)
        Check:    pg_verifybackup THIS_FOLDER/postgres

        It holds personal data in the clear: keep it as you keep the database, encrypted where it leaves the house.
        Keep it for 35 days (ops/retention.md): a deletion counts as done when the last backup that holds it is gone.
        Services go on from it without a hole as long as the topics still have what came after it: seven days for links, which the senders'
        outboxes stretch to fourteen (`xinqiao replay-link`), fourteen days for what came from outside.

        """
    }
}
