import Vocabulary

/// Sorted thresholds of one attribute; says between which two a number lies.
struct CutTable: Sendable {
    let cuts: [Double]
    /// The cuts, filled up with infinity to whole vectors: comparing with all is faster than searching, as long as there are few.
    let vectors: [SIMD4<Double>]
    private static let scannedMax = 64

    /// `cuts` ascending, each once.
    init(_ cuts: [Double]) {
        self.cuts = cuts
        vectors = cuts.count > CutTable.scannedMax ? [] : CutTable.vectors(cuts)
    }

    static func vectors(_ cuts: [Double]) -> [SIMD4<Double>] {
        let padded = cuts + [Double](repeating: .infinity, count: (4 - cuts.count % 4) % 4)
        return stride(from: 0, to: padded.count, by: 4).map { SIMD4(padded[$0], padded[$0 + 1], padded[$0 + 2], padded[$0 + 3]) }
    }

    /// One for the missing number, and one before, between and after the cuts.
    var cellCount: Int { cuts.count + 2 }

    /// 0 for the missing number (not-a-number), else 1 more than the number of cuts at or below.
    func cell(of number: Double) -> Int {
        if number.isNaN { return 0 }
        if vectors.isEmpty { return 1 + searched(number) }
        var counts = SIMD4<Int64>.zero
        let value = SIMD4(repeating: number)
        for vector in vectors { counts &+= SIMD4<Int64>.zero.replacing(with: 1, where: vector .<= value) }
        return 1 + Int(counts.wrappedSum())
    }

    private func searched(_ number: Double) -> Int { cuts.prefixCount { $0 <= number } }

    /// Which cells a set takes, and whether it takes each of them wholly or not at all.
    func cells(in set: NumberSet) -> (taken: [Int], isExact: Bool) {
        let isExact = set.cuts.allSatisfy { cut in
            let place = searched(cut)
            return place > 0 && cuts[place - 1] == cut
        }
        var taken = set.takesMissing ? [0] : []
        let intervals = set.intervals
        for cell in 1..<cellCount {
            let from = cell == 1 ? nil : cuts[cell - 2]
            let upTo = cell == cellCount - 1 ? nil : cuts[cell - 1]
            let meets = intervals.contains { interval in
                // Both half-open: they meet when each begins before the other ends.
                let beginsBefore = if let a = interval.from, let b = upTo { a < b } else { true }
                let endsAfter = if let a = from, let b = interval.upTo { a < b } else { true }
                return beginsBefore && endsAfter
            }
            if meets { taken.append(cell) }
        }
        return (taken, isExact)
    }
}
