extension RuleChunk {
    /// The rules whose slots are set in all of the wanted bitmaps, for chunks without checks.
    ///
    /// Two passes: the first keeps the words that all bitmaps leave over, reading only lines in which each has a bit; the second takes the
    /// lowest bit off each of these, round by round. Neither branches on the words, as that could not be foreseen.
    static func scan(_ sources: [Source], _ wanted: UnsafeBufferPointer<Int>, into hits: inout RuleHits) {
        unsafe sources.withUnsafeBufferPointer { sources in
            hits.fill { buffers in
                let words = unsafe keepWords(sources, wanted, buffers)
                return takeBits(words, buffers)
            }
        }
    }

    private static func keepWords(
        _ sources: UnsafeBufferPointer<Source>, _ wanted: UnsafeBufferPointer<Int>, _ buffers: RuleHits.Buffers
    ) -> Int {
        let (words, rules) = unsafe (buffers.words, buffers.rules)
        var kept = 0
        for chunk in 0..<sources.count {
            let source = unsafe sources[chunk]
            var mask = unsafe source.linesInAll(wanted)
            while mask != 0 {
                let line = mask.trailingZeroBitCount
                mask &= mask &- 1
                let common = unsafe source.common(line, wanted)
                let first = unsafe source.ruleOf + line &* BitBlock.bitsPerLine
                for place in 0..<8 {
                    unsafe words[kept] = common[place]
                    unsafe rules[kept] = first + place &* 64
                    kept &+= common[place].oneUnlessZero
                }
            }
        }
        return kept
    }

    private static func takeBits(_ kept: Int, _ buffers: RuleHits.Buffers) -> Int {
        let (words, rules, numbers) = unsafe (buffers.words, buffers.rules, buffers.numbers)
        var count = 0
        var kept = kept
        while kept > 0 {
            var left = 0
            for place in 0..<kept {
                let word = unsafe words[place]
                guard let first = unsafe rules[place] else { return count }
                unsafe numbers[count] = first[word.lowestBit]
                count &+= 1
                let rest = word & (word &- 1)
                unsafe words[left] = rest
                unsafe rules[left] = first
                left &+= rest.oneUnlessZero
            }
            kept = left
        }
        return count
    }

    /// The same where some slots have checks.
    func scan(_ wanted: UnsafeBufferPointer<Int>, row: SubjectRow, facts: some FactSource, into hits: inout RuleHits) {
        let source = source
        var mask = unsafe source.linesInAll(wanted)
        while mask != 0 {
            let line = mask.trailingZeroBitCount
            mask &= mask &- 1
            let common = unsafe source.common(line, wanted)
            for place in 0..<8 {
                var word = common[place]
                while word != 0 {
                    let slot = line * BitBlock.bitsPerLine + place * 64 + word.lowestBit
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

extension RuleChunk.Source {
    /// The lines in which each of the wanted bitmaps has, or had, a bit.
    @inline(__always)
    fileprivate func linesInAll(_ wanted: UnsafeBufferPointer<Int>) -> RuleChunk.LineMask {
        var mask = RuleChunk.LineMask.max
        for map in 0..<wanted.count { unsafe mask &= occupied[wanted[map]] }
        return mask
    }

    /// What the wanted bitmaps, of which there is one at least, leave over of a line.
    @inline(__always)
    fileprivate func common(_ line: Int, _ wanted: UnsafeBufferPointer<Int>) -> BitBlock.Line {
        let maps = unsafe lines + line
        var common = unsafe maps[wanted[0] &* RuleChunk.linesPerMap]
        for map in 1..<max(1, wanted.count) { unsafe common &= maps[wanted[map] &* RuleChunk.linesPerMap] }
        return common
    }
}
