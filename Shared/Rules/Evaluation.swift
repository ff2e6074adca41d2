import Wire

extension Logic {
    /// JsonLogic as its public suite has it: two-valued, absent names are null, everything is coerced as in JavaScript.
    /// For exchanged rules and tests; what decides about a subject is `judge`.
    public func evaluate(_ data: JSONValue, budget: RuleBudget = .standard) throws(RuleLimit) -> RuleValue {
        try evaluate(RuleValue(data), budget: budget)
    }

    /// The same over a value.
    public func evaluate(_ data: RuleValue, budget: RuleBudget = .standard) throws(RuleLimit) -> RuleValue {
        var evaluation = Evaluation(facts: [String: RuleValue](), isThreeValued: false, budget: budget)
        switch try evaluation.value(of: self, in: .value(data), depth: 0) {
        case .known(let value): return value
        case .unknown: return .null
        }
    }
}

/// One run of one rule over one subject. Both the two-valued and the three-valued reading go through here, so that the public suite
/// checks what decides.
///
/// Not generic over the facts: one code for all their kinds costs no more than one call through the protocol for each name.
struct Evaluation {
    let facts: any FactSource
    /// False: an absent name is null. True: it makes everything unknown that needs it.
    let isThreeValued: Bool
    let budget: RuleBudget
    private(set) var steps = 0

    init(facts: any FactSource, isThreeValued: Bool, budget: RuleBudget) {
        self.facts = facts
        self.isThreeValued = isThreeValued
        self.budget = budget
    }

    /// What is in sight: the facts, or the element that a `map` or its like is at.
    enum Scope {
        case facts
        case value(RuleValue)
    }

    enum Outcome {
        case known(RuleValue)
        /// No value. The truth can be known all the same: `{"or": [unknown, 3]}` is true, but nobody can say whether it is 3.
        /// `missing` are the names whose absence is the cause; they may repeat.
        case unknown(missing: [String], truth: Bool? = nil)

        var truth: Bool? {
            switch self {
            case .known(let value): value.isTruthy
            case .unknown(_, let truth): truth
            }
        }

        var missing: [String] {
            switch self {
            case .known: []
            case .unknown(let missing, _): missing
            }
        }

        static func bool(_ flag: Bool) -> Outcome { .known(.bool(flag)) }
        static func number(_ number: Double) -> Outcome { .known(.number(number)) }
    }

    mutating func value(of logic: Logic, in scope: Scope, depth: Int) throws(RuleLimit) -> Outcome {
        try spend(1)
        guard depth <= budget.depthMax else { throw .depth }
        switch logic {
        case .constant(let value):
            return .known(value)
        case .list(let elements):
            return switch try values(of: elements, in: scope, depth: depth) {
            case .known(let values): .known(.array(values))
            case .unknown(let missing): .unknown(missing: missing)
            }
        case .variable(let name, let fallback):
            return try variable(name, fallback: fallback, in: scope, depth: depth)
        case .computedVariable(let path, let fallback):
            switch try value(of: path, in: scope, depth: depth + 1) {
            case .known(let name): return try variable(VariableName(name), fallback: fallback, in: scope, depth: depth)
            case .unknown(let missing, _): return .unknown(missing: missing)
            }
        case .member(let element, let choices):
            switch try value(of: element, in: scope, depth: depth + 1) {
            case .known(let value): return .bool(choices.contains(value))
            case .unknown(let missing, _): return .unknown(missing: missing)
            }
        case .apply(let operation, let arguments):
            return try apply(operation, arguments, in: scope, depth: depth)
        }
    }

    private mutating func apply(
        _ operation: Operator, _ arguments: [Logic], in scope: Scope, depth: Int
    ) throws(RuleLimit) -> Outcome {
        // Parsing has checked the count; a rule put together in code may not have been.
        guard operation.argumentCounts.contains(arguments.count) else { return .unknown(missing: []) }
        switch operation {
        case .and: return try junction(arguments, stopsAt: false, in: scope, depth: depth)
        case .or: return try junction(arguments, stopsAt: true, in: scope, depth: depth)
        case .not, .truth:
            let argument = try value(of: arguments[0], in: scope, depth: depth + 1)
            guard let truth = argument.truth else { return .unknown(missing: argument.missing) }
            return .bool(truth == (operation == .truth))
        case .if, .ternary: return try choice(arguments[...], in: scope, depth: depth)
        case .filter, .map, .reduce, .all, .none, .some: return try walk(operation, arguments, in: scope, depth: depth)
        case .equal, .strictlyEqual, .notEqual, .notStrictlyEqual, .less, .atMost, .greater, .atLeast, .in, .cat, .substr, .sum,
            .difference, .product, .quotient, .remainder, .max, .min, .merge, .missing, .missingSome:
            if arguments.count == 2, let outcome = try pair(operation, arguments[0], arguments[1], in: scope, depth: depth) {
                return outcome
            }
            switch try values(of: arguments, in: scope, depth: depth) {
            case .known(let values): return try compute(operation, values, in: scope)
            case .unknown(let missing): return .unknown(missing: missing)
            }
        }
    }

