import Chassis
import Foundation
import Support
import Testing

/// Whoever ends a run in the middle finds nothing of it afterwards.
struct WatchmanTests {
    private static let watchman = Repository.root.appendingPathComponent("ops/watchman").path
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-watched-\(UUID().uuidString.prefix(8))")

    /// Starts one process that is known by its environment, in a session of its own as Kafka is, and one that is known by name alone.
    private static let run = """
        folder=$("$1" begin try $$) || exit 1
        WATCHED_FOLDER=$folder setsid sleep 1000 &
        marked=$!
        sleep 1001 &
        echo sleep >"$folder/started/$!"
        echo "$folder $marked $!" >"$2.new"
        mv "$2.new" "$2"
        wait
        """

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT, SIGHUP])
    func `what a run started ends with it, and its folder goes`(_ signal: Int32) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("begun").path
        let runner = try ChildProcess(
            program: "/bin/sh", arguments: ["-c", Self.run, "sh", Self.watchman, file], environment: ["PATH": "/usr/bin:/bin"])
        #expect(eventually(within: .seconds(20)) { FileManager.default.fileExists(atPath: file) })
        let words = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isWhitespace).map(String.init)
        try #require(words.count == 3)
        #expect(Self.isThere(words[1]) && Self.isThere(words[2]) && FileManager.default.fileExists(atPath: words[0]))
        runner.stop(signal)
        #expect(eventually(within: .seconds(20)) { !Self.isThere(words[1]) && !Self.isThere(words[2]) }, "somebody is left")
        #expect(eventually(within: .seconds(20)) { !FileManager.default.fileExists(atPath: words[0]) }, "the folder is left")
    }

    @Test func `what a dead run left is cleared away, and what belongs to a living one stays`() throws {
        let living = try WatchedFolder("try")
        defer { try? FileManager.default.removeItem(atPath: living.path) }
        // As a run leaves it whose watchman was killed, too: no process has begun with the machine.
        let dead = """
            folder=$(mktemp -d -t xinqiao-try-XXXXXXXX) || exit 1
            echo "$$ 0 $(readlink /proc/self/ns/pid)" >"$folder/owner"
            echo "$folder"
            """
        let left = try Script.output(["/bin/sh", "-c", dead]).split(separator: "\n").map(String.init)
        try #require(left.count == 1)
        let orphan = try ChildProcess(program: "/bin/sleep", arguments: ["1000"], environment: ["WATCHED_FOLDER": left[0]])
        let own = try ChildProcess(program: "/bin/sleep", arguments: ["1000"], environment: living.mark)
        try Script.run([Self.watchman, "sweep"])
        #expect(orphan.wait(atMost: .seconds(5)) == .signal(SIGKILL))
        #expect(!FileManager.default.fileExists(atPath: left[0]))
        #expect(own.isRunning && FileManager.default.fileExists(atPath: living.path))
        own.stop(SIGKILL)
    }

    /// A process that ended and that nobody has fetched is not there.
    private static func isThere(_ pid: String) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.split(separator: " ").first != "Z"
    }
}
