import Wire

/// A rule in JsonLogic, parsed: read once, judged as often as there are subjects.
public indirect enum Logic: Hashable, Sendable {
    case constant(RuleValue)
    /// A list whose elements are rules.
    case list([Logic])
    /// The value of a name, with what stands in when there is none.
    case variable(VariableName, fallback: Logic?)
    /// The value of a name that is itself computed.
    case computedVariable(Logic, fallback: Logic?)
    /// `in` with a list of constants: one look-up however long the list is.
    case member(Logic, of: Set<RuleValue>)
    case apply(Operator, [Logic])

    /// How deep rules may nest.
    public static let depthMax = 64

    /// Reads a rule. Refuses unknown operators, impossible argument counts, objects with several keys, and too deep nesting.
    public init(_ json: JSONValue) throws(RuleDefect) {
        try self.init(json, pointer: "", depth: 0)
    }

    private init(_ json: JSONValue, pointer: String, depth: Int) throws(RuleDefect) {
        guard depth <= Logic.depthMax else { throw RuleDefect(.tooDeep, pointer: pointer, in: json) }
        switch json.kind {
        case .null, .bool, .number, .string:
            self = .constant(RuleValue(json))
        case .array:
            let elements = try Logic.list(of: json, pointer: pointer, depth: depth)
            let constants = elements.compactMap(\.constantValue)
            self = constants.count == elements.count ? .constant(.array(constants)) : .list(elements)
        case .object:
            let members = Array(json.members)
            guard members.count < 2 else {
                throw RuleDefect(.severalKeys(members.map(\.key)), pointer: pointer, in: json)
            }
            guard let (name, operand) = members.first.map({ ($0.key, $0.value) }) else {
                self = .constant(.object([:]))
                return
            }
            let inner = pointer + name.pointerStep
            let arguments =
                operand.kind == .array
                ? try Logic.list(of: operand, pointer: inner, depth: depth) : [try Logic(operand, pointer: inner, depth: depth + 1)]
            if name == "var" {
                guard arguments.count <= 2 else {
                    throw RuleDefect(.argumentCount(of: name, arguments.count), pointer: pointer, in: json)
                }
                self = Logic.variable(arguments)
                return
            }
            guard let operation = Operator(rawValue: name) else {
                throw RuleDefect(.unknownOperator(name), pointer: pointer, in: json)
            }
            guard operation.argumentCounts.contains(arguments.count) else {
                throw RuleDefect(.argumentCount(of: name, arguments.count), pointer: pointer, in: json)
            }
            if operation == .in, case .constant(.array(let choices)) = arguments[1], !choices.isEmpty {
                self = .member(arguments[0], of: Set(choices))
                return
            }
            self = .apply(operation, arguments)
        }
    }

    private static func list(of json: JSONValue, pointer: String, depth: Int) throws(RuleDefect) -> [Logic] {
        var elements: [Logic] = []
        for (position, element) in json.elements.enumerated() {
            elements.append(try Logic(element, pointer: "\(pointer)/\(position)", depth: depth + 1))
        }
        return elements
    }

    private static func variable(_ arguments: [Logic]) -> Logic {
        let fallback = arguments.count == 2 ? arguments[1] : nil
        guard let path = arguments.first else { return .variable(VariableName(""), fallback: nil) }
        guard case .constant(let name) = path else { return .computedVariable(path, fallback: fallback) }
        return .variable(VariableName(name), fallback: fallback)
    }

    private var constantValue: RuleValue? {
        if case .constant(let value) = self { value } else { nil }
    }
}

/// A name that a rule asks for: `revenue`, or a path into an object or list: `owner.age`, `branches.0`.
public struct VariableName: Hashable, Sendable {
    /// As written. Empty means everything that is in sight.
    public let text: String
    /// The steps of the path.
    public let steps: [String]
    /// The first step, and what comes after its dot; empty when there is none.
    public let head: String
    public let tail: String

    public init(_ text: String) {
        self.text = text
        steps = text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        head = steps.first ?? ""
        tail = steps.count > 1 ? String(text.utf8.dropFirst(head.utf8.count + 1)) ?? "" : ""
    }

    init(_ value: RuleValue) { self.init(value == .null ? "" : value.text) }

    /// What the path leads to from `start`; nil when it leads nowhere.
    func value(in start: RuleValue, from step: Int = 0) -> RuleValue? {
        var here = start
        for step in steps[step...] {
            switch here {
            case .object(let members):
                guard let next = members[step] else { return nil }
                here = next
            case .array(let elements):
                guard let index = Int(step), elements.indices.contains(index) else { return nil }
                here = elements[index]
            case .null, .bool, .number, .string:
                return nil
            }
        }
        return here
    }
}

extension Logic {
    /// The facts that the rule may ask for, sorted, each once. Names that the rule computes are not known before it runs.
    public var variables: [String] {
        var names: Set<String> = []
        collectVariables(into: &names)
        return names.sorted()
    }

    private func collectVariables(into names: inout Set<String>) {
        switch self {
        case .constant: break
        case .list(let elements): for element in elements { element.collectVariables(into: &names) }
        case .variable(let name, let fallback):
            if !name.text.isEmpty { names.insert(name.text) }
            fallback?.collectVariables(into: &names)
        case .computedVariable(let path, let fallback):
            path.collectVariables(into: &names)
            fallback?.collectVariables(into: &names)
        case .member(let element, _): element.collectVariables(into: &names)
        case .apply(let operation, let arguments):
            if operation.opensScope {
                // What comes after the first argument reads the elements; only a reduction's start value reads facts again.
                arguments.first?.collectVariables(into: &names)
                if operation == .reduce { arguments.last?.collectVariables(into: &names) }
                return
            }
            if operation == .missing || operation == .missingSome {
                for argument in arguments { names.formUnion(argument.constantNames) }
            }
            for argument in arguments { argument.collectVariables(into: &names) }
        }
    }

    private var constantNames: [String] {
        switch self {
        case .constant(.string(let name)): [name]
        case .constant(.array(let elements)): elements.compactMap { if case .string(let name) = $0 { name } else { nil } }
        case .constant, .list, .variable, .computedVariable, .member, .apply: []
        }
    }
}