    /// What nearly every rule is made of, without a list of the arguments; nil for the other operators, before anything was read.
    private mutating func pair(
        _ operation: Operator, _ left: Logic, _ right: Logic, in scope: Scope, depth: Int
    ) throws(RuleLimit) -> Outcome? {
        switch operation {
        case .equal, .notEqual, .strictlyEqual, .notStrictlyEqual, .less, .atMost, .greater, .atLeast, .sum, .product, .difference,
            .quotient:
            break
        default: return nil
        }
        let first = try value(of: left, in: scope, depth: depth + 1)
        let second = try value(of: right, in: scope, depth: depth + 1)
        guard case .known(let a) = first, case .known(let b) = second else {
            return .unknown(missing: first.missing + second.missing)
        }
        switch operation {
        case .equal: return .bool(try areLooselyEqual(a, b))
        case .notEqual: return .bool(!(try areLooselyEqual(a, b)))
        case .strictlyEqual: return .bool(try areStrictlyEqual(a, b))
        case .notStrictlyEqual: return .bool(!(try areStrictlyEqual(a, b)))
        case .sum: return number(a.coercedToNumber + b.coercedToNumber)
        case .product: return number(a.coercedToNumber * b.coercedToNumber)
        case .difference: return number(a.coercedToNumber - b.coercedToNumber)
        case .quotient: return number(a.coercedToNumber / b.coercedToNumber)
        default:
            guard let order = try order(a, b) else { return isThreeValued ? .unknown(missing: []) : .bool(false) }
            switch operation {
            case .less: return .bool(order < 0)
            case .atMost: return .bool(order <= 0)
            case .greater: return .bool(order > 0)
            default: return .bool(order >= 0)
            }
        }
    }

    // MARK: What may leave arguments unread

    /// `and` (stops at the first false) and `or` (stops at the first true). Kleene: an unknown before the stop leaves the truth alone,
    /// but not the value, as it could be the one where the junction stops.
    private mutating func junction(
        _ arguments: [Logic], stopsAt stop: Bool, in scope: Scope, depth: Int
    ) throws(RuleLimit) -> Outcome {
        var last = RuleValue.bool(!stop)
        var valueUnknowns: [String]?
        var truthUnknowns: [String]?
        for argument in arguments {
            let outcome = try value(of: argument, in: scope, depth: depth + 1)
            switch outcome {
            case .known(let value): last = value
            case .unknown(let missing, nil): truthUnknowns = (truthUnknowns ?? []) + missing
            case .unknown(let missing, _): valueUnknowns = (valueUnknowns ?? []) + missing
            }
            guard outcome.truth == stop else { continue }
            guard valueUnknowns != nil || truthUnknowns != nil else { return .known(last) }
            return .unknown(missing: (valueUnknowns ?? []) + (truthUnknowns ?? []), truth: stop)
        }
        if let truthUnknowns { return .unknown(missing: truthUnknowns) }
        return valueUnknowns.map { .unknown(missing: $0, truth: !stop) } ?? .known(last)
    }

    /// `if`: condition, result, condition, result, …, result otherwise. An unknown condition is harmless when both ways lead to the same.
    private mutating func choice(_ arguments: ArraySlice<Logic>, in scope: Scope, depth: Int) throws(RuleLimit) -> Outcome {
        var rest = arguments
        while let condition = rest.popFirst() {
            guard let result = rest.popFirst() else { return try value(of: condition, in: scope, depth: depth + 1) }
            let test = try value(of: condition, in: scope, depth: depth + 1)
            switch test.truth {
            case true?: return try value(of: result, in: scope, depth: depth + 1)
            case false?: continue
            case nil:
                try spend(1)
                let then = try value(of: result, in: scope, depth: depth + 1)
                let otherwise = try choice(rest, in: scope, depth: depth + 1)
                if case .known(let a) = then, case .known(let b) = otherwise, a == b { return then }
                return .unknown(
                    missing: test.missing + then.missing + otherwise.missing, truth: then.truth == otherwise.truth ? then.truth : nil)
            }
        }
        return .known(.null)
    }

