import Wire

/// A proof that every value which satisfies one schema satisfies another; what stands in its way, otherwise.
///
/// The reader's demands are met one by one from what the writer promises. Promises that are not understood are left out, demands that are
/// not understood are not met: both err on the safe side. Schemas that contain themselves are proven by induction over the depth of values.
struct SchemaInclusion {
    private let writer: SchemaProgram
    private let reader: SchemaProgram
    /// Pairs that are proven or being proven deeper down.
    private var assumed: Set<Pair> = []
    private var found: [SchemaCompatibility.Reason] = []
    private var known: Set<SchemaCompatibility.Reason> = []
    /// What was looked at: the proof of large schemas ends somewhere.
    private var steps = 0

    private static let stepsMax = 20_000
    private static let reasonsMax = 200
    /// Alternatives that are gone through one by one.
    private static let branchesMax = 16

    private struct Pair: Hashable {
        let writer: [Int]
        let reader: Int
    }

    init(writer: SchemaProgram, reader: SchemaProgram) {
        self.writer = writer
        self.reader = reader
    }

    mutating func reasons() -> [SchemaCompatibility.Reason] {
        prove([writer.start], reader.start, "")
        return found
    }

    /// For a quiet attempt: whether the proof goes through.
    private func canProve(_ promises: [Int], _ demand: Int) -> Bool {
        var attempt = self
        attempt.found = []
        attempt.known = []
        attempt.prove(promises, demand, "")
        return attempt.found.isEmpty
    }

    private mutating func stop(_ instance: String, _ node: SchemaNode, _ keyword: String, _ detail: String) {
        guard found.count < Self.reasonsMax else { return }
        let reason = SchemaCompatibility.Reason(
            instance: instance, schema: node.location + (keyword.isEmpty ? "" : "/" + keyword), detail: detail)
        if known.insert(reason).inserted { found.append(reason) }
    }

    // MARK: One value

    /// `promises`: schemas of the writer that the value satisfies, all of them.
    private mutating func prove(_ promises: [Int], _ demand: Int, _ instance: String) {
        let node = reader.nodes[demand].schema
        if node.always == true { return }
        let pair = Pair(writer: promises.sorted(), reader: demand)
        guard assumed.insert(pair).inserted else { return }
        steps += 1
        guard steps <= Self.stepsMax else { return stop(instance, node, "", "the schemas are too large for a proof") }

        let facts = Facts(promises, in: writer)
        if facts.isImpossible { return }
        if node.always == false { return stop(instance, node, "", "nothing is allowed here") }
        // The very same schema demands nothing new.
        for promise in facts.nodes {
            var same = SameSchema(writer, reader)
            if same.areSame(promise, demand) { return }
        }
        // Few values: each can be asked.
        if let values = facts.values {
            let refused = values.filter { !satisfies($0, promises, in: writer) ? false : !satisfies($0, [demand], in: reader) }
            if !refused.isEmpty { stop(instance, node, "", "\(refused.count) of the values that may come are not allowed") }
            return
        }
        // One of several: each has to do.
        if let branches = facts.branches, branches.count <= Self.branchesMax {
            for branch in branches { prove(promises + [branch], demand, instance) }
            return
        }
        demandAnything(facts, node, instance)
        if !facts.types.isDisjoint(with: .number) { demandNumber(facts, node, instance) }
        if facts.types.contains(.string) { demandString(facts, node, instance) }
        if facts.types.contains(.array) { demandArray(facts, node, instance) }
        if facts.types.contains(.object) { demandObject(facts, node, instance) }
    }

    private func satisfies(_ value: JSONValue, _ nodes: [Int], in program: SchemaProgram) -> Bool {
        nodes.allSatisfy { number in
            var check = TreeCheck(program, listing: false)
            return check.check(value, against: number)
        }
    }

