import Models
import Testing
import Vocabulary
import Wire

@Test func `a card trained on real bankruptcies tells them apart on firms it never saw`() throws {
    guard let bytes = sharedData("credit/polish-bankruptcy-year1.csv") else { return }
    let (columns, target) = table(bytes)
    #expect(columns.count == 64)
    #expect(target.count == 7_027)
    #expect(target.count { $0 } == 271)
    let trained = try ScorecardTrainer.train(columns, target: target)
    let names = trained.scorecard.features.map(\.indicator)
    print(
        "polish bankruptcies: \(trained.heldOut.count) held out, AUC \(trained.auc), KS \(trained.ks), \(names.count) features \(names),",
        "margin \(trained.scorecard.margin), not monotone \(trained.notMonotone)")
    #expect(trained.auc > 0.80)
    #expect(trained.ks > 0.35)

    // The stored body gives the same points as the card that was measured.
    let stored = try Scorecard(JSONDocument(parsing: trained.json).root)
    #expect(stored == trained.scorecard)
    let places = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1.indicator, $0) })
    let risks = trained.heldOut.map { row in
        -Double(stored.score { name in places[name].flatMap { columns[$0].values[row] } }.points)
    }
    #expect(Discrimination.auc(scores: risks, events: trained.heldOut.map { target[$0] }) == trained.auc)
    for feature in trained.scorecard.features { #expect(isOneDirectional(feature)) }

    // The calibrated probabilities sum to about the number of bankruptcies.
    let expected = trained.heldOut.reduce(0.0) { sum, row in
        let result = stored.score { name in places[name].flatMap { columns[$0].values[row] } }
        return sum + Double(result.probabilityBp ?? 0) / 10_000
    }
    let observed = trained.heldOut.count { target[$0] }
    print("polish bankruptcies: \(expected.rounded()) expected, \(observed) observed among the held out")
    #expect(expected > 0.6 * Double(observed) && expected < 1.6 * Double(observed))
}

@Test func `the same seed gives the same bytes, another seed another card`() throws {
    let (columns, target) = world(seed: 3, count: 2_000)
    var options = TrainingOptions()
    let first = try ScorecardTrainer.train(columns, target: target, options: options)
    #expect(try ScorecardTrainer.train(columns, target: target, options: options).json == first.json)
    options.seed = 2
    let other = try ScorecardTrainer.train(columns, target: target, options: options)
    #expect(other.json != first.json)
    #expect(other.heldOut != first.heldOut)
    #expect(first.heldOut.count { target[$0] } == Int((Double(target.count { $0 }) * 0.3).rounded()))
}

@Test func `training keeps what tells, drops what does not, and says why`() throws {
    let (columns, target) = world(seed: 11, count: 6_000)
    let trained = try ScorecardTrainer.train(columns, target: target)
    let onCard = Set(trained.scorecard.features.map(\.indicator))
    #expect(onCard.isSuperset(of: ["falling", "mostlyZero"]))
    #expect(onCard.contains("rising") != onCard.contains("copy"))
    let reasons = Dictionary(uniqueKeysWithValues: trained.dropped.map { ($0.indicator, $0.dropped) })
    #expect(reasons["noise"] == .littleInformation)
    #expect(reasons["constant"] == .littleInformation)
    #expect(reasons["empty"] == .littleInformation)
    #expect(reasons["copy"] == .correlated(with: "rising") || reasons["rising"] == .correlated(with: "copy"))
    #expect(trained.notMonotone == ["valley"])
    #expect(trained.auc > 0.68)
    for feature in trained.scorecard.features {
        #expect(isOneDirectional(feature))
        #expect(feature.bins.count <= 7)
    }
    // More of what is bad never gives more points.
    let card = trained.scorecard
    let low = card.score { $0 == "rising" || $0 == "copy" ? 0.05 : 0.5 }
    let high = card.score { $0 == "rising" || $0 == "copy" ? 0.95 : 0.5 }
    #expect(low.points > high.points)
}

