import Glibc
import Vocabulary

/// One indicator's values, one for each subject; nil is missing.
public struct TrainingColumn: Sendable {
    public let indicator: String
    public let label: Words
    public let values: [Double?]

    /// Without a label the indicator's id stands in.
    public init(indicator: String, label: Words? = nil, values: [Double?]) {
        self.indicator = indicator
        self.label = label ?? Words(en: indicator, zh: indicator)
        self.values = values
    }
}

/// What a training may choose.
public struct TrainingOptions: Hashable, Sendable {
    /// Value bins of a feature at most.
    public var binsMax = 6
    /// Share of the subjects that a value bin holds at least.
    public var binShareMin = 0.05
    /// Decides who is held out. The same seed gives the same card.
    public var seed: UInt64 = 1
    /// Share of events, and of non-events, that only measure.
    public var holdoutShare = 0.3
    /// Points that double the odds.
    public var pdo = 20.0
    public var baseScore = 600
    /// Good subjects to one bad at the base score.
    public var baseOdds = 20.0
    public var scoreMin = 300
    public var scoreMax = 900
    /// Features of less information value are dropped.
    public var informationValueMin = 0.02
    /// A feature that goes with a better one more closely than this is dropped.
    public var correlationMax = 0.8
    public var featuresMax = 15
    public var ridge = 1.0
    /// From the best to the worst.
    public var grades = [
        Scorecard.Grade(atLeast: 640, grade: "A"), Scorecard.Grade(atLeast: 600, grade: "B"), Scorecard.Grade(atLeast: 560, grade: "C"),
        Scorecard.Grade(atLeast: 520, grade: "D"), Scorecard.Grade(atLeast: 300, grade: "E"),
    ]

    public init() {}
}

/// Why a training gives no card.
public enum TrainingDefect: Error, Hashable, Sendable {
    /// The column has another number of values than the target.
    case columnLength(String)
    case repeatedColumn(String)
    /// Too few events or non-events to fit and to measure; at least ten of each.
    case outcomes(events: Int, others: Int)
    case option(String)
    /// No feature tells enough.
    case nothingPredictive
    /// The fitted weights are not numbers.
    case notFitted
    case card(ModelDefect)
}

/// A card with the evidence for it.
public struct TrainedScorecard: Sendable {
    public let scorecard: Scorecard
    /// The card's body, as it goes into the catalogue.
    public let json: [UInt8]
    /// Measured on the held-out subjects, through the card itself.
    public let auc: Double
    public let ks: Double
    /// Every column, in the order given.
    public let features: [FeatureReport]
    /// The rows that were held out, rising.
    public let heldOut: [Int]

    /// The features that could not be made monotone without losing most of what they tell.
    public var notMonotone: [String] { features.filter { !$0.isMonotone }.map(\.indicator) }
    /// The features that are not on the card, with the reason.
    public var dropped: [FeatureReport] { features.filter { $0.dropped != nil } }
}

/// What became of a column.
public struct FeatureReport: Hashable, Sendable {
    public let indicator: String
    public let informationValue: Double
    /// False when forcing one direction lost most of what the feature tells.
    public let isMonotone: Bool
    /// Nil for a feature on the card.
    public let dropped: Drop?

    public enum Drop: Hashable, Sendable {
        case littleInformation
        case correlated(with: String)
        case beyondFeaturesMax
        /// Beside the others it would have given points for being worse.
        case wrongSign
    }
}

