/// A regular expression as a finite automaton over the bytes of UTF-8: one step a byte, whatever the text.
struct PatternAutomaton: Sendable {
    /// Of a byte: its class. Bytes of one class are never told apart.
    let classes: [UInt8]
    let classCount: Int
    /// Of a state times `classCount` plus a class: the next state, likewise multiplied. `rejecting` and `accepting` lead to themselves.
    let steps: [UInt32]
    /// Of a state: whether a text that ends there matches.
    let endsWell: [Bool]
    let start: UInt32

    static let rejecting = 0
    static let accepting = 1

    static let statesMax = 4_096
    /// Places of the nondeterministic automaton.
    private static let placesMax = 100_000
    /// Places looked at while the states are found: bounds the time of a compilation.
    private static let workMax = 20_000_000

    init(_ node: PatternNode) throws(PatternDefect) {
        var net = Net()
        let accept = net.add(.match)
        let entry = try net.build(node, then: accept)

        (classes, classCount) = net.byteClasses()
        var firstOfClass = [UInt8](repeating: 0, count: classCount)
        for byte in (0...255).reversed() { firstOfClass[Int(classes[byte])] = UInt8(byte) }

        var walk = Walk(net: net)
        let again = walk.closure(of: [entry], atStart: false, atEnd: false)
        let first = walk.closure(of: [entry], atStart: true, atEnd: false)
        // 0 rejects for good, 1 accepts for good.
        var sets: [[Int32]] = [[], []]
        var numbers: [[Int32]: Int] = [:]
        var steps = [UInt32](repeating: 0, count: classCount * 2)
        for index in classCount..<classCount * 2 { steps[index] = UInt32(Self.accepting * classCount) }
        var endsWell = [false, true]

        func number(_ set: [Int32], atStart: Bool) -> Int {
            if set.contains(Int32(accept)) { return Self.accepting }
            // The first state alone may still pass a `^`.
            if !atStart {
                if set.isEmpty { return Self.rejecting }
                if let known = numbers[set] { return known }
                numbers[set] = sets.count
            }
            sets.append(set)
            endsWell.append(walk.closure(of: set.map(Int.init), atStart: atStart, atEnd: true).contains(Int32(accept)))
            return sets.count - 1
        }
        let startState = number(first, atStart: true)
        var reached: [[Int]: Int] = [:]
        var next = 2
        while next < sets.count {
            for byteClass in 0..<classCount {
                let byte = firstOfClass[byteClass]
                var targets: [Int] = []
                for place in sets[next] {
                    if case .range(let low, let high, let then) = net.places[Int(place)], low <= byte, byte <= high { targets.append(then) }
                }
                walk.work += targets.count + sets[next].count
                // Most classes lead where another has led before.
                let state: Int
                if let known = reached[targets] {
                    state = known
                } else {
                    var set = walk.closure(of: targets, atStart: false, atEnd: false)
                    // A match may begin at any byte that begins a scalar; in valid UTF-8 it cannot begin elsewhere.
                    if !again.isEmpty { set = Self.merged(set, again) }
                    walk.work += set.count
                    state = number(set, atStart: false)
                    reached[targets] = state
                }
                steps.append(UInt32(state * classCount))
            }
            guard sets.count <= Self.statesMax, walk.work <= Self.workMax else { throw PatternDefect(.tooLarge, at: 0) }
            next += 1
        }
        self.steps = steps
        self.endsWell = endsWell
        start = UInt32(startState * classCount)
    }

