/// A score with everything that explains it.
public struct ScoreResult: Hashable, Sendable {
    /// Within the card's `scoreMin ... scoreMax`.
    public let points: Int
    public let grade: String
    /// The features that cost most first; ties in the order of the card. All that cost points, and at least four where the card has four.
    public let reasons: [Reason]
    /// One for each feature, in the order of the card. With the base they sum to the points, before those are kept within the limits.
    public let contributions: [Contribution]
    /// The indicators that were not known, in the order of the card.
    public let missingFeatures: [String]
    /// The probability of default in basis points, when the card is calibrated.
    public let probabilityBp: Int?
    public let interval: ScoreInterval

    public struct Reason: Hashable, Sendable {
        public let code: String
        /// The indicator.
        public let feature: String
        /// Points short of the feature's best bin.
        public let pointsLost: Int

        public init(code: String, feature: String, pointsLost: Int) {
            self.code = code
            self.feature = feature
            self.pointsLost = pointsLost
        }
    }

    public struct Contribution: Hashable, Sendable {
        public let feature: String
        public let reading: Reading
        /// Position in the feature's bins.
        public let bin: Int
        public let points: Int

        public init(feature: String, reading: Reading, bin: Int, points: Int) {
            self.feature = feature
            self.reading = reading
            self.bin = bin
            self.points = points
        }
    }

    public init(
        points: Int, grade: String, reasons: [Reason], contributions: [Contribution], missingFeatures: [String], probabilityBp: Int?,
        interval: ScoreInterval
    ) {
        self.points = points
        self.grade = grade
        self.reasons = reasons
        self.contributions = contributions
        self.missingFeatures = missingFeatures
        self.probabilityBp = probabilityBp
        self.interval = interval
    }
}

/// Where the score would lie if what is missing became known.
public struct ScoreInterval: Hashable, Sendable {
    public let low: Int
    public let high: Int

    public init(low: Int, high: Int) {
        self.low = low
        self.high = high
    }
}

extension Scorecard {
    /// How many reasons are given at least, where the card has so many features.
    public static let reasonsMin = 4

    /// Scores one subject; nil is a missing value. Total: not-a-number and infinity count as missing.
    public func score(_ value: (String) -> Double?) -> ScoreResult {
        score(readings: { value($0).map { .value($0) } ?? .missing })
    }

    /// Scores one subject. The only way to a score: training measures itself through it, too.
    public func score(readings reading: (String) -> Reading) -> ScoreResult {
        var contributions: [ScoreResult.Contribution] = []
        contributions.reserveCapacity(features.count)
        var losses: [(position: Int, points: Int)] = []
        var missing: [String] = []
        var sum = Sum(self)
        var low = Sum(self)
        var high = Sum(self)
        for (position, feature) in features.enumerated() {
            let known = known(reading(feature.indicator))
            let bin = feature.bin(of: known)
            let points = feature.bins[bin].points
            contributions.append(.init(feature: feature.indicator, reading: known, bin: bin, points: sum.add(points, of: feature)))
            losses.append((position, loss(of: feature.pointsMax - points, feature)))
            switch known {
            case .value, .notApplicable:
                low.add(points, of: feature)
                high.add(points, of: feature)
            case .missing, .notAuthorised:
                missing.append(feature.indicator)
                // The missing bin is the card's best guess; the truth may lie in any other.
                let range = feature.valuePoints
                low.add(min(range.lowerBound, points), of: feature)
                high.add(max(range.upperBound, points), of: feature)
            }
        }
        losses.sort { $0.points != $1.points ? $0.points > $1.points : $0.position < $1.position }
        let costly = losses.count { $0.points > 0 }
        let reasons = losses.prefix(max(costly, Scorecard.reasonsMin)).map { loss in
            ScoreResult.Reason(
                code: features[loss.position].reasonCode, feature: features[loss.position].indicator, pointsLost: loss.points)
        }
        let points = limited(sum.total)
        return ScoreResult(
            points: points, grade: grade(at: points), reasons: reasons, contributions: contributions, missingFeatures: missing,
            probabilityBp: calibration?.probabilityBp(at: points),
            interval: ScoreInterval(low: limited(low.total - margin), high: limited(high.total + margin)))
    }

    /// The grade of so many points.
    public func grade(at points: Int) -> String {
        // The last grade reaches down to the lowest score; the initialiser refuses a card where it does not.
        (grades.first { points >= $0.atLeast } ?? grades.last)?.grade ?? ""
    }

    private func limited(_ points: Int) -> Int { min(max(points, scoreMin), scoreMax) }

    private func known(_ reading: Reading) -> Reading {
        if case .value(let value) = reading, !value.isFinite { .missing } else { reading }
    }

    /// Rounds down: a reason never claims more than was lost.
    private func loss(of points: Int, _ feature: Feature) -> Int {
        switch kind {
        case .scorecard: points
        case .expert: points * feature.weight * (scoreMax - scoreMin) / Sum.whole
        }
    }

    /// The running sum. An expert card's shares are fractions of points; what each adds to the rounded sum is its contribution, so that
    /// the contributions always sum to the score.
    private struct Sum {
        /// Full marks in every feature: 10,000 basis points times 100.
        static let whole = 1_000_000

        private let kind: Kind
        private let start: Int
        private let range: Int
        private var exact = 0

        init(_ card: Scorecard) {
            kind = card.kind
            start = card.kind == .expert ? card.scoreMin : card.base
            range = card.scoreMax - card.scoreMin
        }

        var total: Int { start + rounded }

        /// Rounds down.
        private var rounded: Int {
            switch kind {
            case .scorecard: exact
            case .expert: exact * range / Sum.whole
            }
        }

        /// Returns by how much the total grew.
        @discardableResult
        mutating func add(_ points: Int, of feature: Feature) -> Int {
            let before = rounded
            switch kind {
            case .scorecard: exact += points
            case .expert: exact += points * feature.weight
            }
            return rounded - before
        }
    }
}
