import Glibc

/// Reads files whose size is bounded by what they are: secrets and the kernel's own reports.
enum SmallFile {
    /// The whole file, or nil when it cannot be read or is longer than `sizeMax` bytes.
    static func read(_ path: String, sizeMax: Int = 64 * 1024) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, bytes.count + count <= sizeMax else { return nil }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}
