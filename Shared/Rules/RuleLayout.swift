/// Which bitmap of a chunk stands for which values. Each attribute is cut into cells; attributes with few cells share a group, whose
/// bitmaps stand for their combinations, so that fewer bitmaps have to be read.
struct RuleLayout: Sendable {
    struct Member: Sendable {
        let attribute: Int
        let cellCount: Int
        let stride: Int
        /// For numbers.
        let table: CutTable?
    }

    struct Group: Sendable {
        let members: [Member]
        let cellCount: Int
        /// The first of its bitmaps.
        let base: Int

        func cell(of row: SubjectRow) -> Int {
            members.reduce(0) { sum, member in
                let value = row.cells[member.attribute]
                return sum + member.stride * (member.table?.cell(of: value) ?? Int(value))
            }
        }
    }

    /// A look-up of one attribute, laid out for the loop in `locate`.
    private struct Probe: Sendable {
        let attribute: Int
        /// The group's place in the order of reading.
        let group: Int
        let stride: Int
        /// Vectors of thresholds; none for codes.
        let vectors: Range<Int>
        /// Too many thresholds to compare with all of them: they are searched. (The table itself stays outside, so that reading a probe
        /// counts no references.)
        let isSearched: Bool
        let isCode: Bool
    }

    /// In the order in which they are read.
    let groups: [Group]
    let mapCount: Int
    private let probes: [Probe]
    /// By probe; none for codes.
    private let tables: [CutTable?]
    private let vectors: [SIMD4<Double>]

    /// The most combinations of a group. (27 was slower: more bitmaps to read. 256 was as fast, and makes a rule mark more of them.)
    static let combinationsMax = 64
    /// The most thresholds of one attribute; the most used ones. A rule with another one looks at the value itself where it hits.
    static let cutsMax = 254

    /// For attributes that the rules use. The others constrain nothing yet; should a later rule use one, it looks at the value itself.
    init(_ rules: [CompiledRule?], schema: AttributeSchema) {
        var uses = [Int](repeating: 0, count: schema.attributes.count)
        var cutUses = [[Double: Int]](repeating: [:], count: schema.attributes.count)
        for case let rule? in rules {
            for conjunction in rule.conjunctions {
                for term in conjunction.terms {
                    uses[term.attribute] += 1
                    if case .numbers(let set) = term.takes { for cut in set.cuts { cutUses[term.attribute][cut, default: 0] += 1 } }
                }
            }
        }
        var members: [(attribute: Int, cellCount: Int, table: CutTable?)] = []
        for (place, attribute) in schema.attributes.enumerated() where uses[place] > 0 {
            guard case .number(let usual) = attribute.kind else {
                members.append((place, schema.codeCount(at: place), nil))
                continue
            }
            for cut in usual { cutUses[place][cut, default: 0] += 1 }
            let kept = cutUses[place].sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(RuleLayout.cutsMax).map(\.key).sorted()
            let table = CutTable(kept)
            members.append((place, table.cellCount, table))
        }
        // Large ones first, each into the first group with room.
        members.sort { ($1.cellCount, $0.attribute) < ($0.cellCount, $1.attribute) }
        var packed: [[(attribute: Int, cellCount: Int, table: CutTable?)]] = []
        for member in members {
            let room = packed.firstIndex { $0.reduce(member.cellCount) { $0 * $1.cellCount } <= RuleLayout.combinationsMax }
            if let room { packed[room].append(member) } else { packed.append([member]) }
        }
        var groups: [Group] = []
        // Bitmap 0 marks the slots in use; it is read only when there is nothing else to read.
        var base = 1
        for pack in packed {
            var stride = 1
            let members = pack.map { member in
                defer { stride *= member.cellCount }
                return Member(attribute: member.attribute, cellCount: member.cellCount, stride: stride, table: member.table)
            }
            groups.append(Group(members: members, cellCount: stride, base: base))
            base += stride
        }
        self.groups = groups
        mapCount = base
        var probes: [Probe] = []
        var vectors: [SIMD4<Double>] = []
        for (place, group) in groups.enumerated() {
            for member in group.members {
                let start = vectors.count
                vectors += member.table?.vectors ?? []
                let isSearched = member.table != nil && member.table?.cuts.isEmpty == false && start == vectors.count
                probes.append(
                    Probe(
                        attribute: member.attribute, group: place, stride: member.stride, vectors: start..<vectors.count,
                        isSearched: isSearched, isCode: member.table == nil))
            }
        }
        self.probes = probes
        tables = groups.flatMap { $0.members.map(\.table) }
        self.vectors = vectors
    }

    /// Writes the bitmap of each group that the row needs. `maps` has a place for each group.
    @inline(__always)
    func locate(_ row: SubjectRow, _ maps: UnsafeMutablePointer<Int>) {
        for place in groups.indices { unsafe maps[place] = groups[place].base }
        unsafe row.cells.withUnsafeBufferPointer { cells in
            unsafe vectors.withUnsafeBufferPointer { vectors in
                unsafe probes.withUnsafeBufferPointer { probes in
                    for place in 0..<probes.count {
                        let probe = unsafe probes[place]
                        let value = unsafe cells[probe.attribute]
                        let cell: Int
                        if probe.isCode {
                            cell = Int(value)
                        } else if probe.isSearched {
                            cell = tables[place]?.cell(of: value) ?? 0
                        } else {
                            var counts = SIMD4<Int64>.zero
                            let wide = SIMD4(repeating: value)
                            for vector in probe.vectors {
                                unsafe counts &+= SIMD4<Int64>.zero.replacing(with: 1, where: vectors[vector] .<= wide)
                            }
                            cell = value.isNaN ? 0 : 1 &+ Int(counts.wrappedSum())
                        }
                        unsafe maps[probe.group] &+= probe.stride &* cell
                    }
                }
            }
        }
    }

    /// The cells of the member that a conjunction takes; nil for all. Not exact: the value itself has to be looked at.
    func cells(of member: Member, in conjunction: Conjunction) -> (taken: [Int]?, isExact: Bool) {
        guard let term = conjunction.terms.first(where: { $0.attribute == member.attribute }) else { return (nil, true) }
        switch term.takes {
        case .codes(let set): return (set.members, true)
        case .numbers(let set):
            guard let table = member.table else { return (nil, false) }
            let cells = table.cells(in: set)
            return (cells.taken, cells.isExact)
        }
    }
}
