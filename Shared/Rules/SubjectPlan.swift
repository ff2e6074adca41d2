/// What one conjunction asks of one chunk.
struct SubjectPlan {
    /// Bitmaps in which a slot must be set, and those in which it must not.
    private(set) var with: [Int] = []
    private(set) var without: [Int] = []
    /// Lists of bitmaps, in one of which a slot must be set.
    private(set) var oneOf: [[Int]] = []
    /// Runs of slots; nil for all.
    private(set) var runs: [Range<Int>]?
    /// Attributes whose lists of slots are to be joined.
    private(set) var lists: [(attribute: Int, codes: [Int])] = []
    /// What remains to be looked at, slot by slot.
    private(set) var codeChecks: [(attribute: Int, set: CodeSet)] = []
    private(set) var checks: [Term] = []

    /// Nil when no slot can hold.
    init?(_ conjunction: Conjunction, _ base: SubjectBase, _ layout: SubjectLayout) {
        var candidates = base.slotCount
        guard candidates > 0 else { return nil }
        for term in conjunction.terms {
            guard case .runs = layout.keepings[term.attribute], case .codes(let set) = term.takes else { continue }
            let runs = SubjectPlan.joined(set.members.map { base.run(of: $0, term.attribute) })
            guard !runs.isEmpty else { return nil }
            candidates = runs.reduce(0) { $0 + $1.count }
            self.runs = runs
        }
        for term in conjunction.terms {
            switch (layout.keepings[term.attribute], term.takes) {
            case (.runs, _): continue
            case (.maps(let first, let count), .codes(let set)):
                let present = (0..<count).filter { !base.emptyMaps[first + $0] }
                let inside = present.filter { set.contains($0) }
                let outside = present.filter { !set.contains($0) }
                guard !inside.isEmpty else { return nil }
                // Whichever reads fewer bitmaps; every slot is set in exactly one.
                if outside.count <= inside.count { without += outside.map { first + $0 } }
                else if inside.count == 1 { with.append(first + inside[0]) }
                else { oneOf.append(inside.map { first + $0 }) }
            case (.cuts(let first, let table), .numbers(let set)):
                let intervals = set.intervals
                guard intervals.count == 1, !set.takesMissing, let interval = intervals.first else {
                    checks.append(term)
                    continue
                }
                // Its nearest cuts from outside; where they are not its own ends, the number is looked at.
                var from = first
                if let bound = interval.from {
                    let place = table.cell(of: bound) - 1
                    from = first + place
                    if place == 0 || table.cuts[place - 1] != bound { checks.append(term) }
                }
                with.append(from)
                if let bound = interval.upTo {
                    let place = table.cuts.firstIndex { $0 >= bound }
                    if let place { without.append(first + place + 1) }
                    if place.map({ table.cuts[$0] != bound }) ?? true, checks.last != term { checks.append(term) }
                }
            case (.lists, .codes(let set)):
                let codes = set.members
                // Joining costs a step a subject of these codes; looking costs a step a subject that all else leaves over, of which there
                // are few when the runs are few.
                if base.count(of: codes, term.attribute) < candidates / 8 {
                    lists.append((term.attribute, codes))
                } else {
                    codeChecks.append((term.attribute, set))
                }
            case (.maps, .numbers), (.cuts, .codes), (.lists, .numbers): preconditionFailure("one attribute has one kind")
            }
        }
        guard with.allSatisfy({ !base.emptyMaps[$0] }) else { return nil }
        without.removeAll { base.emptyMaps[$0] }
    }

    private static func joined(_ runs: [Range<Int>]) -> [Range<Int>] {
        var joined: [Range<Int>] = []
        for run in runs where !run.isEmpty {
            if let last = joined.last, last.upperBound == run.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<run.upperBound
            } else {
                joined.append(run)
            }
        }
        return joined
    }
}
