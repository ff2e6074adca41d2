extension RuleChunk {
    /// The rules whose slots are set in all of the bitmaps (given by their first lines), for chunks without checks.
    func scan(_ first: UnsafeBufferPointer<Int>, into hits: inout RuleHits) {
        let lines = unsafe UnsafePointer(maps.lines)
        unsafe ruleOf.withUnsafeBufferPointer { ruleOf in
            unsafe hits.fill { out, count in
                for line in 0..<RuleChunk.linesPerMap {
                    let common = unsafe RuleChunk.common(first, at: line, of: lines)
                    if common.isZero { continue }
                    for place in 0..<8 {
                        var word = common[place]
                        let base = line &* BitBlock.bitsPerLine &+ place &* 64
                        while word != 0 {
                            unsafe out[count] = ruleOf[base &+ word.trailingZeroBitCount]
                            count &+= 1
                            word &= word &- 1
                        }
                    }
                }
            }
        }
    }

    /// The same where some slots have checks.
    func scan(_ first: UnsafeBufferPointer<Int>, row: SubjectRow, facts: some FactSource, into hits: inout RuleHits) {
        for line in 0..<RuleChunk.linesPerMap {
            let common = unsafe RuleChunk.common(first, at: line, of: UnsafePointer(maps.lines))
            if common.isZero { continue }
            for place in 0..<8 {
                var word = common[place]
                while word != 0 {
                    let slot = line * BitBlock.bitsPerLine + place * 64 + word.trailingZeroBitCount
                    word &= word - 1
                    if let check = checks[slot] {
                        guard check.terms.holds(for: row), check.residual?.holds(for: facts) ?? true else { continue }
                        if check.isShared, !hits.find(ruleOf[slot]) { continue }
                    }
                    hits.append(ruleOf[slot])
                }
            }
        }
    }

    @inline(__always)
    private static func common(_ first: UnsafeBufferPointer<Int>, at line: Int, of lines: UnsafePointer<BitBlock.Line>) -> BitBlock.Line {
        var common = unsafe lines[first[0] &+ line]
        for place in 1..<first.count { unsafe common &= lines[first[place] &+ line] }
        return common
    }
}
