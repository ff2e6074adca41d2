/// What a regular expression says.
indirect enum PatternNode: Sendable {
    case set(ScalarSet)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// `most` nil: without end.
    case repeated(PatternNode, least: Int, most: Int?)
    case start
    case end
}

/// Reads a regular expression of ECMA-262 in its `u` reading, without what no automaton can do in linear time.
struct PatternParser {
    private let scalars: [UInt32]
    private var at = 0
    private var depth = 0

    /// Groups inside one another.
    private static let depthMax = 50
    /// What `{n}` may ask for.
    static let repeatMax = 10_000
    static let lengthMax = 10_000

    static func parsed(_ text: String) throws(PatternDefect) -> PatternNode {
        var parser = PatternParser(text)
        guard parser.scalars.count <= lengthMax else { throw PatternDefect(.tooLarge, at: lengthMax) }
        let node = try parser.alternatives()
        guard parser.at == parser.scalars.count else { throw PatternDefect(.syntax, at: parser.at) }
        return node
    }

    private init(_ text: String) { scalars = text.unicodeScalars.map(\.value) }

    private func peek(_ ahead: Int = 0) -> UInt32? { at + ahead < scalars.count ? scalars[at + ahead] : nil }

    private func isNext(_ text: String) -> Bool { scalars[at...].starts(with: text.unicodeScalars.lazy.map(\.value)) }

