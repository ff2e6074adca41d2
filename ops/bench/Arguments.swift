import Province

/// What the command line asks for.
enum Arguments {
    case help
    case measure(Plan)
    /// Not for people: what the part `path` starts.
    case servePath

    static let usage = """
        bench [--part NAME]… [--runs N] [--model FILE] [--write FILE] [--messages N] [--firms N,N] [--subjects N]

          --part NAME   one of \(Part.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated; all when left out
          --runs N      measured runs of each contender, 5 or more (default 5); one more of each goes before, unmeasured
          --model FILE  catalogue entry with the card to score by (default \(Plan.modelDefault))
          --messages N  of a run of the part `path` (default 1000000); `endure` takes ten times as many
          --firms N,N   sizes of the part `suite`, small and large (default 600,6060: 100,000 and a million records)
          --subjects N  the part `intake` with two records each of so many firms: what memory does when subjects are many
          --write FILE  put the table between `\(Report.beginMark)` and `\(Report.endMark)` of FILE

        Prints a table and, as its last line, one JSON object.
        """

    init(_ words: [String]) throws(BenchFault) {
        var plan = Plan()
        var parts: [Part] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--serve-path" {
                self = .servePath
                return
            }
            if word == "--help" || word == "-h" {
                self = .help
                return
            }
            guard let value = rest.popFirst() else { throw .usage("\(word) is unknown or lacks its value; see --help") }
            switch word {
            case "--part":
                guard let part = Part(rawValue: value) else { throw .usage("there is no part \(value); see --help") }
                parts.append(part)
            case "--runs":
                guard let runs = Int(value), (5...1_000).contains(runs) else { throw .usage("--runs \(value): 5 to 1000") }
                plan.runs = runs
            case "--messages":
                guard let count = Int(value), (10_000...10_000_000).contains(count) else {
                    throw .usage("--messages \(value): 10000 to 10000000")
                }
                plan.messages = count
            case "--firms":
                let sizes = value.split(separator: ",").compactMap { Int($0) }
                guard !sizes.isEmpty, sizes.allSatisfy({ (1...1_000_000).contains($0) }) else {
                    throw .usage("--firms \(value): numbers with commas")
                }
                plan.firms = sizes
            case "--subjects":
                guard let count = Int(value), (1_000...Province.firmsMax).contains(count) else {
                    throw .usage("--subjects \(value): 1000 to \(Province.firmsMax)")
                }
                plan.subjects = count
            case "--model": plan.model = value
            case "--write": plan.document = value
            default: throw .usage("\(word) is unknown; see --help")
            }
        }
        if !parts.isEmpty { plan.parts = parts }
        self = .measure(plan)
    }
}

/// What is to be measured, and how often.
struct Plan {
    static let modelDefault = "packs/base/models/enterprise-scorecard.json"

    var parts = Part.allCases
    /// Measured runs of each contender; the median counts.
    var runs = 5
    var model = Plan.modelDefault
    var messages = 1_000_000
    var firms = [600, 6_060]
    /// Of the part `intake`, where memory is all that is asked for.
    var subjects: Int?
    /// A Markdown file to put the table into.
    var document: String?
}
