/// Turns rules into conjunctions over declared attributes.
///
/// Truth has three values, so "says yes" and "says no" are compiled apart: a missing value is in neither set of a comparison, and `!`
/// swaps the two. What lies outside the subset is taken for "may be" and marked as not exact.
struct RuleCompiler {
    let schema: AttributeSchema
    let limits: CompileLimits
    private(set) var nodes = 0

    init(schema: AttributeSchema, limits: CompileLimits) {
        self.schema = schema
        self.limits = limits
    }

    struct Candidates {
        /// One of these holds wherever the part says what was asked for.
        var conjunctions: [Conjunction]
        /// Whether it says so wherever one of these holds.
        var isExact: Bool

        static let unclear = Candidates(conjunctions: [.always], isExact: false)
        static func certain(_ holds: Bool) -> Candidates { Candidates(conjunctions: holds ? [.always] : [], isExact: true) }
    }

    /// Where the part says yes (`says`) or no.
    mutating func candidates(_ logic: Logic, says: Bool, depth: Int) throws(CompileDefect) -> Candidates {
        try count(logic)
        guard depth <= Logic.depthMax else { throw .tooDeep(max: Logic.depthMax) }
        switch logic {
        case .constant(let value): return .certain(value.isTruthy == says)
        case .variable, .member: return atom(logic, says: says)
        case .list, .computedVariable: return .unclear
        case .apply(let operation, let arguments):
            guard operation.argumentCounts.contains(arguments.count) else { return .unclear }
            switch operation {
            case .and, .or: return try junction(arguments, isAll: (operation == .and) == says, says: says, depth: depth)
            case .not: return try candidates(arguments[0], says: !says, depth: depth + 1)
            case .truth: return try candidates(arguments[0], says: says, depth: depth + 1)
            default: return atom(logic, says: says)
            }
        }
    }

    private mutating func junction(_ parts: [Logic], isAll: Bool, says: Bool, depth: Int) throws(CompileDefect) -> Candidates {
        var result = Candidates.certain(isAll)
        for part in parts {
            let more = try candidates(part, says: says, depth: depth + 1)
            result.conjunctions = try isAll ? both(result.conjunctions, more.conjunctions) : either(result.conjunctions, more.conjunctions)
            result.isExact = result.isExact && more.isExact
        }
        return result
    }

    /// One of the left and one of the right.
    func both(_ left: [Conjunction], _ right: [Conjunction]) throws(CompileDefect) -> [Conjunction] {
        var result: [Conjunction] = []
        for a in left {
            for b in right {
                guard let merged = a.and(b) else { continue }
                try add(merged, to: &result)
            }
        }
        return result
    }

    private func either(_ left: [Conjunction], _ right: [Conjunction]) throws(CompileDefect) -> [Conjunction] {
        var result = left
        for conjunction in right { try add(conjunction, to: &result) }
        return result
    }

    /// Adds an alternative, joined with another one where one conjunction can say both.
    private func add(_ new: Conjunction, to result: inout [Conjunction]) throws(CompileDefect) {
        if result.contains(.always) { return }
        var new = new
        var place = 0
        while place < result.count {
            if let joined = result[place].or(new) {
                new = joined
                result.remove(at: place)
                place = 0
            } else {
                place += 1
            }
        }
        if new == .always { result = [] }
        guard result.count < limits.conjunctionsMax else { throw .tooManyConjunctions(max: limits.conjunctionsMax) }
        result.append(new)
    }

    private mutating func count(_ logic: Logic) throws(CompileDefect) {
        switch logic {
        case .apply(_, let arguments): nodes += 1 + arguments.count
        case .list(let elements): nodes += 1 + elements.count
        case .constant, .variable, .computedVariable, .member: nodes += 2
        }
        guard nodes <= limits.nodesMax else { throw .tooManyNodes(max: limits.nodesMax) }
    }

    // MARK: Comparisons of one attribute with constants

