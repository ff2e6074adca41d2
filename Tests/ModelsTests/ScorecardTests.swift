import Models
import Testing
import Vocabulary
import Wire

private let cardText = #"""
    {"kind": "scorecard", "base": 500, "scoreMin": 300, "scoreMax": 900, "margin": 5,
     "features": [
      {"indicator": "debtRatio", "label": {"en": "Debt ratio", "zh": "资产负债率"}, "reason": {"code": "R1", "en": "High debt", "zh": "负债高"},
       "bins": [{"below": 0.4, "points": 60}, {"below": 0.7, "points": 20}, {"else": true, "points": -40}, {"missing": true, "points": -10}]},
      {"indicator": "overdueDays", "label": {"en": "Overdue", "zh": "逾期"}, "reason": {"code": "R2", "en": "Overdue", "zh": "逾期"},
       "bins": [{"values": [0], "points": 50}, {"below": 30, "points": 0}, {"else": true, "points": -100},
                {"missing": true, "points": -20}, {"notApplicable": true, "points": 10}, {"notAuthorised": true, "points": -30}]},
      {"indicator": "age", "label": {"en": "Age", "zh": "年限"}, "reason": {"code": "R3", "en": "Young", "zh": "年轻"},
       "bins": [{"below": 24, "points": 0}, {"else": true, "points": 30}, {"missing": true, "points": 0}]},
      {"indicator": "tax", "label": {"en": "Tax", "zh": "纳税"}, "reason": {"code": "R4", "en": "Little tax", "zh": "纳税少"},
       "bins": [{"below": 1, "points": 0}, {"else": true, "points": 30}, {"missing": true, "points": 0}]},
      {"indicator": "staff", "label": {"en": "Staff", "zh": "员工"}, "reason": {"code": "R5", "en": "Few staff", "zh": "员工少"},
       "bins": [{"below": 5, "points": 0}, {"else": true, "points": 30}, {"missing": true, "points": 0}]}],
     "grades": [{"atLeast": 640, "grade": "A"}, {"atLeast": 560, "grade": "B"}, {"atLeast": 300, "grade": "C"}],
     "calibration": {"scoreAtOdds": 600, "odds": 20, "pdo": 20}}
    """#

private func card(_ text: String) throws -> Scorecard { try Scorecard(JSONDocument(parsing: Array(text.utf8)).root) }

@Test func `a score is the base and the points of the bins, with the costliest reasons first`() throws {
    let values = ["debtRatio": 0.5, "overdueDays": 0, "age": 12, "tax": 100, "staff": 2]
    let result = try card(cardText).score { values[$0] }
    #expect(result.points == 500 + 20 + 50 + 0 + 30 + 0)
    #expect(result.grade == "B")
    #expect(result.contributions.map(\.points) == [20, 50, 0, 30, 0])
    #expect(result.missingFeatures.isEmpty)
    #expect(result.reasons.map(\.code) == ["R1", "R3", "R5", "R2"])
    #expect(result.reasons.map(\.pointsLost) == [40, 30, 30, 0])
    // Calibration by hand: 20 to 1 at 600 gives 1/21; every 20 points double the odds.
    #expect(result.probabilityBp == 476)
    #expect(result.interval == ScoreInterval(low: 595, high: 605))
}

@Test func `bounds belong to the bin above them, and listed values go before bounds`() throws {
    let card = try card(cardText)
    func points(_ name: String, _ value: Double) -> Int? {
        card.score { $0 == name ? value : 1 }.contributions.first { $0.feature == name }?.points
    }
    #expect(points("debtRatio", 0.399_999) == 60)
    #expect(points("debtRatio", 0.4) == 20)
    #expect(points("debtRatio", 0.7) == -40)
    #expect(points("overdueDays", 0) == 50)
    #expect(points("overdueDays", -0.0) == 50)
    #expect(points("overdueDays", 0.001) == 0)
    #expect(points("overdueDays", 30) == -100)
}

@Test func `missing, not applicable and not authorised are three different answers`() throws {
    let card = try card(cardText)
    func result(_ reading: Reading) -> ScoreResult {
        card.score(readings: { $0 == "overdueDays" ? reading : .value(1) })
    }
    let known = result(.value(10))
    #expect(result(.missing).points == known.points - 20)
    #expect(result(.notApplicable).points == known.points + 10)
    #expect(result(.notAuthorised).points == known.points - 30)
    #expect(result(.notApplicable).missingFeatures.isEmpty)
    #expect(result(.missing).missingFeatures == ["overdueDays"])
    #expect(result(.notAuthorised).missingFeatures == ["overdueDays"])
    // What is missing may turn out to be anything: from -100 to 50, and 5 points of margin.
    #expect(result(.missing).interval == ScoreInterval(low: known.points - 105, high: known.points + 55))
    #expect(result(.notApplicable).interval == ScoreInterval(low: known.points + 5, high: known.points + 15))
    for strange in [Double.nan, .infinity, -.infinity, .signalingNaN] { #expect(result(.value(strange)) == result(.missing)) }
    // A feature without its own bins for them treats both as missing.
    #expect(card.features[0].bin(of: .notApplicable) == card.features[0].bin(of: .missing))
}

@Test func `an expert card spreads its score by weight, and contributions sum to it`() throws {
    let text = #"""
        {"kind": "expert", "scoreMin": 0, "scoreMax": 1000, "features": [
          {"indicator": "a", "label": {"en": "A", "zh": "甲"}, "reason": {"code": "A", "en": "A", "zh": "甲"}, "weight": 3333,
           "bins": [{"below": 1, "points": 33}, {"else": true, "points": 100}, {"missing": true, "points": 50}]},
          {"indicator": "b", "label": {"en": "B", "zh": "乙"}, "reason": {"code": "B", "en": "B", "zh": "乙"}, "weight": 6667,
           "bins": [{"below": 1, "points": 67}, {"else": true, "points": 100}, {"missing": true, "points": 50}]}],
         "grades": [{"atLeast": 0, "grade": "Z"}]}
        """#
    let card = try card(text)
    let best = card.score { _ in 5 }
    #expect(best.points == 1_000)
    #expect(best.probabilityBp == nil)
    let worst = card.score { _ in 0 }
    // (33 × 3333 + 67 × 6667) / 1000, rounded down.
    #expect(worst.points == 556)
    #expect(worst.contributions.map(\.points) == [109, 447])
    #expect(worst.reasons.map(\.code) == ["A", "B"])
    #expect(worst.reasons.map(\.pointsLost) == [223, 220])
    #expect(try Scorecard(JSONDocument(parsing: card.json).root) == card)
}

@Test func `a card reads back from its own bytes`() throws {
    let card = try card(cardText)
    #expect(try Scorecard(JSONDocument(parsing: card.json).root) == card)
    #expect(try Scorecard(JSONDocument(parsing: card.json).root).json == card.json)
}

@Test func `a card on which some subject would have no score is refused`() throws {
    let refused: [(old: String, new: String, defect: ModelDefect)] = [
        (#""kind": "scorecard""#, #""kind": "oracle""#, .field("/kind")),
        (#""base": 500, "#, "", .field("/base")),
        (#""scoreMax": 900"#, #""scoreMax": 300"#, .range("/scoreMax")),
        (#""base": 500"#, #""base": 5000000"#, .range("/base")),
        (#"{"below": 0.7, "points": 20}"#, #"{"below": 0.4, "points": 20}"#, .boundsNotRising(feature: "debtRatio")),
        (#"{"else": true, "points": -40}, "#, "", .noElseBin(feature: "debtRatio")),
        (#", {"missing": true, "points": -10}"#, "", .noMissingBin(feature: "debtRatio")),
        (#"{"values": [0], "points": 50}"#, #"{"values": [0, 0], "points": 50}"#, .repeatedBin(feature: "overdueDays")),
        (#"{"notApplicable": true"#, #"{"missing": true"#, .repeatedBin(feature: "overdueDays")),
        (#"{"notApplicable": true"#, #"{"notApplicable": false"#, .field("/features/1/bins/4/below")),
        (#""indicator": "staff""#, #""indicator": "tax""#, .repeatedFeature("tax")),
        (#"{"atLeast": 300, "grade": "C"}"#, #"{"atLeast": 301, "grade": "C"}"#, .grades),
        (#"{"atLeast": 560, "grade": "B"}"#, #"{"atLeast": 640, "grade": "B"}"#, .grades),
        (#""pdo": 20"#, #""pdo": 0"#, .range("/calibration")),
        (#""zh": "员工少""#, #""zhx": "员工少""#, .field("/features/4/reason/zh")),
        (#""kind": "scorecard""#, #""kind": "expert""#, .field("/features/0/weight")),
    ]
    for (old, new, defect) in refused {
        let text = replacing(old, with: new, in: cardText)
        #expect(text != cardText, "\(old)")
        #expect(throws: defect, "\(old)") { try card(text) }
    }
}

@Test func `every card scores every reading within its limits`() throws {
    var dice = SplitMix64(seed: 77)
    for _ in 0..<400 {
        let card = try randomCard(&dice)
        for _ in 0..<50 {
            let result = card.score(readings: { _ in randomReading(&dice) })
            #expect((card.scoreMin...card.scoreMax).contains(result.points))
            #expect(result.interval.low <= result.points && result.points <= result.interval.high)
            #expect(result.reasons.count >= min(4, card.features.count))
            #expect(zip(result.reasons, result.reasons.dropFirst()).allSatisfy { $0.pointsLost >= $1.pointsLost })
            #expect(result.reasons.allSatisfy { $0.pointsLost >= 0 })
            let sum = result.contributions.reduce(card.kind == .expert ? card.scoreMin : card.base) { $0 + $1.points }
            #expect(min(max(sum, card.scoreMin), card.scoreMax) == result.points)
            #expect((0...10_000).contains(result.probabilityBp ?? 0))
            #expect(card.grades.contains { $0.grade == result.grade })
        }
        #expect(try Scorecard(JSONDocument(parsing: card.json).root) == card)
    }
}

private func randomCard(_ dice: inout SplitMix64) throws -> Scorecard {
    let isExpert = Bool.random(using: &dice)
    let count = Int.random(in: 1...9, using: &dice)
    var features: [Feature] = []
    var weightLeft = 10_000
    for place in 0..<count {
        let weight = place == count - 1 ? weightLeft : Int.random(in: 1...(weightLeft - (count - place - 1)), using: &dice)
        weightLeft -= weight
        func points() -> Int { Int.random(in: isExpert ? 0...100 : -300...300, using: &dice) }
        var bins: [Feature.Bin] = []
        var bound = -10.0
        for _ in 0..<Int.random(in: 0...5, using: &dice) {
            bound += 0.001 + 5 * dice.unit()
            bins.append(Feature.Bin(.below(bound), points: points()))
        }
        bins.append(Feature.Bin(.otherwise, points: points()))
        bins.append(Feature.Bin(.missing, points: points()))
        if Bool.random(using: &dice) { bins.append(Feature.Bin(.notApplicable, points: points())) }
        if Bool.random(using: &dice) { bins.append(Feature.Bin(.values([1, 2]), points: points())) }
        let words = Words(en: "x", zh: "某")
        features.append(
            try Feature(
                indicator: "f\(place)", label: words, reasonCode: "R\(place)", reason: words, weight: isExpert ? weight : 0, bins: bins))
    }
    return try Scorecard(
        kind: isExpert ? .expert : .scorecard, base: isExpert ? 0 : Int.random(in: 0...900, using: &dice), features: features,
        grades: [Scorecard.Grade(atLeast: 500, grade: "A"), Scorecard.Grade(atLeast: 300, grade: "B")], scoreMin: 300, scoreMax: 900,
        calibration: Scorecard.Calibration(score: 600, odds: 20, pdo: 0.1 + 40 * dice.unit()),
        margin: Int.random(in: 0...20, using: &dice))
}

private func randomReading(_ dice: inout SplitMix64) -> Reading {
    switch Int.random(in: 0..<8, using: &dice) {
    case 0: .missing
    case 1: .notApplicable
    case 2: .notAuthorised
    case 3:
        .value(
            [.nan, .infinity, -.infinity, 0, -0.0, 1, .greatestFiniteMagnitude, .leastNonzeroMagnitude][Int.random(in: 0..<8, using: &dice)]
        )
    default: .value(20 * dice.unit() - 10)
    }
}

private func replacing(_ old: String, with new: String, in text: String) -> String {
    guard let range = text.firstRange(of: old) else { return text }
    return text.replacingCharacters(at: range, with: new)
}

extension String {
    fileprivate func replacingCharacters(at range: Range<String.Index>, with new: String) -> String {
        String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}
