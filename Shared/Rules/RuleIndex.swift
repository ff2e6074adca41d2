/// Many rules over one subject: finds those that say yes without judging each. A value: a copy is a snapshot that later changes leave alone,
/// and costs a few references.
public struct RuleIndex: Sendable {
    public let schema: AttributeSchema
    private let layout: RuleLayout
    private var chunks: [RuleChunk] = []
    /// Where the chunks lie, for the scan; as long as `chunks`, and renewed with it.
    private var sources: [RuleChunk.Source] = []
    /// Some slot of some chunk has a check.
    private var hasChecks = false
    /// By the rule's number its first slot, or -1.
    private var firstSlot: [Int32] = []
    /// The other slots of rules with several conjunctions.
    private var otherSlots: [Int: [Int32]] = [:]
    private var freeSlots: [Int32] = []

    /// Indexes the rules by their place in the list; nil leaves a number unused.
    public init(_ rules: [CompiledRule?], schema: AttributeSchema) {
        self.schema = schema
        layout = RuleLayout(rules, schema: schema)
        firstSlot = [Int32](repeating: -1, count: rules.count)
        for number in RuleIndex.neighbours(rules, layout) { if let rule = rules[number] { insert(rule, at: number) } }
    }

    /// The rules in an order that puts like beside like, so that a subject's hits gather in few lines: by which of the two attributes with most
    /// values they leave free, then by the first values they take.
    private static func neighbours(_ rules: [CompiledRule?], _ layout: RuleLayout) -> [Int] {
        let leading = layout.groups.prefix(2).compactMap(\.members.first)
        let keys = rules.map { rule in
            let firsts = leading.map { member in
                rule?.conjunctions.first.flatMap { layout.cells(of: member, in: $0).taken?.first }
            }
            return firsts.map { $0 == nil ? 0 : 1 } + firsts.map { $0 ?? 0 }
        }
        return rules.indices.sorted { a, b in keys[a] == keys[b] ? a < b : keys[a].lexicographicallyPrecedes(keys[b]) }
    }

    /// Puts a rule in the place of the one with that number, or leaves the number unused. Numbers beyond the last one so far lengthen the
    /// list.
    public mutating func set(_ rule: CompiledRule?, at number: Int) {
        while firstSlot.count <= number { firstSlot.append(-1) }
        if firstSlot[number] >= 0 {
            for slot in [firstSlot[number]] + (otherSlots.removeValue(forKey: number) ?? []) { free(Int(slot)) }
            firstSlot[number] = -1
        }
        if let rule { insert(rule, at: number) }
    }

    private mutating func insert(_ rule: CompiledRule, at number: Int) {
        precondition(rule.schemaMark == schema.mark, "a rule of another schema")
        let isShared = rule.conjunctions.count > 1
        for conjunction in rule.conjunctions {
            let slot = takeSlot()
            let chunk = writable(slot / RuleChunk.slotCount)
            chunk.fill(
                slot % RuleChunk.slotCount, with: conjunction, of: number, residual: rule.residual, isShared: isShared, by: layout)
            sources[slot / RuleChunk.slotCount] = chunk.source
            hasChecks = hasChecks || !chunk.checks.isEmpty
            if firstSlot[number] < 0 { firstSlot[number] = Int32(slot) } else { otherSlots[number, default: []].append(Int32(slot)) }
        }
    }

    private mutating func free(_ slot: Int) {
        writable(slot / RuleChunk.slotCount).clear(slot % RuleChunk.slotCount, mapCount: layout.mapCount)
        freeSlots.append(Int32(slot))
    }

    private mutating func takeSlot() -> Int {
        if freeSlots.isEmpty {
            let first = chunks.count * RuleChunk.slotCount
            let chunk = RuleChunk(mapCount: layout.mapCount)
            chunks.append(chunk)
            sources.append(chunk.source)
            freeSlots = (first..<first + RuleChunk.slotCount).reversed().map { Int32($0) }
        }
        return Int(freeSlots.removeLast())
    }

