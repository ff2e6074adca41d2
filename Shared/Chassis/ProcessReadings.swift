import Glibc
import SwiftOverlayShims

/// What the kernel says about this process. A reading that cannot be had is left out.
enum ProcessReadings {
    static func now() -> [MetricName: Double] {
        var readings: [MetricName: Double] = [:]
        readings[.processCPU] = processorSeconds
        readings[.processResidentMemory] = residentBytes
        readings[.processOpenFiles] = openFiles
        readings[.processOpenFilesMax] = openFilesMax
        readings[.processStart] = startSeconds
        return readings
    }

    private static var processorSeconds: Double? {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static var residentBytes: Double? {
        guard let fields = fields("/proc/self/statm"), fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static var openFiles: Double? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        // Without "." and ".." and the descriptor of this very listing.
        return Double(max(0, count - 3))
    }

    private static var openFilesMax: Double? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }

    // Does not change while the process runs.
    private static let startSeconds: Double? = {
        // The second field is the program's name in parentheses, which may hold blanks; what follows the last one does not.
        guard let stat = SmallFile.read("/proc/self/stat"), let end = stat.lastIndex(of: UInt8(ascii: ")")),
            let boot = fields("/proc/stat", line: "btime")?.first.flatMap(Double.init)
        else { return nil }
        let rest = String(decoding: stat[(end + 1)...], as: UTF8.self).split(separator: " ")
        // Field 22 of proc(5); the third one is the first after the name.
        guard rest.count > 19, let ticks = Double(rest[19]) else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    /// The words of a file, or those after the word that starts a line.
    private static func fields(_ path: String, line start: String? = nil) -> [Substring]? {
        guard let bytes = SmallFile.read(path, sizeMax: 4 * 1024 * 1024) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let start else { return text.split { $0 == " " || $0 == "\n" } }
        return text.split(separator: "\n").first { $0.hasPrefix(start + " ") }.map { Array($0.split(separator: " ").dropFirst()) }
    }
}
