import Chassis
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
        binaries = try PostgresPrograms.folder(with: "initdb")
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
        // Nobody else: whoever reaches the socket is let in without a password. Refused when the folder is somebody else's.
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: place)
        try FileManager.default.createDirectory(atPath: socket, withIntermediateDirectories: true)
        if asPostgres { try runToEnd("/bin/chown", ["-R", "postgres", place]) }
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
    func start(onEnd: @escaping @Sendable (ChildProcess.End) -> Void) throws -> ChildProcess {
        try run("initdb", ["-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        let server = try launch(onEnd: onEnd)
        for _ in 0..<300 {
            if (try? run("pg_isready", ["-q", "-h", socket])) != nil {
                try run("createdb", ["-h", socket, "-U", superuser, "xinqiao"])
                return server
            }
            guard server.isRunning else { break }
            usleep(100_000)
        }
        throw Failure("PostgreSQL did not start:\n" + ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "no log"))
    }

    /// Starts the server on the cluster as it is: the first time, and again after it was killed.
    func launch(onEnd: @escaping @Sendable (ChildProcess.End) -> Void) throws -> ChildProcess {
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(socket)", "shared_buffers=256MB", "max_wal_size=4GB", "max_connections=60",
            "checkpoint_timeout=15min", "autovacuum_naptime=20s", "unix_socket_permissions=0700",
            // Parameters are whole records, and the DETAIL of an error is a row: neither belongs in the log.
            "log_parameter_max_length=0", "log_parameter_max_length_on_error=0", "log_error_verbosity=terse",
        ]
        let arguments = ["-D", data] + settings.flatMap { ["-c", $0] }
        return try ChildProcess(
            program: asPostgres ? "/usr/bin/setpriv" : binaries + "/postgres",
            arguments: asPostgres
                ? ["--reuid=postgres", "--regid=postgres", "--init-groups", binaries + "/postgres"] + arguments : arguments,
            environment: ProcessInfo.processInfo.environment, output: log, onEnd: onEnd)
    }
}

extension String {
    /// FNV-1a: the same in every process, unlike `hashValue`.
    var hashStable: Int32 { Int32(truncatingIfNeeded: utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }) }
}