    /// The operators that run a rule for each element.
    private mutating func walk(
        _ operation: Operator, _ arguments: [Logic], in scope: Scope, depth: Int
    ) throws(RuleLimit) -> Outcome {
        let source: RuleValue
        switch try value(of: arguments[0], in: scope, depth: depth + 1) {
        case .known(let value): source = value
        case .unknown(let missing, _): return .unknown(missing: missing)
        }
        let elements = if case .array(let elements) = source { elements } else { [RuleValue]() }
        if operation == .reduce { return try reduction(of: elements, arguments, in: scope, depth: depth) }
        if operation == .all, elements.isEmpty { return .bool(false) }

        var kept: [RuleValue] = []
        var unknowns: [String]?
        for element in elements {
            let outcome = try value(of: arguments[1], in: .value(element), depth: depth + 1)
            if operation == .map {
                switch outcome {
                case .known(let value): kept.append(value)
                case .unknown(let missing, _): unknowns = (unknowns ?? []) + missing
                }
                continue
            }
            guard let truth = outcome.truth else {
                unknowns = (unknowns ?? []) + outcome.missing
                continue
            }
            switch operation {
            case .filter: if truth { kept.append(element) }
            case .all: if !truth { return .bool(false) }
            case .none: if truth { return .bool(false) }
            default: if truth { return .bool(true) }
            }
        }
        if let unknowns { return .unknown(missing: unknowns) }
        switch operation {
        case .map, .filter: return .known(.array(kept))
        case .all, .none: return .bool(true)
        default: return .bool(false)
        }
    }

    private mutating func reduction(
        of elements: [RuleValue], _ arguments: [Logic], in scope: Scope, depth: Int
    ) throws(RuleLimit) -> Outcome {
        var accumulator: RuleValue
        switch try value(of: arguments[2], in: scope, depth: depth + 1) {
        case .known(let value): accumulator = value
        case .unknown(let missing, _): return .unknown(missing: missing)
        }
        for element in elements {
            let inner = Scope.value(.object(["current": element, "accumulator": accumulator]))
            switch try value(of: arguments[1], in: inner, depth: depth + 1) {
            case .known(let value): accumulator = value
            case .unknown(let missing, _): return .unknown(missing: missing)
            }
            // A reduction can wrap or double its result at every element; unweighed, a short rule could fill the memory.
            try weigh(accumulator, depth: depth)
        }
        return .known(accumulator)
    }

    // MARK: Names

    private mutating func variable(
        _ name: VariableName, fallback: Logic?, in scope: Scope, depth: Int
    ) throws(RuleLimit) -> Outcome {
        if let value = find(name, in: scope) { return .known(value) }
        if let fallback { return try value(of: fallback, in: scope, depth: depth + 1) }
        return isThreeValued ? .unknown(missing: [name.text]) : .known(.null)
    }

    private func find(_ name: VariableName, in scope: Scope) -> RuleValue? {
        switch scope {
        case .facts: return facts.find(name)
        case .value(let value):
            let found = name.steps.isEmpty ? value : name.value(in: value)
            return isThreeValued && found == .null ? nil : found
        }
    }

    /// The names among `names` that lead to nothing, null or the empty string.
    private func missing(_ names: [RuleValue], in scope: Scope) -> [RuleValue] {
        names.filter { name in
            guard let value = find(VariableName(name), in: scope) else { return true }
            return value == .null || value == .string("")
        }
    }

    // MARK: What needs all arguments

    private enum Values {
        case known([RuleValue])
        case unknown(missing: [String])
    }

    private mutating func values(of arguments: [Logic], in scope: Scope, depth: Int) throws(RuleLimit) -> Values {
        var values: [RuleValue] = []
        values.reserveCapacity(arguments.count)
        var unknowns: [String]?
        for argument in arguments {
            switch try value(of: argument, in: scope, depth: depth + 1) {
            case .known(let value): values.append(value)
            case .unknown(let missing, _): unknowns = (unknowns ?? []) + missing
            }
        }
        return unknowns.map { .unknown(missing: $0) } ?? .known(values)
    }

