import Vocabulary
import Wire

/// One pass over a text: JSON's grammar, its UTF-8, the limits and the schema at once. Builds nothing.
///
/// Positions go in and come out as numbers; below zero stands for an answer. Safe as long as `end` bytes can be read at `text`: whoever
/// reads a whole word looks first whether there is one.
@safe struct ByteCheck {
    private let tables: ByteTables
    private let nodes: UnsafePointer<ByteNode>
    private let text: UnsafePointer<UInt8>
    private let end: Int
    private let depthMax: Int
    private let membersMax: Int

    private static let refused = -1
    private static let unsure = -2

    init(tables: ByteTables, text: UnsafePointer<UInt8>, end: Int, limits: JSONLimits) {
        self.tables = tables
        unsafe nodes = tables.nodes
        unsafe self.text = text
        self.end = end
        depthMax = limits.depthMax
        membersMax = limits.membersMax
    }

    func whole(from start: Int) -> ByteProgram.Answer {
        var at = value(start, skip(0), depth: 0)
        if at >= 0 {
            at = skip(at)
            return at == end ? .accepted : .refused
        }
        return at == Self.unsure ? .unsure : .refused
    }

    // MARK: Values

    /// From the first byte of a value to the byte behind it.
    private func value(_ number: Int, _ at: Int, depth: Int) -> Int {
        guard at < end else { return Self.refused }
        let node = unsafe nodes + number
        switch byte(at) {
        case Mark.quote: return unsafe string(node, at)
        case Mark.openBrace: return unsafe object(node, at, depth: depth)
        case Mark.openBracket: return unsafe array(node, at, depth: depth)
        case Mark.letterT: return unsafe allows(node, .boolean) && node.pointee.allowsTrue ? word(at, Mark.wordTrue, 4) : Self.refused
        case Mark.letterF:
            guard unsafe allows(node, .boolean), unsafe node.pointee.allowsFalse else { return Self.refused }
            let next = word(at + 1, Mark.wordAlse, 4)
            return next
        case Mark.letterN: return unsafe allows(node, .null) ? word(at, Mark.wordNull, 4) : Self.refused
        case Mark.minus, Mark.zero...Mark.nine: return unsafe self.number(node, at)
        default: return Self.refused
        }
    }

    @inline(__always) private func allows(_ node: UnsafePointer<ByteNode>, _ type: SchemaTypes) -> Bool {
        unsafe node.pointee.types & type.rawValue != 0
    }

    /// Four bytes that must be these.
    @inline(__always) private func word(_ at: Int, _ wanted: UInt32, _ length: Int) -> Int {
        guard at + length <= end else { return Self.refused }
        let found = unsafe UInt32(littleEndian: UnsafeRawPointer(text + at).loadUnaligned(as: UInt32.self))
        return found == wanted ? at + length : Self.refused
    }

    // MARK: Objects