    private func atom(_ logic: Logic, says: Bool) -> Candidates {
        let operands: [Logic] =
            switch logic {
            case .member(let element, _): [element]
            case .apply(_, let arguments): arguments
            case .variable: [logic]
            case .constant, .list, .computedVariable: []
            }
        var subject: (place: Int, fallback: RuleValue?)?
        for operand in operands {
            switch operand {
            case .variable(let name, let fallback):
                guard subject == nil, let place = schema.place(of: name) else { return .unclear }
                switch fallback {
                case nil: subject = (place, nil)
                case .constant(let value)?: subject = (place, value)
                case .some: return .unclear
                }
            case .constant(let value):
                switch value {
                case .null, .bool, .number, .string: continue
                case .array, .object: return .unclear
                }
            case .list, .computedVariable, .member, .apply: return .unclear
            }
        }
        guard let subject else { return .unclear }
        let takesMissing =
            switch subject.fallback {
            case .null?, nil: false
            case let value?: truth(of: logic, with: value) == (says ? .yes : .no)
            }
        // A null stands in for a missing value only to be one itself; comparing with it is known, though, so leave that to the evaluator.
        if subject.fallback == .null { return .unclear }
        switch schema.attributes[subject.place].kind {
        case .number: return number(logic, at: subject.place, says: says, takesMissing: takesMissing)
        case .words, .codes: return code(logic, at: subject.place, says: says, takesMissing: takesMissing)
        case .flag: return flag(logic, at: subject.place, says: says, takesMissing: takesMissing)
        }
    }

    /// What the comparison says when the value stands in its attribute's place.
    private func truth(of logic: Logic, with value: RuleValue) -> Truth {
        func placed(_ operand: Logic) -> Logic { if case .variable = operand { .constant(value) } else { operand } }
        let fixed: Logic =
            switch logic {
            case .member(let element, let choices): .member(placed(element), of: choices)
            case .apply(let operation, let arguments): .apply(operation, arguments.map(placed))
            case .variable, .constant, .list, .computedVariable: placed(logic)
            }
        return fixed.judge([String: RuleValue]()).truth
    }

    private func flag(_ logic: Logic, at place: Int, says: Bool, takesMissing: Bool) -> Candidates {
        switch logic {
        case .member, .variable: break
        case .apply(let operation, _):
            guard operation.isComparison else { return .unclear }
        case .constant, .list, .computedVariable: return .unclear
        }
        var takes = CodeSet(count: 3)
        if takesMissing { takes.insert(Int(AttributeSchema.missing)) }
        for value in [false, true] where truth(of: logic, with: .bool(value)) == (says ? .yes : .no) { takes.insert(value ? 2 : 1) }
        return certain(place, .codes(takes))
    }

    private func certain(_ place: Int, _ takes: ValueSet) -> Candidates {
        Candidates(conjunctions: Conjunction(place, in: takes).map { [$0] } ?? [], isExact: true)
    }

    // MARK: Numbers

    private func number(_ logic: Logic, at place: Int, says: Bool, takesMissing: Bool) -> Candidates {
        guard let yes = numbers(logic) else { return .unclear }
        return certain(place, .numbers((says ? yes : yes.complement).taking(missing: takesMissing)))
    }

    /// The numbers for which it says yes, where it says no for all others; nil where that is not so.
    private func numbers(_ logic: Logic) -> NumberSet? {
        switch logic {
        case .variable: return NumberSet.exactly(0).complement
        case .member(_, let choices):
            let points = Set(choices.compactMap { choice -> Double? in if case .number(let number) = choice { number } else { nil } })
            // Neighbours share a cut, which then cancels out.
            let cuts = points.filter(\.isFinite).flatMap { [$0, $0.nextUp] }.sorted()
            var kept: [Double] = []
            for cut in cuts { if kept.last == cut { kept.removeLast() } else { kept.append(cut) } }
            return NumberSet(startsIn: false, cuts: kept)
        case .apply(let operation, let arguments):
            switch operation {
            case .equal, .notEqual, .strictlyEqual, .notStrictlyEqual:
                let constants = arguments.compactMap { operand -> RuleValue? in
                    if case .constant(let value) = operand { value } else { nil }
                }
                guard constants.count == 1 else { return nil }
                let isStrict = operation == .strictlyEqual || operation == .notStrictlyEqual
                let equal = equals(constants[0], isStrict: isStrict)
                return operation == .equal || operation == .strictlyEqual ? equal : equal.complement
            case .less, .atMost, .greater, .atLeast:
                var yes = NumberSet.known
                for (left, right) in zip(arguments, arguments.dropFirst()) {
                    guard let ordered = numbers(left, operation, right) else { return nil }
                    yes = yes.combined(with: ordered, false)
                }
                return yes
            default: return nil
            }
        case .constant, .list, .computedVariable: return nil
        }
    }

