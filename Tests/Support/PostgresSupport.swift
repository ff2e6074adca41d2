import Foundation
import Postgres
import Synchronization

/// A PostgreSQL of our own for the tests: a fresh cluster in a temporary folder, reached by a unix socket only, gone with the process.
public final class PrivatePostgres: Sendable {
    /// The one that the tests share.
    public static let shared = PrivatePostgres(binaries: findBinaries())

    /// Tests that need it are enabled by this, so that a run says which were skipped.
    public static var isInstalled: Bool { findBinaries() != nil }

    /// Why the cluster could not be made; every `makeDatabase` throws it.
    public enum StartFailure: Error, CustomStringConvertible {
        case command(String, status: Int32, output: String)
        case noAnswer(log: String)
        case notInstalled

        public var description: String {
            switch self {
            case .command(let name, let status, let output): "\(name) ended with status \(status): \(output)"
            case .noAnswer(let log): "PostgreSQL did not begin to answer: \(log)"
            case .notInstalled: "no PostgreSQL is installed: initdb is neither in PATH nor below /usr/lib/postgresql"
            }
        }
    }

    private let folder: URL
    private let failure: StartFailure?
    private let databasesMade = Atomic<Int>(0)
    /// Ends the server when it is closed, by us or by the end of this process, however that comes.
    private let lifeline: PrivatePipe
    private let keeper = Process()

    /// Starts a cluster; without binaries every use of it fails. Not durable by default: `fsync` is off, which tests do not need and which
    /// makes them fast.
    public init(binaries: URL?, isDurable: Bool = false) {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-pg-\(UUID().uuidString.prefix(8))")
        lifeline = PrivatePipe()
        failure =
            if let binaries {
                PrivatePostgres.start(in: folder, binaries: binaries, isDurable: isDurable, keeper: keeper, lifeline: lifeline)
            } else {
                .notInstalled
            }
    }

    deinit { stop() }

    /// Ends the server at once, as a crash would, and removes its folder. Called at the end of the process too.
    public func stop() {
        do { try lifeline.writing.close() } catch { print("the lifeline was closed before: \(error)") }
        if keeper.isRunning { keeper.waitUntilExit() }
    }

    /// An empty database of a new name; its connection text.
    public func makeDatabase() throws -> String {
        if let failure { throw failure }
        let name = "test_\(databasesMade.add(1, ordering: .relaxed).newValue)"
        let connection = try Connection(PostgresAddress(conninfo: conninfo(database: "postgres"), applicationName: "tests"))
        try connection.script("CREATE DATABASE \(name)")
        connection.close()
        return conninfo(database: name)
    }

    private func conninfo(database: String) -> String { "host='\(folder.path)' user=xinqiao dbname=\(database)" }

    /// The folder with `initdb`; the newest when there are several. Nil when there is none. Where `PATH` has but links to some of the
    /// programs, the folder that they lead to: it has all of them.
    public static func findBinaries() -> URL? {
        let versions = URL(fileURLWithPath: "/usr/lib/postgresql")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: versions.path)) ?? []
        let debian = names.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
            .map { versions.appendingPathComponent($0).appendingPathComponent("bin") }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { URL(fileURLWithPath: String($0)) }
        return (path + debian).map { $0.appendingPathComponent("initdb") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }?
            .resolvingSymlinksInPath().deletingLastPathComponent()
    }

    private static func start(in folder: URL, binaries: URL, isDurable: Bool, keeper: Process, lifeline: PrivatePipe) -> StartFailure? {
        let data = folder.appendingPathComponent("data").path
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // PostgreSQL refuses to run as root.
            let account = geteuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
            if geteuid() == 0 { try run(["chown", "postgres:postgres", folder.path]) }
            try run(
                account + [
                    binaries.appendingPathComponent("initdb").path, "--no-sync", "--pgdata", data, "--username", "xinqiao",
                    "--auth", "trust", "--encoding", "UTF8", "--locale", "C",
                ])

            let settings = [
                "listen_addresses=", "unix_socket_directories=\(folder.path)", "max_connections=100", "shared_buffers=64MB",
                "fsync=\(isDurable ? "on" : "off")", "full_page_writes=\(isDurable ? "on" : "off")", "max_wal_size=1GB",
                // In the data folder, so that a postmaster which is killed leaves nothing in /dev/shm.
                "dynamic_shared_memory_type=mmap",
            ]
            let server = account + [binaries.appendingPathComponent("postgres").path, "-D", data] + settings.flatMap { ["-c", $0] }
            // The shell waits for the end of its input, that is of this process, then stops the server and cleans up. What is sent to
            // all of a run is for this process alone.
            let script = """
                trap '' HUP INT TERM
                folder=$1; shift
                "$@" >"$folder/log" 2>&1 &
                server=$!
                cat >/dev/null
                kill -QUIT $server; wait $server; rm -rf "$folder"
                """
            keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
            keeper.arguments = ["-c", script, "sh", folder.path] + server
            keeper.standardInput = lifeline.reading
            // Not ours: whoever waits for the end of our output must not wait for the server.
            keeper.standardOutput = FileHandle.nullDevice
            keeper.standardError = FileHandle.nullDevice
            try keeper.run()
            return waitUntilAnswering(folder)
        } catch let failure as StartFailure {
            return failure
        } catch {
            return .command("start", status: -1, output: "\(error)")
        }
    }

    private static func waitUntilAnswering(_ folder: URL) -> StartFailure? {
        for _ in 0..<300 {
            let address = PostgresAddress(conninfo: "host='\(folder.path)' user=xinqiao dbname=postgres", applicationName: "tests")
            if let connection = try? Connection(address) {
                connection.close()
                return nil
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
        let log = (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? "no log"
        return .noAnswer(log: log)
    }

    private static func run(_ words: [String]) throws {
        let process = Process()
        let output = PrivatePipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = output.writing
        process.standardError = output.writing
        try process.run()
        try output.writing.close()
        let text = String(decoding: output.reading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw StartFailure.command(words.joined(separator: " "), status: process.terminationStatus, output: text)
        }
    }
}

/// A pipe that no other child gets. An end of Foundation's own stays open in every process that is started meanwhile, so that whoever waits
/// for its end waits for the ends of all of these.
private struct PrivatePipe {
    let reading: FileHandle
    let writing: FileHandle

    init() {
        guard let ends = privateEnds() else { preconditionFailure("no more descriptors") }
        reading = FileHandle(fileDescriptor: ends.reading, closeOnDealloc: true)
        writing = FileHandle(fileDescriptor: ends.writing, closeOnDealloc: true)
    }
}

/// The two ends of a channel that are closed in every child but where they are put on purpose. Sockets, as only they can be made so in one
/// step: between two steps another thread may start somebody.
func privateEnds() -> (reading: Int32, writing: Int32)? {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    return unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 ? (ends[0], ends[1]) : nil
}
