/// The operators of JsonLogic. The raw value is the word in the rule.
public enum Operator: String, CaseIterable, Sendable {
    case equal = "=="
    case strictlyEqual = "==="
    case notEqual = "!="
    case notStrictlyEqual = "!=="
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    case not = "!"
    case truth = "!!"
    case and
    case or
    case `if`
    case ternary = "?:"
    case `in`
    case cat
    case substr
    case sum = "+"
    case difference = "-"
    case product = "*"
    case quotient = "/"
    case remainder = "%"
    case max
    case min
    case merge
    case missing
    case missingSome = "missing_some"
    case filter
    case map
    case reduce
    case all
    case none
    case some

    /// How many arguments it can take.
    var argumentCounts: ClosedRange<Int> {
        switch self {
        case .equal, .strictlyEqual, .notEqual, .notStrictlyEqual, .quotient, .remainder, .in, .missingSome, .greater, .atLeast: 2...2
        case .filter, .map, .all, .none, .some: 2...2
        // Three arguments mean "between".
        case .less, .atMost, .substr: 2...3
        case .not, .truth: 1...1
        case .difference: 1...2
        case .reduce: 3...3
        case .max, .min, .and, .or: 1...Int.max
        case .if, .ternary, .cat, .sum, .product, .merge, .missing: 0...Int.max
        }
    }

    /// Whether the arguments after the first see the elements instead of the facts.
    var opensScope: Bool {
        switch self {
        case .filter, .map, .reduce, .all, .none, .some: true
        default: false
        }
    }
}
