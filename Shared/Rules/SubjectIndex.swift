/// One rule over many subjects: finds those to whom it says yes without judging each. A value: a copy is a snapshot that later changes leave
/// alone, and costs a few references.
///
/// Subjects lie in chunks of 32,768. A chunk is built once; later changes stand beside it in a short list, which a search reads row by row,
/// until there are so many that the chunk is built anew.
public struct SubjectIndex: Sendable {
    public let schema: AttributeSchema
    private let layout: SubjectLayout
    private var chunks: [Chunk] = []

    /// By bitmap: no chunk has a bit in it.
    private var emptyMaps: [Bool]

    fileprivate struct Chunk: Sendable {
        var base: SubjectBase
        /// What changed since the base was built, in order; the last one about an id counts. Full batches are never touched again, so that
        /// a change copies one batch at most. Nil: gone.
        var batches: [[Change]] = []
        var recent: [Change] = []

        struct Change: Sendable {
            let id: UInt16
            let row: SubjectRow?
        }

        var changeCount: Int { batches.count * SubjectIndex.batchSize + recent.count }
    }

    /// So many changes of a chunk make it be built anew.
    static let changesMax = 1_024
    static let batchSize = 64

    /// Indexes the subjects numbered from 0 to below `count`; nil leaves a number unused. The schema's cuts and its order matter for speed:
    /// the first attribute with more than 16 listed values sorts the subjects.
    public init(count: Int, schema: AttributeSchema, row: (Int) throws(RowDefect) -> SubjectRow?) throws(RowDefect) {
        self.schema = schema
        layout = SubjectLayout(schema)
        emptyMaps = [Bool](repeating: true, count: layout.mapCount)
        var first = 0
        while first < count {
            var rows: [SubjectRow?] = []
            for number in first..<min(count, first + SubjectBase.idCount) { rows.append(try row(number)) }
            precondition(rows.allSatisfy { $0.map { $0.schemaMark == schema.mark } ?? true }, "a row of another schema")
            let ids = rows.indices.filter { rows[$0] != nil }.map { UInt16($0) }
            let base = SubjectBase(ids: ids, layout: layout) { attribute in rows.map { $0?.cells[attribute] ?? .nan } }
            chunks.append(Chunk(base: base))
            note(base)
            first += SubjectBase.idCount
        }
    }

    public init(_ rows: [SubjectRow?], schema: AttributeSchema) {
        do throws(RowDefect) {
            try self.init(count: rows.count, schema: schema) { number throws(RowDefect) in rows[number] }
        } catch {
            preconditionFailure("rows that exist have no defect: \(error)")
        }
    }

    /// Puts a row in the place of the subject's, or leaves its number unused. Numbers beyond the last one so far lengthen the list.
    public mutating func set(_ row: SubjectRow?, at number: Int) {
        precondition(row.map { $0.schemaMark == schema.mark } ?? true, "a row of another schema")
        let place = number >> SubjectBase.idBits
        while chunks.count <= place { chunks.append(Chunk(base: SubjectBase(ids: [], layout: layout) { _ in [] })) }
        chunks[place].set(row, at: UInt16(number & (SubjectBase.idCount - 1)))
        if chunks[place].changeCount >= SubjectIndex.changesMax { rebuild(place) }
    }

    /// Builds the chunks with changes anew, so that searches need not read them row by row.
    public mutating func rebuild() {
        for place in chunks.indices where chunks[place].changeCount > 0 { rebuild(place) }
    }

    private mutating func rebuild(_ place: Int) {
        chunks[place].rebuild(layout)
        note(chunks[place].base)
    }

    private mutating func note(_ base: SubjectBase) {
        for map in emptyMaps.indices where !base.emptyMaps[map] { emptyMaps[map] = false }
    }

    public var byteCount: Int { chunks.reduce(0) { $0 + $1.base.byteCount } }

    // MARK: Searching

    /// The subjects to whom the rule says yes, ascending. `facts` are those of a number; only rules with a residual ask for them.
    public func find<Facts: FactSource>(_ rule: CompiledRule, facts: (Int) -> Facts, into list: inout SubjectList) {
        precondition(rule.schemaMark == schema.mark, "a rule of another schema")
        list.clear()
        var scan = SubjectScan()
        let plans = rule.conjunctions.compactMap { SubjectPlan($0, layout, isEmpty: emptyMaps) }
        for (place, chunk) in chunks.enumerated() {
            for plan in plans { scan.run(plan, chunk.base) }
            for batch in chunk.changeCount == 0 ? [] : chunk.batches + [chunk.recent] {
                for change in batch {
                    let holds = change.row.map { row in rule.conjunctions.contains { $0.holds(for: row) } } ?? false
                    scan.set(change.id, to: holds)
                }
            }
            scan.drain(first: place << SubjectBase.idBits, into: &list)
        }
        if let residual = rule.residual { list.keep { residual.holds(for: facts($0)) } }
    }

    /// The same for a rule without residual; one with a residual finds those who may be meant.
    public func find(_ rule: CompiledRule, into list: inout SubjectList) {
        find(rule.candidates, facts: { _ in [String: RuleValue]() }, into: &list)
    }
}

extension SubjectIndex.Chunk {
    fileprivate mutating func set(_ row: SubjectRow?, at id: UInt16) {
        recent.append(Change(id: id, row: row))
        guard recent.count == SubjectIndex.batchSize else { return }
        batches.append(recent)
        recent = []
    }

    fileprivate mutating func rebuild(_ layout: SubjectLayout) {
        let changes = batches.joined() + recent
        var isThere = [Bool](repeating: false, count: SubjectBase.idCount)
        for id in base.idOf { isThere[Int(id)] = true }
        for change in changes { isThere[Int(change.id)] = change.row != nil }
        let ids = isThere.indices.filter { isThere[$0] }.map { UInt16($0) }
        let old = base
        base = SubjectBase(ids: ids, layout: layout) { attribute in
            var column = old.column(attribute)
            for change in changes { if let row = change.row { column[Int(change.id)] = row.cells[attribute] } }
            return column
        }
        batches = []
        recent = []
    }
}
