import Foundation

/// Measures the parts beside their peers and the physical limits. `--help` says how.
@main
struct Main {
    static func main() {
        do {
            switch try Arguments(Array(CommandLine.arguments.dropFirst())) {
            case .help: print(Arguments.usage)
            case .measure(let plan): try measure(plan)
            case .servePath: try PathService.serve()
            }
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(2)
        }
    }

    private static func measure(_ plan: Plan) throws {
        var figures: [Figure] = []
        var skipped: [String] = []
        let loadBefore = Machine.load
        for part in plan.parts {
            print("measuring \(part.rawValue): \(plan.runs) runs …")
            switch try part.measured(plan) {
            case .figures(let more): figures += more
            case .skipped(let why):
                print("skipped: \(why)")
                skipped.append("\(part.rawValue): \(why)")
            }
        }
        let report = Report(machine: Machine.read(loadBefore: loadBefore), runs: plan.runs, figures: figures, skipped: skipped)
        print("\n" + report.table)
        if let path = plan.document { try report.write(into: path) }
        print(report.json)
    }
}
