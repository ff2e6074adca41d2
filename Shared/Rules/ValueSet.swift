/// Which values of one attribute a condition takes, and whether it takes a missing one.
public enum ValueSet: Hashable, Sendable {
    case numbers(NumberSet)
    case codes(CodeSet)

    var isEmpty: Bool {
        switch self {
        case .numbers(let set): set.isEmpty
        case .codes(let set): set.isEmpty
        }
    }

    /// Takes every value and also none.
    var isFull: Bool {
        switch self {
        case .numbers(let set): set.isFull
        case .codes(let set): set.isFull
        }
    }

    func contains(_ cell: Double) -> Bool {
        switch self {
        case .numbers(let set): set.contains(cell)
        case .codes(let set): set.contains(Int(cell))
        }
    }

    func combined(with other: ValueSet, _ isJoin: Bool) -> ValueSet {
        switch (self, other) {
        case (.numbers(let a), .numbers(let b)): .numbers(a.combined(with: b, isJoin))
        case (.codes(let a), .codes(let b)): .codes(a.combined(with: b, isJoin))
        case (.numbers, .codes), (.codes, .numbers): preconditionFailure("one attribute has one kind")
        }
    }
}

/// Numbers between thresholds. Finite numbers only.
public struct NumberSet: Hashable, Sendable {
    /// Whether it takes what is below the first cut.
    let startsIn: Bool
    /// Ascending; from each on, membership is turned over. "Above c" is "from c's successor on".
    let cuts: [Double]
    let takesMissing: Bool

    init(startsIn: Bool, cuts: [Double], takesMissing: Bool = false) {
        self.startsIn = startsIn
        self.cuts = cuts
        self.takesMissing = takesMissing
    }

    static let none = NumberSet(startsIn: false, cuts: [])
    static let known = NumberSet(startsIn: true, cuts: [])

    static func below(_ c: Double) -> NumberSet { NumberSet(startsIn: true, cuts: [c]) }
    static func atLeast(_ c: Double) -> NumberSet { NumberSet(startsIn: false, cuts: [c]) }
    static func exactly(_ c: Double) -> NumberSet { NumberSet(startsIn: false, cuts: [c, c.nextUp]) }

    var isEmpty: Bool { !startsIn && cuts.isEmpty && !takesMissing }
    var isFull: Bool { startsIn && cuts.isEmpty && takesMissing }

    /// Not-a-number asks for the missing one.
    func contains(_ number: Double) -> Bool {
        if number.isNaN { return takesMissing }
        var isIn = startsIn
        for cut in cuts where cut <= number { isIn.toggle() }
        return isIn
    }

    /// All other numbers; the missing one in neither.
    var complement: NumberSet { NumberSet(startsIn: !startsIn, cuts: cuts) }

    func taking(missing: Bool) -> NumberSet { NumberSet(startsIn: startsIn, cuts: cuts, takesMissing: missing) }

    func combined(with other: NumberSet, _ isJoin: Bool) -> NumberSet {
        func joined(_ a: Bool, _ b: Bool) -> Bool { isJoin ? a || b : a && b }
        var (inA, inB) = (startsIn, other.startsIn)
        let start = joined(inA, inB)
        var isIn = start
        var merged: [Double] = []
        var (a, b) = (cuts[...], other.cuts[...])
        while let cut = [a.first, b.first].compactMap({ $0 }).min() {
            while a.first == cut {
                inA.toggle()
                a.removeFirst()
            }
            while b.first == cut {
                inB.toggle()
                b.removeFirst()
            }
            guard joined(inA, inB) != isIn else { continue }
            isIn.toggle()
            merged.append(cut)
        }
        return NumberSet(startsIn: start, cuts: merged, takesMissing: joined(takesMissing, other.takesMissing))
    }

    /// The half-open intervals it is made of; nil where there is no bound.
    var intervals: [(from: Double?, upTo: Double?)] {
        var intervals: [(from: Double?, upTo: Double?)] = []
        var isIn = startsIn
        var from: Double?
        for cut in cuts {
            if isIn { intervals.append((from, cut)) } else { from = cut }
            isIn.toggle()
        }
        if isIn { intervals.append((from, nil)) }
        return intervals
    }
}

/// Codes of one attribute: a bit each, the first for the missing value.
public struct CodeSet: Hashable, Sendable {
    private(set) var words: [UInt64]
    let count: Int

    init(count: Int) {
        self.count = count
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// Every code but the missing one.
    static func known(count: Int) -> CodeSet {
        var set = CodeSet(count: count)
        for code in 1..<max(count, 1) { set.insert(code) }
        return set
    }

    mutating func insert(_ code: Int) { words[code >> 6] |= 1 << UInt64(code & 63) }

    func contains(_ code: Int) -> Bool { words[code >> 6] >> UInt64(code & 63) & 1 == 1 }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
    var isFull: Bool { members.count == count }

    var members: [Int] {
        var members: [Int] = []
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                members.append(place << 6 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return members
    }

    /// All other codes; the missing one in neither.
    var complement: CodeSet {
        var set = CodeSet.known(count: count)
        for place in set.words.indices { set.words[place] &= ~words[place] }
        return set
    }

    func combined(with other: CodeSet, _ isJoin: Bool) -> CodeSet {
        var set = self
        for place in set.words.indices {
            set.words[place] = isJoin ? words[place] | other.words[place] : words[place] & other.words[place]
        }
        return set
    }
}