    private mutating func demandAnything(_ facts: Facts, _ node: SchemaNode, _ instance: String) {
        if let types = node.types, !facts.types.isSubset(of: types) {
            stop(instance, node, "type", "\(facts.types.names) may come, \(types.names) is asked for")
        }
        if let values = node.enumeration { stop(instance, node, "enum", "other values than these \(values.count) may come") }
        if node.constant != nil { stop(instance, node, "const", "other values may come") }
        for target in node.allOf + (node.reference.map { [$0] } ?? []) { prove(facts.given, target, instance) }
        if node.dynamicReference != nil { stop(instance, node, "$dynamicRef", "what it means depends on the way to it") }
        if !node.anyOf.isEmpty, !node.anyOf.contains(where: { canProve(facts.given, $0) }) {
            stop(instance, node, "anyOf", "none of the alternatives alone takes all that may come")
        }
        if !node.oneOf.isEmpty, !has(facts, { a, b, same in Self.areSame(a.oneOf, b.oneOf, &same) }, node) {
            stop(instance, node, "oneOf", "the alternatives are not the same")
        }
        if node.not != nil, !has(facts, { a, b, same in Self.areSame(a.not, b.not, &same) }, node) {
            stop(instance, node, "not", "what is excluded may come")
        }
        let isConditional = node.condition != nil && (node.consequence != nil || node.alternative != nil)
        if isConditional {
            let isSame = has(
                facts,
                { a, b, same in
                    Self.areSame(a.condition, b.condition, &same) && Self.areSame(a.consequence, b.consequence, &same)
                        && Self.areSame(a.alternative, b.alternative, &same)
                }, node)
            if !isSame { stop(instance, node, "if", "the condition is not the same") }
        }
    }

    /// True when one of the writer's schemas says it too.
    private func has(_ facts: Facts, _ says: (SchemaNode, SchemaNode, inout SameSchema) -> Bool, _ node: SchemaNode) -> Bool {
        facts.nodes.contains { number in
            var same = SameSchema(writer, reader)
            return says(writer.nodes[number].schema, node, &same)
        }
    }

