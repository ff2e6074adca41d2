import Glibc

/// Events and others in one bin.
struct BinCount: Hashable {
    var events = 0
    var others = 0

    var total: Int { events + others }
    /// Smoothed, so that a bin without events is not infinitely safe.
    var eventRate: Double { (Double(events) + 0.5) / (Double(total) + 1) }

    static func + (a: BinCount, b: BinCount) -> BinCount { BinCount(events: a.events + b.events, others: a.others + b.others) }
}

/// A feature cut into bins along which the event rate only rises or only falls.
struct Binning {
    /// Upper bounds of all value bins but the last, rising.
    let bounds: [Double]
    /// One for each value bin.
    let counts: [BinCount]
    let missing: BinCount
    /// Weight of evidence of the value bins: above zero is better than average.
    let evidence: [Double]
    let missingEvidence: Double
    /// How much the feature tells; missing values included.
    let informationValue: Double
    /// False when forcing one direction lost most of what the feature tells.
    let isMonotone: Bool

    /// How many subjects of average odds a bin of missing values is mixed with: missing values are often few, and few say little.
    private static let missingPrior = 50.0
    /// As many quantiles are cut before bins are merged.
    private static let quantiles = 20
    /// Below this share of the unforced information value the forced direction has failed.
    private static let monotoneShareMin = 0.5

    init(values: [Double?], events: [Bool], rows: [Int], binsMax: Int, binShareMin: Double) {
        var known: [(value: Double, isEvent: Bool)] = []
        known.reserveCapacity(rows.count)
        var missing = BinCount()
        for row in rows {
            if let value = values[row], value.isFinite {
                known.append((value, events[row]))
            } else if events[row] {
                missing.events += 1
            } else {
                missing.others += 1
            }
        }
        known.sort { $0.value < $1.value }
        let fine = Binning.quantileBins(known, binsMax: Binning.quantiles)
        let countMin = max(1, Int((Double(rows.count) * binShareMin).rounded(.up)))
        let totals = fine.reduce(missing) { $0 + $1.count }

        let unforced = Binning.coarse(fine, binsMax: binsMax, countMin: countMin)
        let rising = Binning.coarse(Binning.pooled(fine, rising: true), binsMax: binsMax, countMin: countMin)
        let falling = Binning.coarse(Binning.pooled(fine, rising: false), binsMax: binsMax, countMin: countMin)
        func value(_ bins: [Bin]) -> Double { Binning.informationValue(bins.map(\.count), totals) }
        let forced = value(rising) >= value(falling) ? rising : falling

        bounds = forced.dropLast().map(\.below)
        counts = forced.map(\.count)
        self.missing = missing
        let evidence = counts.map { Binning.evidence($0, totals) }
        self.evidence = evidence
        missingEvidence = Binning.missingEvidence(missing, totals)
        informationValue = value(forced) + Binning.share(missing, totals) * missingEvidence
        isMonotone = value(unforced) < 0.02 || value(forced) >= Binning.monotoneShareMin * value(unforced)
    }

    /// Weight of evidence of one reading.
    func evidence(of value: Double?) -> Double {
        guard let value, value.isFinite else { return missingEvidence }
        return evidence[bounds.firstIndex { value < $0 } ?? bounds.count]
    }

    private struct Bin {
        /// The first value that is above the bin.
        var below: Double
        var count: BinCount
    }

    /// Bins of about equal size, never cutting between equal values. A value that fills a bin alone gets its own, so that an indicator
    /// with seventy percent zeros still has bins.
    private static func quantileBins(_ known: [(value: Double, isEvent: Bool)], binsMax: Int) -> [Bin] {
        let size = max(1, known.count / binsMax)
        var bins: [Bin] = []
        var open = BinCount()
        var start = 0
        while start < known.count {
            let value = known[start].value
            var end = start
            var here = BinCount()
            while end < known.count, known[end].value == value {
                if known[end].isEvent { here.events += 1 } else { here.others += 1 }
                end += 1
            }
            if here.total >= size, open.total > 0 {
                bins.append(Bin(below: value, count: open))
                open = BinCount()
            }
            open = open + here
            let isLast = end == known.count
            if open.total >= size || isLast {
                // Half way between neighbours, so that a value just beside a training value falls where that one fell.
                let below = isLast ? Double.infinity : middle(value, known[end].value)
                bins.append(Bin(below: below, count: open))
                open = BinCount()
            }
            start = end
        }
        return bins
    }

