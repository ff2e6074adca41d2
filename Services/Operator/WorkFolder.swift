import Chassis
import Foundation

/// The git-ignored folder in which the embedded suite keeps everything: database, logs, addresses.
struct WorkFolder {
    let url: URL

    init(_ path: String) throws {
        url = URL(fileURLWithPath: path).standardizedFileURL
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Ends what an earlier run left behind (it may have been killed) and removes its data.
    func startAnew() throws {
        for line in (try? String(contentsOfFile: path("pids"), encoding: .utf8))?.split(separator: "\n") ?? [] {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard let pid = parts.first.flatMap({ Int32($0) }), let name = parts.last, isOurs(pid, String(name)) else { continue }
            kill(pid, SIGTERM)
            for _ in 0..<50 where kill(pid, 0) == 0 { usleep(100_000) }
            if kill(pid, 0) == 0 { kill(pid, SIGKILL) }
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] {
            try FileManager.default.removeItem(atPath: path(name))
        }
        try FileManager.default.createDirectory(atPath: path("logs"), withIntermediateDirectories: true)
    }

    /// A process id may belong to somebody else by now: only one that still runs the same program is ended.
    private func isOurs(_ pid: Int32, _ program: String) -> Bool {
        let command = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
        return command.split(separator: "\0").first.map { $0.hasSuffix(program) } ?? false
    }

    func remember(_ pid: Int32, _ program: String) {
        let line = "\(pid) \(program)\n"
        if let handle = FileHandle(forWritingAtPath: path("pids")) {
            handle.seekToEndOfFile()
            handle.write(Data(line.utf8))
            handle.closeFile()
        } else {
            try? line.write(toFile: path("pids"), atomically: true, encoding: .utf8)
        }
    }
}

/// Runs a program to its end and gives back what it printed; refuses with that when it fails.
@discardableResult
func runToEnd(_ program: String, _ arguments: [String], environment: [String: String]? = nil) throws -> String {
    let output = FileManager.default.temporaryDirectory.appendingPathComponent("xinqiao-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: output) }
    let process = try ChildProcess(
        program: program, arguments: arguments, environment: environment ?? ProcessInfo.processInfo.environment, output: output)
    let end = process.wait()
    let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
    guard end == .status(0) else {
        throw Failure("`\(program) \(arguments.joined(separator: " "))` failed:\n\(text)")
    }
    return text
}
