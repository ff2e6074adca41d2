import Chassis
import Foundation
import Pipeline

/// `simulate`: the whole suite in seeded storms. `SEED` and `SEEDS` say which; `--mutants` proves that faults in the path are found.
@main
enum Main {
    static func main() {
        do {
            let order = try Order(CommandLine.arguments.dropFirst(), ProcessInfo.processInfo.environment)
            let isWell: Bool
            switch order.what {
            case .seeds: isWell = try SeedRun(order).carryOut()
            case .mutants: isWell = try MutantRun(order).carryOut()
            case .explanation: isWell = try Explanation(order).carryOut()
            }
            exit(isWell ? 0 : 1)
        } catch {
            print("simulate: \(error)")
            exit(2)
        }
    }
}

/// What is asked for.
struct Order {
    enum What {
        case seeds, mutants
        /// Why the first seed fails, made as small as can be.
        case explanation
    }

    enum Defect: Error, CustomStringConvertible {
        case wrong(String)
        var description: String {
            switch self {
            case .wrong(let words): words
            }
        }
    }

    var what = What.seeds
    var first: UInt64 = 1
    var count = 10_000
    var jobs = ProcessInfo.processInfo.activeProcessorCount
    /// This process does every `jobs`th world from `part` on, and reports to the one that started it.
    var part: Int?
    var packs = "packs"
    /// Only this mutant.
    var mutant: String?

    init(_ arguments: some Sequence<String>, _ environment: [String: String]) throws {
        func number<Number: FixedWidthInteger>(_ text: String?, _ name: String, least: Number) throws -> Number {
            guard let text, let number = Number(text), number >= least else {
                throw Defect.wrong("\(name) must be a number of \(least) or more")
            }
            return number
        }
        if let seed = environment["SEED"], !seed.isEmpty { first = try number(seed, "SEED", least: 0) }
        if let seeds = environment["SEEDS"], !seeds.isEmpty { count = try number(seeds, "SEEDS", least: 1) }
        var rest = Array(arguments)[...]
        while let word = rest.popFirst() {
            switch word {
            case "--mutants": what = .mutants
            case "--explain": what = .explanation
            case "--mutant":
                what = .mutants
                mutant = rest.popFirst()
            case "--jobs": jobs = try number(rest.popFirst(), word, least: 1)
            case "--part": part = try number(rest.popFirst(), word, least: 0)
            case "--packs": packs = rest.popFirst() ?? packs
            default: throw Defect.wrong("what is `\(word)`? SEED=n SEEDS=k simulate [--mutants] [--jobs n] [--packs folder]")
            }
        }
    }

    /// The same order for one of several processes.
    func arguments(part: Int) -> [String] {
        (what == .mutants ? ["--mutants"] : []) + ["--jobs", "\(jobs)", "--part", "\(part)", "--packs", packs]
    }

    /// Sets and dictionaries must be walked in the same order by every process that plays a seed.
    var environment: [String: String] { ["SEED": "\(first)", "SEEDS": "\(count)", "SWIFT_DETERMINISTIC_HASHING": "1"] }

    /// Does the order in `jobs` processes, which share nothing; returns the lines that they wrote.
    /// - Parameter meanwhile: called every ten seconds with the lines so far.
    func inParts(meanwhile: ([String]) -> Void) throws -> [String] {
        try inProcesses((0..<jobs).map { (arguments(part: $0), environment) }, meanwhile: meanwhile)
    }

    /// Each mutant in a process of its own.
    func tried(_ mutants: [String]) throws -> [String] {
        try inProcesses(mutants.map { (["--mutant", $0, "--part", "0", "--packs", packs], environment) })
    }

    /// Why a seed fails.
    func explained(_ seed: UInt64) throws -> [String] {
        var asked = environment
        asked["SEED"] = "\(seed)"
        asked["SEEDS"] = "1"
        return try inProcesses([(["--explain", "--packs", packs], asked)])
    }

    private static let glance = Duration.seconds(10)

    private func inProcesses(
        _ orders: [(arguments: [String], environment: [String: String])], meanwhile: ([String]) -> Void = { _ in }
    ) throws -> [String] {
        let folder = NSTemporaryDirectory() + "simulate-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let children = try orders.enumerated().map { part, order in
            try ChildProcess(
                program: "/proc/self/exe", arguments: order.arguments, environment: order.environment, output: "\(folder)/\(part)")
        }
        func written() -> [String] {
            children.indices.flatMap { part in
                let text = FileManager.default.contents(atPath: "\(folder)/\(part)").map { String(decoding: $0, as: UTF8.self) } ?? ""
                return text.split(separator: "\n").map(String.init)
            }
        }
        var ends: [ChildProcess.End] = []
        for child in children {
            var end = child.wait(atMost: Self.glance)
            while end == nil {
                meanwhile(written())
                end = child.wait(atMost: Self.glance)
            }
            if let end { ends.append(end) }
        }
        return written() + ends.enumerated().filter { !$1.isOrderly }.map { "broken\tprocess \($0) ended with \($1)" }
    }
}
