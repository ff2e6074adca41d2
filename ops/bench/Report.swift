import Foundation
import Wire

/// The figures and where they come from, as a Markdown table and as JSON.
struct Report {
    static let beginMark = "<!-- bench:begin -->"
    static let endMark = "<!-- bench:end -->"

    let machine: Machine
    let runs: Int
    let figures: [Figure]
    let skipped: [String]

    var table: String {
        let rows = figures.map { figure in
            let spread = "\(Figure.text(figure.spread.lowerBound)) – \(Figure.text(figure.spread.upperBound))"
            return "| `\(figure.key)` | \(figure.title) | \(Figure.text(figure.value)) | \(spread) | \(figure.runs) | \(figure.unit) |"
        }
        let place = "\(machine.day), commit \(machine.commit), \(machine.processor), \(machine.cores) cores"
        let versions = "Linux \(machine.kernel), Swift \(machine.swift), release build"
        let load = "load average \(Figure.text(machine.loadBefore)) at the start, peak memory \(Figure.text(machine.peakMemory)) MiB"
        let head = [
            "\(place).", "\(versions); \(load).", "",
            "| key | what | median | lowest – highest | runs | unit |", "|---|---|---|---|---|---|",
        ]
        return (head + rows + (skipped.isEmpty ? [] : [""]) + skipped.map { "Left out: \($0)." }).joined(separator: "\n")
    }

    var json: String {
        let bytes = JSONWriter.encode { writer in
            writer.object { object in
                for figure in figures { object.member(figure.key, rounded(figure.value)) }
                object.member("runs", runs)
                object.member("peak_rss_mib", rounded(machine.peakMemory))
                object.member("processor", machine.processor)
                object.member("cores", machine.cores)
                object.member("load_before", rounded(machine.loadBefore))
                object.member("swift", machine.swift)
                object.member("commit", machine.commit)
                object.member("day", machine.day)
                object.member("skipped", array: { list in for part in skipped { list.element(part) } })
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Puts the table between the marks of a document. Refuses a document without them.
    func write(into path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let begin = text.range(of: Report.beginMark), let end = text.range(of: Report.endMark), begin.upperBound <= end.lowerBound
        else { throw BenchFault.file(path, "the marks \(Report.beginMark) and \(Report.endMark) are not there") }
        let new = text[..<begin.upperBound] + "\n" + table + "\n" + text[end.lowerBound...]
        try String(new).write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func rounded(_ number: Double) -> Double { (number * 1_000).rounded() / 1_000 }
}
