import Chassis
import Foundation

/// A folder of this test run. Whatever is started in its name ends with this process, however that comes, and the folder goes with it:
/// `ops/watchman` sees to that, in a session of its own.
public struct WatchedFolder: Sendable {
    public let path: String

    /// Why there is none.
    public struct Refusal: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter kind: a word for its name.
    public init(_ kind: String) throws(Refusal) {
        guard let root = Shell.repositoryRoot else { throw Refusal(description: "the repository is gone") }
        let pid = String(ProcessInfo.processInfo.processIdentifier)
        guard let path = Shell.output(of: "exec \"$1/ops/watchman\" begin \"$2\" \"$3\"", root, kind, pid), !path.isEmpty else {
            throw Refusal(description: "ops/watchman gave no folder")
        }
        self.path = path
    }

    /// For the environment of everything that is started in the folder's name.
    public var mark: [String: String] { ["WATCHED_FOLDER": path] }

    /// The same as a word of `env`.
    public var assignment: String { "WATCHED_FOLDER=\(path)" }

    /// Notes a process that lets only root read its environment.
    public func note(_ process: ChildProcess, named name: String) {
        // The kernel keeps 15 bytes of a name.
        let known = String(name.prefix(15))
        // Its number is given out again when it has ended; the 22nd field is when it was started.
        let stat = (try? String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)) ?? ""
        guard let start = stat.split(separator: ")").last?.split(separator: " ").dropFirst(19).first else { return }
        _ = FileManager.default.createFile(atPath: "\(path)/started/\(process.pid)", contents: Data("\(known) \(start)\n".utf8))
    }
}