    /// The chunk, for writing: a copy of it when a snapshot holds it too.
    private mutating func writable(_ place: Int) -> RuleChunk {
        if !isKnownUniquelyReferenced(&chunks[place]) {
            chunks[place] = RuleChunk(copying: chunks[place])
            sources[place] = chunks[place].source
        }
        return chunks[place]
    }

    /// How many numbers there are, unused ones included.
    public var ruleCount: Int { firstSlot.count }

    /// The memory it holds, but for what residuals hold.
    public var byteCount: Int { chunks.reduce(firstSlot.count * 4 + freeSlots.count * 4) { $0 + $1.byteCount } }

    // MARK: Matching

    /// The numbers of the rules that say yes to the subject, each once, in no order. `facts` are the same subject's, and are asked only by
    /// rules with a residual.
    public func match(_ row: SubjectRow, facts: some FactSource, into hits: inout RuleHits) {
        precondition(row.schemaMark == schema.mark, "a row of another schema")
        hits.reset(capacity: firstSlot.count, chunks: chunks.count)
        let mapCount = max(layout.groups.count, 1)
        unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: mapCount) { maps in
            guard let start = maps.baseAddress else { return }
            // Without groups nothing is asked: every slot in use hits.
            unsafe start[0] = 0
            unsafe layout.locate(row, start)
            let wanted = UnsafeBufferPointer(maps)
            if hasChecks {
                for chunk in chunks { unsafe chunk.scan(wanted, row: row, facts: facts, into: &hits) }
            } else {
                unsafe RuleChunk.scan(sources, wanted, into: &hits)
            }
        }
    }

    /// Which attributes keep the rule from saying yes: one list a conjunction, empty where its terms all hold (then a residual says no,
    /// or the rule hits). No list at all: there is no such rule.
    public func shortfalls(of number: Int, for row: SubjectRow) -> [[Shortfall]] {
        precondition(row.schemaMark == schema.mark, "a row of another schema")
        guard firstSlot.indices.contains(number), firstSlot[number] >= 0 else { return [] }
        return ([firstSlot[number]] + (otherSlots[number] ?? [])).map { slot in
            shortfalls(in: chunks[Int(slot) / RuleChunk.slotCount], Int(slot) % RuleChunk.slotCount, for: row)
        }
    }

    private func shortfalls(in chunk: RuleChunk, _ slot: Int, for row: SubjectRow) -> [Shortfall] {
        var blamed: [Int] = []
        for group in layout.groups {
            let cell = group.cell(of: row)
            guard !chunk.isSet(slot, in: group.base + cell) else { continue }
            for member in group.members {
                // The attribute is to blame when no values of the others in its group could make up for its own.
                let own = cell / member.stride % member.cellCount
                let width = member.stride * member.cellCount
                let canHold = stride(from: group.base + own * member.stride, to: group.base + group.cellCount, by: width).contains {
                    first in
                    (first..<first + member.stride).contains { chunk.isSet(slot, in: $0) }
                }
                if !canHold { blamed.append(member.attribute) }
            }
        }
        if !chunk.checks.isEmpty, let check = chunk.checks[slot] {
            for term in check.terms.terms where !term.takes.contains(row.cells[term.attribute]) && !blamed.contains(term.attribute) {
                blamed.append(term.attribute)
            }
        }
        return blamed.sorted().map { Shortfall(schema.attributes[$0], cell: row.cells[$0]) }
    }
}

/// An attribute whose value keeps a conjunction from holding.
public struct Shortfall: Hashable, Sendable {
    /// The attribute's name.
    public let attribute: String
    /// The value is not known, so the condition is open rather than unmet.
    public let isMissing: Bool

    init(_ attribute: AttributeSchema.Attribute, cell: Double) {
        self.attribute = attribute.name.text
        isMissing = if case .number = attribute.kind { cell.isNaN } else { cell == Double(AttributeSchema.missing) }
    }
}
