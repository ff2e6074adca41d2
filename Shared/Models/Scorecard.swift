import Glibc

/// A scorecard: every indicator falls into a bin, every bin has points, the points sum to the score. Explainable by construction.
public struct Scorecard: Hashable, Sendable {
    /// Trained on outcomes, or weighed by experts.
    public let kind: Kind
    /// What a subject has before any feature is read. Unit: points. An expert card starts at `scoreMin` instead.
    public let base: Int
    public let features: [Feature]
    /// From the best to the worst; the worst reaches down to `scoreMin`.
    public let grades: [Grade]
    /// The score never leaves `scoreMin ... scoreMax`.
    public let scoreMin: Int
    public let scoreMax: Int
    /// Turns points into a probability of default; an uncalibrated card has none.
    public let calibration: Calibration?
    /// Half the width of the interval when every feature is known. Unit: points.
    public let margin: Int

    public enum Kind: String, Hashable, Sendable {
        /// The points of the bins are points of the score.
        case scorecard
        /// The points of the bins are 0…100, weighed by the features' weights, which sum to 10,000 basis points.
        case expert
    }

    public struct Grade: Hashable, Sendable {
        public let atLeast: Int
        public let grade: String

        public init(atLeast: Int, grade: String) {
            self.atLeast = atLeast
            self.grade = grade
        }
    }

    /// At `score` there are `odds` good subjects to one bad; every `pdo` points double the odds.
    public struct Calibration: Hashable, Sendable {
        public let score: Int
        public let odds: Double
        public let pdo: Double

        public init(score: Int, odds: Double, pdo: Double) {
            self.score = score
            self.odds = odds
            self.pdo = pdo
        }

        /// Unit: basis points, rounded to the nearest.
        public func probabilityBp(at points: Int) -> Int {
            let logOdds = log(odds) + Double(points - score) / pdo * log(2)
            return Int((10_000 / (1 + exp(logOdds))).rounded())
        }
    }

    /// The limits within which no sum can overflow and no document is absurd.
    public static let pointsMax = 1_000_000
    public static let featuresMax = 1_000

    /// Refuses a card on which some subject would have no score.
    public init(
        kind: Kind, base: Int, features: [Feature], grades: [Grade], scoreMin: Int, scoreMax: Int, calibration: Calibration?, margin: Int
    ) throws(ModelDefect) {
        let points = -Scorecard.pointsMax...Scorecard.pointsMax
        guard points.contains(base) else { throw .range("/base") }
        guard points.contains(scoreMin), points.contains(scoreMax), scoreMin < scoreMax else { throw .range("/scoreMax") }
        guard (0...Scorecard.pointsMax).contains(margin) else { throw .range("/margin") }
        guard (1...Scorecard.featuresMax).contains(features.count) else { throw .range("/features") }
        var indicators: Set<String> = []
        for feature in features where !indicators.insert(feature.indicator).inserted { throw .repeatedFeature(feature.indicator) }
        if kind == .expert {
            let sum = features.reduce(0) { $0 + $1.weight }
            guard sum == 10_000 else { throw .weights(sum: sum) }
            for (position, feature) in features.enumerated() {
                guard feature.weight > 0, feature.pointsMin >= 0, feature.pointsMax <= 100 else { throw .range("/features/\(position)") }
            }
        }
        guard let worst = grades.last, worst.atLeast <= scoreMin, zip(grades, grades.dropFirst()).allSatisfy({ $0.atLeast > $1.atLeast })
        else { throw .grades }
        if let calibration {
            guard calibration.odds > 0, calibration.odds.isFinite, calibration.pdo > 0, calibration.pdo.isFinite,
                points.contains(calibration.score)
            else { throw .range("/calibration") }
        }
        self.kind = kind
        self.base = base
        self.features = features
        self.grades = grades
        self.scoreMin = scoreMin
        self.scoreMax = scoreMax
        self.calibration = calibration
        self.margin = margin
    }
}

/// Words for people, in both languages.
public struct Words: Hashable, Sendable {
    public let en: String
    public let zh: String

    public init(en: String, zh: String) {
        self.en = en
        self.zh = zh
    }
}

/// What is known of an indicator. Why it is not known makes a difference: each reason may have its own bin.
public enum Reading: Hashable, Sendable {
    case value(Double)
    case missing
    /// The question does not arise, such as overdue days of a firm without loans. Known, so it does not widen the interval.
    case notApplicable
    /// The subject has not consented to its use.
    case notAuthorised
}

