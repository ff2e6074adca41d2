/// What a text must look like as a whole: a small part of regular expressions, in linear time.
///
/// Literals, `.`, `\d`, `\.` (any escaped character), `[A-Z0-9-]`, `[^…]`, each with `?`, `*`, `+`, `{n}`, `{n,m}` after it. No groups, no
/// alternatives. `^` at the start and `$` at the end change nothing.
public struct TextPattern: Sendable {
    public let text: String
    private let steps: [Step]

    private struct Step: Sendable {
        let isNegated: Bool
        let ranges: [ClosedRange<UInt32>]
        /// Again and again.
        let isRepeated: Bool
        let isOptional: Bool

        func matches(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }

    /// The same as an expression of ECMA-262, without the anchors: there, `.` stops at the end of a line.
    var expression: String {
        var rest = Array(text.unicodeScalars)[...]
        if rest.first == "^" { rest.removeFirst() }
        if rest.last == "$", rest.dropLast().last != "\\" { rest.removeLast() }
        var result = ""
        var isInSet = false
        while let scalar = rest.popFirst() {
            if scalar == ".", !isInSet {
                result += "[^]"
                continue
            }
            result.unicodeScalars.append(scalar)
            if scalar == "\\", let escaped = rest.popFirst() { result.unicodeScalars.append(escaped) }
            if scalar == "[" { isInSet = true }
            if scalar == "]" { isInSet = false }
        }
        return result
    }

    /// Repetitions that one `{n,m}` may ask for.
    private static let repeatMax = 200
    private static let stepsMax = 2_000

    /// Nil when the pattern is not of the small part.
    public init?(_ text: String) {
        self.text = text
        var scalars = Array(text.unicodeScalars)
        if scalars.first == "^" { scalars.removeFirst() }
        if scalars.last == "$", scalars.dropLast().last != "\\" { scalars.removeLast() }
        var steps: [Step] = []
        var at = 0
        while at < scalars.count {
            guard let (isNegated, ranges) = Self.one(scalars, &at), let (least, most) = Self.count(scalars, &at) else { return nil }
            func step(optional: Bool, repeated: Bool) -> Step {
                Step(isNegated: isNegated, ranges: ranges, isRepeated: repeated, isOptional: optional)
            }
            for _ in 0..<least { steps.append(step(optional: false, repeated: false)) }
            if let most {
                for _ in least..<most { steps.append(step(optional: true, repeated: false)) }
            } else {
                steps.append(step(optional: true, repeated: true))
            }
            guard steps.count <= Self.stepsMax else { return nil }
        }
        self.steps = steps
    }

    private static let anything: [ClosedRange<UInt32>] = [0...0x10_FFFF]
    private static let digits: [ClosedRange<UInt32>] = [48...57]

    private static func one(_ scalars: [Unicode.Scalar], _ at: inout Int) -> (Bool, [ClosedRange<UInt32>])? {
        let scalar = scalars[at]
        at += 1
        switch scalar {
        case ".": return (false, anything)
        case "\\": return escaped(scalars, &at).map { (false, $0) }
        case "[": return set(scalars, &at)
        case "(", ")", "|", "*", "+", "?", "{", "}", "]", "^", "$": return nil
        default: return (false, [scalar.value...scalar.value])
        }
    }

    private static func escaped(_ scalars: [Unicode.Scalar], _ at: inout Int) -> [ClosedRange<UInt32>]? {
        guard at < scalars.count else { return nil }
        let scalar = scalars[at]
        at += 1
        if scalar == "d" { return digits }
        // Other letters mean classes that this part does not have.
        guard !scalar.isASCII || !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else { return nil }
        return [scalar.value...scalar.value]
    }

    private static func set(_ scalars: [Unicode.Scalar], _ at: inout Int) -> (Bool, [ClosedRange<UInt32>])? {
        var ranges: [ClosedRange<UInt32>] = []
        let isNegated = at < scalars.count && scalars[at] == "^"
        if isNegated { at += 1 }
        while at < scalars.count, scalars[at] != "]" {
            if scalars[at] == "\\" {
                at += 1
                guard let more = escaped(scalars, &at) else { return nil }
                ranges += more
                continue
            }
            let low = scalars[at].value
            at += 1
            if at + 1 < scalars.count, scalars[at] == "-", scalars[at + 1] != "]" {
                let high = scalars[at + 1].value
                guard low <= high else { return nil }
                ranges.append(low...high)
                at += 2
            } else {
                ranges.append(low...low)
            }
        }
        guard at < scalars.count, !ranges.isEmpty else { return nil }
        at += 1
        return (isNegated, ranges)
    }

    /// How often: least, and most or nil for no end.
    private static func count(_ scalars: [Unicode.Scalar], _ at: inout Int) -> (Int, Int?)? {
        guard at < scalars.count else { return (1, 1) }
        switch scalars[at] {
        case "?":
            at += 1
            return (0, 1)
        case "*":
            at += 1
            return (0, nil)
        case "+":
            at += 1
            return (1, nil)
        case "{":
            guard let end = scalars[at...].firstIndex(of: "}") else { return nil }
            let parts = scalars[(at + 1)..<end].split(separator: ",", omittingEmptySubsequences: false)
                .map { Int(String(String.UnicodeScalarView($0))) }
            at = end + 1
            guard let least = parts.first ?? nil, (0...repeatMax).contains(least) else { return nil }
            if parts.count == 1 { return (least, least) }
            guard parts.count == 2, let most = parts[1], (least...repeatMax).contains(most) else { return nil }
            return (least, most)
        default:
            return (1, 1)
        }
    }

    /// All places in the pattern where the text read so far may stand, moved one character at a time: nothing is tried twice.
    public func matches(_ candidate: String) -> Bool {
        var places = [Bool](repeating: false, count: steps.count + 1)
        places[0] = true
        skipOptional(&places)
        for scalar in candidate.unicodeScalars {
            var next = [Bool](repeating: false, count: steps.count + 1)
            for place in steps.indices where places[place] && steps[place].matches(scalar.value) {
                next[steps[place].isRepeated ? place : place + 1] = true
            }
            skipOptional(&next)
            places = next
        }
        return places[steps.count]
    }

    private func skipOptional(_ places: inout [Bool]) {
        for place in steps.indices where places[place] && steps[place].isOptional { places[place + 1] = true }
    }
}
