import Chassis
import Foundation

/// What the figures were measured on.
struct Machine {
    let processor: String
    let cores: Int
    /// The 1-minute load average when the first part began: above the number of cores, others were at work too.
    let loadBefore: Double
    let kernel: String
    let swift: String
    let commit: String
    let day: String
    /// The most memory that this process ever held. Unit: MiB.
    let peakMemory: Double

    static func read(loadBefore: Double) -> Machine {
        let now = Date().formatted(.iso8601)
        return Machine(
            processor: field("model name", in: "/proc/cpuinfo") ?? "unknown", cores: ProcessInfo.processInfo.activeProcessorCount,
            loadBefore: loadBefore, kernel: text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines),
            swift: compiler, commit: commit, day: String(now.prefix(10)),
            peakMemory: Double(ProcessMemory.peak.kibibytes(of: getpid()) ?? 0) / 1_024)
    }

    static var load: Double { text("/proc/loadavg").split(separator: " ").first.flatMap { Double($0) } ?? 0 }

    private static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// With a plus sign when files differ from it.
    private static var commit: String {
        guard let head = try? Command.output(["git", "rev-parse", "--short", "HEAD"]) else { return "unknown" }
        let changes = (try? Command.output(["git", "status", "--porcelain"])) ?? ""
        return head.trimmingCharacters(in: .whitespacesAndNewlines) + (changes.isEmpty ? "" : "+")
    }

    private static func field(_ name: String, in path: String) -> String? {
        for line in text(path).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