    private mutating func alternatives() throws(PatternDefect) -> PatternNode {
        var branches = [try sequence()]
        while isNext("|") {
            at += 1
            branches.append(try sequence())
        }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(PatternDefect) -> PatternNode {
        var parts: [PatternNode] = []
        while let next = peek(), next != 0x7C, next != 0x29 {
            let start = at
            let atom = try term()
            guard let (least, most) = try count() else {
                parts.append(atom)
                continue
            }
            switch atom {
            case .start, .end: throw PatternDefect(.syntax, at: start)
            case .set, .sequence, .alternatives, .repeated: parts.append(.repeated(atom, least: least, most: most))
            }
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func term() throws(PatternDefect) -> PatternNode {
        let start = at
        guard let scalar = peek() else { throw PatternDefect(.syntax, at: at) }
        at += 1
        switch Unicode.Scalar(scalar) {
        case "^": return .start
        case "$": return .end
        case ".": return .set(ScalarSet.lineEnds.inverted)
        case "[": return .set(try set())
        case "(": return try group(from: start)
        case "\\": return .set(try escape(inSet: false))
        case "*", "+", "?", "{", "}", "]", ")": throw PatternDefect(.syntax, at: start)
        default: return .set(ScalarSet(scalar))
        }
    }

    private mutating func group(from start: Int) throws(PatternDefect) -> PatternNode {
        if isNext("?:") {
            at += 2
        } else if isNext("?<"), peek(2) != 0x3D, peek(2) != 0x21 {
            at += 2
            let name = at
            while let next = peek(), next != 0x3E {
                guard ScalarSet.word.contains(next) || next == 0x24 || next > 0x7F else { throw PatternDefect(.syntax, at: at) }
                at += 1
            }
            guard isNext(">"), at > name, !ScalarSet.digits.contains(scalars[name]) else { throw PatternDefect(.syntax, at: at) }
            at += 1
        } else if isNext("?") {
            // Look-around, or flags of a newer edition.
            throw PatternDefect(.unsupported, at: start)
        }
        depth += 1
        guard depth <= Self.depthMax else { throw PatternDefect(.tooLarge, at: start) }
        let inner = try alternatives()
        guard isNext(")") else { throw PatternDefect(.syntax, at: at) }
        at += 1
        depth -= 1
        return .sequence([inner])
    }

    /// How often the term before; nil when nothing is said. A lazy mark changes which match is found, never whether there is one.
    private mutating func count() throws(PatternDefect) -> (Int, Int?)? {
        let result: (Int, Int?)
        let start = at
        switch peek() {
        case 0x3F: result = (0, 1)
        case 0x2A: result = (0, nil)
        case 0x2B: result = (1, nil)
        case 0x7B:
            at += 1
            guard let least = number() else { throw PatternDefect(.syntax, at: at) }
            if isNext(",") {
                at += 1
                let most = number()
                result = (least, most)
            } else {
                result = (least, least)
            }
            guard isNext("}") else { throw PatternDefect(.syntax, at: at) }
        case nil, .some: return nil
        }
        at += 1
        if let most = result.1, most < result.0 { throw PatternDefect(.syntax, at: start) }
        guard max(result.0, result.1 ?? 0) <= Self.repeatMax else { throw PatternDefect(.tooLarge, at: start) }
        if isNext("?") { at += 1 }
        return result
    }

    private mutating func number() -> Int? {
        let start = at
        var value = 0
        while let digit = peek(), ScalarSet.digits.contains(digit) {
            value = min(value * 10 + Int(digit - 48), 1_000_000_000)
            at += 1
        }
        return at > start ? value : nil
    }

    // MARK: Sets

    private mutating func set() throws(PatternDefect) -> ScalarSet {
        let start = at
        let isNegated = isNext("^")
        if isNegated { at += 1 }
        var result = ScalarSet.none
        while let next = peek(), next != 0x5D {
            let low = try member()
            if isNext("-"), let after = peek(1), after != 0x5D {
                let dash = at
                at += 1
                let high = try member()
                guard let first = low.single, let last = high.single, first <= last else { throw PatternDefect(.syntax, at: dash) }
                result = result.union(ScalarSet([first...last]))
            } else {
                result = result.union(low)
            }
        }
        guard isNext("]") else { throw PatternDefect(.syntax, at: start - 1) }
        at += 1
        return isNegated ? result.inverted : result
    }

    private mutating func member() throws(PatternDefect) -> ScalarSet {
        guard let scalar = peek() else { throw PatternDefect(.syntax, at: at) }
        at += 1
        return scalar == 0x5C ? try escape(inSet: true) : ScalarSet(scalar)
    }

    // MARK: Escapes

    /// Behind the backslash.
    private mutating func escape(inSet: Bool) throws(PatternDefect) -> ScalarSet {
        let start = at - 1
        guard let letter = peek() else { throw PatternDefect(.syntax, at: start) }
        at += 1
        switch Unicode.Scalar(letter) {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverted
        case "w": return .word
        case "W": return ScalarSet.word.inverted
        case "s": return .space
        case "S": return ScalarSet.space.inverted
        case "t": return ScalarSet(0x09)
        case "n": return ScalarSet(0x0A)
        case "v": return ScalarSet(0x0B)
        case "f": return ScalarSet(0x0C)
        case "r": return ScalarSet(0x0D)
        case "b" where inSet: return ScalarSet(0x08)
        case "b", "B": throw PatternDefect(.unsupported, at: start)
        case "0":
            if let next = peek(), ScalarSet.digits.contains(next) { throw PatternDefect(.syntax, at: start) }
            return ScalarSet(0)
        case "1", "2", "3", "4", "5", "6", "7", "8", "9", "k": throw PatternDefect(.unsupported, at: start)
        case "c":
            guard let control = peek(), (65...90).contains(control & ~0x20) else { throw PatternDefect(.syntax, at: start) }
            at += 1
            return ScalarSet(control & 0x1F)
        case "x": return ScalarSet(try hexadecimal(2, from: start))
        case "u": return ScalarSet(try unicode(from: start))
        case "p": return try property(from: start)
        case "P": return try property(from: start).inverted
        default:
            // Any mark may stand for itself; a letter that means nothing today may mean something tomorrow.
            guard letter < 0x80, !ScalarSet.word.contains(letter) || letter == 0x5F else { throw PatternDefect(.syntax, at: start) }
            return ScalarSet(letter)
        }
    }

    private mutating func hexadecimal(_ digits: Int, from start: Int) throws(PatternDefect) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek(), let nibble = Self.nibble(digit) else { throw PatternDefect(.syntax, at: start) }
            value = value << 4 | nibble
            at += 1
        }
        return value
    }

    private static func nibble(_ digit: UInt32) -> UInt32? {
        switch digit {
        case 48...57: digit - 48
        case 65...70: digit - 55
        case 97...102: digit - 87
        default: nil
        }
    }

    private mutating func unicode(from start: Int) throws(PatternDefect) -> UInt32 {
        if isNext("{") {
            at += 1
            var value: UInt32 = 0
            let first = at
            while let digit = peek(), let nibble = Self.nibble(digit) {
                value = min(value << 4 | nibble, 0x11_0000)
                at += 1
            }
            guard isNext("}"), at > first, value <= 0x10_FFFF else { throw PatternDefect(.syntax, at: start) }
            at += 1
            return value
        }
        let unit = try hexadecimal(4, from: start)
        guard case 0xD800...0xDBFF = unit, isNext("\\u") else { return unit }
        let mark = at
        at += 2
        let low = try hexadecimal(4, from: mark)
        guard case 0xDC00...0xDFFF = low else {
            at = mark
            return unit
        }
        return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }

    /// `{Lu}`, `{Letter}`, `{gc=Lu}`, `{General_Category=Letter}`, `{Any}`, `{ASCII}`.
    private mutating func property(from start: Int) throws(PatternDefect) -> ScalarSet {
        guard isNext("{") else { throw PatternDefect(.syntax, at: start) }
        at += 1
        var name = ""
        while let next = peek(), next != 0x7D {
            guard let scalar = Unicode.Scalar(next) else { throw PatternDefect(.syntax, at: at) }
            name.unicodeScalars.append(scalar)
            at += 1
        }
        guard isNext("}") else { throw PatternDefect(.syntax, at: start) }
        at += 1
        for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        switch name {
        case "Any": return .everything
        case "ASCII": return ScalarSet([0...0x7F])
        default:
            guard let set = ScalarSet.category(name) else { throw PatternDefect(.unsupported, at: start) }
            return set
        }
    }
}

extension ScalarSet {
    /// The one scalar of a set of one.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, let only = ranges.first, only.lowerBound == only.upperBound else { return nil }
        return only.lowerBound
    }
}
