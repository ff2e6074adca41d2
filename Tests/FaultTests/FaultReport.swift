import Foundation
import Synchronization
import Vocabulary

/// What every fault did, as a table: printed at the end of each test, and written into `docs/faults.md` between its marks when
/// `XINQIAO_FAULTS_WRITE` names that file.
final class FaultReport: Sendable {
    struct Line: Sendable {
        var fault: String
        var how: String
        var count: Int
        var lost = 0
        var doubled = 0
        /// From the end of the fault, with everything sent, until all services had done all of it.
        var catchUp: Duration?
        /// Further figures in words.
        var remarks = ""
        var isHeld = true

        var markdown: String {
            let caughtUp = catchUp.map { String($0.wholeMicroseconds / 1_000) } ?? "–"
            return "| \(fault) | \(how) | \(count) | \(lost) | \(doubled) | \(caughtUp) | \(isHeld ? "held" : "**broken**") | \(remarks) |"
        }
    }

    static let shared = FaultReport()
    static let begin = "<!-- faults:begin -->"
    static let end = "<!-- faults:end -->"
    private let lines = Mutex<[Line]>([])

    func add(_ line: Line) {
        print("fault: \(line.markdown)")
        // Into a file or a pipe it would come at the very end.
        _ = fflush(nil)
        lines.withLock { $0.append(line) }
        write()
    }

    private var table: String {
        let head = """
            | fault | how | count | lost | doubled | catch-up, ms | verdict | remarks |
            |---|---|---|---|---|---|---|---|
            """
        return ([Machine.line, "", head] + lines.withLock { $0.map(\.markdown) }).joined(separator: "\n")
    }

    private func write() {
        MarkedText.write(table, between: Self.begin, and: Self.end, intoFileNamedBy: "XINQIAO_FAULTS_WRITE")
    }
}

/// Where and when figures were taken.
enum Machine {
    static var line: String {
        let today = Day(number: Int32(Date().timeIntervalSince1970 / 86_400))
        let cpu =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first.map(String.init) ?? "?"
        let kernel =
            (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines) ?? "?"
        let commit =
            (try? Script.output(["git", "-C", Repository.root.path, "rev-parse", "--short", "HEAD"]))?
            .trimmingCharacters(in: .whitespacesAndNewlines) ?? "?"
        return
            "\(today.text), commit \(commit), \(cpu), \(ProcessInfo.processInfo.activeProcessorCount) cores, Linux \(kernel), load \(load); "
            + "\(FaultScale.current.isLong ? "long" : "short") run, seed \(FaultScale.current.seed)."
    }
}
