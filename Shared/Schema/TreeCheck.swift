import Wire

/// Checks a parsed value against every keyword, and lists what is violated when it is asked to.
struct TreeCheck {
    private let program: SchemaProgram
    /// Knows what is right sooner: in a wrong record, most members are.
    private let bytes: ByteProgram?
    private let isListing: Bool
    private(set) var violations: [SchemaViolation] = []
    /// Resources that were entered, outermost first.
    private var scope: [Int] = []
    private var path: [Step] = []
    /// Above zero inside `not`, `if` and branches: what fails there is no violation.
    private var muted = 0

    private enum Step {
        case key(String)
        case place(Int)
    }

    /// Violations that are listed at the most: a list of a million wrong elements helps nobody.
    static let violationsMax = 1_000

    init(_ program: SchemaProgram, bytes: ByteProgram? = nil, listing: Bool) {
        self.program = program
        self.bytes = bytes
        isListing = listing
    }

    mutating func check(_ value: JSONValue) -> Bool { check(value, against: program.start) }

    /// Against one schema of the program.
    mutating func check(_ value: JSONValue, against number: Int) -> Bool {
        var evaluated = Evaluated()
        return check(number, value, &evaluated, by: "")
    }

    /// True as long as going on can still tell the caller something.
    private var goesOn: Bool { isListing && muted == 0 && violations.count < Self.violationsMax }

    /// `keyword` is the one that applies the schema: what a `false` is reported under.
    private mutating func check(_ number: Int, _ value: JSONValue, _ evaluated: inout Evaluated, by keyword: String) -> Bool {
        let node = program.nodes[number]
        if let always = node.schema.always {
            if !always { report(keyword.isEmpty ? "false" : keyword, node, "nothing is allowed here", at: "") }
            return always
        }
        if let bytes, !path.isEmpty, bytes.accepts(value, node: number) { return true }
        let isEntered = scope.last != node.schema.resource
        if isEntered { scope.append(node.schema.resource) }
        defer { if isEntered { scope.removeLast() } }

        var seen = Evaluated()
        var isValid = anyValue(node, value)
        if !isValid, !goesOn { return false }
        switch value.kind {
        case .number: isValid = self.number(node, value) && isValid
        case .string: isValid = string(node, value) && isValid
        case .null, .bool, .array, .object: break
        }
        if !isValid, !goesOn { return false }
        isValid = inPlace(node, value, &seen) && isValid
        if !isValid, !goesOn { return false }
        switch value.kind {
        case .array: isValid = array(node, value, &seen) && isValid
        case .object: isValid = object(node, value, &seen) && isValid
        case .null, .bool, .number, .string: break
        }
        if isValid, program.asksForEvaluated { evaluated.formUnion(seen) }
        return isValid
    }

    // MARK: Any value

    private mutating func anyValue(_ node: SchemaProgram.Node, _ value: JSONValue) -> Bool {
        var isValid = true
        if let types = node.schema.types, !types.allow(value) {
            report("type", node, "\(types.names) expected")
            isValid = false
        }
        if let values = node.schema.enumeration, !values.contains(where: { JSONEquality.areEqual($0, value) }) {
            report("enum", node, Self.expected(values))
            isValid = false
        }
        if let constant = node.schema.constant, !JSONEquality.areEqual(constant, value) {
            report("const", node, Self.expected([constant]))
            isValid = false
        }
        return isValid
    }

    private static func expected(_ values: [JSONValue]) -> String {
        let listed = values.prefix(20).map { String(decoding: $0.rawBytes.prefix(64), as: UTF8.self) }
        return (values.count == 1 ? "" : "one of ") + listed.joined(separator: ", ") + (values.count > 20 ? ", …" : "") + " expected"
    }

    // MARK: Numbers and strings

