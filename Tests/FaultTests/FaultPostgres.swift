import Chassis
import Foundation
import Postgres
import Support

/// A PostgreSQL cluster that can be stopped, killed, filled up, put away and brought back.
final class FaultPostgres {
    let folder: URL
    private let watched: WatchedFolder
    private let binaries: URL
    private var server: ChildProcess?
    private var room: ChildProcess?
    /// Size of a small file system of its own for the data; nil for the disk.
    private let roomMiB: Int?
    /// Whether it can be copied while it runs, which costs a fuller log.
    private let isBackedUp: Bool

    static let port = 5432
    static var isInstalled: Bool { PrivatePostgres.findBinaries() != nil }

    /// - Parameter watched: in whose name it is started.
    init(folder: URL, watched: WatchedFolder, roomMiB: Int? = nil, isBackedUp: Bool = false) throws {
        guard let binaries = PrivatePostgres.findBinaries() else { throw Trouble("no PostgreSQL is installed") }
        self.binaries = binaries
        self.folder = folder
        self.watched = watched
        self.roomMiB = roomMiB
        self.isBackedUp = isBackedUp
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try own()
        if let roomMiB { room = try Self.makeRoom(data, roomMiB, watched) }
        try Script.run(inRoom(asServer(binaries.appendingPathComponent("initdb").path, initArguments)))
        try start()
    }

    var data: URL { folder.appendingPathComponent("data") }
    var socketFile: String { folder.appendingPathComponent(".s.PGSQL.\(Self.port)").path }
    func conninfo(database: String) -> String { "host='\(folder.path)' user=xinqiao dbname=\(database)" }
    var pid: Int32? { server?.pid }

    private var initArguments: [String] {
        ["--no-sync", "--pgdata", data.path, "--username", "xinqiao", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]
    }

    private func own() throws { if geteuid() == 0 { try Script.run(["chown", "-R", "postgres:postgres", folder.path]) } }

    private func asServer(_ program: String, _ arguments: [String]) -> [String] {
        (geteuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []) + [program] + arguments
    }

    func start() throws {
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder.path)", "max_connections=120", "shared_buffers=64MB", "fsync=off",
            // Worlds live for minutes: what is rewritten in one must be swept as it is in an hour of life.
            "autovacuum_naptime=2s", "autovacuum_vacuum_cost_delay=0",
            "full_page_writes=off", "max_wal_size=\(roomMiB == nil ? 1_024 : 64)MB", "min_wal_size=32MB",
            "wal_level=\(isBackedUp ? "replica" : "minimal")", "max_wal_senders=\(isBackedUp ? 4 : 0)", "deadlock_timeout=200ms",
            // In the data folder, so that a postmaster which is killed leaves nothing in /dev/shm.
            "dynamic_shared_memory_type=mmap",
        ]
        let postgres = asServer(
            binaries.appendingPathComponent("postgres").path, ["-D", data.path] + settings.flatMap { ["-c", $0] })
        if roomMiB == nil { try? FileManager.default.removeItem(at: data.appendingPathComponent("postmaster.pid")) }
        server = try ChildProcess(
            program: "/usr/bin/env", arguments: [watched.assignment] + inRoom(postgres),
            environment: ProcessInfo.processInfo.environment,
            output: folder.appendingPathComponent("log").path)
        try waitUntilAnswering()
    }

    private func inRoom(_ words: [String]) -> [String] { (room.map { ["nsenter", "-m", "-t", String($0.pid)] } ?? []) + words }

    /// A mount of its own for the data, which lives as long as a process that does nothing else.
    private static func makeRoom(_ data: URL, _ sizeMiB: Int, _ watched: WatchedFolder) throws -> ChildProcess {
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let script = """
            mount -t tmpfs -o "size=$2m,mode=0700,uid=$(id -u postgres),gid=$(id -g postgres)" tmpfs "$1" || exit 9
            touch "$1.ready"; exec sleep 1000000
            """
        let keeper = try ChildProcess(
            program: "/usr/bin/env",
            arguments: [
                watched.assignment, "unshare", "-m", "/bin/sh", "-c", script, "sh", data.path, String(sizeMiB),
            ],
            environment: ProcessInfo.processInfo.environment)
        guard eventually(within: .seconds(5), { FileManager.default.fileExists(atPath: data.path + ".ready") || !keeper.isRunning }),
            keeper.isRunning
        else { throw Trouble("no right to mount a small file system") }
        return keeper
    }

    /// Writes until there is no room; false when there was none to begin with. `empty` takes it away again.
    func fill() throws {
        let fill =
            "dd if=/dev/zero of='\(data.path)/filler' bs=1M 2>/dev/null; dd if=/dev/zero of='\(data.path)/filler2' bs=4k 2>/dev/null; true"
        try Script.run(inRoom(["/bin/sh", "-c", fill]))
    }

    func empty() throws { try Script.run(inRoom(["/bin/sh", "-c", "rm -f '\(data.path)/filler' '\(data.path)/filler2'"])) }

    /// Whether `pg_amcheck` found tables and indexes of the database sound; nil where it is not installed. Throws what it found.
    func isSound(database: String) throws -> Bool? {
        let program = binaries.appendingPathComponent("pg_amcheck").path
        guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
        try Script.run([
            program, "--install-missing", "--heapallindexed", "--host", folder.path, "--port", String(Self.port), "--username", "xinqiao",
            database,
        ])
        return true
    }

    /// How often the server's log has these words.
    func logged(_ words: String) -> Int {
        let log = (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
        return log.components(separatedBy: words).count - 1
    }

    var isRunning: Bool { server?.isRunning == true }

    func waitUntilAnswering() throws {
        let address = PostgresAddress(conninfo: conninfo(database: "postgres"), applicationName: "tests")
        let isUp = eventually(within: .seconds(30)) {
            guard let connection = try? Connection(address) else { return false }
            connection.close()
            return true
        }
        guard isUp else {
            let log = (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? ""
            throw Trouble("PostgreSQL does not answer: \(log.suffix(600))")
        }
    }

    /// As `pg_ctl stop -m immediate`: every backend ends at once, nothing is written out.
    func stopImmediately() { server?.stop(SIGQUIT, within: .seconds(20)) }

    func stopInOrder() { server?.stop(SIGINT, within: .seconds(30)) }

    /// The postmaster dies; its backends notice that by themselves.
    func killPostmaster() throws {
        let children = "/proc/\(pid ?? 0)/task/\(pid ?? 0)/children"
        let backends = ((try? String(contentsOfFile: children, encoding: .utf8)) ?? "").split(separator: " ").compactMap { Int32($0) }
        server?.stop(SIGKILL)
        // A new postmaster refuses to start while an old backend is attached to the shared memory.
        _ = eventually(within: .seconds(10)) { backends.allSatisfy { kill($0, 0) != 0 } }
    }

    func remove() {
        stopImmediately()
        room?.stop(SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Programs of the system, run to their end.
enum Script {
    static func run(_ words: [String]) throws { _ = try output(words) }

    static func output(_ words: [String]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-script-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let child = try ChildProcess(
            program: "/usr/bin/env", arguments: words, environment: ProcessInfo.processInfo.environment, output: file)
        let end = child.wait(atMost: .seconds(180))
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        guard end == .status(0) else {
            throw Trouble("\(words.joined(separator: " ")) ended with \(String(describing: end)): \(text.suffix(2_000))")
        }
        return text
    }
}
