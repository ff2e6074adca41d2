/// What the command line asks for.
enum Arguments {
    case help
    case measure(Plan)

    static let usage = """
        bench [--part NAME]… [--runs N] [--model FILE] [--write FILE]

          --part NAME   one of \(Part.allCases.map(\.rawValue).joined(separator: ", ")); may be repeated; all when left out
          --runs N      measured runs of each contender, 5 or more (default 5); one more of each goes before, unmeasured
          --model FILE  catalogue entry with the card to score by (default \(Plan.modelDefault))
          --write FILE  put the table between `\(Report.beginMark)` and `\(Report.endMark)` of FILE

        Prints a table and, as its last line, one JSON object.
        """

    init(_ words: [String]) throws(BenchFault) {
        var plan = Plan()
        var parts: [Part] = []
        var rest = words[...]
        while let word = rest.popFirst() {
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
    /// A Markdown file to put the table into.
    var document: String?
}