    private mutating func number(_ node: SchemaProgram.Node, _ value: JSONValue) -> Bool {
        let format = node.schema.format?.kind == .number ? node.schema.format : nil
        let isFree =
            node.schema.minimum == nil && node.schema.maximum == nil && node.schema.exclusiveMinimum == nil
            && node.schema.exclusiveMaximum == nil
            && node.schema.multipleOf == nil && format == nil
        if isFree { return true }
        let number = SchemaNumber(value)
        var isValid = true
        if let format, let code = format.defect(ofNumber: number) {
            isValid = fail("format", node, "\(format.rawValue) expected", code: code)
        }
        if let least = node.schema.minimum, number < least { isValid = fail("minimum", node, "at least \(least.text)") }
        if let most = node.schema.maximum, most < number { isValid = fail("maximum", node, "at most \(most.text)") }
        if let least = node.schema.exclusiveMinimum, number <= least {
            isValid = fail("exclusiveMinimum", node, "more than \(least.text)")
        }
        if let most = node.schema.exclusiveMaximum, most <= number {
            isValid = fail("exclusiveMaximum", node, "less than \(most.text)")
        }
        if let divisor = node.schema.multipleOf, !number.isMultiple(of: divisor) {
            isValid = fail("multipleOf", node, "a multiple of \(divisor.text)")
        }
        return isValid
    }

    private mutating func string(_ node: SchemaProgram.Node, _ value: JSONValue) -> Bool {
        var isValid = true
        if node.schema.lengthMin != nil || node.schema.lengthMax != nil {
            let length = Self.length(value)
            if let least = node.schema.lengthMin, length < least {
                isValid = fail("minLength", node, "\(length) characters, at least \(least) are asked for")
            }
            if let most = node.schema.lengthMax, length > most {
                isValid = fail("maxLength", node, "\(length) characters, \(most) are allowed")
            }
        }
        if let pattern = node.schema.pattern, !Self.matches(pattern, value) {
            isValid = fail("pattern", node, "`\(pattern.text)` expected")
        }
        if let format = node.schema.format, format.kind == .string, let code = format.defect(of: value) {
            isValid = fail("format", node, "\(format.rawValue) expected", code: code)
        }
        return isValid
    }

