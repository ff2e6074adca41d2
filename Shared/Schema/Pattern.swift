/// A regular expression as JSON Schema's `pattern` has it: found anywhere in a text unless anchored, in time linear in the text.
///
/// ECMA-262 in its `u` reading: literals, `.`, sets, `\d \w \s` and their complements, `\p{…}` for general categories, escapes, groups,
/// alternatives, `? * + {n} {n,} {n,m}` greedy or lazy, `^` and `$` for the whole text. Refuses (`PatternDefect`) look-around, back
/// references, `\b` and scripts, and what would need more than 4,096 states. Never half-checked: what is taken is checked exactly.
public struct Pattern: Sendable, Equatable {
    /// As written.
    public let text: String
    let automaton: PatternAutomaton
    /// Where the expression is just so many characters of ASCII, each of a set of its own.
    let shape: FixedShape?

    /// Compiles the expression.
    public init(_ text: String) throws(PatternDefect) {
        self.text = text
        let node = try PatternParser.parsed(text)
        automaton = try PatternAutomaton(node)
        shape = FixedShape(node)
    }

    /// True when the expression is found in the text.
    public func matches(_ candidate: String) -> Bool {
        let bytes = Array(candidate.utf8)
        return automaton.matches(bytes.span)
    }

    public static func == (a: Pattern, b: Pattern) -> Bool { a.text == b.text }
}

/// `^AP[0-9]{11}$` and its like: each byte can be judged without knowing those before it.
struct FixedShape: Sendable {
    /// A bit for each set that has the byte.
    let sets: [UInt8]
    /// For each place the bit that its byte must have.
    let wanted: [UInt8]

    static let lengthMax = 64

    /// Nil when the expression is of another shape, or takes what JSON writes in more than one byte.
    init?(_ node: PatternNode) {
        guard case .sequence(let parts) = node, parts.count >= 2, case .start? = parts.first, case .end? = parts.last else { return nil }
        var places: [ScalarSet] = []
        for part in parts.dropFirst().dropLast() {
            switch part {
            case .set(let set): places.append(set)
            case .repeated(.set(let set), let least, let most):
                guard most == least, least <= Self.lengthMax else { return nil }
                for _ in 0..<least { places.append(set) }
            case .repeated, .sequence, .alternatives, .start, .end: return nil
            }
            guard places.count <= Self.lengthMax else { return nil }
        }
        var distinct: [ScalarSet] = []
        var wanted: [UInt8] = []
        for set in places {
            let isPlain =
                set.ranges.allSatisfy { $0.lowerBound >= 0x20 && $0.upperBound < 0x7F } && !set.contains(0x22) && !set.contains(0x5C)
            guard isPlain else { return nil }
            let number = distinct.firstIndex(of: set) ?? distinct.count
            guard number < 8 else { return nil }
            if number == distinct.count { distinct.append(set) }
            wanted.append(1 << UInt8(number))
        }
        var sets = [UInt8](repeating: 0, count: 256)
        for (number, set) in distinct.enumerated() {
            for range in set.ranges { for scalar in range { sets[Int(scalar)] |= 1 << UInt8(number) } }
        }
        self.sets = sets
        self.wanted = wanted
    }
}
