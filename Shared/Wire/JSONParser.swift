/// One pass over a text, writing its tape. No recursion: an open container's entry remembers its parent.
///
/// Safe as long as `tape` has room for `entriesMax(in: text)` entries, which `JSONDocument` sees to.
@safe struct JSONParser {
    private let text: UnsafePointer<UInt8>
    private let end: Int
    private let tape: UnsafeMutablePointer<TapeEntry>
    private let limits: JSONLimits
    private var position = 0
    private(set) var tapeCount = 0

    /// Neither buffer may be empty.
    init(text: UnsafeBufferPointer<UInt8>, tape: UnsafeMutableBufferPointer<TapeEntry>, limits: JSONLimits) {
        guard let textStart = text.baseAddress, let tapeStart = tape.baseAddress else {
            preconditionFailure("a parser needs a text and a tape")
        }
        unsafe self.text = textStart
        unsafe self.tape = tapeStart
        end = text.count
        self.limits = limits
    }

    /// An entry is the first of the text or follows one of `,` `:` `[` `{`, and each of those is followed by at most one entry.
    static func entriesMax(in text: UnsafeBufferPointer<UInt8>) -> Int {
        typealias Block = SIMD16<UInt8>
        let (comma, colon) = (Block(repeating: Ascii.comma), Block(repeating: Ascii.colon))
        let (brace, lowercase) = (Block(repeating: Ascii.openBrace), Block(repeating: 0x20))
        let (zero, one) = (Block(repeating: 0), Block(repeating: 1))
        let bytes = UnsafeRawBufferPointer(text)
        let blocksEnd = bytes.count & ~15
        var count = 1
        var place = 0
        while place < blocksEnd {
            // A lane counts to 255 at the most.
            let end = min(blocksEnd, place + 16 * 255)
            var lanes = zero
            while place < end {
                let block = unsafe bytes.loadUnaligned(fromByteOffset: place, as: Block.self)
                let follows = (block .== comma) .| (block .== colon) .| ((block | lowercase) .== brace)
                lanes &+= zero.replacing(with: one, where: follows)
                place += 16
            }
            for lane in 0..<16 { count += Int(lanes[lane]) }
        }
        while place < bytes.count {
            let byte = unsafe bytes[place]
            count += byte == Ascii.comma || byte == Ascii.colon || byte | 0x20 == Ascii.openBrace ? 1 : 0
            place += 1
        }
        return count
    }

    mutating func parse() throws(JSONDefect) {
        if end >= 3, byte(0) == 0xEF, byte(1) == 0xBB, byte(2) == 0xBF { throw JSONDefect(.byteOrderMark, at: 0) }
        let none = UInt32.max
        var parent = none
        var inObject = false
        var count: UInt32 = 0
        var depth = 0

        while true {
            // A value begins here.
            skipWhiteSpace()
            guard position < end else { throw JSONDefect(.unterminated, at: end) }
            let first = byte(position)
            count &+= 1
            var isOpen = false
            switch first {
            case Ascii.quote:
                try scanString()
            case Ascii.openBrace, Ascii.openBracket:
                guard depth < limits.depthMax else { throw JSONDefect(.depthOverLimit, at: position) }
                depth += 1
                if parent != none { store(count: count, at: parent) }
                inObject = first == Ascii.openBrace
                let opened = UInt32(truncatingIfNeeded: tapeCount)
                push(position, 0, link: parent, info: inObject ? JSONKind.object.code : JSONKind.array.code)
                parent = opened
                count = 0
                position += 1
                isOpen = true
            case Ascii.letterT:
                try scanWord("true", .bool, flags: TapeEntry.isTrue)
            case Ascii.letterF:
                try scanWord("false", .bool, flags: 0)
            case Ascii.letterN:
                try scanWord("null", .null, flags: 0)
            case Ascii.minus, Ascii.zero...Ascii.nine:
                try scanNumber()
            default:
                throw JSONDefect(first == Ascii.plus || first == Ascii.point ? .badNumber : .syntax, at: position)
            }

            // Then either the next value's place, or the ends of as many containers as end here.
            while true {
                if parent == none {
                    skipWhiteSpace()
                    guard position == end else { throw JSONDefect(.trailingBytes, at: position) }
                    return
                }
                skipWhiteSpace()
                guard position < end else { throw JSONDefect(.unterminated, at: end) }
                let mark = byte(position)
                if mark == (inObject ? Ascii.closeBrace : Ascii.closeBracket) {
                    position += 1
                    parent = try close(parent, count: count, isObject: inObject)
                    depth -= 1
                    if parent != none {
                        let outer = unsafe tape[Int(parent)]
                        count = outer.info >> TapeEntry.countShift
                        inObject = outer.kindCode == JSONKind.object.code
                    }
                    isOpen = false
                    continue
                }
                if !isOpen {
                    guard mark == Ascii.comma else { throw JSONDefect(.syntax, at: position) }
                    position += 1
                }
                if inObject { try scanKey(members: count) }
                break
            }
        }
    }

