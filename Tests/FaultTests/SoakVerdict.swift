import Contracts
import Foundation

/// What the samples of a soak say: whether anything grows that should not.
struct SoakVerdict {
    /// One question, with its answer.
    struct Finding: Sendable {
        let what: String
        let measured: String
        let bound: String
        let isHeld: Bool

        var markdown: String { "| \(what) | \(measured) | \(bound) | \(isHeld ? "held" : "**broken**") |" }
    }

    /// How one service stood after the warm-up and at the end: medians of the first and of the last third of what is judged.
    struct Row: Sendable {
        let service: ServiceName
        let first: SoakSample.Standing
        let last: SoakSample.Standing
        /// Of the resident memory, by least squares over all that is judged. Unit: MiB an hour.
        let slope: Double

        var markdown: String {
            func mebibytes(_ kibibytes: Int) -> String { String(format: "%.1f", Double(kibibytes) / 1_024) }
            let relative = first.resident > 0 ? slope * 1_024 / Double(first.resident) * 100 : 0
            return "| \(service) | \(mebibytes(first.resident)) | \(mebibytes(last.resident)) | \(mebibytes(last.proportional)) | "
                + String(format: "%+.2f (%+.2f %%)", slope, relative)
                + " | \(first.descriptors) → \(last.descriptors) | \(first.threads) → \(last.threads) |"
        }
    }

    private(set) var findings: [Finding] = []
    private(set) var rows: [Row] = []

    var isHeld: Bool { findings.allSatisfy(\.isHeld) }

    /// The first quarter fills caches, grows heaps to the size of the largest batch and lets autovacuum find its pace.
    static let warmUpShare = 0.25
    /// With fewer samples a third of them has no median worth the name.
    static let samplesMin = 12

    /// Of resident memory. Source: the goal that was set for a soak. One word lost with every record would be 27 MiB an hour at 1,000 a second.
    static let slopeMax = 1.0
    /// Growth that says nothing, whatever the slope: the heap's peaks move with the batches, by a few pages each hour, and a run of less than an
    /// hour still fills what it keeps. Unit: MiB.
    static let growthIgnored = 4.0
    static let growthIgnoredShort = 64.0
    /// Tables are written in place and vacuumed: what they need settles at some multiple of what they hold, below twice the size they had.
    static let hotGrowthMax = 2.0
    /// Tables smaller than this in all come and go with a single vacuum. Unit: bytes.
    static let hotIgnored: Int64 = 64 << 20
    /// Half of the load leaves nothing lying: what is under way is younger than this. Unit: seconds of load.
    static let lagSecondsMax = 10.0
    /// A batch is bounded by 200 ms; PostgreSQL ends a session that stands still in a transaction after this long. Unit: seconds.
    static let transactionMax = 30.0
    /// In less than an hour a client may still be opening a connection for good. In hours none more may be open.
    static let moreOpenShort = 3
    /// Of the records that were to be sent: with less it was not half of the load.
    static let rateShareMin = 0.95
    /// In less than an hour: on a machine that has just been built on, some seconds of silence are a tenth of a minute, and say nothing of growth.
    static let rateShareMinShort = 0.5

    /// - Parameters:
    ///   - samples: in the order of time.
    ///   - rate: records a second that were asked of the feed.
    init(_ samples: [SoakSample], rate: Double) {
        let begin = samples.first?.at ?? 0
        let warm = begin + ((samples.last?.at ?? 0) - begin) * Self.warmUpShare
        let judged = samples.filter { $0.at >= warm }
        guard judged.count >= Self.samplesMin, let from = judged.first, let to = judged.last else {
            add("samples after the warm-up", "\(judged.count)", "≥ \(Self.samplesMin)", false)
            return
        }
        let first = Array(judged.prefix(judged.count / 3))
        let last = Array(judged.suffix(judged.count / 3))
        judgeProcesses(judged, first, last, hours: (to.at - from.at) / 3_600)
        judgeTables(first, last)
        judgeLoad(judged, last, rate: rate, seconds: to.at - from.at)
        let amiss = samples.flatMap { $0.amiss }
        let examples = Set(amiss).sorted().prefix(3).joined(separator: ", ")
        add("services that ended or were not ready", amiss.isEmpty ? "0" : "\(amiss.count): \(examples)", "0", amiss.isEmpty)
    }

    mutating func add(_ what: String, _ measured: String, _ bound: String, _ isHeld: Bool) {
        findings.append(Finding(what: what, measured: measured, bound: bound, isHeld: isHeld))
    }