    private static func areSame(_ a: Int?, _ b: Int?, _ same: inout SameSchema) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return same.areSame(a, b)
    }

    private static func areSame(_ a: [Int], _ b: [Int], _ same: inout SameSchema) -> Bool {
        guard a.count == b.count else { return false }
        for (x, y) in zip(a, b) where !same.areSame(x, y) { return false }
        return true
    }

    // MARK: Numbers and strings

    private mutating func demandNumber(_ facts: Facts, _ node: SchemaNode, _ instance: String) {
        if let least = node.minimum, !facts.isAtLeast(least, strictly: false) {
            stop(instance, node, "minimum", "less than \(least.text) may come")
        }
        if let least = node.exclusiveMinimum, !facts.isAtLeast(least, strictly: true) {
            stop(instance, node, "exclusiveMinimum", "\(least.text) or less may come")
        }
        if let most = node.maximum, !facts.isAtMost(most, strictly: false) {
            stop(instance, node, "maximum", "more than \(most.text) may come")
        }
        if let most = node.exclusiveMaximum, !facts.isAtMost(most, strictly: true) {
            stop(instance, node, "exclusiveMaximum", "\(most.text) or more may come")
        }
        if let divisor = node.multipleOf {
            let isWhole = !facts.types.contains(.fraction) && SchemaNumber(1).isMultiple(of: divisor)
            if !isWhole, !facts.schemas.contains(where: { $0.multipleOf.map { $0.isMultiple(of: divisor) } ?? false }) {
                stop(instance, node, "multipleOf", "other numbers than multiples of \(divisor.text) may come")
            }
        }
        if let format = node.format, format.kind == .number, !facts.schemas.contains(where: { $0.format == format }) {
            stop(instance, node, "format", "other numbers than of the format \(format.rawValue) may come")
        }
    }

    private mutating func demandString(_ facts: Facts, _ node: SchemaNode, _ instance: String) {
        if let least = node.lengthMin, least > 0, !facts.schemas.contains(where: { ($0.lengthMin ?? 0) >= least }) {
            stop(instance, node, "minLength", "shorter texts than \(least) may come")
        }
        if let most = node.lengthMax, !facts.schemas.contains(where: { ($0.lengthMax ?? .max) <= most }) {
            stop(instance, node, "maxLength", "longer texts than \(most) may come")
        }
        if let pattern = node.pattern {
            let isMet = facts.schemas.contains { schema in
                schema.pattern.map { $0 == pattern || $0.automaton.isIncluded(in: pattern.automaton) } ?? false
            }
            if !isMet { stop(instance, node, "pattern", "other texts than `\(pattern.text)` may come") }
        }
        if let format = node.format, format.kind == .string, !facts.schemas.contains(where: { $0.format == format }) {
            stop(instance, node, "format", "other texts than of the format \(format.rawValue) may come")
        }
    }

    // MARK: Arrays

    private mutating func demandArray(_ facts: Facts, _ node: SchemaNode, _ instance: String) {
        let most = facts.schemas.compactMap(\.itemsMax).min() ?? .max
        let least = facts.schemas.compactMap(\.itemsMin).max() ?? 0
        if let asked = node.itemsMin, least < asked { stop(instance, node, "minItems", "fewer elements than \(asked) may come") }
        if let allowed = node.itemsMax, most > allowed { stop(instance, node, "maxItems", "more elements than \(allowed) may come") }
        if node.itemsAreUnique, most > 1, !facts.schemas.contains(where: \.itemsAreUnique) {
            stop(instance, node, "uniqueItems", "an element may come twice")
        }
        if node.contains != nil, node.containsMin > 0 || node.containsMax != nil {
            let isSame = has(
                facts,
                { a, b, same in
                    Self.areSame(a.contains, b.contains, &same) && a.containsMin >= b.containsMin
                        && (a.containsMax ?? .max) <= (b.containsMax ?? .max)
                }, node)
            if !isSame { stop(instance, node, "contains", "arrays without these elements may come") }
        }
        if node.unevaluatedItems != nil { stop(instance, node, "unevaluatedItems", "what is left depends on the other keywords") }

        let own = max(node.prefixItems.count, facts.schemas.map(\.prefixItems.count).max() ?? 0)
        for place in 0..<min(own, most) {
            let demand = place < node.prefixItems.count ? node.prefixItems[place] : node.items
            if let demand { prove(facts.element(at: place), demand, instance + "/\(place)") }
        }
        if let items = node.items, most > own { prove(facts.element(at: own), items, instance + "/-") }
    }

    // MARK: Objects

    private mutating func demandObject(_ facts: Facts, _ node: SchemaNode, _ instance: String) {
        let required = facts.required
        for name in node.required where !required.contains(name) {
            stop(instance + "/" + JSONPointer.escaped(name), node, "required", "it may be missing")
        }
        for (name, needs) in node.dependentRequired where !facts.excludes(name, in: writer) {
            let isSaid = facts.schemas.contains { schema in
                schema.dependentRequired.contains { $0.name == name && Set($0.needs).isSuperset(of: needs) }
            }
            if !isSaid, !Set(needs).isSubset(of: required) {
                stop(instance + "/" + JSONPointer.escaped(name), node, "dependentRequired", "it may come without what it needs")
            }
        }
        if let asked = node.propertiesMin, max(required.count, facts.schemas.compactMap(\.propertiesMin).max() ?? 0) < asked {
            stop(instance, node, "minProperties", "fewer members than \(asked) may come")
        }
        if let allowed = node.propertiesMax, (facts.schemas.compactMap(\.propertiesMax).min() ?? .max) > allowed {
            stop(instance, node, "maxProperties", "more members than \(allowed) may come")
        }
        for (name, dependent) in node.dependentSchemas where !facts.excludes(name, in: writer) {
            let isSame = has(
                facts, { a, _, same in a.dependentSchemas.contains { $0.name == name && same.areSame($0.node, dependent) } }, node)
            if !isSame, !canProve(facts.given, dependent) {
                stop(instance + "/" + JSONPointer.escaped(name), node, "dependentSchemas", "what is asked beside it may not be so")
            }
        }
        if node.propertyNames != nil, !has(facts, { a, b, same in Self.areSame(a.propertyNames, b.propertyNames, &same) }, node) {
            stop(instance, node, "propertyNames", "other names may come")
        }
        if node.unevaluatedProperties != nil { stop(instance, node, "unevaluatedProperties", "what is left depends on the other keywords") }
        members(facts, node, instance)
    }

    private mutating func members(_ facts: Facts, _ node: SchemaNode, _ instance: String) {
        // Names that either side mentions, each by itself.
        let names = Set(node.properties.keys).union(facts.names)
        for name in names.sorted() {
            let promises = facts.member(name)
            let demands = node.demands(on: name)
            for demand in demands {
                if reader.nodes[demand].schema.always == false {
                    if !Facts(promises, in: writer).isImpossible {
                        stop(instance + "/" + JSONPointer.escaped(name), reader.nodes[demand].schema, "", "the reader does not know it")
                    }
                } else {
                    prove(promises, demand, instance + "/" + JSONPointer.escaped(name))
                }
            }
        }
        // And all the others.
        for (pattern, demand) in node.patternProperties { prove(facts.others(matching: pattern.text), demand, instance + "/*") }
        guard let additional = node.additionalProperties else { return }
        let mentioned = Set(node.patternProperties.map(\.pattern.text))
        if facts.schemas.allSatisfy({ $0.patternProperties.isEmpty }) {
            prove(facts.others(matching: nil), additional, instance + "/*")
        } else {
            // One of the writer's schemas has to answer for every name by itself.
            let isMet = facts.schemas.contains { schema in
                let patterns = schema.patternProperties.filter { !mentioned.contains($0.pattern.text) }
                return canProve(schema.additionalProperties.map { [$0] } ?? [], additional)
                    && patterns.allSatisfy { canProve([$0.node], additional) }
            }
            if !isMet { stop(instance + "/*", node, "additionalProperties", "other members may come") }
        }
    }
}

