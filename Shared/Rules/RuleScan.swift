extension RuleChunk {
    /// The rules whose slots are set in all of the wanted bitmaps, for chunks without checks.
    ///
    /// Three passes, none with a branch that depends on the data, as its end could not be foreseen: the first keeps the lines that the two
    /// attributes with most values leave over, the second the words that all leave over, the third takes the lowest bit off each of these,
    /// round by round.
    static func scan(_ sources: [Source], _ wanted: UnsafeBufferPointer<Int>, into hits: inout RuleHits) {
        unsafe sources.withUnsafeBufferPointer { sources in
            hits.fill { buffers in
                let lines = unsafe keepLines(sources, wanted, buffers)
                let words = unsafe keepWords(lines, sources, wanted, buffers)
                return unsafe takeBits(words, sources, buffers)
            }
        }
    }

    private static func keepLines(
        _ sources: UnsafeBufferPointer<Source>, _ wanted: UnsafeBufferPointer<Int>, _ buffers: RuleHits.Buffers
    ) -> Int {
        let (lines, linePlaces) = unsafe (buffers.lines, buffers.linePlaces)
        var kept = 0
        let (first, second) = unsafe (wanted[0] &* linesPerMap, wanted[min(1, wanted.count &- 1)] &* linesPerMap)
        for chunk in 0..<sources.count {
            let source = unsafe sources[chunk]
            let (a, b) = unsafe (source.lines + first, source.lines + second)
            for line in 0..<source.lineCount {
                let common = unsafe a[line] & b[line]
                unsafe lines[kept] = common
                unsafe linePlaces[kept] = Int32(truncatingIfNeeded: chunk &* linesPerMap &+ line)
                kept &+= common.union.oneUnlessZero
            }
        }
        return kept
    }

    private static func keepWords(
        _ kept: Int, _ sources: UnsafeBufferPointer<Source>, _ wanted: UnsafeBufferPointer<Int>, _ buffers: RuleHits.Buffers
    ) -> Int {
        let (words, places) = unsafe (buffers.words, buffers.places)
        var keptWords = 0
        for entry in 0..<kept {
            let place = unsafe Int(buffers.linePlaces[entry])
            var common = unsafe buffers.lines[entry]
            let source = unsafe sources[place / linesPerMap].lines + place % linesPerMap
            for group in 2..<max(2, wanted.count) { unsafe common &= source[wanted[group] &* linesPerMap] }
            let base = Int32(truncatingIfNeeded: place &* BitBlock.bitsPerLine)
            for place in 0..<8 {
                let word = common[place]
                unsafe words[keptWords] = word
                unsafe places[keptWords] = base &+ Int32(truncatingIfNeeded: place &* 64)
                keptWords &+= word.oneUnlessZero
            }
        }
        return keptWords
    }

    private static func takeBits(_ kept: Int, _ sources: UnsafeBufferPointer<Source>, _ buffers: RuleHits.Buffers) -> Int {
        let words = unsafe buffers.words
        let places = unsafe buffers.places
        let numbers = unsafe buffers.numbers
        var count = 0
        var kept = kept
        while kept > 0 {
            var left = 0
            for place in 0..<kept {
                let word = unsafe words[place]
                let base = unsafe places[place]
                let slot = Int(base) &+ word.trailingZeroBitCount
                unsafe numbers[count] = sources[slot >> slotBits].ruleOf[slot & (slotCount &- 1)]
                count &+= 1
                let rest = word & (word &- 1)
                unsafe words[left] = rest
                unsafe places[left] = base
                left &+= rest.oneUnlessZero
            }
            kept = left
        }
        return count
    }

    /// The same where some slots have checks.
    func scan(_ wanted: UnsafeBufferPointer<Int>, row: SubjectRow, facts: some FactSource, into hits: inout RuleHits) {
        for line in 0..<RuleChunk.linesPerMap {
            var common = unsafe maps.lines[wanted[0] &* RuleChunk.linesPerMap &+ line]
            for place in 1..<wanted.count { unsafe common &= maps.lines[wanted[place] &* RuleChunk.linesPerMap &+ line] }
            if common.isZero { continue }
            for place in 0..<8 {
                var word = common[place]
                while word != 0 {
                    let slot = line * BitBlock.bitsPerLine + place * 64 + word.trailingZeroBitCount
                    word &= word - 1
                    let rule = rule(at: slot)
                    if !checks.isEmpty, let check = checks[slot] {
                        guard check.terms.holds(for: row), check.residual?.holds(for: facts) ?? true else { continue }
                        if check.isShared, !hits.find(rule) { continue }
                    }
                    hits.append(rule)
                }
            }
        }
    }
}
