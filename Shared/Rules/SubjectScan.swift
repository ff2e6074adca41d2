/// The memory that a search over subjects works in, used again from chunk to chunk.
@safe struct SubjectScan: ~Copyable {
    private static let wordCount = SubjectBase.idCount / 64
    /// A word is kept once for each run in it, and between two runs there is a slot.
    private static let keptMax = wordCount + SubjectBase.idCount / 2

    /// Runs of slots to search.
    private var runs: [Range<Int>] = []
    /// Joined lists, by slot.
    private let marks: UnsafeMutablePointer<BitBlock.Line>
    /// Words of slots that are left over, and which word each is.
    private let words: UnsafeMutablePointer<UInt64>
    private let places: UnsafeMutablePointer<UInt16>
    /// What was found, by local id.
    private let found: UnsafeMutablePointer<BitBlock.Line>
    /// So many bits were taken since the last drain, some perhaps twice or in vain: how full `found` is about.
    private var taken = 0

    init() {
        unsafe marks = .allocate(capacity: SubjectBase.linesPerMap)
        unsafe words = .allocate(capacity: SubjectScan.keptMax + 1)
        unsafe places = .allocate(capacity: SubjectScan.keptMax + 1)
        unsafe found = .allocate(capacity: SubjectBase.linesPerMap)
        unsafe found.initialize(repeating: .zero, count: SubjectBase.linesPerMap)
    }

    deinit {
        unsafe marks.deallocate()
        unsafe words.deallocate()
        unsafe places.deallocate()
        unsafe found.deallocate()
    }

    /// Finds the subjects of the chunk for which the plan holds.
    mutating func run(_ plan: SubjectPlan, _ base: SubjectBase) {
        guard base.slotCount > 0 else { return }
        var candidates = base.slotCount
        runs.removeAll(keepingCapacity: true)
        if let sorted = plan.sorted {
            candidates = 0
            for code in sorted.codes {
                let run = base.run(of: code, sorted.attribute)
                if run.isEmpty { continue }
                candidates += run.count
                if let last = runs.last, last.upperBound == run.lowerBound {
                    runs[runs.count - 1] = last.lowerBound..<run.upperBound
                } else {
                    runs.append(run)
                }
            }
        } else {
            runs.append(0..<base.slotCount)
        }
        // Joining lists costs a step a subject of their codes; looking at the code costs one a subject that all else leaves over, of which
        // there are few when the runs are few.
        var looked = plan.listed[...]
        var isJoined = false
        if let list = looked.first, base.count(of: list.codes, list.attribute) < candidates / 8 {
            looked.removeFirst()
            isJoined = true
            unsafe marks.initialize(repeating: .zero, count: SubjectBase.linesPerMap)
            unsafe base.mark(list.codes, list.attribute, in: UnsafeMutableRawPointer(marks).assumingMemoryBound(to: UInt64.self))
        }
        let kept = keepWords(plan, base, isJoined)
        if looked.isEmpty, plan.checks.isEmpty {
            take(kept, base) { _ in 1 }
        } else if looked.count == 1, plan.checks.isEmpty, let list = looked.first {
            unsafe base.withCodes(list.attribute) { codes in
                unsafe list.set.words.withUnsafeBufferPointer { set in
                    take(kept, base) { slot in
                        let code = unsafe Int(codes[slot])
                        return unsafe set[code >> 6] >> UInt64(code & 63) & 1
                    }
                }
            }
        } else {
            take(kept, base) { slot in
                let holds =
                    looked.allSatisfy { $0.set.contains(Int(base.cell(slot, $0.attribute))) }
                    && plan.checks.allSatisfy { $0.takes.contains(base.cell(slot, $0.attribute)) }
                return holds ? 1 : 0
            }
        }
    }

