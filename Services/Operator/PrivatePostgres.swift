import Foundation

/// A PostgreSQL of the suite's own: data in the work folder, reachable only over a unix socket there.
struct PrivatePostgres {
    private let binaries: String
    private let data: String
    private let socket: String
    private let log: String
    /// Root may not run PostgreSQL: then the system's user `postgres` does.
    private let asPostgres: Bool

    var conninfo: String { "host=\(socket) dbname=xinqiao user=\(superuser)" }
    private var superuser: String { "xinqiao" }

    func conninfo(user: String) -> String { "host=\(socket) dbname=xinqiao user=\(user)" }

    init(in folder: WorkFolder) throws {
        binaries = try Self.findBinaries()
        asPostgres = getuid() == 0
        // A clone under root's home can't be entered by `postgres`, and a socket's path is at most 107 bytes long.
        let isReachable = !asPostgres || Self.canEnter(folder.url.path)
        let place =
            isReachable && folder.url.path.utf8.count < 80
            ? folder.path("postgres") : "/var/tmp/xinqiao-\(getuid())-\(abs(folder.url.path.hashStable))"
        data = place + "/data"
        socket = place + "/socket"
        log = place + "/postgres.log"
        if place != folder.path("postgres") {
            try? FileManager.default.removeItem(atPath: place)
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try? FileManager.default.createSymbolicLink(atPath: folder.path("postgres"), withDestinationPath: place)
        } else {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        }
        try FileManager.default.createDirectory(atPath: socket, withIntermediateDirectories: true)
        if asPostgres { try runToEnd("/bin/chown", ["-R", "postgres", place]) }
    }

    private static func findBinaries() throws -> String {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let found = versions.compactMap(Int.init).sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
        guard let found else { throw Failure("PostgreSQL is not installed: `apt-get install postgresql` (or run `ops/setup`)") }
        return found
    }

    private static func canEnter(_ path: String) -> Bool {
        (try? runToEnd("/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "/usr/bin/test", "-x", path])) != nil
    }

    private func run(_ program: String, _ arguments: [String]) throws {
        if asPostgres {
            try runToEnd(
                "/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", binaries + "/" + program] + arguments)
        } else {
            try runToEnd(binaries + "/" + program, arguments)
        }
    }

    /// Makes the cluster, starts it, makes the database. fsync stays on: the suite's promise rests on it.
    func start() throws {
        try run("initdb", ["-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        let settings = [
            "-c listen_addresses=''", "-c unix_socket_directories='\(socket)'", "-c shared_buffers=256MB", "-c max_wal_size=4GB",
            "-c max_connections=60", "-c checkpoint_timeout=15min", "-c autovacuum_naptime=20s",
        ]
        try run("pg_ctl", ["-D", data, "-l", log, "-w", "-o", settings.joined(separator: " "), "start"])
        try run("createdb", ["-h", socket, "-U", superuser, "xinqiao"])
    }

    func stop() {
        _ = try? run("pg_ctl", ["-D", data, "-m", "fast", "-w", "stop"])
    }

    var pid: Int32? {
        (try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8))?.split(separator: "\n").first.flatMap { Int32($0) }
    }
}

extension String {
    /// FNV-1a: the same in every process, unlike `hashValue`.
    var hashStable: Int32 { Int32(truncatingIfNeeded: utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }) }
}