    private mutating func compute(_ operation: Operator, _ values: [RuleValue], in scope: Scope) throws(RuleLimit) -> Outcome {
        switch operation {
        case .less: return try isAscending(values) { $0 < 0 }
        case .atMost: return try isAscending(values) { $0 <= 0 }
        case .greater: return try isAscending(values) { $0 > 0 }
        case .atLeast: return try isAscending(values) { $0 >= 0 }
        case .in: return .bool(try isMember(values[0], of: values[1]))
        case .cat:
            var text = ""
            for value in values { text += try coercedToText(value) }
            return .known(.string(text))
        case .substr: return .known(.string(try substring(values)))
        case .sum: return number(values.reduce(0) { $0 + $1.coercedToNumber })
        case .product: return number(values.reduce(1) { $0 * $1.coercedToNumber })
        case .difference: return number(-values[0].coercedToNumber)
        case .remainder: return number(values[0].coercedToNumber.truncatingRemainder(dividingBy: values[1].coercedToNumber))
        case .max: return number(values.reduce(-Double.infinity) { greater($0, $1.coercedToNumber) })
        case .min: return number(-values.reduce(-Double.infinity) { greater($0, -$1.coercedToNumber) })
        case .merge:
            var merged: [RuleValue] = []
            for value in values {
                if case .array(let elements) = value { merged += elements } else { merged.append(value) }
            }
            try spend(merged.count)
            return .known(.array(merged))
        case .missing:
            let names = if case .array(let names)? = values.first { names } else { values }
            try spend(names.count)
            return .known(.array(missing(names, in: scope)))
        case .missingSome:
            let names = if case .array(let names) = values[1] { names } else { [values[1]] }
            try spend(names.count)
            let absent = missing(names, in: scope)
            let isEnough = Double(names.count - absent.count) >= values[0].coercedToNumber
            return .known(.array(isEnough ? [] : absent))
        case .equal, .notEqual, .strictlyEqual, .notStrictlyEqual, .quotient, .and, .or, .not, .truth, .if, .ternary, .filter, .map,
            .reduce, .all, .none, .some:
            preconditionFailure("`apply` sends these elsewhere")
        }
    }

    /// In the three-valued reading a calculation without a result is unknown instead of a number that compares as false.
    private func number(_ number: Double) -> Outcome {
        isThreeValued && !number.isFinite ? .unknown(missing: []) : .number(number)
    }

    private func greater(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : Swift.max(a, b) }

    /// Two or three values in order: below, at or above zero is the comparison of neighbours.
    private mutating func isAscending(_ values: [RuleValue], _ holds: (Int) -> Bool) throws(RuleLimit) -> Outcome {
        for (left, right) in zip(values, values.dropFirst()) {
            guard let order = try order(left, right) else { return isThreeValued ? .unknown(missing: []) : .bool(false) }
            if !holds(order) { return .bool(false) }
        }
        return .bool(true)
    }

    /// Texts by their bytes, everything else by number; nil where there is no number.
    private mutating func order(_ a: RuleValue, _ b: RuleValue) throws(RuleLimit) -> Int? {
        if case .number(let x) = a, case .number(let y) = b { return x < y ? -1 : (x > y ? 1 : (x == y ? 0 : nil)) }
        if case .string(let x) = a, case .string(let y) = b {
            try spend(Swift.min(x.utf8.count, y.utf8.count) / 64)
            return x == y ? 0 : (x.utf8.lexicographicallyPrecedes(y.utf8) ? -1 : 1)
        }
        let (x, y) = (a.coercedToNumber, b.coercedToNumber)
        return x < y ? -1 : (x > y ? 1 : (x == y ? 0 : nil))
    }

    private mutating func areStrictlyEqual(_ a: RuleValue, _ b: RuleValue) throws(RuleLimit) -> Bool {
        if case .array = a, case .array = b { try weigh(a, depth: 0) }
        if case .object = a, case .object = b { try weigh(a, depth: 0) }
        return a == b
    }

