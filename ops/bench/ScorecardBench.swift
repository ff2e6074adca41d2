import Foundation
import Models
import Wire

/// Scoring by a card of the catalogue, reasons and interval included.
enum ScorecardBench {
    private static let scorings = 1_000_000

    static func measured(runs: Int, model path: String) throws -> [Figure] {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw BenchFault.file(path, "can not be read; run it in the repository's root or give --model")
        }
        guard let body = try JSONDocument(parsing: Array(bytes)).root["body"]?["scorecard"] else {
            throw BenchFault.file(path, "has no body/scorecard")
        }
        let card = try Scorecard(body)
        let rows = (0..<1_000).map { row(of: card, number: $0) }
        let times = try Race.times(
            runs: runs,
            [
                .init(name: "scorecard") {
                    var points = 0
                    for number in 0..<scorings {
                        let row = rows[number % rows.count]
                        points += card.score({ row[$0] }).points
                    }
                    return points
                }
            ])
        return [
            Figure(
                "scorecard_rows_per_s", "score 1 M subjects by a card of \(card.features.count) features, with reasons", unit: "rows/s",
                of: times[0].map { Double(scorings) / $0 })
        ]
    }

    /// Values that fall into this bin and that, so that no branch is always the same; about one in ten is missing.
    private static func row(of card: Scorecard, number: Int) -> [String: Double] {
        var row: [String: Double] = [:]
        for (position, feature) in card.features.enumerated() {
            let pick = number &* 31 &+ position &* 17 &+ number / 7
            guard pick % 10 != 0 else { continue }
            switch feature.bins[pick % feature.bins.count].takes {
            case .below(let bound): row[feature.indicator] = bound - 0.001
            case .values(let values): row[feature.indicator] = values.first
            case .otherwise: row[feature.indicator] = 1e6
            case .missing, .notApplicable, .notAuthorised: row[feature.indicator] = Double(pick % 100) / 10
            }
        }
        return row
    }
}