    private func object(_ node: UnsafePointer<ByteNode>, _ start: Int, depth: Int) -> Int {
        guard unsafe allows(node, .object), depth < depthMax else { return Self.refused }
        let members = unsafe tables.members + Int(node.pointee.membersStart)
        let memberCount = unsafe Int(node.pointee.membersCount)
        var seenLow: UInt64 = 0
        var seenHigh: UInt64 = 0
        // A sieve for names that the schema does not have: a bit that is set twice may be a name that is there twice.
        var strangers: UInt64 = 0
        var count = 0
        // Writers keep to an order: the member behind the last one is the likely next.
        var likely = 0
        var at = skip(start + 1)
        guard at < end else { return Self.refused }
        if byte(at) == Mark.closeBrace {
            at += 1
        } else {
            while true {
                var place = likely
                if likely < memberCount, case let next = unsafe matches(members + likely, at), next > 0 {
                    at = next
                } else {
                    guard at < end, byte(at) == Mark.quote else { return Self.refused }
                    let close = scan(at)
                    guard close > 0 else { return close }
                    place = unsafe find(node, members, at + 1, close - 1)
                    if place < 0 {
                        if unsafe node.pointee.refusesAdditional { return Self.refused }
                        let bit = stranger(at + 1, close - 1)
                        if strangers & bit != 0 { return Self.unsure }
                        strangers |= bit
                    }
                    at = skip(close)
                    guard at < end, byte(at) == Mark.colon else { return Self.refused }
                    at += 1
                }
                at = skip(at)
                count += 1
                let target: Int
                if place >= 0 {
                    let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: place & 63)
                    if place < 64 {
                        if seenLow & bit != 0 { return Self.refused }
                        seenLow |= bit
                    } else {
                        if seenHigh & bit != 0 { return Self.refused }
                        seenHigh |= bit
                    }
                    target = unsafe Int(members[place].node)
                    likely = place + 1
                } else {
                    target = unsafe Int(node.pointee.additional)
                }
                at = value(target, at, depth: depth + 1)
                guard at >= 0 else { return at }
                at = skip(at)
                guard at < end else { return Self.refused }
                let mark = byte(at)
                at += 1
                if mark == Mark.comma {
                    at = skip(at)
                } else if mark == Mark.closeBrace {
                    break
                } else {
                    return Self.refused
                }
            }
        }
        let isComplete = unsafe seenLow & node.pointee.requiredLow == node.pointee.requiredLow
        guard isComplete, unsafe seenHigh & node.pointee.requiredHigh == node.pointee.requiredHigh, count <= membersMax,
            unsafe count >= Int(node.pointee.propertiesMin) && count <= Int(node.pointee.propertiesMax)
        else { return Self.refused }
        return at
    }

    /// The position behind the colon when the member's name stands here without spaces; 0 otherwise.
    @inline(__always) private func matches(_ member: UnsafePointer<ByteMember>, _ at: Int) -> Int {
        let length = unsafe Int(member.pointee.length)
        let padded = (length + 7) & ~7
        guard at + padded <= end else { return 0 }
        let key = unsafe UnsafeRawPointer(tables.keys + Int(member.pointee.key))
        let here = unsafe UnsafeRawPointer(text + at)
        var step = 0
        while step + 8 < padded {
            if unsafe key.loadUnaligned(fromByteOffset: step, as: UInt64.self) != here.loadUnaligned(fromByteOffset: step, as: UInt64.self)
            {
                return 0
            }
            step += 8
        }
        let tail = unsafe here.loadUnaligned(fromByteOffset: step, as: UInt64.self).littleEndian & member.pointee.tailMask
        return unsafe tail == key.loadUnaligned(fromByteOffset: step, as: UInt64.self).littleEndian ? at + length : 0
    }

    /// The member of this name, by its hash; -1 when the schema has none.
    private func find(_ node: UnsafePointer<ByteNode>, _ members: UnsafePointer<ByteMember>, _ from: Int, _ to: Int) -> Int {
        let bits = unsafe Int(node.pointee.slotBits)
        guard bits > 0 else {
            for place in 0..<(unsafe Int(node.pointee.membersCount)) where unsafe isSame(members + place, from, to) { return place }
            return -1
        }
        let length = to - from
        let slot = ByteHash.slot(
            first: partial(from, min(8, length)), last: partial(to - min(8, length), min(8, length)), length: length,
            multiplier: unsafe node.pointee.multiplier, bits: bits)
        let place = unsafe Int(tables.slots[Int(node.pointee.slotsStart) + slot])
        guard place >= 0, unsafe isSame(members + place, from, to) else { return -1 }
        return place
    }

    private func isSame(_ member: UnsafePointer<ByteMember>, _ from: Int, _ to: Int) -> Bool {
        guard unsafe Int(member.pointee.length) - 3 == to - from else { return false }
        let key = unsafe tables.keys + Int(member.pointee.key) + 1
        for step in 0..<to - from where unsafe key[step] != text[from + step] { return false }
        return true
    }

    private func partial(_ at: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for step in 0..<count { word |= UInt64(byte(at + step)) << UInt64(step * 8) }
        return word
    }

    private func stranger(_ from: Int, _ to: Int) -> UInt64 {
        let count = min(8, to - from)
        let slot = ByteHash.slot(
            first: partial(from, count), last: partial(to - count, count), length: to - from, multiplier: 0x9E37_79B9_7F4A_7C15, bits: 6)
        return 1 << UInt64(slot)
    }

    // MARK: Arrays

    private func array(_ node: UnsafePointer<ByteNode>, _ start: Int, depth: Int) -> Int {
        guard unsafe allows(node, .array), depth < depthMax else { return Self.refused }
        var at = skip(start + 1)
        guard at < end else { return Self.refused }
        var count = 0
        if byte(at) == Mark.closeBracket {
            at += 1
        } else {
            let items = unsafe Int(node.pointee.items)
            let prefix = unsafe Int(node.pointee.prefixCount)
            let takesNumbers = unsafe prefix == 0 && nodes[items].isFreeNumber
            while true {
                if takesNumbers, at < end, isNumber(byte(at)) {
                    // Long lists are lists of numbers, most of the time.
                    at = plainNumber(at)
                } else if count < prefix {
                    at = unsafe value(Int(tables.members[Int(node.pointee.prefixStart) + count].node), at, depth: depth + 1)
                } else {
                    at = value(items, at, depth: depth + 1)
                }
                guard at >= 0 else { return at }
                count += 1
                at = skip(at)
                guard at < end else { return Self.refused }
                let mark = byte(at)
                at += 1
                if mark == Mark.comma {
                    at = skip(at)
                } else if mark == Mark.closeBracket {
                    break
                } else {
                    return Self.refused
                }
            }
        }
        return unsafe count >= Int(node.pointee.itemsMin) && count <= Int(node.pointee.itemsMax) ? at : Self.refused
    }

    // MARK: Numbers

    @inline(__always) private func isNumber(_ byte: UInt8) -> Bool { byte &- Mark.zero < 10 || byte == Mark.minus }

    /// The high bit of each byte that is no digit.
    @inline(__always) private func strangersToDigits(_ word: UInt64) -> UInt64 {
        let digits = word ^ 0x3030_3030_3030_3030
        return ((digits & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
    }

    /// Past digits; at least one must be there.
    @inline(__always) private func digits(_ start: Int) -> Int {
        if start + 8 <= end {
            let others = strangersToDigits(load(start))
            if others != 0 {
                let count = others.trailingZeroBitCount >> 3
                return count > 0 ? start + count : Self.refused
            }
        }
        return manyDigits(start)
    }

    @inline(never) private func manyDigits(_ start: Int) -> Int {
        var at = start
        while at < end, byte(at) &- Mark.zero < 10 { at += 1 }
        return at > start ? at : Self.refused
    }

    /// By the grammar alone.
    ///
    /// A number that ends within eight bytes is found in one word: where it ends depends on a single load, so that the next value can
    /// be begun before this one is judged.
    @inline(__always) private func plainNumber(_ start: Int) -> Int {
        guard start + 8 <= end else { return longNumber(start) }
        let word = load(start)
        // Everything in bits: 8 for a minus, then the place of the first byte behind the digits.
        let sign: UInt64 = word & 0xFF == UInt64(Mark.minus) ? 8 : 0
        let others = strangersToDigits(word) & ~(sign << 4)
        guard others != 0 else { return longNumber(start) }
        let first = UInt64(truncatingIfNeeded: others.trailingZeroBitCount) & ~7
        let startsWithZero = word >> sign & 0xFF == UInt64(Mark.zero)
        guard first > sign, !startsWithZero || first == sign + 8 else { return longNumber(start) }
        let mark = word >> first & 0xFF
        if mark == UInt64(Mark.point) {
            let more = others & (others &- 1)
            let second = UInt64(truncatingIfNeeded: more.trailingZeroBitCount) & ~7
            guard more != 0, second > first + 8, word >> second & 0xDF != UInt64(Mark.capitalE) else { return longNumber(start) }
            return start + Int(truncatingIfNeeded: second >> 3)
        }
        guard mark & 0xDF != UInt64(Mark.capitalE) else { return longNumber(start) }
        return start + Int(truncatingIfNeeded: first >> 3)
    }

    @inline(never) private func longNumber(_ start: Int) -> Int {
        let first = start + (byte(start) == Mark.minus ? 1 : 0)
        var at = digits(first)
        guard at >= 0 else { return at }
        if byte(first) == Mark.zero, at - first > 1 { return Self.refused }
        if at < end, byte(at) == Mark.point {
            at = digits(at + 1)
            guard at >= 0 else { return at }
        }
        if at < end, byte(at) & 0xDF == Mark.capitalE { return exponent(at) }
        return at
    }

    @inline(never) private func exponent(_ start: Int) -> Int {
        var at = start + 1
        if at < end, byte(at) == Mark.plus || byte(at) == Mark.minus { at += 1 }
        return manyDigits(at)
    }

    private func number(_ node: UnsafePointer<ByteNode>, _ start: Int) -> Int {
        let close = plainNumber(start)
        guard close >= 0 else { return close }
        if unsafe node.pointee.isFreeNumber { return close }
        guard unsafe allows(node, .number) else { return Self.refused }

        // Whole part up to 18 digits, and whether a fraction remains: enough for whole bounds.
        let isNegative = byte(start) == Mark.minus
        var at = start + (isNegative ? 1 : 0)
        let firstDigit = at
        var whole: Int64 = 0
        while at < close, case let digit = byte(at) &- Mark.zero, digit < 10 {
            whole = whole &* 10 &+ Int64(digit)
            at += 1
        }
        let isExact = unsafe node.pointee.isExact
        var isPlain = at - firstDigit <= 18 && !isExact
        var hasFraction = false
        if at < close, byte(at) == Mark.point {
            let point = at
            at += 1
            while at < close, case let digit = byte(at) &- Mark.zero, digit < 10 {
                if digit != 0 { hasFraction = true }
                at += 1
            }
            if unsafe node.pointee.isMoney, at - point > 3 { isPlain = false }
        }
        if at < close { isPlain = false }
        if unsafe node.pointee.isMoney, whole > 90_000_000_000_000_000 { isPlain = false }
        guard isPlain else { return unsafe exactNumber(node, start, close) }

        guard unsafe allows(node, hasFraction ? .fraction : .integer) else { return Self.refused }
        if unsafe node.pointee.isFen, hasFraction { return Self.refused }
        let floor = isNegative ? (hasFraction ? -whole - 1 : -whole) : whole
        let row = unsafe node.pointee
        let isHighEnough =
            floor >= row.least && (floor > row.leastExclusive || floor == row.leastExclusive && hasFraction || row.leastExclusive == .min)
        let isLowEnough = (floor < row.most || floor == row.most && !hasFraction) && floor < row.mostExclusive
        return isHighEnough && isLowEnough ? close : Self.refused
    }

    /// By all digits.
    @inline(never) private func exactNumber(_ node: UnsafePointer<ByteNode>, _ start: Int, _ close: Int) -> Int {
        let number = unsafe SchemaNumber(token: UnsafeBufferPointer(start: text + start, count: close - start))
        guard unsafe allows(node, number.isInteger ? .integer : .fraction) else { return Self.refused }
        return unsafe tables.exact[Int(node.pointee.exact)].allows(number) ? close : Self.refused
    }

    // MARK: Strings

    private func string(_ node: UnsafePointer<ByteNode>, _ start: Int) -> Int {
        guard unsafe allows(node, .string) else { return Self.refused }
        if unsafe node.pointee.isFreeString {
            let close = scan(start)
            return close == Self.unsure ? scanEscaped(start) : close
        }
        if unsafe node.pointee.hasChoices {
            let next = unsafe choice(node, start)
            guard next > 0 else {
                // With an escape it may be one of them after all.
                let close = scan(start)
                return close == Self.unsure ? close : Self.refused
            }
            return unsafe isPlain(node) ? next : rest(node, start, next)
        }
        if unsafe node.pointee.shape >= 0 {
            let next = unsafe shaped(node, start)
            if next > 0 { return unsafe node.pointee.format == 0 ? next : rest(node, start, next) }
            let close = scan(start)
            return close == Self.unsure ? close : Self.refused
        }
        let close = scan(start)
        if close == Self.unsure { return unsafe escaped(node, start) }
        guard close > 0 else { return close }
        return unsafe rest(node, start, close)
    }

    /// Nothing but its choices is asked of it.
    @inline(__always) private func isPlain(_ node: UnsafePointer<ByteNode>) -> Bool {
        unsafe node.pointee.automaton < 0 && node.pointee.format == 0 && node.pointee.lengthMin == 0 && node.pointee.lengthMax == Int32.max
    }

    private func choice(_ node: UnsafePointer<ByteNode>, _ start: Int) -> Int {
        let choices = unsafe tables.choices + Int(node.pointee.choicesStart)
        let first = start + 1
        let word = first + 8 <= end ? load(first) : partial(first, end - first)
        for place in 0..<(unsafe Int(node.pointee.choicesCount)) {
            let choice = unsafe choices[place]
            guard word & choice.mask == choice.word, first + Int(choice.length) <= end else { continue }
            if choice.length <= 8 { return first + Int(choice.length) }
            let bytes = unsafe tables.choiceBytes + Int(choice.start)
            var step = 8
            while step < Int(choice.length), unsafe bytes[step] == text[first + step] { step += 1 }
            if step == Int(choice.length) { return first + step }
        }
        return 0
    }

    /// Every byte in its set, then the closing quote. The sets have neither quotes nor what JSON would escape.
    @inline(__always) private func shaped(_ node: UnsafePointer<ByteNode>, _ start: Int) -> Int {
        let length = unsafe Int(node.pointee.shapeLength)
        let first = start + 1
        guard first + length < end, byte(first + length) == Mark.quote else { return 0 }
        let sets = unsafe tables.shapes + Int(node.pointee.shape)
        let wanted = unsafe sets + 256
        var misses: UInt8 = 0
        for step in 0..<length {
            let need = unsafe wanted[step]
            misses |= unsafe need & ~sets[Int(text[first + step])]
        }
        return misses == 0 ? first + length + 1 : 0
    }

    /// Length, pattern and format of a string without escapes that ends before `close`.
    private func rest(_ node: UnsafePointer<ByteNode>, _ start: Int, _ close: Int) -> Int {
        let (from, to) = (start + 1, close - 1)
        let (least, most) = unsafe (Int(node.pointee.lengthMin), Int(node.pointee.lengthMax))
        // A scalar has one to four bytes.
        if to - from > most || (to - from) < least * 4 {
            var length = 0
            for at in from..<to where byte(at) & 0xC0 != 0x80 { length += 1 }
            guard length >= least, length <= most else { return Self.refused }
        }
        if unsafe node.pointee.automaton >= 0, unsafe !tables.automata[Int(node.pointee.automaton)].matches(text, from, to) {
            return Self.refused
        }
        if unsafe node.pointee.format > 0 {
            let bytes = unsafe UnsafeBufferPointer(start: text + from, count: to - from)
            let format = unsafe node.pointee.format
            guard unsafe FormatBytes.areRight(bytes.span, format) else { return Self.refused }
        }
        return close
    }

    /// From the opening quote past the closing one; `unsure` at an escape.
    @inline(__always) private func scan(_ start: Int) -> Int {
        var at = start + 1
        while true {
            while at + 8 <= end {
                let special = Self.special(load(at))
                if special == 0 {
                    at += 8
                } else {
                    at += special.trailingZeroBitCount >> 3
                    break
                }
            }
            guard at < end else { return Self.refused }
            let next = byte(at)
            if next == Mark.quote { return at + 1 }
            if next >= 0x80 {
                repeat {
                    at = sequence(at)
                    guard at > 0 else { return Self.refused }
                } while at < end && byte(at) >= 0x80
            } else if next == Mark.backslash {
                return Self.unsure
            } else if next < 0x20 {
                return Self.refused
            } else {
                at += 1
            }
        }
    }

    /// A string with escapes: only its length can be judged without resolving them, as they never make it longer.
    @inline(never) private func escaped(_ node: UnsafePointer<ByteNode>, _ start: Int) -> Int {
        let asksMore = unsafe node.pointee.automaton >= 0 || node.pointee.format > 0 || node.pointee.lengthMin > 1
        guard !asksMore else { return Self.unsure }
        let close = scanEscaped(start)
        guard close > 0 else { return close }
        return unsafe close - start - 2 <= Int(node.pointee.lengthMax) ? close : Self.unsure
    }

    /// The same as `scan`, through escapes.
    @inline(never) private func scanEscaped(_ start: Int) -> Int {
        var at = start + 1
        while at < end {
            let next = byte(at)
            if next == Mark.quote { return at + 1 }
            if next >= 0x80 {
                at = sequence(at)
            } else if next == Mark.backslash {
                at = escape(at)
            } else {
                at = next < 0x20 ? Self.refused : at + 1
            }
            guard at > 0 else { return at }
        }
        return Self.refused
    }

    /// Past one escape; both halves of a surrogate pair at once.
    private func escape(_ at: Int) -> Int {
        guard at + 1 < end else { return Self.refused }
        switch byte(at + 1) {
        case Mark.quote, Mark.backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"):
            return at + 2
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(at) else { return Self.refused }
            switch unit {
            // Whether it may be there is for the limits to say, which the parser reads.
            case 0: return Self.unsure
            case 0xD800...0xDBFF:
                guard at + 7 < end, byte(at + 6) == Mark.backslash, byte(at + 7) == UInt8(ascii: "u"), let low = codeUnit(at + 6),
                    (0xDC00...0xDFFF).contains(low)
                else { return Self.refused }
                return at + 12
            case 0xDC00...0xDFFF: return Self.refused
            default: return at + 6
            }
        default: return Self.refused
        }
    }

    private func codeUnit(_ at: Int) -> UInt32? {
        guard at + 5 < end else { return nil }
        var unit: UInt32 = 0
        for step in 2..<6 {
            let digit: UInt8
            switch byte(at + step) {
            case let byte where byte &- 0x30 < 10: digit = byte - 0x30
            case let byte where byte &- 0x41 < 6: digit = byte - 0x37
            case let byte where byte &- 0x61 < 6: digit = byte - 0x57
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The high bit of the first byte that is a quote, a backslash, a control character or not ASCII; those above may be wrong.
    ///
    /// Wire has the same, and other targets can not have it inlined from there.
    @inline(__always) private static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ 0x2222_2222_2222_2222
        let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let controls = (word &- ones &* 0x20) & ~word
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls | word) & (ones &* 0x80)
    }

    /// One multi-byte sequence by the table of RFC 3629 section 4.
    @inline(__always) private func sequence(_ at: Int) -> Int {
        let lead = byte(at)
        // Han characters, mostly.
        if lead & 0xF0 == 0xE0, lead != 0xE0, lead != 0xED, at + 3 <= end {
            return byte(at + 1) & 0xC0 == 0x80 && byte(at + 2) & 0xC0 == 0x80 ? at + 3 : Self.refused
        }
        return rareSequence(at, lead)
    }

    @inline(never) private func rareSequence(_ at: Int, _ lead: UInt8) -> Int {
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
        default: return Self.refused
        }
        guard at + length <= end, byte(at + 1) >= secondMin, byte(at + 1) <= secondMax else { return Self.refused }
        for step in 2..<max(2, length) where byte(at + step) & 0xC0 != 0x80 { return Self.refused }
        return at + length
    }

    // MARK: Memory

    @inline(__always) private func byte(_ at: Int) -> UInt8 { unsafe text[at] }

    @inline(__always) private func load(_ at: Int) -> UInt64 {
        unsafe UInt64(littleEndian: UnsafeRawPointer(text + at).loadUnaligned(as: UInt64.self))
    }

    @inline(__always) private func skip(_ start: Int) -> Int {
        guard start < end, byte(start) <= 0x20 else { return start }
        return skipSpaces(start)
    }

    @inline(never) private func skipSpaces(_ start: Int) -> Int {
        var at = start
        while at < end, case let next = byte(at), next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { at += 1 }
        return at
    }
}

/// The bytes that JSON gives a meaning to.
private enum Mark {
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let minus = UInt8(ascii: "-")
    static let plus = UInt8(ascii: "+")
    static let point = UInt8(ascii: ".")
    static let zero = UInt8(ascii: "0")
    static let nine = UInt8(ascii: "9")
    static let capitalE = UInt8(ascii: "E")
    static let letterF = UInt8(ascii: "f")
    static let letterN = UInt8(ascii: "n")
    static let letterT = UInt8(ascii: "t")
    /// `true`, `alse` and `null`, the first letter lowest.
    static let wordTrue: UInt32 = 0x6575_7274
    static let wordAlse: UInt32 = 0x6573_6C61
    static let wordNull: UInt32 = 0x6C6C_756E
}