/// Fits scorecards on outcomes. Deterministic: the same data, options and seed give the same bytes.
public enum ScorecardTrainer {
    /// `target` is true for an event, such as a default. Refuses data from which no card can be fitted and measured.
    public static func train(
        _ columns: [TrainingColumn], target: [Bool], options: TrainingOptions = TrainingOptions()
    ) throws(TrainingDefect) -> TrainedScorecard {
        try check(columns, target, options)
        let (fitting, heldOut) = split(target, options)
        let binnings = columns.map { column in
            Binning(
                values: column.values, events: target, rows: fitting, binsMax: options.binsMax, binShareMin: options.binShareMin)
        }
        var (selected, drops) = select(columns, binnings, fitting, options)
        let events = fitting.map { target[$0] }

        // A weight above zero would reward what is worse than average, and the card would contradict its own bins.
        var evidence = selected.map { place in fitting.map { binnings[place].evidence(of: columns[place].values[$0]) } }
        var fitted: LogisticRegression?
        while !selected.isEmpty {
            guard let fit = LogisticRegression(columns: evidence, events: events, ridge: options.ridge) else { throw .notFitted }
            guard let worst = fit.weights.indices.max(by: { fit.weights[$0] < fit.weights[$1] }), fit.weights[worst] >= 0 else {
                fitted = fit
                break
            }
            drops[selected.remove(at: worst)] = .wrongSign
            evidence.remove(at: worst)
        }
        guard let fitted else { throw .nothingPredictive }

        let card: Scorecard
        do throws(ModelDefect) {
            card = try scale(fitted, selected.map { (columns[$0], binnings[$0]) }, evidence, options)
        } catch {
            throw .card(error)
        }
        let places = Dictionary(columns.enumerated().map { ($1.indicator, $0) }) { first, _ in first }
        let risks = heldOut.map { row in
            -Double(card.score { name in places[name].flatMap { columns[$0].values[row] } }.points)
        }
        let outcomes = heldOut.map { target[$0] }
        guard let auc = Discrimination.auc(scores: risks, events: outcomes), let ks = Discrimination.ks(scores: risks, events: outcomes)
        else { throw .notFitted }
        let reports = columns.indices.map { place in
            FeatureReport(
                indicator: columns[place].indicator, informationValue: binnings[place].informationValue,
                isMonotone: binnings[place].isMonotone, dropped: drops[place])
        }
        return TrainedScorecard(scorecard: card, json: card.json, auc: auc, ks: ks, features: reports, heldOut: heldOut)
    }

    private static func check(_ columns: [TrainingColumn], _ target: [Bool], _ options: TrainingOptions) throws(TrainingDefect) {
        var names: Set<String> = []
        for column in columns {
            guard column.values.count == target.count else { throw .columnLength(column.indicator) }
            guard names.insert(column.indicator).inserted else { throw .repeatedColumn(column.indicator) }
        }
        let events = target.count { $0 }
        guard events >= 10, target.count - events >= 10 else { throw .outcomes(events: events, others: target.count - events) }
        guard options.binsMax >= 2 else { throw .option("binsMax") }
        guard options.binShareMin > 0, options.binShareMin <= 0.5 else { throw .option("binShareMin") }
        guard options.holdoutShare >= 0.1, options.holdoutShare <= 0.9 else { throw .option("holdoutShare") }
        guard options.pdo > 0, options.pdo <= 1_000 else { throw .option("pdo") }
        guard options.baseOdds > 0, options.baseOdds.isFinite else { throw .option("baseOdds") }
        guard options.ridge > 0, options.ridge.isFinite else { throw .option("ridge") }
        guard options.featuresMax >= 1 else { throw .option("featuresMax") }
    }

    /// The same share of events on both sides.
    private static func split(_ target: [Bool], _ options: TrainingOptions) -> (fitting: [Int], heldOut: [Int]) {
        var generator = SplitMix64(seed: options.seed)
        var fitting: [Int] = []
        var heldOut: [Int] = []
        for outcome in [true, false] {
            var rows = target.indices.filter { target[$0] == outcome }
            generator.shuffle(&rows)
            let count = min(max(Int((Double(rows.count) * options.holdoutShare).rounded()), 1), rows.count - 1)
            heldOut += rows[..<count]
            fitting += rows[count...]
        }
        return (fitting.sorted(), heldOut.sorted())
    }

