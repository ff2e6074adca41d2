/// One rule over many subjects: finds those to whom it says yes without judging each. A value: a copy is a snapshot that later changes leave
/// alone, and costs a few references.
///
/// Subjects lie in chunks of 32,768. A chunk is built once; later changes stand beside it in a short list, which a search reads row by row,
/// until there are so many that the chunk is built anew.
package struct SubjectIndex: Sendable {
    package let schema: AttributeSchema
    private let layout: SubjectLayout
    private var chunks: [Chunk] = []

    fileprivate struct Chunk: Sendable {
        var base: SubjectBase
        /// Local ids that changed since the base was built, a bit each; empty as long as none did.
        var stale: [UInt64] = []
        /// What they are now; nil: gone.
        var changes: [(id: UInt16, row: SubjectRow?)] = []
    }

    /// So many changes of a chunk make it be built anew.
    static let changesMax = 512

    /// Indexes the subjects numbered from 0 to below `count`; nil leaves a number unused. The schema's cuts and its order matter for speed:
    /// the first attribute with more than 16 listed values sorts the subjects.
    package init(count: Int, schema: AttributeSchema, row: (Int) throws(RowDefect) -> SubjectRow?) throws(RowDefect) {
        self.schema = schema
        layout = SubjectLayout(schema)
        var first = 0
        while first < count {
            var rows: [SubjectRow?] = []
            for number in first..<min(count, first + SubjectBase.idCount) { rows.append(try row(number)) }
            let ids = rows.indices.filter { rows[$0] != nil }.map { UInt16($0) }
            chunks.append(
                Chunk(base: SubjectBase(ids: ids, layout: layout) { id, attribute in rows[Int(id)]?.cells[attribute] ?? .nan }))
            first += SubjectBase.idCount
        }
    }

    package init(_ rows: [SubjectRow?], schema: AttributeSchema) {
        do throws(RowDefect) {
            try self.init(count: rows.count, schema: schema) { number throws(RowDefect) in rows[number] }
        } catch {
            preconditionFailure("rows that exist have no defect: \(error)")
        }
    }

    /// Puts a row in the place of the subject's, or leaves its number unused. Numbers beyond the last one so far lengthen the list.
    package mutating func set(_ row: SubjectRow?, at number: Int) {
        let place = number >> SubjectBase.idBits
        while chunks.count <= place { chunks.append(Chunk(base: SubjectBase(ids: [], layout: layout) { _, _ in .nan })) }
        chunks[place].set(row, at: UInt16(number & (SubjectBase.idCount - 1)))
        if chunks[place].changes.count >= SubjectIndex.changesMax { chunks[place].rebuild(layout) }
    }

    /// Builds the chunks with changes anew, so that searches need not read them row by row.
    package mutating func rebuild() {
        for place in chunks.indices where !chunks[place].changes.isEmpty { chunks[place].rebuild(layout) }
    }

    package var byteCount: Int { chunks.reduce(0) { $0 + $1.base.byteCount + $1.stale.count * 8 } }

    // MARK: Searching

    /// The subjects to whom the rule says yes, ascending. `facts` are those of a number; only rules with a residual ask for them.
    package func find<Facts: FactSource>(_ rule: CompiledRule, facts: (Int) -> Facts, into list: inout SubjectList) {
        list.clear()
        var scan = SubjectScan()
        for (place, chunk) in chunks.enumerated() {
            for conjunction in rule.conjunctions {
                if let plan = SubjectPlan(conjunction, chunk.base, layout) { scan.run(plan, chunk.base) }
            }
            if !chunk.changes.isEmpty {
                scan.remove(chunk.stale)
                for change in chunk.changes {
                    if let row = change.row, rule.conjunctions.contains(where: { $0.holds(for: row) }) { scan.insert(change.id) }
                }
            }
            scan.drain(first: place << SubjectBase.idBits, into: &list)
        }
        if let residual = rule.residual { list.keep { residual.holds(for: facts($0)) } }
    }

    /// The same for a rule without residual; one with a residual finds those who may be meant.
    package func find(_ rule: CompiledRule, into list: inout SubjectList) {
        find(CompiledRule(conjunctions: rule.conjunctions), facts: { _ in [String: RuleValue]() }, into: &list)
    }
}

extension SubjectIndex.Chunk {
    fileprivate mutating func set(_ row: SubjectRow?, at id: UInt16) {
        if stale.isEmpty { stale = [UInt64](repeating: 0, count: SubjectBase.idCount / 64) }
        let (word, bit) = (Int(id) >> 6, UInt64(1) << UInt64(id & 63))
        if stale[word] & bit != 0, let place = changes.firstIndex(where: { $0.id == id }) {
            changes[place].row = row
        } else {
            stale[word] |= bit
            changes.append((id, row))
        }
    }

    fileprivate mutating func rebuild(_ layout: SubjectLayout) {
        // Where each id is now: in a slot, in a change, or nowhere.
        var slots = [Int32](repeating: -1, count: SubjectBase.idCount)
        for (slot, id) in base.idOf.enumerated() { slots[Int(id)] = Int32(slot) }
        var changed = [Int32](repeating: -1, count: SubjectBase.idCount)
        for (place, change) in changes.enumerated() {
            slots[Int(change.id)] = -1
            if change.row != nil { changed[Int(change.id)] = Int32(place) }
        }
        let ids = slots.indices.filter { slots[$0] >= 0 || changed[$0] >= 0 }.map { UInt16($0) }
        let (old, rows) = (base, changes)
        base = SubjectBase(ids: ids, layout: layout) { id, attribute in
            let slot = slots[Int(id)]
            return slot >= 0 ? old.cell(Int(slot), attribute) : rows[Int(changed[Int(id)])].row?.cells[attribute] ?? .nan
        }
        stale = []
        changes = []
    }
}