    private mutating func judgeProcesses(_ judged: [SoakSample], _ first: [SoakSample], _ last: [SoakSample], hours: Double) {
        let ignored = hours < 1 ? Self.growthIgnoredShort : Self.growthIgnored
        let more = hours < 1 ? Self.moreOpenShort : 0
        var tooSteep: [String] = []
        var moreDescriptors: [String] = []
        var moreThreads: [String] = []
        for service in ServiceName.allCases {
            func standing(_ part: [SoakSample]) -> SoakSample.Standing? {
                let all = part.compactMap { $0.services[service] }
                guard !all.isEmpty else { return nil }
                func middle(_ figure: (SoakSample.Standing) -> Int) -> Int { Self.median(all.map(figure)) }
                return SoakSample.Standing(
                    resident: middle { $0.resident }, proportional: middle { $0.proportional }, descriptors: middle { $0.descriptors },
                    threads: middle { $0.threads })
            }
            guard let before = standing(first), let after = standing(last) else {
                tooSteep.append("\(service) can not be read")
                continue
            }
            let slope = Self.slope(
                judged.compactMap { sample in
                    sample.services[service].map { (x: sample.at / 3_600, y: Double($0.resident) / 1_024) }
                })
            rows.append(Row(service: service, first: before, last: after, slope: slope))
            if slope > Self.slopeMax, slope * hours > ignored { tooSteep.append("\(service) " + String(format: "%.2f", slope)) }
            if after.descriptors > before.descriptors + more { moreDescriptors.append("\(service)") }
            if after.threads > before.threads + more { moreThreads.append("\(service)") }
        }
        func list(_ names: [String]) -> String { names.isEmpty ? "flat" : names.joined(separator: ", ") }
        let bound = String(format: "≤ %.0f MiB/h, or %.0f MiB in all", Self.slopeMax, ignored)
        add("resident memory", list(tooSteep), bound, tooSteep.isEmpty)
        add("open descriptors", list(moreDescriptors), "≤ \(more) more", moreDescriptors.isEmpty)
        add("threads", list(moreThreads), "≤ \(more) more", moreThreads.isEmpty)
    }

    private mutating func judgeTables(_ first: [SoakSample], _ last: [SoakSample]) {
        func middle(_ part: [SoakSample], _ bytes: (SoakSample) -> Int64) -> Int64 { Self.median(part.map(bytes)) }
        func total(_ sample: SoakSample) -> Int64 { sample.hotTables.values.reduce(0, +) }
        let (before, after) = (middle(first, total), middle(last, total))
        let names = Set(last.flatMap { $0.hotTables.keys })
        let growth = names.map { name -> (name: String, bytes: Int64) in
            (name, middle(last) { $0.hotTables[name] ?? 0 } - middle(first) { $0.hotTables[name] ?? 0 })
        }
        let most = growth.filter { $0.bytes > 0 }.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }.prefix(3)
            .map { "\($0.name) +\($0.bytes >> 10) KiB" }
        let isHeld = Double(after) <= Double(before) * Self.hotGrowthMax || after - before <= Self.hotIgnored
        add(
            "tables that are not kept by time",
            "\(before >> 10) → \(after >> 10) KiB" + (most.isEmpty ? "" : "; most: " + most.joined(separator: ", ")),
            String(format: "≤ %.0f ×", Self.hotGrowthMax) + ", or \(Self.hotIgnored >> 20) MiB in all", isHeld)
    }

    private mutating func judgeLoad(_ judged: [SoakSample], _ last: [SoakSample], rate: Double, seconds: Double) {
        let sent = Double((judged.last?.acknowledged ?? 0) - (judged.first?.acknowledged ?? 0)) / max(seconds, 1)
        let share = seconds < 3_600 ? Self.rateShareMinShort : Self.rateShareMin
        add(
            "records a second", String(format: "%.0f of %.0f", sent, rate), String(format: "≥ %.0f %%", share * 100),
            sent >= rate * share)
        let lag = Self.median(last.map(\.underWay))
        let lagMax = Int64(Self.lagSecondsMax * max(rate, 1))
        add("records and messages under way", "\(lag), at most \(judged.map(\.underWay).max() ?? 0)", "≤ \(lagMax)", lag <= lagMax)
        let longest = judged.map(\.longestTransaction).max() ?? 0
        add(
            "longest open transaction, s", String(format: "%.1f", longest), String(format: "≤ %.0f", Self.transactionMax),
            longest <= Self.transactionMax)
        // How many transactions that were is a matter of speed; how long is asked above.
        add("oldest snapshot, transactions ago", "\(judged.map(\.snapshotAge).max() ?? 0)", "–", true)
    }

    /// The upper of the two in the middle; zero of nothing.
    static func median<Number: BinaryInteger>(_ numbers: [Number]) -> Number {
        numbers.isEmpty ? 0 : numbers.sorted()[numbers.count / 2]
    }

    /// By least squares; zero where all lie at one moment.
    static func slope(_ points: [(x: Double, y: Double)]) -> Double {
        let count = Double(max(points.count, 1))
        let (meanX, meanY) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
        let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        return spread == 0 ? 0 : points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
    }
}