extension SchemaNode {
    /// The schemas that a member of this name has to satisfy.
    fileprivate func demands(on name: String) -> [Int] {
        var demands: [Int] = []
        if let property = properties[name] { demands.append(property) }
        demands += patternProperties.filter { $0.pattern.matches(name) }.map(\.node)
        if demands.isEmpty, let additional = additionalProperties { demands.append(additional) }
        return demands
    }
}

/// What is known of a value that satisfies some schemas of the writer.
private struct Facts {
    let given: [Int]
    /// The given ones, and those that they apply to the same value without a condition.
    let nodes: [Int]
    let schemas: [SchemaNode]
    let types: SchemaTypes
    /// The only values that it may have; nil when they are too many to name.
    let values: [JSONValue]?
    /// Alternatives of which one or more hold.
    let branches: [Int]?

    init(_ given: [Int], in program: SchemaProgram) {
        self.given = given
        var nodes: [Int] = []
        var seen: Set<Int> = []
        var open = given
        while let number = open.popLast() {
            guard seen.insert(number).inserted else { continue }
            nodes.append(number)
            let schema = program.nodes[number].schema
            open += schema.allOf
            if let reference = schema.reference { open.append(reference) }
        }
        self.nodes = nodes.sorted()
        schemas = self.nodes.map { program.nodes[$0].schema }
        var types = SchemaTypes.all
        for schema in schemas {
            if schema.always == false { types = [] }
            if let own = schema.types { types.formIntersection(own) }
        }
        self.types = types
        values = schemas.compactMap { $0.constant.map { [$0] } ?? $0.enumeration }.min { $0.count < $1.count }
        branches = schemas.compactMap { $0.anyOf.isEmpty ? ($0.oneOf.isEmpty ? nil : $0.oneOf) : $0.anyOf }
            // Those that were already taken apart are among the given.
            .first { branches in !branches.contains { given.contains($0) } }
    }

    /// Nothing satisfies them.
    var isImpossible: Bool { types.isEmpty }

    var required: Set<String> { Set(schemas.flatMap(\.required)) }

    var names: Set<String> { Set(schemas.flatMap(\.properties.keys)).union(required) }

    func isAtLeast(_ bound: SchemaNumber, strictly: Bool) -> Bool {
        schemas.contains { schema in
            if let least = schema.exclusiveMinimum, bound <= least { return true }
            guard let least = schema.minimum else { return false }
            return strictly ? bound < least : bound <= least
        }
    }

    func isAtMost(_ bound: SchemaNumber, strictly: Bool) -> Bool {
        schemas.contains { schema in
            if let most = schema.exclusiveMaximum, most <= bound { return true }
            guard let most = schema.maximum else { return false }
            return strictly ? most < bound : most <= bound
        }
    }

    func element(at place: Int) -> [Int] {
        schemas.compactMap { place < $0.prefixItems.count ? $0.prefixItems[place] : $0.items }
    }

    /// What a member of this name satisfies.
    func member(_ name: String) -> [Int] { schemas.flatMap { $0.demands(on: name) } }

    /// Such a member never comes.
    func excludes(_ name: String, in program: SchemaProgram) -> Bool { Facts(member(name), in: program).isImpossible }

