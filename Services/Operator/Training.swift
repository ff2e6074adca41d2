import Chassis
import Deciding
import Foundation
import Models
import Wire

extension Command {
    static let train = Command(
        "train", usage: "scorecard --target COLUMN [options] FILE.csv", summary: "train a scorecard on labelled rows",
        valued: [
            "target", "out", "id", "seed", "title-en", "title-zh", "prefix", "features", "exclude", "applies-to", "pack", "with",
            "priority",
        ],
        flags: ["quiet"],
        details: """
            Monotone weight-of-evidence binning, selection by information value, logistic regression, integer points. Prints the held-out
            AUC and KS and what each feature adds. TARGET is 1 for the bad outcome. With --out it writes a catalogue entry of kind `model`
            (id --id). --pack takes the indicators' titles from a pack, for the reasons. --prefix puts
            a text before each column's name to make the indicator's id. --priority N (10) decides between models that apply: the
            lower one. --with A,B names indicators
            that are 1 in the entry's examples, so that --applies-to holds for them.
            """
    ) { options in
        guard options.words.first == "scorecard", options.words.count == 2, let target = options.text("target") else {
            throw Failure("say `train scorecard --target COLUMN FILE.csv`", code: .usage)
        }
        try Training(options: options).scorecard(file: options.words[1], target: target)
    }
}

struct Training {
    let options: Options

    func scorecard(file: String, target: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else { throw Failure("\(file) can not be read", code: .usage) }
        let rows = try CSV.rows(Array(data), file)
        guard let header = rows.first, let targetColumn = header.firstIndex(of: target) else {
            throw Failure("\(file) has no column `\(target)`", code: .usage)
        }
        let excluded = Set((options.text("exclude") ?? "").split(separator: ",").map(String.init))
        let prefix = options.text("prefix") ?? ""
        var bad: [Bool] = []
        for row in rows.dropFirst() {
            guard row.count == header.count else {
                throw Failure("\(file), line \(bad.count + 2): \(row.count) cells under \(header.count) names")
            }
            bad.append(row[targetColumn] == "1" || row[targetColumn].lowercased() == "true" || row[targetColumn] == "1.0")
        }
        var titles: [String: Words] = [:]
        for entry in try options.text("pack").map({ try Pack.load($0) })?.flatMap(\.entries) ?? [] where entry.entry.kind == "indicator" {
            guard let en = entry.entry.body["title"]?["en"]?.string, let zh = entry.entry.body["title"]?["zh"]?.string else { continue }
            titles[entry.entry.id] = Words(en: en, zh: zh)
        }
        let columns = header.enumerated().filter { $0.offset != targetColumn && !excluded.contains($0.element) }.map { index, name in
            let indicator = prefix + name.lowercased()
            return TrainingColumn(
                indicator: indicator, label: titles[indicator] ?? Words(en: name, zh: name),
                values: rows.dropFirst().map { Double($0[index]) })
        }
        var training = TrainingOptions()
        training.seed = UInt64(try options.int("seed", default: 1, in: 0...Int.max))
        let trained = try ScorecardTrainer.train(columns, target: bad, options: training)
        print("rows \(bad.count), bad \(bad.filter { $0 }.count), held out \(trained.heldOut.count)")
        print("held-out AUC \(String(format: "%.4f", trained.auc)), KS \(String(format: "%.4f", trained.ks))")
        print("\(trained.features.filter { $0.dropped == nil }.count) of \(trained.features.count) features are on the card")
        print("not monotone: \(trained.notMonotone.joined(separator: ", "))")
        for feature in trained.features.sorted(by: { $0.informationValue > $1.informationValue }) {
            print("  \(feature.indicator.padding(to: 24)) IV \(String(format: "%.3f", feature.informationValue))  \(Self.fate(feature))")
        }
        guard let out = options.text("out") else { return }
        let priority = try options.int("priority", default: 10, in: 0...1_000_000)
        let entry = JSONWriter.encode { writer in
            writer.object { object in
                object.member("kind", "model")
                object.member("id", options.text("id") ?? "scorecard")
                object.member("version", Int64(1))
                object.member("effectiveFrom", "2020-01-01T00:00:00Z")
                object.member(
                    "body",
                    object: { body in
                        body.member(
                            "title",
                            object: {
                                $0.member("en", options.text("title-en") ?? "Trained scorecard")
                                $0.member("zh", options.text("title-zh") ?? "训练评分卡")
                            })
                        body.member("appliesTo", raw: Array((options.text("applies-to") ?? "true").utf8))
                        body.member("priority", Int64(priority))
                        body.member("scorecard", raw: trained.json)
                        body.member("publicGrade", object: { publicGrade(trained.scorecard, &$0) })
                        body.member("population", object: { population(bad.count, columns, trained, &$0) })
                    })
                object.member(
                    "examples",
                    array: { list in
                        for row in 0..<min(3, bad.count) { list.element(object: { example(row, columns, trained, &$0) }) }
                    })
            }
        }
        try Data(entry).write(to: URL(fileURLWithPath: out))
        print("written to \(out)")
    }

    /// Whom the state distrusts most is not among our better half; people may change it before they publish.
    private func publicGrade(_ card: Scorecard, _ object: inout JSONWriter) {
        let middle = card.grades.first { $0.grade == "C" } ?? card.grades.last
        object.member("caps", object: { caps in if let middle { caps.member("D", middle.grade) } })
        object.member("staleAfterMonths", Int64(12))
    }

    /// How many rows have each grade: what the scores' drift is measured against later on.
    private func population(_ rowCount: Int, _ columns: [TrainingColumn], _ trained: TrainedScorecard, _ object: inout JSONWriter) {
        let places = Dictionary(columns.enumerated().map { ($1.indicator, $0) }) { first, _ in first }
        var counts: [String: Int64] = [:]
        for row in 0..<rowCount {
            counts[trained.scorecard.score { places[$0].flatMap { columns[$0].values[row] } }.grade, default: 0] += 1
        }
        for grade in trained.scorecard.grades { object.member(grade.grade, counts[grade.grade] ?? 0) }
    }

    /// One row of the file with the points that the card gives it, so that publishing checks the card.
    private func example(_ row: Int, _ columns: [TrainingColumn], _ trained: TrainedScorecard, _ object: inout JSONWriter) {
        let used = trained.features.filter { $0.dropped == nil }.map(\.indicator)
        var values: [String: Double] = [:]
        for column in columns where used.contains(column.indicator) { values[column.indicator] = column.values[row] }
        let result = trained.scorecard.score { values[$0] }
        object.member(
            "indicators",
            object: { indicators in
                for (name, value) in values.sorted(by: { $0.key < $1.key }) { indicators.member(name, value) }
                for name in (options.text("with") ?? "").split(separator: ",") { indicators.member(String(name), Int64(1)) }
            })
        object.member("points", Int64(result.points))
        object.member("grade", result.grade)
    }

    private static func fate(_ feature: FeatureReport) -> String {
        let shape = feature.isMonotone ? "monotone" : "not monotone"
        guard let dropped = feature.dropped else { return "\(shape), on the card" }
        switch dropped {
        case .littleInformation: return "\(shape), dropped: little information"
        case .correlated(let other): return "\(shape), dropped: goes with \(other)"
        case .wrongSign: return "\(shape), dropped: wrong sign beside the others"
        case .beyondFeaturesMax: return "\(shape), dropped: enough features are on the card"
        }
    }
}
