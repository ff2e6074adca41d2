import Chassis
import Contracts
import Foundation
import Wire

extension Command {
    static let restore = Command(
        "restore", usage: "FROM_FOLDER TO_DATA_FOLDER",
        summary: "put a backup's database into an empty folder, checked, and say the next steps",
        details: """
            FROM_FOLDER is what `xinqiao backup` made. TO_DATA_FOLDER must be new or empty: it becomes a PostgreSQL data folder, ready to be
            started; nothing that runs is touched. Every file is checked against the manifest before and after copying.
            """
    ) { options in
        guard options.words.count == 2 else { throw Failure("say `restore FROM_FOLDER TO_DATA_FOLDER`", code: .usage) }
        try Restore.run(from: options.words[0], to: options.words[1])
    }
}

enum Restore {
    static func run(from: String, to: String) throws {
        let source = URL(fileURLWithPath: from).standardizedFileURL.appendingPathComponent("postgres").path
        let target = URL(fileURLWithPath: to).standardizedFileURL.path
        guard let version = try? String(contentsOfFile: source + "/PG_VERSION", encoding: .utf8),
            let major = Int(version.filter(\.isNumber)),
            FileManager.default.fileExists(atPath: source + "/backup_manifest")
        else { throw Failure("\(from) holds no backup of `xinqiao backup`", code: .usage) }
        let there = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? []
        guard there.isEmpty else { throw Failure("\(target) is not empty; name a new folder", code: .usage) }

        let programs = try PostgresPrograms.folder(with: "pg_verifybackup", major: major)
        Terminal.say("checking the backup …")
        try runToEnd(programs + "/pg_verifybackup", [source])
        Terminal.say("copying …")
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        try runToEnd("/bin/cp", ["-a", source + "/.", target])
        Terminal.say("checking the copy …")
        try runToEnd(programs + "/pg_verifybackup", [target])
        try runToEnd("/bin/chmod", ["700", target])
        // The server refuses to run as root; what root restores belongs to the system's user for it.
        if getuid() == 0 { try runToEnd("/bin/chown", ["-R", "postgres:postgres", target]) }
        let partitions = Self.partitions(in: from).map { String($0) } ?? "N   (as many as they had: the backup does not say)"
        print(
            """
            \(target) is a PostgreSQL \(major) data folder. Next:
              1. Stop the services, if any still run against the former database.
              2. Start the server: \(programs)/pg_ctl -D \(target) -w start\(getuid() == 0 ? "   (as the user postgres)" : "")
                 It recovers from the log in the backup by itself. Point XINQIAO_POSTGRES at it; then `xinqiao migrate`.
              3. Was the broker lost too?  xinqiao topics apply --packs \(from)/catalog --partitions \(partitions)
                                           xinqiao catalog publish --as-was \(from)/catalog
              4. xinqiao truncated list    What stands outside of its log: send it again (xinqiao replay-link, or the sender), then
                                           xinqiao truncated accept …
              5. Is the broker the one that the lost database worked with?  xinqiao rejoin --why TEXT
                 What that database sent after the backup is passed over then, and decided anew under new numbers.
              6. Start the services. They read on from the backup's offsets.
              7. xinqiao status            Lag falls to 0; compare with the senders' counts.
            """)
    }

    /// How many partitions the topics had, which says in which lane a subject lies; nil when the backup was made without a broker.
    private static func partitions(in backup: String) -> Int64? {
        let path = URL(fileURLWithPath: backup).standardizedFileURL.appendingPathComponent("topics.json").path
        guard let data = FileManager.default.contents(atPath: path),
            let topics = try? JSONDocument(parsing: Array(data), limits: JSONLimits(bytesMax: 64 << 20)).root
        else { return nil }
        // All have the same number, but for the catalogue's.
        return topics.elements.first(where: { $0["name"]?.string == Topic.ingestionRecords })?["partitions"]?.int
    }
}
