/// One attribute's value lies in a set.
public struct Term: Hashable, Sendable {
    /// The attribute's place in the schema.
    let attribute: Int
    let takes: ValueSet
}

/// Terms that must all hold: at most one an attribute, by their places. Without terms it always holds.
public struct Conjunction: Hashable, Sendable {
    private(set) var terms: [Term]

    static let always = Conjunction(terms: [])

    init(terms: [Term]) { self.terms = terms }

    /// Holds where the attribute's value lies in the set; nil where that is nowhere.
    init?(_ attribute: Int, in takes: ValueSet) {
        guard !takes.isEmpty else { return nil }
        terms = takes.isFull ? [] : [Term(attribute: attribute, takes: takes)]
    }

    public func holds(for row: SubjectRow) -> Bool { terms.allSatisfy { $0.takes.contains(row.cells[$0.attribute]) } }

    /// Both at once; nil when they exclude each other.
    func and(_ other: Conjunction) -> Conjunction? {
        var merged: [Term] = []
        merged.reserveCapacity(terms.count + other.terms.count)
        var (a, b) = (terms[...], other.terms[...])
        while let left = a.first, let right = b.first {
            if left.attribute < right.attribute {
                merged.append(left)
                a.removeFirst()
            } else if right.attribute < left.attribute {
                merged.append(right)
                b.removeFirst()
            } else {
                let takes = left.takes.combined(with: right.takes, false)
                guard !takes.isEmpty else { return nil }
                merged.append(Term(attribute: left.attribute, takes: takes))
                a.removeFirst()
                b.removeFirst()
            }
        }
        return Conjunction(terms: merged + a + b)
    }

    /// One conjunction that says the same as either of the two, where the two differ in one term only.
    func or(_ other: Conjunction) -> Conjunction? {
        guard terms.count == other.terms.count else { return nil }
        var difference: Int?
        for (place, (left, right)) in zip(terms, other.terms).enumerated() where left != right {
            guard difference == nil, left.attribute == right.attribute else { return nil }
            difference = place
        }
        guard let difference else { return self }
        let takes = terms[difference].takes.combined(with: other.terms[difference].takes, true)
        var joined = self
        if takes.isFull {
            joined.terms.remove(at: difference)
        } else {
            joined.terms[difference] = Term(attribute: terms[difference].attribute, takes: takes)
        }
        return joined
    }
}
