import Foundation
import Wire

/// A peer in Java, run by the peers' own script beside ours.
enum JavaPeer {
    /// Microseconds a unit, or nil (and a line) when the peers are not here. The folder is XINQIAO_PEERS, or `shared/peers` beside the
    /// repository. Refuses another check than this, as far as it goes: a peer may add to it what only peers compare.
    static func microseconds(part: String, peer: String, size: Int, check: [Int]) throws -> Double? {
        let environment = ProcessInfo.processInfo.environment
        let folder = environment["XINQIAO_PEERS"] ?? "../shared/peers"
        let script = folder + "/java/micro.sh"
        guard FileManager.default.isExecutableFile(atPath: script) else {
            print("skipped: no Java peers in \(folder) (XINQIAO_PEERS)")
            return nil
        }
        let output: String
        do { output = try Command.output(["bash", script, part, peer]) } catch {
            print("skipped: the Java peer \(peer) does not run: \(error)")
            return nil
        }
        for line in output.split(separator: "\n") {
            guard line.hasPrefix("{"), let document = try? JSONDocument(parsing: Array(line.utf8)) else { continue }
            let root = document.root
            guard root["size"]?.int == Int64(size), let count = root["n"]?.double, let seconds = root["median_s"]?.double else { continue }
            print("peer: \(line)")
            let found = root["check"].map { $0.kind == .array ? $0.elements.compactMap(\.int) : [$0.int].compactMap { $0 } } ?? []
            guard found.prefix(check.count).elementsEqual(check.map { Int64($0) }) else {
                throw BenchFault.unequal("\(peer): check \(found)")
            }
            return seconds * 1e6 / count
        }
        print("skipped: the Java peer \(peer) said nothing of size \(size): \(output.prefix(300))")
        return nil
    }
}