    private mutating func areLooselyEqual(_ a: RuleValue, _ b: RuleValue) throws(RuleLimit) -> Bool {
        switch (a, b) {
        case (.null, .null): return true
        case (.null, _), (_, .null): return false
        case (.number, .number), (.string, .string), (.bool, .bool): return a == b
        case (.array, .array), (.object, .object), (.array, .object), (.object, .array): return try areStrictlyEqual(a, b)
        case (.array, .string), (.object, .string), (.string, .array), (.string, .object):
            return try coercedToText(a) == coercedToText(b)
        case (.array, _), (_, .array), (.object, _), (_, .object), (.number, _), (_, .number), (.bool, _), (_, .bool):
            return a.coercedToNumber == b.coercedToNumber
        }
    }

    private mutating func isMember(_ element: RuleValue, of whole: RuleValue) throws(RuleLimit) -> Bool {
        switch whole {
        case .array(let choices):
            try spend(choices.count)
            for choice in choices where try areStrictlyEqual(element, choice) { return true }
            return false
        case .string(let text):
            let part = Array(try coercedToText(element).utf8)
            let bytes = Array(text.utf8)
            try spend(bytes.count / 64)
            guard part.count <= bytes.count else { return false }
            return (0...bytes.count - part.count).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
        case .null, .bool, .number, .object: return false
        }
    }

    /// Characters counted as Unicode scalars; negative positions from the end, a negative length leaves off so many.
    private mutating func substring(_ values: [RuleValue]) throws(RuleLimit) -> String {
        let text = try coercedToText(values[0])
        // Nearly all of it is ASCII, where a byte is a character.
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            let part = part(of: text.utf8.count, values)
            let start = text.utf8.index(text.startIndex, offsetBy: part.lowerBound)
            return String(text[start..<text.utf8.index(start, offsetBy: part.count)])
        }
        let scalars = Array(text.unicodeScalars)
        var chosen = String.UnicodeScalarView()
        chosen.append(contentsOf: scalars[part(of: scalars.count, values)])
        return String(chosen)
    }

    /// Which of so many characters a start, and perhaps a length, ask for.
    private func part(of count: Int, _ values: [RuleValue]) -> Range<Int> {
        let start = clamp(values[1].coercedToNumber, within: count)
        guard values.count == 3 else { return start..<count }
        let length = values[2].coercedToNumber
        if length < 0 { return start..<Swift.max(start, clamp(length, within: count)) }
        return start..<Swift.min(count, start + whole(length))
    }

    private func clamp(_ position: Double, within count: Int) -> Int {
        let place = whole(position.magnitude)
        return position < 0 ? Swift.max(0, count - place) : Swift.min(count, place)
    }

    private func whole(_ number: Double) -> Int { number.isNaN ? 0 : Int(Swift.min(number, 1e9)) }

    /// As JavaScript joins: null is nothing, lists are joined by commas.
    private mutating func coercedToText(_ value: RuleValue) throws(RuleLimit) -> String {
        switch value {
        case .null: return ""
        case .string(let text):
            try spend(text.utf8.count / 64)
            return text
        case .bool, .number: return value.text
        case .array(let elements):
            try weigh(value, depth: 0)
            var parts: [String] = []
            for element in elements { parts.append(try coercedToText(element)) }
            return parts.joined(separator: ",")
        case .object: return "[object Object]"
        }
    }

    // MARK: Budget

    private mutating func spend(_ count: Int) throws(RuleLimit) {
        steps += count
        guard steps <= budget.stepsMax else { throw .steps }
    }

    /// Pays for every part of a value, and refuses one that is nested too deep to be compared or freed safely.
    private mutating func weigh(_ value: RuleValue, depth: Int) throws(RuleLimit) {
        guard depth <= budget.depthMax else { throw .depth }
        try spend(1)
        switch value {
        case .null, .bool, .number: break
        case .string(let text): try spend(text.utf8.count / 64)
        case .array(let elements): for element in elements { try weigh(element, depth: depth + 1) }
        case .object(let members): for member in members.values { try weigh(member, depth: depth + 1) }
        }
    }
}

extension FactSource {
    /// A fact by its whole name, or a path into a fact; nil when it is not known or null.
    func find(_ name: VariableName) -> RuleValue? {
        if let found = value(of: name) { return found == .null ? nil : found }
        guard name.steps.count > 1, let start = value(name.steps[0]) else { return nil }
        let found = name.value(in: start, from: 1)
        return found == .null ? nil : found
    }
}
