import Chassis
import Contracts
import Foundation
import Support
import Testing
import Vocabulary

@Suite(.enabled(if: PrivatePostgres.isInstalled, "no PostgreSQL is installed")) struct BackupTests {
    @Test func `a backup made under load is whole, and the services go on from its restored copy`() throws {
        let binaries = try #require(PrivatePostgres.findBinaries())
        let server = PrivatePostgres(binaries: binaries)
        defer { server.stop() }
        let suite = try SmallSuite(server)
        try suite.start(.ingestion)
        try suite.start(.governance)
        let today = Day.today - 1
        func records(_ numbers: Range<Int>) -> [HunanStory.Step] { numbers.flatMap { HunanStory(number: $0, today: today).records() } }
        try suite.tell(records(601..<607))
        let place = suite.folder.appendingPathComponent("backup").path
        let said = try suite.run(["backup", place])
        #expect(said.contains("checked"), "\(said)")
        for name in [
            "postgres/backup_manifest", "catalog/pack.json", "catalog/recordType.json", "topics.json", "positions.json", "README.txt",
        ] {
            #expect(FileManager.default.fileExists(atPath: place + "/" + name), "\(name)")
        }
        #expect(!FileManager.default.fileExists(atPath: place + "/.service"))
        #expect(try suite.xinqiao(["backup", place]).end == .status(64))

        // What comes after the backup is in the topics, and is decided by a database that will be lost.
        try suite.tell(records(607..<611))
        let all = Int64(records(601..<611).count)
        #expect(try suite.number(SmallSuite.accepted, becomes: all) == all)
        #expect(try suite.number(SmallSuite.decided, becomes: all) == all)
        suite.stop(.ingestion, signal: SIGKILL)
        suite.stop(.governance, signal: SIGKILL)

        let data = suite.folder.appendingPathComponent("restored").path
        // PostgreSQL's user must be able to reach it.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: suite.folder.path)
        // The topics are made anew with as many partitions as they had: here those of a suite that was set up with six.
        let topics = place + "/topics.json"
        let asSaved = try String(contentsOfFile: topics, encoding: .utf8)
        #expect(asSaved.contains("\"partitions\":4"), "\(asSaved)")
        try asSaved.replacingOccurrences(of: "\"partitions\":4", with: "\"partitions\":6")
            .write(toFile: topics, atomically: true, encoding: .utf8)
        let steps = try suite.run(["restore", place, data])
        #expect(steps.contains("pg_ctl -D \(data)") && steps.contains("truncated list"), "\(steps)")
        #expect(steps.contains("xinqiao topics apply --packs \(place)/catalog --partitions 6\n"), "\(steps)")
        #expect(try suite.xinqiao(["restore", place, data]).end == .status(64))
        let socket = suite.folder.appendingPathComponent("socket").path
        try FileManager.default.createDirectory(atPath: socket, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: socket)
        let account = getuid() == 0 ? ["--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        let postgres = try ChildProcess(
            program: getuid() == 0 ? "/usr/bin/setpriv" : binaries.appendingPathComponent("postgres").path,
            arguments: (getuid() == 0 ? account + [binaries.appendingPathComponent("postgres").path] : [])
                + ["-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories=\(socket)"],
            environment: ProcessInfo.processInfo.environment, output: suite.folder.appendingPathComponent("restored.log").path)
        defer { postgres.stop(SIGQUIT) }
        suite.conninfo = suite.conninfo.replacing(/host='[^']*'/, with: "host='\(socket)'")
        #expect(
            eventually(within: .seconds(20)) { (try? suite.number("SELECT 1")) == 1 },
            "\((try? String(contentsOf: suite.folder.appendingPathComponent("restored.log"), encoding: .utf8)) ?? "")")
        let then = try suite.number(SmallSuite.accepted)
        #expect(then < all)
        try suite.start(.ingestion)
        try suite.start(.governance)
        #expect(try suite.number(SmallSuite.accepted, becomes: all) == all)
        #expect(try suite.number(SmallSuite.lacking, becomes: 0) == 0)
        #expect(try suite.number(SmallSuite.decided, becomes: all) == all)
        print("backup: \(then) of \(all) records were in it; \(all - then) were read again after the restore, 0 lost, 0 twice")

        // A file that changed since is found out before anything is restored.
        let victim = place + "/postgres/PG_VERSION"
        try "99\n".write(toFile: victim, atomically: true, encoding: .utf8)
        #expect(try suite.xinqiao(["restore", place, data + "2"]).end != .status(0))
        #expect(!FileManager.default.fileExists(atPath: data + "2/PG_VERSION"))
    }
}