    private static func merged(_ a: [Int32], _ b: [Int32]) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(a.count + b.count)
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            if j == b.count || i < a.count && a[i] < b[j] {
                result.append(a[i])
                i += 1
            } else {
                if i < a.count, a[i] == b[j] { i += 1 }
                result.append(b[j])
                j += 1
            }
        }
        return result
    }

    /// True when the bytes, which are UTF-8, match somewhere.
    func matches(_ bytes: Span<UInt8>) -> Bool {
        var state = Int(start)
        let absorbing = classCount * 2
        var at = 0
        while at < bytes.count {
            if state < absorbing { break }
            state = Int(steps[state + Int(classes[Int(bytes[at])])])
            at += 1
        }
        return endsWell[state / classCount]
    }

    /// Pairs of states that a comparison looks at.
    private static let pairsMax = 100_000

    /// True when every text that this one matches is matched by the other. False also when that is not found out in time.
    func isIncluded(in other: PatternAutomaton) -> Bool {
        var seen: Set<[Int]> = [[Int(start), Int(other.start)]]
        var open = Array(seen)
        // One byte of each pair of classes stands for all of them.
        var bytes: [(Int, Int)] = []
        for byte in 0..<256 {
            let pair = (Int(classes[byte]), Int(other.classes[byte]))
            if !bytes.contains(where: { $0 == pair }) { bytes.append(pair) }
        }
        while let pair = open.popLast() {
            if endsWell[pair[0] / classCount], !other.endsWell[pair[1] / other.classCount] { return false }
            for (own, its) in bytes {
                let next = [Int(steps[pair[0] + own]), Int(other.steps[pair[1] + its])]
                if next[0] == Self.rejecting || !seen.insert(next).inserted { continue }
                guard seen.count <= Self.pairsMax else { return false }
                open.append(next)
            }
        }
        return true
    }

    // MARK: Nondeterministic

    private enum Place {
        case range(UInt8, UInt8, Int)
        case both(Int, Int)
        case start(Int)
        case end(Int)
        case match
    }

    private struct Net {
        var places: [Place] = []

        mutating func add(_ place: Place) -> Int {
            places.append(place)
            return places.count - 1
        }

        /// Built from the end, so that every place knows what follows.
        mutating func build(_ node: PatternNode, then: Int) throws(PatternDefect) -> Int {
            guard places.count <= PatternAutomaton.placesMax else { throw PatternDefect(.tooLarge, at: 0) }
            switch node {
            case .start: return add(.start(then))
            case .end: return add(.end(then))
            case .set(let set): return build(set, then: then)
            case .sequence(let parts):
                var next = then
                for part in parts.reversed() { next = try build(part, then: next) }
                return next
            case .alternatives(let branches):
                var entry = try build(branches[0], then: then)
                for branch in branches.dropFirst() { entry = add(.both(entry, try build(branch, then: then))) }
                return entry
            case .repeated(let inner, let least, let most):
                var next = then
                if let most {
                    for _ in least..<most { next = add(.both(try build(inner, then: next), then)) }
                } else {
                    let loop = add(.match)
                    places[loop] = .both(try build(inner, then: loop), then)
                    next = loop
                }
                for _ in 0..<least { next = try build(inner, then: next) }
                return next
            }
        }

        /// Every range of scalars as ranges of bytes.
        private mutating func build(_ set: ScalarSet, then: Int) -> Int {
            var entry: Int?
            // Tails that several ranges share are built once.
            var tails: [Tail: Int] = [:]
            for range in set.ranges {
                for bytes in UTF8Ranges.all(of: range) {
                    var next = then
                    for byte in bytes.reversed() {
                        let tail = Tail(low: byte.lowerBound, high: byte.upperBound, next: next)
                        if let known = tails[tail] {
                            next = known
                        } else {
                            next = add(.range(byte.lowerBound, byte.upperBound, next))
                            tails[tail] = next
                        }
                    }
                    entry = entry.map { add(.both($0, next)) } ?? next
                }
            }
            // The empty set: a range that no byte is in.
            return entry ?? add(.range(1, 0, then))
        }

        private struct Tail: Hashable {
            let low: UInt8
            let high: UInt8
            let next: Int
        }

        func byteClasses() -> ([UInt8], Int) {
            var begins = [Bool](repeating: false, count: 257)
            for place in places {
                guard case .range(let low, let high, _) = place, low <= high else { continue }
                begins[Int(low)] = true
                begins[Int(high) + 1] = true
            }
            var classes: [UInt8] = []
            var current = 0
            for byte in 0..<256 {
                if byte > 0, begins[byte] { current += 1 }
                classes.append(UInt8(current))
            }
            return (classes, current + 1)
        }
    }

    private struct Walk {
        let net: Net
        var work = 0
        private var marks: [Int]
        private var round = 0

        init(net: Net) {
            self.net = net
            marks = [Int](repeating: 0, count: net.places.count)
        }

        /// The places that can be reached without reading: those that read, that end, and the ends that are not yet allowed. Sorted.
        mutating func closure(of seeds: [Int], atStart: Bool, atEnd: Bool) -> [Int32] {
            round += 1
            var found: [Int32] = []
            var open = seeds
            while let place = open.popLast() {
                if marks[place] == round { continue }
                marks[place] = round
                work += 1
                switch net.places[place] {
                case .range, .match: found.append(Int32(place))
                case .both(let a, let b):
                    open.append(a)
                    open.append(b)
                case .start(let then): if atStart { open.append(then) }
                case .end(let then):
                    found.append(Int32(place))
                    if atEnd { open.append(then) }
                }
            }
            found.sort()
            return found
        }
    }
}

/// Ranges of scalars as sequences of byte ranges in UTF-8.
enum UTF8Ranges {
    static func all(of range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
        var result: [[ClosedRange<UInt8>]] = []
        var open = [range]
        while let range = open.popLast() {
            if let cut = cut(range) {
                open.append(cut + 1...range.upperBound)
                open.append(range.lowerBound...cut)
                continue
            }
            let low = encoded(range.lowerBound)
            let high = encoded(range.upperBound)
            result.append(zip(low, high).map { $0...$1 })
        }
        return result
    }

    /// Where the range must be cut in two, so that each part is a product of byte ranges.
    private static func cut(_ range: ClosedRange<UInt32>) -> UInt32? {
        for last: UInt32 in [0x7F, 0x7FF, 0xFFFF] where range.lowerBound <= last && range.upperBound > last { return last }
        guard range.upperBound > 0x7F else { return nil }
        for bits: UInt32 in [6, 12, 18] {
            let mask: UInt32 = 1 << bits - 1
            guard range.lowerBound & ~mask != range.upperBound & ~mask else { continue }
            if range.lowerBound & mask != 0 { return range.lowerBound | mask }
            if range.upperBound & mask != mask { return range.upperBound & ~mask - 1 }
        }
        return nil
    }

    private static func encoded(_ scalar: UInt32) -> [UInt8] {
        Unicode.Scalar(scalar).flatMap { UTF8.encode($0) }.map(Array.init) ?? []
    }
}