/// One indicator's place on the card.
public struct Feature: Hashable, Sendable {
    /// The indicator's id.
    public let indicator: String
    public let label: Words
    /// Stable code of the reason given when this feature cost points.
    public let reasonCode: String
    public let reason: Words
    /// Expert cards: share of the score in basis points. Other cards: zero.
    public let weight: Int
    /// In the order of the document.
    public let bins: [Bin]

    public let pointsMin: Int
    public let pointsMax: Int
    private let bounds: [(below: Double, bin: Int)]
    private let exact: [Double: Int]
    private let elseBin: Int
    private let missingBin: Int
    private let notApplicableBin: Int
    private let notAuthorisedBin: Int

    public struct Bin: Hashable, Sendable {
        public let takes: Takes
        public let points: Int

        public init(_ takes: Takes, points: Int) {
            self.takes = takes
            self.points = points
        }
    }

    public enum Takes: Hashable, Sendable {
        /// Values below the bound that no earlier bound took.
        case below(Double)
        /// Exactly these values, wherever the bounds lie.
        case values([Double])
        /// Every other value.
        case otherwise
        case missing
        case notApplicable
        case notAuthorised
    }

    /// Refuses bins that leave a reading without points, or claim one twice.
    public init(
        indicator: String, label: Words, reasonCode: String, reason: Words, weight: Int = 0, bins: [Bin]
    ) throws(ModelDefect) {
        var bounds: [(below: Double, bin: Int)] = []
        var exact: [Double: Int] = [:]
        var special: [Takes: Int] = [:]
        for (position, bin) in bins.enumerated() {
            switch bin.takes {
            case .below(let bound):
                guard bound.isFinite, bounds.last.map({ $0.below < bound }) ?? true else { throw .boundsNotRising(feature: indicator) }
                bounds.append((bound, position))
            case .values(let values):
                for value in values {
                    guard value.isFinite, exact.updateValue(position, forKey: value) == nil else { throw .repeatedBin(feature: indicator) }
                }
            case .otherwise, .missing, .notApplicable, .notAuthorised:
                guard special.updateValue(position, forKey: bin.takes) == nil else { throw .repeatedBin(feature: indicator) }
            }
            guard bin.points.magnitude <= Scorecard.pointsMax.magnitude else { throw .range("/features/\(indicator)/bins/\(position)") }
        }
        guard let elseBin = special[.otherwise] else { throw .noElseBin(feature: indicator) }
        guard let missingBin = special[.missing] else { throw .noMissingBin(feature: indicator) }
        self.indicator = indicator
        self.label = label
        self.reasonCode = reasonCode
        self.reason = reason
        self.weight = weight
        self.bins = bins
        self.bounds = bounds
        self.exact = exact
        self.elseBin = elseBin
        self.missingBin = missingBin
        notApplicableBin = special[.notApplicable] ?? missingBin
        notAuthorisedBin = special[.notAuthorised] ?? missingBin
        pointsMin = bins.reduce(Int.max) { min($0, $1.points) }
        pointsMax = bins.reduce(Int.min) { max($0, $1.points) }
    }

    /// The bin of the reading. Not-a-number and infinity count as missing.
    public func bin(of reading: Reading) -> Int {
        switch reading {
        case .missing: return missingBin
        case .notApplicable: return notApplicableBin
        case .notAuthorised: return notAuthorisedBin
        case .value(let value):
            guard value.isFinite else { return missingBin }
            if !exact.isEmpty, let bin = exact[value] { return bin }
            for bound in bounds where value < bound.below { return bound.bin }
            return elseBin
        }
    }

    /// The points that a value can have, whatever it turns out to be.
    var valuePoints: ClosedRange<Int> {
        var (low, high) = (bins[elseBin].points, bins[elseBin].points)
        for bin in bins {
            switch bin.takes {
            case .below, .values: (low, high) = (min(low, bin.points), max(high, bin.points))
            case .otherwise, .missing, .notApplicable, .notAuthorised: break
            }
        }
        return low...high
    }

    public static func == (a: Feature, b: Feature) -> Bool {
        a.indicator == b.indicator && a.label == b.label && a.reasonCode == b.reasonCode && a.reason == b.reason
            && a.weight == b.weight && a.bins == b.bins
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(indicator)
        hasher.combine(bins)
    }
}
