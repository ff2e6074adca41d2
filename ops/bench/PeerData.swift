import Foundation
import Wire

/// The columns on which the peers are measured: raw little-endian files beside a `manifest.json`, made by the peers' generator.
struct PeerData {
    let folder: String

    /// PEERS_HOME, or `~/.cache/peers` when it is not set.
    static var home: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["PEERS_HOME"] ?? (environment["HOME"] ?? "") + "/.cache/peers"
    }

    /// The data below the peers' home; nil when they are not there.
    init?() {
        folder = PeerData.home + "/data"
        guard FileManager.default.fileExists(atPath: folder + "/manifest.json") else { return nil }
    }

    static let absent = "the peers' data are not there (PEERS_HOME/data/manifest.json)"

    /// The first `count` numbers of a column; all when left out. Refuses a missing, short or uneven file.
    func column<Number: BitwiseCopyable>(_ name: String, of type: Number.Type, count: Int? = nil) throws -> [Number] {
        let path = "\(folder)/\(name).bin"
        let size = MemoryLayout<Number>.size
        guard let file = FileHandle(forReadingAtPath: path) else { throw BenchFault.file(path, "can not be read") }
        defer { try? file.close() }
        let bytes = try (count.map { try file.read(upToCount: $0 * size) } ?? file.readToEnd()) ?? Data()
        guard bytes.count % size == 0, count.map({ $0 * size == bytes.count }) ?? true else {
            throw BenchFault.file(path, "has another length")
        }
        return unsafe [Number](unsafeUninitializedCapacity: bytes.count / size) { buffer, filled in
            filled = unsafe bytes.copyBytes(to: buffer) / size
        }
    }

    func json(_ name: String) throws -> JSONValue {
        let path = "\(folder)/\(name).json"
        guard let bytes = FileManager.default.contents(atPath: path) else { throw BenchFault.file(path, "can not be read") }
        return try JSONDocument(parsing: Array(bytes)).root
    }
}