    private func equals(_ constant: RuleValue, isStrict: Bool) -> NumberSet {
        if case .number = constant {} else if isStrict || constant == .null { return .none }
        let number = constant.coercedToNumber
        return number.isFinite ? .exactly(number) : .none
    }

    private func numbers(_ left: Logic, _ operation: Operator, _ right: Logic) -> NumberSet? {
        switch (left, right) {
        case (.variable, .constant(let constant)):
            let c = constant.coercedToNumber
            guard c.isFinite else { return nil }
            return switch operation {
            case .less: .below(c)
            case .atMost: .below(c.nextUp)
            case .greater: .atLeast(c.nextUp)
            default: .atLeast(c)
            }
        case (.constant(let constant), .variable):
            let c = constant.coercedToNumber
            guard c.isFinite else { return nil }
            return switch operation {
            case .less: .atLeast(c.nextUp)
            case .atMost: .atLeast(c)
            case .greater: .below(c)
            default: .below(c.nextUp)
            }
        case (.constant, .constant):
            return switch Logic.apply(operation, [left, right]).judge([String: RuleValue]()).truth {
            case .yes: NumberSet.known
            case .no: NumberSet.none
            case .unknown: nil
            }
        default: return nil
        }
    }

    // MARK: Codes

    private func code(_ logic: Logic, at place: Int, says: Bool, takesMissing: Bool) -> Candidates {
        let count = schema.codeCount(at: place)
        let values: [RuleValue]
        var isPositive = says
        switch logic {
        case .member(_, let choices): values = Array(choices)
        case .apply(let operation, let arguments):
            guard operation == .equal || operation == .strictlyEqual || operation == .notEqual || operation == .notStrictlyEqual else {
                return .unclear
            }
            values = arguments.compactMap { operand in if case .constant(let value) = operand { value } else { nil } }
            let isLoose = operation == .equal || operation == .notEqual
            // Loosely, "12" equals 12: which texts do so is no list.
            if isLoose, !values.allSatisfy({ isOfKind($0, at: place) || $0 == .null }) { return .unclear }
            if operation == .notEqual || operation == .notStrictlyEqual { isPositive.toggle() }
        case .variable, .constant, .list, .computedVariable: return .unclear
        }
        var named = CodeSet(count: count)
        var isExact = true
        for value in values where isOfKind(value, at: place) {
            // One stranger looks like any other.
            if let code = schema.code(of: value, at: place) { named.insert(Int(code)) } else { isExact = false }
        }
        var takes = isPositive ? named : named.complement
        if !isExact { takes.insert(Int(AttributeSchema.other)) }
        if takesMissing { takes.insert(Int(AttributeSchema.missing)) }
        var candidates = certain(place, .codes(takes))
        candidates.isExact = isExact
        return candidates
    }

    private func isOfKind(_ value: RuleValue, at place: Int) -> Bool {
        switch (schema.attributes[place].kind, value) {
        case (.words, .string), (.codes, .number): true
        default: false
        }
    }
}

extension Operator {
    /// Compares two or three values and spends nothing on plain ones.
    fileprivate var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .strictlyEqual, .notStrictlyEqual, .less, .atMost, .greater, .atLeast: true
        default: false
        }
    }
}