@Test func `training refuses what it cannot fit or measure`() throws {
    let (columns, target) = world(seed: 1, count: 500)
    func refusal(_ columns: [TrainingColumn], _ target: [Bool], _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingDefect? {
        var options = TrainingOptions()
        change(&options)
        do throws(TrainingDefect) {
            _ = try ScorecardTrainer.train(columns, target: target, options: options)
            return nil
        } catch {
            return error
        }
    }
    #expect(refusal(columns, target) == nil)
    #expect(refusal(columns, Array(target.dropLast())) == .columnLength("rising"))
    #expect(refusal([columns[0], columns[0]], target) == .repeatedColumn("rising"))
    #expect(refusal(columns, target.map { _ in false }) == .outcomes(events: 0, others: 500))
    #expect(refusal([], target) == .nothingPredictive)
    #expect(refusal(columns.filter { $0.indicator == "constant" }, target) == .nothingPredictive)
    #expect(refusal(columns, target) { $0.binsMax = 1 } == .option("binsMax"))
    #expect(refusal(columns, target) { $0.pdo = 0 } == .option("pdo"))
    #expect(refusal(columns, target) { $0.holdoutShare = 1 } == .option("holdoutShare"))
    #expect(refusal(columns, target) { $0.grades = [] } == .card(.grades))
}

@Test func `strange numbers and perfect predictors do not break a training`() throws {
    var dice = SplitMix64(seed: 9)
    for round in 0..<20 {
        let count = 200
        let target = (0..<count).map { $0 % 4 == 0 }
        let strange: [Double?] = [nil, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, -0.0, 1e-300]
        let columns = [
            TrainingColumn(indicator: "perfect", values: target.map { $0 ? 1 : 0 }),
            TrainingColumn(indicator: "strange", values: (0..<count).map { _ in strange[Int.random(in: 0..<9, using: &dice)] }),
            TrainingColumn(indicator: "telling gaps", values: target.map { $0 && dice.unit() < 0.8 ? nil : dice.unit() }),
        ]
        var options = TrainingOptions()
        options.seed = UInt64(round)
        let trained = try ScorecardTrainer.train(columns, target: target, options: options)
        #expect(trained.auc == 1)
        #expect(trained.ks == 1)
    }
}

/// Points along rising bounds only rise or only fall.
private func isOneDirectional(_ feature: Feature) -> Bool {
    var points: [Int] = []
    for bin in feature.bins {
        switch bin.takes {
        case .below, .otherwise: points.append(bin.points)
        case .values, .missing, .notApplicable, .notAuthorised: break
        }
    }
    let pairs = Array(zip(points, points.dropFirst()))
    return pairs.allSatisfy { $0 <= $1 } || pairs.allSatisfy { $0 >= $1 }
}

/// A world with a known truth: two features of opposite direction, one that is mostly zero, a copy, a valley, noise.
private func world(seed: UInt64, count: Int) -> ([TrainingColumn], [Bool]) {
    var dice = SplitMix64(seed: seed)
    var values: [String: [Double?]] = [:]
    var target: [Bool] = []
    for _ in 0..<count {
        let (rising, falling, valley) = (dice.unit(), dice.unit(), dice.unit())
        let mostlyZero = dice.unit() < 0.7 ? 0 : dice.unit()
        let risk =
            0.02 + 0.25 * rising * rising + 0.2 * (1 - falling) * (1 - falling) + (mostlyZero > 0 ? 0.15 : 0)
            + (abs(valley - 0.5) > 0.3 ? 0.15 : 0)
        target.append(dice.unit() < risk)
        values["rising", default: []].append(dice.unit() < 0.05 ? nil : rising)
        values["falling", default: []].append(falling)
        values["mostlyZero", default: []].append(mostlyZero)
        values["copy", default: []].append(rising + 0.01 * dice.unit())
        values["valley", default: []].append(valley)
        values["noise", default: []].append(dice.unit())
        values["constant", default: []].append(1)
        values["empty", default: []].append(nil)
    }
    let order = ["rising", "falling", "mostlyZero", "copy", "valley", "noise", "constant", "empty"]
    return (order.map { TrainingColumn(indicator: $0, values: values[$0] ?? []) }, target)
}

/// The columns between the firm's number and the outcome.
private func table(_ bytes: [UInt8]) -> ([TrainingColumn], [Bool]) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    func cells(_ line: ArraySlice<UInt8>) -> [String] {
        line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
    guard let header = lines.first.map(cells) else { return ([], []) }
    var values = [[Double?]](repeating: [], count: header.count)
    var target: [Bool] = []
    for line in lines.dropFirst() {
        let row = cells(line)
        for place in 1..<header.count - 1 { values[place].append(Double(row[place])) }
        target.append(row.last?.hasPrefix("1") ?? false)
    }
    return ((1..<header.count - 1).map { TrainingColumn(indicator: header[$0], values: values[$0]) }, target)
}