    private static func middle(_ low: Double, _ high: Double) -> Double {
        let middle = low + (high - low) / 2
        return middle > low && middle.isFinite ? middle : high
    }

    /// Pools neighbours until the event rate goes in one direction only.
    private static func pooled(_ bins: [Bin], rising: Bool) -> [Bin] {
        var stack: [Bin] = []
        for bin in bins {
            stack.append(bin)
            while stack.count > 1 {
                let (lower, upper) = (stack[stack.count - 2].count.eventRate, stack[stack.count - 1].count.eventRate)
                guard rising ? lower >= upper : lower <= upper else { break }
                let top = stack.removeLast()
                stack[stack.count - 1] = Bin(below: top.below, count: stack[stack.count - 1].count + top.count)
            }
        }
        return stack
    }

    /// Merges neighbours until there are few enough and each is large enough; always the pair whose merging loses least. Merging
    /// neighbours of a one-directional sequence keeps it one-directional.
    private static func coarse(_ bins: [Bin], binsMax: Int, countMin: Int) -> [Bin] {
        var bins = bins
        while bins.count > 1 {
            let small = bins.indices.min { bins[$0].count.total < bins[$1].count.total } ?? 0
            let candidates: [Int]
            if bins[small].count.total < countMin {
                candidates = [small - 1, small].filter { $0 >= 0 && $0 + 1 < bins.count }
            } else if bins.count > max(1, binsMax) {
                candidates = Array(bins.indices.dropLast())
            } else {
                break
            }
            guard
                let chosen = candidates.min(by: {
                    difference(bins[$0].count, bins[$0 + 1].count) < difference(bins[$1].count, bins[$1 + 1].count)
                })
            else { break }
            let upper = bins.remove(at: chosen + 1)
            bins[chosen] = Bin(below: upper.below, count: bins[chosen].count + upper.count)
        }
        return bins
    }

    /// Chi-square of two bins: how surely their event rates differ.
    private static func difference(_ a: BinCount, _ b: BinCount) -> Double {
        let both = a + b
        let rate = both.eventRate
        let expectedA = rate * Double(a.total)
        let expectedB = rate * Double(b.total)
        let varianceA = max(expectedA * (1 - rate), 1e-12)
        let varianceB = max(expectedB * (1 - rate), 1e-12)
        return (Double(a.events) - expectedA) * (Double(a.events) - expectedA) / varianceA
            + (Double(b.events) - expectedB) * (Double(b.events) - expectedB) / varianceB
    }

    /// Half an event and half a non-event are added to every bin: the rule is the same everywhere and no bin is infinite.
    private static func evidence(_ count: BinCount, _ totals: BinCount) -> Double {
        log((Double(count.others) + 0.5) / (Double(totals.others) + 0.5))
            - log((Double(count.events) + 0.5) / (Double(totals.events) + 0.5))
    }

    private static func missingEvidence(_ count: BinCount, _ totals: BinCount) -> Double {
        guard count.total > 0, totals.events > 0, totals.others > 0 else { return 0 }
        let eventShare = Double(totals.events) / Double(totals.total)
        let others = Double(count.others) + missingPrior * (1 - eventShare)
        let events = Double(count.events) + missingPrior * eventShare
        return log(others / Double(totals.others)) - log(events / Double(totals.events))
    }

    private static func share(_ count: BinCount, _ totals: BinCount) -> Double {
        guard totals.events > 0, totals.others > 0 else { return 0 }
        return Double(count.others) / Double(totals.others) - Double(count.events) / Double(totals.events)
    }

    private static func informationValue(_ counts: [BinCount], _ totals: BinCount) -> Double {
        counts.count < 2 ? 0 : counts.reduce(0) { $0 + share($1, totals) * evidence($1, totals) }
    }
}
