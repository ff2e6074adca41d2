import Chassis
import Contracts
import Foundation
import Vocabulary

/// Plays a range of seeds in several processes and says what was found.
struct SeedRun {
    private let order: Order
    /// From this many seeds on every fault must have struck: the rarest does some 0.3 times a seed.
    private static let coverageMin = 100
    private static let shownMax = 3
    /// After so many seeds a process says how far it is.
    private static let glanceSeeds = 500
    private static let listedMax = 40

    init(_ order: Order) { self.order = order }

    /// True when nothing was wrong.
    func carryOut() throws -> Bool {
        if let part = order.part { return try carryOut(part: part) }
        let started = MonotonicClock.now
        var strikes = Array(repeating: 0, count: Fault.allCases.count)
        var failed: [(seed: UInt64, words: String)] = []
        var broken: [String] = []
        var played = 0
        var steps = 0
        for line in try order.inParts(meanwhile: { tellProgress($0, since: started) }) {
            let words = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            switch words.first {
            case "failed" where words.count == 3: if let seed = UInt64(words[1]) { failed.append((seed, words[2])) }
            case "struck" where words.count == 3: if let fault = Int(words[1]), let count = Int(words[2]) { strikes[fault] += count }
            case "at": break
            case "played" where words.count == 3:
                played += Int(words[1]) ?? 0
                steps += Int(words[2]) ?? 0
            default: broken.append(line)
            }
        }
        failed.sort { $0.seed < $1.seed }
        let seconds = Double(MonotonicClock.now.since(started).wholeMicroseconds) / 1e6
        print(
            "simulate: \(played) seeds from \(order.first) in \(tenths(seconds)) s on \(order.jobs) processes, \(steps) rounds, "
                + "\(failed.count) with violations")
        print(
            "faults that struck: "
                + Fault.allCases.map { "\($0.name) \(strikes[$0.rawValue])" }.joined(separator: ", "))
        for line in broken { print("broken: \(line)") }
        if !failed.isEmpty { try explain(failed) }
        let silent = Fault.allCases.filter { strikes[$0.rawValue] == 0 }
        if order.count >= Self.coverageMin, !silent.isEmpty {
            print("never struck: \(silent.map(\.name).joined(separator: ", ")): this run proves nothing about them")
            return false
        }
        return failed.isEmpty && broken.isEmpty && played == order.count
    }

    /// Where the run is and which seeds failed already, on standard error: a million of them take more than an hour.
    private func tellProgress(_ lines: [String], since started: MonotonicInstant) {
        var reached: [Substring: Int] = [:]
        var failed: [Substring] = []
        for line in lines {
            let words = line.split(separator: "\t")
            switch words.first {
            case "at" where words.count == 3: reached[words[1]] = Int(words[2])
            case "failed" where words.count > 1: failed.append(words[1])
            default: break
            }
        }
        let played = reached.values.reduce(0, +)
        guard played > 0 else { return }
        let seconds = MonotonicClock.now.since(started).wholeMicroseconds / 1_000_000
        let left = seconds * Int64(order.count - played) / Int64(played)
        let words = failed.isEmpty ? "none failed" : "failed: \(failed.prefix(Self.listedMax).joined(separator: ", "))"
        FileHandle.standardError.write(
            Data("simulate: \(played) of \(order.count) seeds in \(seconds) s, some \(left) s to go, \(words)\n".utf8))
    }

    private func tenths(_ seconds: Double) -> String { "\(Double(Int(seconds * 10)) / 10)" }

    private func explain(_ failed: [(seed: UInt64, words: String)]) throws {
        for (seed, words) in failed.prefix(Self.shownMax) {
            print("\nseed \(seed): \(words)\n  repeat it with: make simulate SEED=\(seed) SEEDS=1")
            for line in try order.explained(seed) { print(line) }
        }
        print("")
        for (seed, words) in failed.dropFirst(Self.shownMax).prefix(Self.listedMax) { print("also seed \(seed): \(words)") }
    }

    private func carryOut(part: Int) throws -> Bool {
        let simulator = try Simulator(packs: order.packs)
        var strikes = Array(repeating: 0, count: Fault.allCases.count)
        var played = 0
        var rounds = 0
        for index in 0..<order.count {
            let seed = order.first &+ UInt64(index)
            // All seeds of one world in one process: its calm run is made once.
            guard World.number(ofSeed: seed) % order.jobs == part else { continue }
            let result = simulator.play(seed)
            played += 1
            if played % Self.glanceSeeds == 0 { say("at\t\(part)\t\(played)") }
            rounds += result.run.rounds
            for fault in Fault.allCases { strikes[fault.rawValue] += result.run.stage.chance.struck[fault.rawValue] }
            if let first = result.violations.first {
                let words = "\(first)".replacing("\n", with: " ").replacing("\t", with: " ").prefix(400)
                let places = result.violations.map { "\($0.oracle.rawValue) \($0.words.prefix { $0 != ":" })" }
                say("failed\t\(seed)\t\(places.prefix(12).joined(separator: ", ")); such as \(words)")
            }
        }
        for fault in Fault.allCases { say("struck\t\(fault.rawValue)\t\(strikes[fault.rawValue])") }
        say("played\t\(played)\t\(rounds)")
        return true
    }

    /// A line for the process that started this one, at once: `print` keeps lines back when it writes to a file.
    private func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
