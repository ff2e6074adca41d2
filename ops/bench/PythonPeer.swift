import Foundation

/// A peer in Python: a script of ours over an installed package. It gets ready once and then works whenever it is told to, so that it can take
/// turns with ours.
final class PythonPeer {
    private static let folder = "ops/bench/peers"

    private let name: String
    private let process = Process()
    private let orders = Pipe()
    private let answers = Pipe()
    private let complaints = Pipe()
    private var unread: [UInt8] = []

    /// Seconds of each run of both, ours and the peer's as it says itself, in turns; nil, and a line, where the peer is not here.
    ///
    /// - Parameters:
    ///   - name: of the script, which reads the peers' data below `data`.
    ///   - check: what each of the peer's runs must come to.
    ///   - ours: must come to the same every time.
    static func race(
        _ name: String, data: String, check: [Int], runs: Int, ours: () throws -> Int
    ) throws -> (ours: [Double], theirs: [Double])? {
        guard let peer = try started(name, data: data) else { return nil }
        defer { peer.stop() }
        let expected = try ours()
        let clock = ContinuousClock()
        var times: (ours: [Double], theirs: [Double]) = ([], [])
        for run in 0..<runs {
            // Each goes first in turn.
            for isOurs in run % 2 == 0 ? [true, false] : [false, true] {
                guard isOurs else {
                    times.theirs.append(try peer.seconds(check: check))
                    continue
                }
                let start = clock.now
                let result = try ours()
                times.ours.append((clock.now - start) / .seconds(1))
                guard result == expected else { throw BenchFault.unequal("ours beside \(name)") }
            }
        }
        return times
    }

    private static func started(_ name: String, data: String) throws -> PythonPeer? {
        let script = "\(folder)/\(name).py"
        let python = ProcessInfo.processInfo.environment["XINQIAO_BENCH_PYTHON"] ?? PeerData.home + "/venv/bin/python3"
        guard FileManager.default.isReadableFile(atPath: script) else {
            print("skipped: \(script) is not here; run this from the repository's root")
            return nil
        }
        guard FileManager.default.isExecutableFile(atPath: python) else {
            print("skipped: \(name): there is no \(python) (make bench-peers)")
            return nil
        }
        let peer = try PythonPeer(name, [python, "-B", script, data])
        guard peer.line() == "ready" else {
            let said = String(decoding: peer.complaints.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            peer.stop()
            print("skipped: \(name) does not run: \(said.split(separator: "\n").last ?? "it said nothing")")
            return nil
        }
        return peer
    }

    private init(_ name: String, _ words: [String]) throws {
        self.name = name
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = orders
        process.standardOutput = answers
        process.standardError = complaints
        try process.run()
    }

    /// It ends when there are no more orders.
    private func stop() {
        try? orders.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Works once.
    private func seconds(check: [Int]) throws -> Double {
        guard process.isRunning else { throw BenchFault.file(name, "ended before its time") }
        try orders.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
        let words = (line() ?? "").split(separator: " ")
        guard let seconds = words.first.flatMap({ Double($0) }) else { throw BenchFault.file(name, "ended before its time") }
        guard words.dropFirst().map({ Int($0) ?? 0 }) == check else {
            throw BenchFault.unequal("\(name): check \(words.dropFirst().joined(separator: ", "))")
        }
        return seconds
    }

    /// The next line of what it says; nil at its end.
    private func line() -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeFirst(end + 1)
                return line
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else { return nil }
            unread.append(contentsOf: more)
        }
    }
}