    /// Unicode scalars, as JSON Schema counts.
    private static func length(_ value: JSONValue) -> Int {
        if let bytes = value.utf8 { return bytes.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 } }
        return value.string?.unicodeScalars.count ?? 0
    }

    private static func matches(_ pattern: Pattern, _ value: JSONValue) -> Bool {
        if let bytes = value.utf8 { return pattern.automaton.matches(bytes.span) }
        return pattern.matches(value.string ?? "")
    }

    // MARK: The same value again

    private mutating func inPlace(_ node: SchemaProgram.Node, _ value: JSONValue, _ seen: inout Evaluated) -> Bool {
        var isValid = true
        if let target = node.schema.reference { isValid = check(target, value, &seen, by: "$ref") && isValid }
        if let dynamic = node.schema.dynamicReference {
            isValid = check(self.target(of: dynamic), value, &seen, by: "$dynamicRef") && isValid
        }
        if !isValid, !goesOn { return false }
        for branch in node.schema.allOf {
            isValid = check(branch, value, &seen, by: "allOf") && isValid
            if !isValid, !goesOn { return false }
        }
        if !node.schema.anyOf.isEmpty {
            var matches = 0
            for branch in node.schema.anyOf where quietly(branch, value, &seen) {
                matches += 1
                // Others may still say what they have evaluated.
                if !program.asksForEvaluated { break }
            }
            if matches == 0 { isValid = fail("anyOf", node, "none of the \(node.schema.anyOf.count) alternatives fits") }
        }
        if !node.schema.oneOf.isEmpty {
            var matches = 0
            for branch in node.schema.oneOf where matches < 2 && quietly(branch, value, &seen) { matches += 1 }
            if matches != 1 {
                isValid = fail(
                    "oneOf", node, "\(matches == 0 ? "none" : "more than one") of the \(node.schema.oneOf.count) alternatives fits")
            }
        }
        if let not = node.schema.not {
            var ignored = Evaluated()
            if quietly(not, value, &ignored) { isValid = fail("not", node, "what is excluded") }
        }
        if let condition = node.schema.condition {
            if quietly(condition, value, &seen) {
                if let then = node.schema.consequence { isValid = check(then, value, &seen, by: "then") && isValid }
            } else if let otherwise = node.schema.alternative {
                isValid = check(otherwise, value, &seen, by: "else") && isValid
            }
        }
        if value.kind == .object {
            for (name, dependent) in node.schema.dependentSchemas where value[name] != nil {
                isValid = check(dependent, value, &seen, by: "dependentSchemas") && isValid
            }
        }
        return isValid
    }

    private func target(of dynamic: SchemaNode.DynamicReference) -> Int {
        guard let name = dynamic.name else { return dynamic.fallback }
        for resource in scope {
            if let found = program.dynamicAnchors[SchemaProgram.Anchor(resource: resource, name: name)] { return found }
        }
        return dynamic.fallback
    }

    private mutating func quietly(_ number: Int, _ value: JSONValue, _ seen: inout Evaluated) -> Bool {
        muted += 1
        defer { muted -= 1 }
        return check(number, value, &seen, by: "")
    }

    // MARK: Arrays

    private mutating func array(_ node: SchemaProgram.Node, _ value: JSONValue, _ seen: inout Evaluated) -> Bool {
        let count = value.count
        var isValid = true
        if let least = node.schema.itemsMin, count < least {
            isValid = fail("minItems", node, "\(count) elements, at least \(least) are asked for")
        }
        if let most = node.schema.itemsMax, count > most { isValid = fail("maxItems", node, "\(count) elements, \(most) are allowed") }
        if node.schema.itemsAreUnique, !Self.areUnique(value) { isValid = fail("uniqueItems", node, "an element occurs twice") }
        if !isValid, !goesOn { return false }

        let tracks = program.asksForEvaluated
        var contained = 0
        for (place, element) in value.elements.enumerated() {
            if place < node.schema.prefixItems.count {
                isValid = inside(node.schema.prefixItems[place], element, .place(place), by: "prefixItems") && isValid
                if tracks { seen.insert(place) }
            } else if let items = node.schema.items {
                isValid = inside(items, element, .place(place), by: "items") && isValid
                if tracks { seen.insert(place) }
            }
            if let contains = node.schema.contains {
                var ignored = Evaluated()
                if quietly(contains, element, &ignored) {
                    contained += 1
                    if tracks { seen.insert(place) }
                }
            }
            if !isValid, !goesOn { return false }
        }
        if node.schema.contains != nil {
            if contained < node.schema.containsMin {
                isValid = fail(
                    node.schema.containsMin == 1 ? "contains" : "minContains", node,
                    "\(contained) elements fit, at least \(node.schema.containsMin) are asked for")
            }
            if let most = node.schema.containsMax, contained > most {
                isValid = fail("maxContains", node, "\(contained) elements fit, \(most) are allowed")
            }
        }
        if let unevaluated = node.schema.unevaluatedItems {
            for (place, element) in value.elements.enumerated() where !seen.contains(place) {
                isValid = inside(unevaluated, element, .place(place), by: "unevaluatedItems") && isValid
                seen.insert(place)
                if !isValid, !goesOn { return false }
            }
        }
        return isValid
    }

    private static func areUnique(_ array: JSONValue) -> Bool {
        let elements = Array(array.elements)
        // Equal values have equal canonical texts, but numbers beyond 64 bits may be equal and have two.
        guard elements.count > 16 else {
            for (index, element) in elements.enumerated() {
                for other in elements[..<index] where JSONEquality.areEqual(element, other) { return false }
            }
            return true
        }
        var byHash: [Int: [JSONValue]] = [:]
        for element in elements {
            let hash = JSONEquality.hash(element)
            if byHash[hash, default: []].contains(where: { JSONEquality.areEqual($0, element) }) { return false }
            byHash[hash, default: []].append(element)
        }
        return true
    }

    private mutating func inside(_ number: Int, _ value: JSONValue, _ step: Step, by keyword: String) -> Bool {
        path.append(step)
        defer { path.removeLast() }
        var ignored = Evaluated()
        return check(number, value, &ignored, by: keyword)
    }

    // MARK: Objects

    private mutating func object(_ node: SchemaProgram.Node, _ value: JSONValue, _ seen: inout Evaluated) -> Bool {
        var isValid = true
        let count = value.count
        if let least = node.schema.propertiesMin, count < least {
            isValid = fail("minProperties", node, "\(count) members, at least \(least) are asked for")
        }
        if let most = node.schema.propertiesMax, count > most {
            isValid = fail("maxProperties", node, "\(count) members, \(most) are allowed")
        }
        for name in node.schema.required where value[name] == nil {
            isValid = false
            report("required", node, "`\(name)` is missing", at: "/" + JSONPointer.escaped(name))
        }
        for (name, needs) in node.schema.dependentRequired where value[name] != nil {
            for need in needs where value[need] == nil {
                isValid = false
                report("dependentRequired", node, "`\(need)` is missing beside `\(name)`", at: "/" + JSONPointer.escaped(need))
            }
        }
        if !isValid, !goesOn { return false }

        let tracks = program.asksForEvaluated
        let looksInside =
            !node.schema.properties.isEmpty || !node.schema.patternProperties.isEmpty || node.schema.additionalProperties != nil
            || node.schema.propertyNames != nil
        if looksInside {
            for (place, (name, member)) in value.members.enumerated() {
                var isMatched = false
                if let property = node.schema.properties[name] {
                    isMatched = true
                    isValid = inside(property, member, .key(name), by: "properties") && isValid
                }
                for (pattern, property) in node.schema.patternProperties where pattern.matches(name) {
                    isMatched = true
                    isValid = inside(property, member, .key(name), by: "patternProperties") && isValid
                }
                if !isMatched, let additional = node.schema.additionalProperties {
                    isMatched = true
                    isValid = inside(additional, member, .key(name), by: "additionalProperties") && isValid
                }
                if isMatched, tracks { seen.insert(place) }
                if let names = node.schema.propertyNames { isValid = self.name(name, names) && isValid }
                if !isValid, !goesOn { return false }
            }
        }
        if let unevaluated = node.schema.unevaluatedProperties {
            for (place, (name, member)) in value.members.enumerated() where !seen.contains(place) {
                isValid = inside(unevaluated, member, .key(name), by: "unevaluatedProperties") && isValid
                seen.insert(place)
                if !isValid, !goesOn { return false }
            }
        }
        return isValid
    }

    /// A name is checked as the text that it is.
    private mutating func name(_ name: String, _ number: Int) -> Bool {
        let text = JSONWriter.encode { $0.value(name) }
        guard let document = try? JSONDocument(parsing: text, limits: JSONLimits(bytesMax: .max, nul: .allowed)) else { return false }
        return inside(number, document.root, .key(name), by: "propertyNames")
    }

    // MARK: Saying

    private mutating func fail(_ keyword: String, _ node: SchemaProgram.Node, _ expected: @autoclosure () -> String, code: String? = nil)
        -> Bool
    {
        report(keyword, node, expected(), at: "", code: code)
        return false
    }

    private mutating func report(
        _ keyword: String, _ node: SchemaProgram.Node, _ expected: @autoclosure () -> String, at more: String = "", code: String? = nil
    ) {
        guard goesOn else { return }
        let instance = path.reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += "/" + JSONPointer.escaped(key)
            case .place(let place): text += "/\(place)"
            }
        }
        let isOwn = node.schema.always == nil
        violations.append(
            SchemaViolation(
                instance: instance + more, keyword: keyword, schema: node.schema.location + (isOwn ? "/" + keyword : ""),
                expected: expected(), code: code ?? SchemaViolation.code(of: keyword)))
    }
}
