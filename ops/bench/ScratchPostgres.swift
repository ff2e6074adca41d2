import Foundation
import Postgres

/// A PostgreSQL of the measurement's own, with `fsync` on, behind a unix socket in a folder that goes when it stops.
final class ScratchPostgres {
    /// Short, because a socket's path is at most 107 bytes long; not below /tmp, which may be memory and so know no fsync.
    let folder = "/var/tmp/xinqiao-bench-\(getpid())"
    private let server = Process()

    /// Lends a server and removes it afterwards; nil when PostgreSQL is not installed.
    static func lent<Answer>(to use: (ScratchPostgres) throws -> Answer) throws -> Answer? {
        guard let binaries = binaries() else { return nil }
        let postgres = try ScratchPostgres(binaries: binaries)
        let answer: Answer
        do { answer = try use(postgres) } catch {
            try postgres.stop()
            throw error
        }
        try postgres.stop()
        return answer
    }

    /// Why a part that needs one is left out.
    static let absent = "PostgreSQL is not installed"

    /// The newest folder with `initdb`; nil when there is none.
    private static func binaries() -> String? {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return versions.compactMap { Int($0) }.sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }

    private init(binaries: String) throws {
        // PostgreSQL refuses to run as root.
        let isRoot = geteuid() == 0
        let account = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["setpriv"]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        do {
            if isRoot { try Command.output(["chown", "postgres:postgres", folder]) }
            try Command.output(
                account + [
                    binaries + "/initdb", "--pgdata", folder + "/data", "--username", "bench", "--auth", "trust", "--encoding", "UTF8",
                    "--locale", "C",
                ])
            let settings = [
                "listen_addresses=", "unix_socket_directories=\(folder)", "fsync=on", "shared_buffers=128MB", "max_wal_size=2GB",
                "autovacuum=off",
            ]
            server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            // Should we be killed, the kernel ends the server: nobody else knows of it.
            server.arguments =
                account + ["--pdeathsig=QUIT", binaries + "/postgres", "-D", folder + "/data"] + settings.flatMap { ["-c", $0] }
            server.standardOutput = FileHandle.nullDevice
            server.standardError = FileHandle.nullDevice
            try server.run()
        } catch {
            try FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    /// Waits until the server answers, 20 s at most.
    func connect() throws -> Connection {
        let address = PostgresAddress(conninfo: "host=\(folder) user=bench dbname=postgres", applicationName: "bench")
        for _ in 0..<200 where server.isRunning {
            do { return try Connection(address) } catch { Thread.sleep(forTimeInterval: 0.1) }
        }
        throw BenchFault.postgres("the server did not begin to answer")
    }

    /// Ends the server at once and removes its folder.
    private func stop() throws {
        if server.isRunning {
            kill(server.processIdentifier, SIGQUIT)
            server.waitUntilExit()
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
