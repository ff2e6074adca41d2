/// What one conjunction asks of the bitmaps of a subject index; the same for all chunks.
struct SubjectPlan {
    /// Bitmaps in which a slot must be set, and those in which it must not.
    private(set) var with: [Int] = []
    private(set) var without: [Int] = []
    /// Lists of bitmaps, in one of which a slot must be set.
    private(set) var oneOf: [[Int]] = []
    /// The codes of the sorting attribute; nil for all.
    private(set) var sorted: Codes?
    /// Those of attributes that are kept as lists.
    private(set) var listed: [Codes] = []
    /// What remains to be looked at, slot by slot.
    private(set) var checks: [Term] = []

    struct Codes {
        let attribute: Int
        let codes: [Int]
        let set: CodeSet
    }

    /// Nil when no slot can hold. `isEmpty` says of a bitmap that it has no bit in any chunk.
    init?(_ conjunction: Conjunction, _ layout: SubjectLayout, isEmpty: [Bool]) {
        for term in conjunction.terms {
            switch (layout.keepings[term.attribute], term.takes) {
            case (.runs, .codes(let set)): sorted = Codes(attribute: term.attribute, codes: set.members, set: set)
            case (.lists, .codes(let set)): listed.append(Codes(attribute: term.attribute, codes: set.members, set: set))
            case (.maps(let first, let count), .codes(let set)):
                let present = (0..<count).filter { !isEmpty[first + $0] }
                let inside = present.filter { set.contains($0) }
                let outside = present.filter { !set.contains($0) }
                guard !inside.isEmpty else { return nil }
                // Whichever reads fewer bitmaps; every slot is set in exactly one.
                if outside.count <= inside.count {
                    without += outside.map { first + $0 }
                } else if inside.count == 1 {
                    with.append(first + inside[0])
                } else {
                    oneOf.append(inside.map { first + $0 })
                }
            case (.cuts(let first, let table), .numbers(let set)): add(term, set, first, table)
            case (.maps, .numbers), (.cuts, .codes), (.lists, .numbers), (.runs, .numbers):
                preconditionFailure("one attribute has one kind")
            }
        }
        guard with.allSatisfy({ !isEmpty[$0] }) else { return nil }
        without.removeAll { isEmpty[$0] }
    }

    /// The nearest cuts from outside; where they are not the interval's own ends, the number itself is looked at.
    private mutating func add(_ term: Term, _ set: NumberSet, _ first: Int, _ table: CutTable) {
        let intervals = set.intervals
        guard intervals.count == 1, !set.takesMissing, let interval = intervals.first else {
            checks.append(term)
            return
        }
        var isExact = true
        let below = interval.from.map { table.cell(of: $0) - 1 } ?? 0
        with.append(first + below)
        if let bound = interval.from { isExact = below > 0 && table.cuts[below - 1] == bound }
        if let bound = interval.upTo {
            let place = table.cuts.firstIndex { $0 >= bound }
            if let place { without.append(first + place + 1) }
            isExact = isExact && place.map { table.cuts[$0] == bound } ?? false
        }
        if !isExact { checks.append(term) }
    }
}
