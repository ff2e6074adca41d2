/// One command of `xinqiao`.
struct Command: Sendable {
    let name: String
    let usage: String
    let summary: String
    /// Option names that take a value; all others are flags.
    let valued: Set<String>
    let flags: Set<String>
    let details: String
    let run: @Sendable (Options) throws -> Void

    init(
        _ name: String, usage: String = "", summary: String, valued: Set<String> = [], flags: Set<String> = [], details: String = "",
        run: @escaping @Sendable (Options) throws -> Void
    ) {
        self.name = name
        self.usage = usage
        self.summary = summary
        self.valued = valued
        self.flags = flags
        self.details = details
        self.run = run
    }

    var help: String { "usage: xinqiao \(name) \(usage)\n\n\(summary)\n" + (details.isEmpty ? "" : "\n" + details + "\n") }

    static let all: [Command] = [
        .demo, .up, .broker, .migrate, .acls, .topics, .catalog, .importing, .coverage, .audience, .status, .deadLetters, .truncated,
        .replayLink,
        .lanes, .backup, .restore, .rejoin, .explain, .prove, .verify, .train, .schema,
    ]

    static var overview: String {
        let width = all.map(\.name.count).max() ?? 0
        let lines = all.map { "  \($0.name.padding(to: width))  \($0.summary)" }
        return """
            xinqiao: the operator's command line of the financing credit platform.

            \(lines.joined(separator: "\n"))

            `xinqiao <command> --help` says more. Connections come from the environment:
              XINQIAO_POSTGRES         connection text of an administrator, such as `host=/run/xinqiao dbname=xinqiao`
              XINQIAO_KAFKA_BOOTSTRAP  brokers, such as `kafka:9092`
            """
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// Basis points as people read them: `12.05 %`.
    init(percentOf basisPoints: Int64) { self = "\(basisPoints / 100).\(basisPoints % 100 < 10 ? "0" : "")\(basisPoints % 100) %" }
}

/// What was typed behind a command: words, `--name value`, `--flag`.
struct Options: Sendable {
    let words: [String]
    private let values: [String: String]
    private let flags: Set<String>

    struct Defect: Error, CustomStringConvertible {
        let description: String
    }

    init(_ arguments: [String], for command: Command) throws(Defect) {
        var words: [String] = []
        var values: [String: String] = [:]
        var flags: Set<String> = []
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            guard argument.hasPrefix("--") else {
                words.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = parts.first else { continue }
            if name == "help" || command.flags.contains(name) {
                flags.insert(name)
            } else if command.valued.contains(name) {
                if parts.count == 2 {
                    values[name] = parts[1]
                } else if index < arguments.count {
                    values[name] = arguments[index]
                    index += 1
                } else {
                    throw Defect(description: "--\(name) needs a value")
                }
            } else {
                throw Defect(description: "there is no option --\(name)")
            }
        }
        self.words = words
        self.values = values
        self.flags = flags
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    func text(_ name: String) -> String? { values[name] }

    func int(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws(Defect) -> Int {
        guard let text = values[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw Defect(description: "--\(name) should be a whole number from \(range.lowerBound) to \(range.upperBound), not `\(text)`")
        }
        return number
    }
}
