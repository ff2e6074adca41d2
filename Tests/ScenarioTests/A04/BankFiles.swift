import Contracts
import Testing
import Vocabulary

/// What three banks deliver of one firm's thirteen months, each in a layout of the base pack, and what the months add up to by hand.
struct BankFiles {
    let firm: String
    /// The months are the thirteen before this day's.
    let today: Day

    struct File {
        let layout: String
        let text: String
        /// Lines that become records.
        let records: Int
    }

    /// In fen, so that every bank can write its share exactly in its own unit.
    private func inflow(_ bank: Int, _ back: Int) -> Int64 { Int64(90_000_000 + bank * 10_000_000 + (back % 4) * 1_000_000 + back * 100) }

    /// Of all three banks in the month so many before, in fen.
    func inflow(_ back: Int) -> Int64 { (0..<3).map { inflow($0, back) }.reduce(0, +) }

    private func yuan(_ fen: Int64) -> String { "\(fen / 100).\(fen % 100 < 10 ? "0" : "")\(fen % 100)" }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    var files: [File] {
        var csv = "单位代码,月份,流入(万元),流出(万元),笔数,最大对手(%)\n"
        var fixed = ""
        var xml = "<流水>"
        for back in 1...13 {
            let month = today.month + -back
            let compact = month.text.filter { $0 != "-" }
            let tenThousands = "\(inflow(0, back) / 1_000_000).\(padded(inflow(0, back) % 1_000_000, 6))"
            csv += "\(firm),\(compact),\"\(tenThousands)\",80,120,25\n"
            fixed += firm + compact + padded(inflow(1, back), 15) + padded(80_000_000, 15) + padded(120, 7) + "02500\n"
            xml += "<月度><客户 代码=\"\(firm)\"/><月份>\(month.year)年\(month.month)月</月份><流入>\(yuan(inflow(2, back)))</流入>"
            xml += "<流出>800000</流出><笔数>120</笔数><最大对手占比>0.25</最大对手占比></月度>\n"
        }
        // The month before last comes twice in the file of the first bank.
        let twice = csv.split(separator: "\n")[2]
        return [
            File(layout: "bank-flow-a-csv", text: csv + twice + "\n", records: 14),
            File(layout: "bank-flow-b-fixed", text: fixed, records: 13),
            File(layout: "bank-flow-c-xml", text: xml + "</流水>", records: 13),
        ]
    }

    /// The features, over the twelve months that the indicators look at.
    func checkFeatures(of portrait: Portrait) {
        #expect(portrait.number("flow-inflow-12m") == Double((1...12).map { inflow($0) }.reduce(0, +)) / 100)
        #expect(portrait.number("flow-months-12m") == 12)
        #expect(portrait.number("flow-gap-months-12m") == 0)
        let months = (1...12).map { Double(inflow($0)) }
        let mean = months.reduce(0, +) / 12
        let variance = months.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 12
        #expect(abs((portrait.number("flow-cv-12m") ?? 1) - variance.squareRoot() / mean) < 1e-9)
        #expect(portrait.number("flow-largest-share-12m") == 0.25)
    }
}