    /// What members satisfy that are named nowhere, or whose names match a pattern.
    func others(matching pattern: String?) -> [Int] {
        schemas.flatMap { schema -> [Int] in
            if let pattern, let same = schema.patternProperties.first(where: { $0.pattern.text == pattern }) { return [same.node] }
            // With patterns, it is not known which of them a name meets.
            guard schema.patternProperties.isEmpty, let additional = schema.additionalProperties else { return [] }
            return [additional]
        }
    }
}

/// Whether two schemas say the same in the same words, whatever they call their parts.
struct SameSchema {
    private let left: SchemaProgram
    private let right: SchemaProgram
    private var assumed: Set<[Int]> = []

    init(_ left: SchemaProgram, _ right: SchemaProgram) {
        self.left = left
        self.right = right
    }

    mutating func areSame(_ a: Int, _ b: Int) -> Bool {
        guard assumed.insert([a, b]).inserted else { return true }
        let (x, y) = (left.nodes[a].schema, right.nodes[b].schema)
        // What a dynamic reference means depends on the way to it.
        guard x.dynamicReference == nil, y.dynamicReference == nil else { return false }
        guard x.always == y.always, saysTheSame(x, y) else { return false }
        return haveTheSameParts(x, y)
    }

    private func saysTheSame(_ x: SchemaNode, _ y: SchemaNode) -> Bool {
        let values =
            x.types == y.types && same(x.enumeration, y.enumeration) && same(x.constant.map { [$0] }, y.constant.map { [$0] })
            && x.multipleOf == y.multipleOf && x.minimum == y.minimum && x.maximum == y.maximum
            && x.exclusiveMinimum == y.exclusiveMinimum && x.exclusiveMaximum == y.exclusiveMaximum
        let texts = x.lengthMin == y.lengthMin && x.lengthMax == y.lengthMax && x.pattern == y.pattern && x.format == y.format
        let arrays =
            x.containsMin == y.containsMin && x.containsMax == y.containsMax && x.itemsMin == y.itemsMin && x.itemsMax == y.itemsMax
            && x.itemsAreUnique == y.itemsAreUnique
        let objects =
            x.propertiesMin == y.propertiesMin && x.propertiesMax == y.propertiesMax && Set(x.required) == Set(y.required)
            && x.dependentRequired.elementsEqual(y.dependentRequired) { $0.name == $1.name && Set($0.needs) == Set($1.needs) }
        return values && texts && arrays && objects
    }

    private func same(_ a: [JSONValue]?, _ b: [JSONValue]?) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return a.count == b.count && zip(a, b).allSatisfy { JSONEquality.areEqual($0, $1) }
    }

    private mutating func haveTheSameParts(_ x: SchemaNode, _ y: SchemaNode) -> Bool {
        let single: [(Int?, Int?)] = [
            (x.items, y.items), (x.contains, y.contains), (x.unevaluatedItems, y.unevaluatedItems),
            (x.additionalProperties, y.additionalProperties), (x.propertyNames, y.propertyNames),
            (x.unevaluatedProperties, y.unevaluatedProperties), (x.reference, y.reference), (x.not, y.not), (x.condition, y.condition),
            (x.consequence, y.consequence), (x.alternative, y.alternative),
        ]
        for (a, b) in single {
            guard let a, let b else {
                if a == nil, b == nil { continue }
                return false
            }
            if !areSame(a, b) { return false }
        }
        for (a, b) in [(x.prefixItems, y.prefixItems), (x.allOf, y.allOf), (x.anyOf, y.anyOf), (x.oneOf, y.oneOf)] {
            guard a.count == b.count else { return false }
            for (one, other) in zip(a, b) where !areSame(one, other) { return false }
        }
        guard Set(x.properties.keys) == Set(y.properties.keys), x.patternProperties.count == y.patternProperties.count,
            x.dependentSchemas.count == y.dependentSchemas.count
        else { return false }
        for (name, node) in x.properties {
            guard let other = y.properties[name], areSame(node, other) else { return false }
        }
        for (a, b) in zip(x.patternProperties, y.patternProperties) where a.pattern != b.pattern || !areSame(a.node, b.node) {
            return false
        }
        for (a, b) in zip(x.dependentSchemas, y.dependentSchemas) where a.name != b.name || !areSame(a.node, b.node) { return false }
        return true
    }
}