    /// The best first, leaving out what tells little and what a better one already tells.
    private static func select(
        _ columns: [TrainingColumn], _ binnings: [Binning], _ fitting: [Int], _ options: TrainingOptions
    ) -> (selected: [Int], drops: [Int: FeatureReport.Drop]) {
        var drops: [Int: FeatureReport.Drop] = [:]
        var selected: [Int] = []
        var standardised: [[Double]] = []
        let ranked = columns.indices.sorted {
            let (a, b) = (binnings[$0].informationValue, binnings[$1].informationValue)
            return a != b ? a > b : $0 < $1
        }
        for place in ranked {
            guard binnings[place].informationValue >= options.informationValueMin, binnings[place].counts.count > 1 else {
                drops[place] = .littleInformation
                continue
            }
            guard selected.count < options.featuresMax else {
                drops[place] = .beyondFeaturesMax
                continue
            }
            let evidence = standardise(fitting.map { binnings[place].evidence(of: columns[place].values[$0]) })
            let rival = standardised.firstIndex { other in
                zip(evidence, other).reduce(0) { $0 + $1.0 * $1.1 }.magnitude >= options.correlationMax
            }
            if let rival {
                drops[place] = .correlated(with: columns[selected[rival]].indicator)
                continue
            }
            selected.append(place)
            standardised.append(evidence)
        }
        return (selected, drops)
    }

    /// Mean zero and length one, so that a product of two is their correlation.
    private static func standardise(_ numbers: [Double]) -> [Double] {
        let mean = numbers.reduce(0, +) / Double(max(numbers.count, 1))
        let length = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
        return length > 0 ? numbers.map { ($0 - mean) / length } : numbers.map { _ in 0 }
    }

    /// Turns log-odds into whole points, each rounded to the nearest.
    private static func scale(
        _ fit: LogisticRegression, _ features: [(column: TrainingColumn, binning: Binning)], _ evidence: [[Double]],
        _ options: TrainingOptions
    ) throws(ModelDefect) -> Scorecard {
        let factor = options.pdo / log(2)
        let offset = Double(options.baseScore) - factor * log(options.baseOdds)
        var made: [Feature] = []
        for (place, feature) in features.enumerated() {
            let slope = -factor * fit.weights[place]
            func points(_ evidence: Double) -> Int { whole(slope * evidence) }
            var bins = zip(feature.binning.bounds, feature.binning.evidence).map { Feature.Bin(.below($0), points: points($1)) }
            bins.append(Feature.Bin(.otherwise, points: points(feature.binning.evidence.last ?? 0)))
            bins.append(Feature.Bin(.missing, points: points(feature.binning.missingEvidence)))
            made.append(
                try Feature(
                    indicator: feature.column.indicator, label: feature.column.label, reasonCode: "R-" + feature.column.indicator,
                    reason: feature.column.label, bins: bins))
        }
        return try Scorecard(
            kind: .scorecard, base: whole(offset - factor * fit.intercept), features: made, grades: options.grades,
            scoreMin: options.scoreMin, scoreMax: options.scoreMax,
            calibration: Scorecard.Calibration(score: options.baseScore, odds: options.baseOdds, pdo: options.pdo),
            margin: margin(fit, evidence, factor))
    }

    /// What a card of a few thousand subjects does not know about itself: twice the mean standard error, in points, rounded up.
    private static func margin(_ fit: LogisticRegression, _ evidence: [[Double]], _ factor: Double) -> Int {
        let rows = evidence.first?.indices ?? 0..<0
        guard !rows.isEmpty else { return 0 }
        let sum = rows.reduce(0.0) { sum, row in sum + fit.standardError(evidence.map { $0[row] }) }
        return whole((2 * factor * sum / Double(rows.count)).rounded(.up))
    }

    private static func whole(_ number: Double) -> Int {
        number.isFinite ? Int(min(max(number.rounded(), -1e6), 1e6)) : 0
    }
}