    /// The words of slots that are not zero after all bitmaps; without a branch that depends on the data.
    private mutating func keepWords(_ plan: SubjectPlan, _ base: SubjectBase, _ isJoined: Bool) -> Int {
        let lines = unsafe UnsafePointer(base.maps.lines)
        return unsafe withUnsafeTemporaryAllocation(
            of: UnsafePointer<BitBlock.Line>.self, capacity: plan.with.count + plan.without.count + 2
        ) { sources in
            var withCount = 0
            func add(_ source: UnsafePointer<BitBlock.Line>) {
                unsafe sources[withCount] = source
                withCount += 1
            }
            unsafe add(lines)
            for map in plan.with { unsafe add(lines + map * SubjectBase.linesPerMap) }
            if isJoined { unsafe add(UnsafePointer(marks)) }
            let sourceCount = withCount + plan.without.count
            for (place, map) in plan.without.enumerated() {
                unsafe sources[withCount + place] = lines + map * SubjectBase.linesPerMap
            }
            var kept = 0
            guard plan.sorted != nil else {
                let lineCount = (base.slotCount + BitBlock.bitsPerLine - 1) / BitBlock.bitsPerLine
                for line in 0..<lineCount {
                    var common = unsafe sources[0][line]
                    for place in 1..<withCount { unsafe common &= sources[place][line] }
                    for place in withCount..<sourceCount { unsafe common &= ~sources[place][line] }
                    for alternatives in plan.oneOf {
                        var any = BitBlock.Line.zero
                        for map in alternatives { unsafe any |= lines[map &* SubjectBase.linesPerMap &+ line] }
                        common &= any
                    }
                    for place in 0..<8 {
                        unsafe words[kept] = common[place]
                        unsafe places[kept] = UInt16(truncatingIfNeeded: line &* 8 &+ place)
                        kept &+= common[place].oneUnlessZero
                    }
                }
                return kept
            }
            // Runs are short, so word by word; where two share a word, it is kept once for each.
            for run in runs {
                let (first, last) = (run.lowerBound >> 6, (run.upperBound - 1) >> 6)
                for word in first...last {
                    var common: UInt64 = ~0
                    if word == first { common &= ~0 << UInt64(run.lowerBound & 63) }
                    if word == last { common &= ~0 >> UInt64(63 - (run.upperBound - 1) & 63) }
                    for place in 1..<max(1, withCount) { unsafe common &= sources[place].word(word) }
                    for place in withCount..<sourceCount { unsafe common &= ~sources[place].word(word) }
                    for alternatives in plan.oneOf {
                        var any: UInt64 = 0
                        for map in alternatives { unsafe any |= (lines + map &* SubjectBase.linesPerMap).word(word) }
                        common &= any
                    }
                    unsafe words[kept] = common
                    unsafe places[kept] = UInt16(truncatingIfNeeded: word)
                    kept &+= common.oneUnlessZero
                }
            }
            return kept
        }
    }

    /// Takes the lowest bit off each word, round by round, and notes the subject's local id; `holds` is 1 or 0 for a slot.
    @inline(__always)
    private mutating func take(_ kept: Int, _ base: SubjectBase, _ holds: (Int) -> UInt64) {
        let (words, places, found) = unsafe (words, places, foundWords)
        unsafe base.idOf.withUnsafeBufferPointer { idOf in
            var kept = kept
            while kept > 0 {
                taken &+= kept
                var left = 0
                for entry in 0..<kept {
                    let word = unsafe words[entry]
                    let place = unsafe places[entry]
                    let slot = Int(place) &* 64 &+ word.lowestBit
                    let id = unsafe Int(idOf[slot])
                    unsafe found[id >> 6] |= holds(slot) << UInt64(id & 63)
                    let rest = word & (word &- 1)
                    unsafe words[left] = rest
                    unsafe places[left] = place
                    left &+= rest.oneUnlessZero
                }
                kept = left
            }
        }
    }

    /// Notes what is so now, whatever the base says.
    mutating func set(_ id: UInt16, to isFound: Bool) {
        let bit: UInt64 = 1 << UInt64(id & 63)
        taken += 1
        if isFound { unsafe foundWords[Int(id) >> 6] |= bit } else { unsafe foundWords[Int(id) >> 6] &= ~bit }
    }

    private var foundWords: UnsafeMutablePointer<UInt64> { unsafe UnsafeMutableRawPointer(found).assumingMemoryBound(to: UInt64.self) }

    /// Appends what was found, ascending, as numbers that count from `first`, and forgets it.
    mutating func drain(first: Int, into list: inout SubjectList) {
        guard taken > 0 else { return }
        let (found, words) = unsafe (found, foundWords)
        let taken = taken
        self.taken = 0
        unsafe list.grow(by: SubjectBase.idCount) { out in
            var count = 0
            if taken < SubjectBase.linesPerMap {
                for line in 0..<SubjectBase.linesPerMap where unsafe !found[line].isZero {
                    for place in line &* 8..<line &* 8 &+ 8 {
                        let base = UInt32(truncatingIfNeeded: first &+ place &* 64)
                        unsafe count &+= write(words[place], base, out + count)
                    }
                }
            } else {
                for place in 0..<SubjectScan.wordCount {
                    let base = UInt32(truncatingIfNeeded: first &+ place &* 64)
                    unsafe count &+= write(words[place], base, out + count)
                }
            }
            unsafe found.update(repeating: .zero, count: SubjectBase.linesPerMap)
            return count
        }
    }

    /// Most words hold two bits at most: these are written without asking how many there are.
    @inline(__always)
    private func write(_ word: UInt64, _ base: UInt32, _ out: UnsafeMutablePointer<UInt32>) -> Int {
        var word = word
        var count = 0
        for _ in 0..<2 {
            unsafe out[count] = base &+ UInt32(truncatingIfNeeded: word.lowestBit)
            count &+= word.oneUnlessZero
            word &= word &- 1
        }
        while word != 0 {
            unsafe out[count] = base &+ UInt32(truncatingIfNeeded: word.lowestBit)
            count &+= 1
            word &= word &- 1
        }
        return count
    }
}

extension UnsafePointer<BitBlock.Line> {
    @inline(__always)
    fileprivate func word(_ place: Int) -> UInt64 {
        unsafe UnsafeRawPointer(self).load(fromByteOffset: place &* 8, as: UInt64.self)
    }
}