    // MARK: Containers

    /// Completes the container's entry and gives its parent's index.
    private mutating func close(_ index: UInt32, count: UInt32, isObject: Bool) throws(JSONDefect) -> UInt32 {
        let at = Int(index)
        let parent = unsafe tape[at].link
        unsafe tape[at].length = UInt32(truncatingIfNeeded: position - tape[at].start)
        unsafe tape[at].link = UInt32(truncatingIfNeeded: tapeCount)
        store(count: count, at: index)
        if isObject, count > 1, limits.duplicateKeys == .refused { try refuseDuplicateKeys(of: at, count: Int(count)) }
        return parent
    }

    @inline(__always) private func store(count: UInt32, at index: UInt32) {
        let at = Int(index)
        unsafe tape[at].info = tape[at].kindCode | min(count, TapeEntry.countMax) << TapeEntry.countShift
    }

    /// Few keys: a 64-bit sieve, and a walk only for those that fall on a bit already set. Many, or escaped ones: sorted.
    private func refuseDuplicateKeys(of object: Int, count: Int) throws(JSONDefect) {
        guard count <= 32 else { return try refuseDuplicateKeysSorted(of: object, count: count) }
        var seen: UInt64 = 0
        var index = object + 1
        while index < tapeCount {
            let key = unsafe tape[index]
            if key.hasEscapes { return try refuseDuplicateKeysSorted(of: object, count: count) }
            let length = Int(key.length)
            // The opening quote stands in for the first byte of an empty key.
            let (first, middle, last) = (byte(key.start + 1), byte(key.start + length / 2), byte(key.end - 2))
            let mix = length &* 0x1F ^ Int(first) &* 0x35 ^ Int(middle) &* 0x6B ^ Int(last) &* 0x9D
            let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: (mix ^ mix >> 6) & 63)
            if seen & bit != 0 {
                var earlier = object + 1
                while earlier < index {
                    if unsafe sameUnescaped(tape[earlier], key) { throw JSONDefect(.duplicateKey, at: key.start) }
                    earlier = unsafe tape[earlier + 1].next(after: earlier + 1)
                }
            }
            seen |= bit
            index = unsafe tape[index + 1].next(after: index + 1)
        }
    }

    /// Both keys are free of escapes.
    private func sameUnescaped(_ a: TapeEntry, _ b: TapeEntry) -> Bool {
        guard a.length == b.length else { return false }
        for step in 1..<max(1, Int(a.length) - 1) where byte(a.start + step) != byte(b.start + step) { return false }
        return true
    }

    /// Sorting has no worst case that a sender can steer towards, as a hash table would.
    private func refuseDuplicateKeysSorted(of object: Int, count: Int) throws(JSONDefect) {
        var keys: [(offset: Int, bytes: ArraySlice<UInt8>)] = []
        keys.reserveCapacity(count)
        var index = object + 1
        let whole = unsafe UnsafeBufferPointer(start: text, count: end)
        while index < tapeCount {
            let key = unsafe tape[index]
            let inside = unsafe Array(whole[key.inside])
            keys.append((key.start, (key.hasEscapes ? JSONText.unescaped(inside.span) : inside)[...]))
            index = unsafe tape[index + 1].next(after: index + 1)
        }
        keys.sort { a, b in
            switch JSONText.order(a.bytes, b.bytes) {
            case 0: a.offset < b.offset
            case let order: order < 0
            }
        }
        // The later of each equal pair; the earliest of those in the text is the one to name.
        var culprit: Int?
        for (a, b) in zip(keys, keys.dropFirst()) where a.bytes == b.bytes {
            culprit = min(culprit ?? b.offset, b.offset)
        }
        if let culprit { throw JSONDefect(.duplicateKey, at: culprit) }
    }

    // MARK: Tokens

    /// A key and its colon.
    private mutating func scanKey(members: UInt32) throws(JSONDefect) {
        skipWhiteSpace()
        guard position < end else { throw JSONDefect(.unterminated, at: end) }
        guard byte(position) == Ascii.quote else { throw JSONDefect(.syntax, at: position) }
        guard Int(members) < limits.membersMax else { throw JSONDefect(.membersOverLimit, at: position) }
        try scanString()
        skipWhiteSpace()
        guard position < end else { throw JSONDefect(.unterminated, at: end) }
        guard byte(position) == Ascii.colon else { throw JSONDefect(.syntax, at: position) }
        position += 1
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONKind, flags: UInt32) throws(JSONDefect) {
        let start = position
        for step in 0..<word.utf8CodeUnitCount {
            guard start + step < end else { throw JSONDefect(.unterminated, at: end) }
            guard unsafe byte(start + step) == word.utf8Start[step] else { throw JSONDefect(.syntax, at: start + step) }
        }
        position = start + word.utf8CodeUnitCount
        push(start, position - start, link: 0, info: kind.code | flags)
    }

    private mutating func scanNumber() throws(JSONDefect) {
        let start = position
        var at = position
        let isNegative = byte(at) == Ascii.minus
        if isNegative { at += 1 }
        guard at < end else { throw JSONDefect(.unterminated, at: end) }
        let firstDigit = at
        var value: UInt32 = 0
        while at < end, case let digit = byte(at) &- Ascii.zero, digit < 10 {
            value = value &* 10 &+ UInt32(digit)
            at += 1
        }
        let digits = at - firstDigit
        guard digits > 0 else { throw JSONDefect(.badNumber, at: at) }
        guard digits == 1 || byte(firstDigit) != Ascii.zero else { throw JSONDefect(.badNumber, at: firstDigit) }
        var isInteger = true
        if at < end, byte(at) == Ascii.point {
            isInteger = false
            at = try scanDigits(from: at + 1)
        }
        if at < end, byte(at) | 0x20 == Ascii.letterE {
            isInteger = false
            at += 1
            if at < end, byte(at) == Ascii.plus || byte(at) == Ascii.minus { at += 1 }
            at = try scanDigits(from: at)
        }
        position = at
        // -0 is left out: as a double it is not the integer 0.
        if isInteger, digits <= 9, !(isNegative && value == 0) {
            let signed = Int32(truncatingIfNeeded: value)
            push(
                start, at - start, link: UInt32(bitPattern: isNegative ? 0 &- signed : signed),
                info: JSONKind.number.code | TapeEntry.isSmallInteger)
        } else {
            push(start, at - start, link: 0, info: JSONKind.number.code)
        }
    }

    /// One digit or more; gives where they end.
    private func scanDigits(from start: Int) throws(JSONDefect) -> Int {
        var at = start
        while at < end, byte(at) &- Ascii.zero < 10 { at += 1 }
        guard at > start else { throw JSONDefect(at < end ? .badNumber : .unterminated, at: at) }
        return at
    }

    /// From the opening quote past the closing one.
    private mutating func scanString() throws(JSONDefect) {
        let start = position
        var at = start + 1
        var flags: UInt32 = 0
        while true {
            while at + 8 <= end {
                let special = JSONText.special(in: word(at))
                if special == 0 {
                    at += 8
                } else {
                    at += special.trailingZeroBitCount >> 3
                    break
                }
            }
            guard at < end else { throw JSONDefect(.unterminated, at: end) }
            let next = byte(at)
            if next == Ascii.quote { break }
            if next >= 0x80 {
                repeat { at = try scanSequence(at) } while at < end && byte(at) >= 0x80
            } else if next == Ascii.backslash {
                flags = TapeEntry.hasEscapes
                at = try scanEscape(at)
            } else if next < 0x20 {
                throw JSONDefect(next == 0 ? .nulInString : .controlInString, at: at)
            } else {
                at += 1
            }
        }
        position = at + 1
        push(start, position - start, link: 0, info: JSONKind.string.code | flags)
    }

    /// One multi-byte UTF-8 sequence by the table of RFC 3629 section 4.
    @inline(__always) private func scanSequence(_ at: Int) throws(JSONDefect) -> Int {
        let lead = byte(at)
        let length: Int
        var secondMin: UInt8 = 0x80
        var secondMax: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE1...0xEC, 0xEE, 0xEF: length = 3
        case 0xE0: (length, secondMin) = (3, 0xA0)
        case 0xED: (length, secondMax) = (3, 0x9F)
        case 0xF1...0xF3: length = 4
        case 0xF0: (length, secondMin) = (4, 0x90)
        case 0xF4: (length, secondMax) = (4, 0x8F)
        default: throw JSONDefect(.invalidUTF8, at: at)
        }
        guard at + length <= end else { throw JSONDefect(.invalidUTF8, at: at) }
        let second = byte(at + 1)
        guard second >= secondMin, second <= secondMax else {
            throw JSONDefect(lead == 0xED && second & 0xE0 == 0xA0 ? .loneSurrogate : .invalidUTF8, at: at)
        }
        for step in 2..<max(2, length) where byte(at + step) & 0xC0 != 0x80 { throw JSONDefect(.invalidUTF8, at: at) }
        return at + length
    }

    /// From the backslash past the escape; both halves of a surrogate pair at once.
    private func scanEscape(_ at: Int) throws(JSONDefect) -> Int {
        guard at + 1 < end else { throw JSONDefect(.unterminated, at: end) }
        switch byte(at + 1) {
        case Ascii.quote, Ascii.backslash, Ascii.slash, Ascii.letterB, Ascii.letterF, Ascii.letterN, Ascii.letterR, Ascii.letterT:
            return at + 2
        case Ascii.letterU:
            let unit = try codeUnit(at)
            switch unit {
            case 0:
                guard limits.nul == .allowed else { throw JSONDefect(.nulInString, at: at) }
                return at + 6
            case 0xD800...0xDBFF:
                guard at + 7 < end, byte(at + 6) == Ascii.backslash, byte(at + 7) == Ascii.letterU,
                    case 0xDC00...0xDFFF = try codeUnit(at + 6)
                else { throw JSONDefect(.loneSurrogate, at: at) }
                return at + 12
            case 0xDC00...0xDFFF:
                throw JSONDefect(.loneSurrogate, at: at)
            default:
                return at + 6
            }
        default:
            throw JSONDefect(.badEscape, at: at)
        }
    }

    /// The four digits of the `\u` at the offset.
    private func codeUnit(_ at: Int) throws(JSONDefect) -> UInt32 {
        var unit: UInt32 = 0
        for step in 2..<6 {
            guard at + step < end else { throw JSONDefect(.unterminated, at: end) }
            guard let digit = Ascii.hexadecimalValue(byte(at + step)) else { throw JSONDefect(.badEscape, at: at) }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    @inline(__always) private mutating func skipWhiteSpace() {
        while position < end, case let next = byte(position), next <= Ascii.space {
            guard next == Ascii.space || next == 0x0A || next == 0x0D || next == 0x09 else { return }
            position += 1
        }
    }

    // MARK: Memory

    @inline(__always) private func byte(_ at: Int) -> UInt8 { unsafe text[at] }

    @inline(__always) private func word(_ at: Int) -> UInt64 {
        unsafe UInt64(littleEndian: UnsafeRawPointer(text + at).loadUnaligned(as: UInt64.self))
    }

    @inline(__always) private mutating func push(_ offset: Int, _ length: Int, link: UInt32, info: UInt32) {
        unsafe (tape + tapeCount).initialize(
            to: TapeEntry(
                offset: UInt32(truncatingIfNeeded: offset), length: UInt32(truncatingIfNeeded: length), link: link, info: info))
        tapeCount += 1
    }
}
