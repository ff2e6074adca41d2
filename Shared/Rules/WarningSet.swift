import Synchronization

/// Up to 64 rules over one subject at a time, as often as its indicators change: says in one word which of them may fire.
///
/// Each attribute's value falls between two thresholds of the rules; for each such place one word is kept with the rules whose terms it
/// satisfies. The words of all attributes, joined by "and", are the answer. A rule with several conjunctions has a bit in as many planes.
public struct WarningSet: Sendable {
    public static let rulesMax = 64

    private struct Probe: Sendable {
        let attribute: Int
        let isCode: Bool
        /// Vectors of thresholds; none for codes.
        let vectors: Range<Int>
        /// The first word: the one for a missing value.
        let base: Int
    }

    private let schemaMark: Int
    private let probes: [Probe]
    private let vectors: [SIMD4<Double>]
    /// By pair of planes, then by probe and cell.
    private let words: [[SIMD2<UInt64>]]
    /// By pair of planes the bits in use.
    private let first: [SIMD2<UInt64>]

    /// The rule at place `i` has bit `i`. Refuses more than 64 rules.
    public init(_ rules: [CompiledRule], schema: AttributeSchema) throws(WarningDefect) {
        precondition(rules.allSatisfy { $0.schemaMark == schema.mark }, "a rule of another schema")
        guard rules.count <= WarningSet.rulesMax else { throw .tooManyRules(rules.count) }
        let planes = max(1, rules.map(\.conjunctions.count).max() ?? 1)
        let pairCount = (planes + 1) / 2
        var probes: [Probe] = []
        var vectors: [SIMD4<Double>] = []
        var words = [[SIMD2<UInt64>]](repeating: [], count: pairCount)
        for (place, attribute) in schema.attributes.enumerated() {
            let terms = rules.map { rule in rule.conjunctions.map { $0.terms.first { $0.attribute == place } } }
            guard terms.contains(where: { $0.contains { $0 != nil } }) else { continue }
            let cells: [Double]
            let start = vectors.count
            if case .number = attribute.kind {
                var cuts: Set<Double> = []
                for case let .numbers(set)? in terms.joined().map({ $0?.takes }) { cuts.formUnion(set.cuts) }
                let sorted = cuts.sorted()
                // Each place's lowest number stands for all of it.
                cells = [.nan, sorted.first?.nextDown ?? 0] + sorted
                vectors += CutTable.vectors(sorted)
            } else {
                cells = (0..<schema.codeCount(at: place)).map { Double($0) }
            }
            let isCode = if case .number = attribute.kind { false } else { true }
            probes.append(Probe(attribute: place, isCode: isCode, vectors: start..<vectors.count, base: words[0].count))
            for cell in cells {
                for pair in 0..<pairCount {
                    var word = SIMD2<UInt64>.zero
                    for lane in 0..<2 {
                        for (bit, terms) in terms.enumerated() where terms.count > pair * 2 + lane {
                            if terms[pair * 2 + lane]?.takes.contains(cell) ?? true { word[lane] |= 1 << UInt64(bit) }
                        }
                    }
                    words[pair].append(word)
                }
            }
        }
        var first = [SIMD2<UInt64>](repeating: .zero, count: pairCount)
        for (bit, rule) in rules.enumerated() {
            for plane in rule.conjunctions.indices { first[plane / 2][plane % 2] |= 1 << UInt64(bit) }
        }
        schemaMark = schema.mark
        self.probes = probes
        self.vectors = vectors
        self.words = words
        self.first = first
    }

    /// The rules that say yes, and those with a residual that may do so.
    public func candidates(_ row: SubjectRow) -> UInt64 {
        precondition(row.schemaMark == schemaMark, "a row of another schema")
        var firing: UInt64 = 0
        unsafe row.cells.withUnsafeBufferPointer { cells in
            unsafe probes.withUnsafeBufferPointer { probes in
                unsafe vectors.withUnsafeBufferPointer { vectors in
                    for pair in words.indices {
                        unsafe words[pair].withUnsafeBufferPointer { words in
                            let held = unsafe WarningSet.held(first[pair], cells, probes, vectors, words)
                            firing |= held.x | held.y
                        }
                    }
                }
            }
        }
        return firing
    }

    @inline(__always)
    private static func held(
        _ first: SIMD2<UInt64>, _ cells: UnsafeBufferPointer<Double>, _ probes: UnsafeBufferPointer<Probe>,
        _ vectors: UnsafeBufferPointer<SIMD4<Double>>, _ words: UnsafeBufferPointer<SIMD2<UInt64>>
    ) -> SIMD2<UInt64> {
        var held = first
        for place in 0..<probes.count {
            let probe = unsafe probes[place]
            let value = unsafe cells[probe.attribute]
            if probe.isCode {
                held &= unsafe words[probe.base &+ Int(value)]
                continue
            }
            // Comparing with all thresholds is faster than a search whose branches can not be foreseen. (A missing number is below all.)
            var counts = SIMD4<Int64>.zero
            let wide = SIMD4(repeating: value)
            for vector in probe.vectors { unsafe counts &+= SIMD4<Int64>.zero.replacing(with: 1, where: vectors[vector] .<= wide) }
            let cell = Int(counts.wrappedSum()) &+ (value == value ? 1 : 0)
            held &= unsafe words[probe.base &+ cell]
        }
        return held
    }
}

/// Why rules are no warning set.
public enum WarningDefect: Error, Hashable, Sendable {
    case tooManyRules(Int)
}

/// A warning set that is replaced while it is read: rules are data.
public final class LiveWarningSet: Sendable {
    private let current: Mutex<WarningSet>

    public init(_ set: WarningSet) { current = Mutex(set) }

    /// The set as it is now; take it once for a batch of events.
    public var snapshot: WarningSet { current.withLock { $0 } }

    public func replace(with set: WarningSet) { current.withLock { $0 = set } }
}
