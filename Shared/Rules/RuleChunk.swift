/// A few thousand slots of a rule index: for each cell of each group one bitmap of the slots whose conjunction takes it. Copied as a whole
/// when it changes while somebody reads it.
@safe final class RuleChunk: @unchecked Sendable {
    static let slotBits = 13
    static let slotCount = 1 << slotBits
    static let linesPerMap = slotCount / BitBlock.bitsPerLine

    /// A bit a line of a bitmap.
    typealias LineMask = UInt16

    let maps: BitBlock
    /// By bitmap: the lines in which a bit was ever set, so that a scan reads no others.
    private let occupied: UnsafeMutablePointer<LineMask>
    private let mapCount: Int
    /// The rule that a slot belongs to.
    private let ruleOf: UnsafeMutablePointer<Int32>
    /// What a slot's bits can not say; empty as long as no slot has any.
    var checks: [SlotCheck?]

    init(mapCount: Int) {
        precondition(RuleChunk.linesPerMap <= LineMask.bitWidth)
        maps = BitBlock(lines: mapCount * RuleChunk.linesPerMap)
        self.mapCount = mapCount
        unsafe occupied = .allocate(capacity: mapCount)
        unsafe occupied.initialize(repeating: 0, count: mapCount)
        unsafe ruleOf = .allocate(capacity: RuleChunk.slotCount)
        unsafe ruleOf.initialize(repeating: -1, count: RuleChunk.slotCount)
        checks = []
    }

    init(copying other: RuleChunk) {
        maps = BitBlock(copying: other.maps)
        mapCount = other.mapCount
        unsafe occupied = .allocate(capacity: mapCount)
        unsafe occupied.initialize(from: other.occupied, count: mapCount)
        unsafe ruleOf = .allocate(capacity: RuleChunk.slotCount)
        unsafe ruleOf.initialize(from: other.ruleOf, count: RuleChunk.slotCount)
        checks = other.checks
    }

    deinit {
        unsafe occupied.deallocate()
        unsafe ruleOf.deallocate()
    }

    func rule(at slot: Int) -> Int32 {
        precondition((0..<RuleChunk.slotCount).contains(slot))
        return unsafe ruleOf[slot]
    }

    /// Where the bitmaps and the rules lie. Whoever keeps it keeps the chunk too.
    @safe struct Source: @unchecked Sendable {
        let lines: UnsafePointer<BitBlock.Line>
        let occupied: UnsafePointer<LineMask>
        let ruleOf: UnsafePointer<Int32>
    }

    var source: Source {
        unsafe Source(lines: UnsafePointer(maps.lines), occupied: UnsafePointer(occupied), ruleOf: UnsafePointer(ruleOf))
    }

    func isSet(_ slot: Int, in map: Int) -> Bool { maps.isSet(slot, from: map * RuleChunk.linesPerMap) }

    /// Puts a conjunction into an empty slot.
    func fill(
        _ slot: Int, with conjunction: Conjunction, of rule: Int, residual: CompiledRule.Residual?, isShared: Bool, by layout: RuleLayout
    ) {
        unsafe ruleOf[slot] = Int32(rule)
        mark(slot, in: 0)
        var covered: Set<Int> = []
        for group in layout.groups {
            var cells = [group.base]
            for member in group.members {
                let (taken, isExact) = layout.cells(of: member, in: conjunction)
                if isExact { covered.insert(member.attribute) }
                let choices = taken ?? Array(0..<member.cellCount)
                cells = cells.flatMap { cell in choices.map { cell + $0 * member.stride } }
            }
            for cell in cells { mark(slot, in: cell) }
        }
        let late = conjunction.terms.filter { !covered.contains($0.attribute) }
        guard !late.isEmpty || residual != nil || isShared else { return }
        if checks.isEmpty { checks = [SlotCheck?](repeating: nil, count: RuleChunk.slotCount) }
        checks[slot] = SlotCheck(terms: Conjunction(terms: late), residual: residual, isShared: isShared)
    }

    func clear(_ slot: Int, mapCount: Int) {
        unsafe ruleOf[slot] = -1
        for map in 0..<mapCount { maps.set(slot, from: map * RuleChunk.linesPerMap, to: false) }
        if !checks.isEmpty { checks[slot] = nil }
    }

    private func mark(_ slot: Int, in map: Int) {
        precondition((0..<mapCount).contains(map))
        maps.set(slot, from: map * RuleChunk.linesPerMap, to: true)
        unsafe occupied[map] |= 1 << LineMask(slot / BitBlock.bitsPerLine)
    }

    var byteCount: Int { maps.byteCount + mapCount * MemoryLayout<LineMask>.size + RuleChunk.slotCount * 4 + checks.count * 8 }
}

/// What has to be looked at where a slot's bits are all set.
final class SlotCheck: Sendable {
    /// Terms whose thresholds or attributes the layout does not know.
    let terms: Conjunction
    let residual: CompiledRule.Residual?
    /// The rule has other slots too, so it may have been found already.
    let isShared: Bool

    init(terms: Conjunction, residual: CompiledRule.Residual?, isShared: Bool) {
        self.terms = terms
        self.residual = residual
        self.isShared = isShared
    }
}
