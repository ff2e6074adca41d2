import Wire

/// A schema as tables that one pass over the bytes walks through. Exists for schemas that ask nothing which needs the value as a whole.
///
/// Without: the applicators on the same value (`allOf`, `oneOf`, `if` …; a `$ref` alone is followed), `unevaluated…`, `patternProperties`,
/// `propertyNames`, `contains`, `uniqueItems`, `dependentRequired`, and lists or objects in `enum`.
struct ByteProgram: Sendable {
    /// What the bytes said. `unsure`: somebody else has to look, for example because of an escape.
    enum Answer { case accepted, refused, unsure }

    let tables: ByteTables
    private let start: Int
    /// Of a schema's node: the node here; -1 for those that were only followed.
    private let numbers: [Int]

    /// Members of one object: each has a bit.
    static let membersMax = 128

    /// Nil when the schema asks for more.
    init?(_ program: SchemaProgram) {
        var builder = Builder(program: program)
        guard let start = builder.number(of: program.start), builder.finish() else { return nil }
        self.start = start
        numbers = program.nodes.indices.map { builder.numbers[$0] ?? -1 }
        tables = ByteTables(builder)
    }

    /// True when the value satisfies the schema of this node for certain.
    func accepts(_ value: JSONValue, node: Int) -> Bool {
        let number = numbers[node]
        guard number >= 0 else { return false }
        return unsafe value.rawBytes.withUnsafeBufferPointer { text in
            guard let first = text.baseAddress else { return false }
            let check = unsafe ByteCheck(tables: tables, text: first, end: text.count, limits: .standard)
            return check.whole(from: number) == .accepted
        }
    }

    func check(_ text: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) -> Answer {
        guard let first = text.baseAddress, text.count <= limits.bytesMax else { return .refused }
        // Deeper texts would need a stack that nobody has promised.
        guard limits.depthMax <= 256, limits.duplicateKeys == .refused else { return .unsure }
        let check = unsafe ByteCheck(tables: tables, text: first, end: text.count, limits: limits)
        return check.whole(from: start)
    }

    // MARK: Building

    struct Builder {
        let program: SchemaProgram
        var nodes: [ByteNode] = []
        var members: [ByteMember] = []
        /// Names with their quotes and colon, each padded to whole words.
        var keys: [UInt8] = []
        /// Places of members by the hash of their names; -1 where none is.
        var slots: [Int32] = []
        var choices: [ByteChoice] = []
        var choiceBytes: [UInt8] = []
        var shapes: [UInt8] = []
        var automata: [PatternAutomaton] = []
        var exact: [ByteExact] = []
        private(set) var numbers: [Int: Int] = [:]
        private var open: [(number: Int, source: Int)] = []
        /// The node that takes anything.
        private var anything: Int?
        private var nothing: Int?

        init(program: SchemaProgram) { self.program = program }

        mutating func number(of source: Int) -> Int? {
            var source = source
            // A chain of references is bounded: the compiler has seen to that.
            while case let schema = program.nodes[source].schema, let target = schema.reference {
                guard schema.isReferenceAlone else { return nil }
                source = target
            }
            if let known = numbers[source] { return known }
            let number = nodes.count
            nodes.append(ByteNode())
            numbers[source] = number
            open.append((number, source))
            return number
        }

        /// False when a node asks for what bytes can not tell.
        mutating func finish() -> Bool {
            while let (number, source) = open.popLast() {
                guard let node = node(program.nodes[source].schema) else { return false }
                nodes[number] = node
            }
            return true
        }

        private mutating func anythingNode() -> Int {
            if let anything { return anything }
            let number = nodes.count
            var node = ByteNode()
            node.items = Int32(number)
            node.additional = Int32(number)
            nodes.append(node)
            anything = number
            return number
        }

        private mutating func nothingNode() -> Int {
            if let nothing { return nothing }
            nodes.append(.nothing)
            nothing = nodes.count - 1
            return nodes.count - 1
        }

        private mutating func node(_ schema: SchemaNode) -> ByteNode? {
            if schema.always == false { return .nothing }
            var node = ByteNode()
            let free = Int32(anythingNode())
            node.items = free
            node.additional = free
            if schema.always == true { return node }
            let isCovered =
                schema.dynamicReference == nil && schema.inPlace.isEmpty && schema.unevaluatedItems == nil
                && schema.unevaluatedProperties == nil && schema.patternProperties.isEmpty && schema.propertyNames == nil
                && schema.contains == nil && !schema.itemsAreUnique && schema.dependentRequired.isEmpty
            guard isCovered else { return nil }
            node.types = (schema.types ?? .all).rawValue
            guard enumeration(schema, &node), array(schema, &node), object(schema, &node) else { return nil }
            string(schema, &node)
            number(schema, &node)
            return node
        }

        private mutating func enumeration(_ schema: SchemaNode, _ node: inout ByteNode) -> Bool {
            var values = schema.enumeration
            if let constant = schema.constant { values = (values ?? [constant]).filter { JSONEquality.areEqual($0, constant) } }
            guard let values else { return true }
            guard values.allSatisfy({ $0.kind != .array && $0.kind != .object }) else { return false }
            var types: SchemaTypes = []
            node.allowsTrue = false
            node.allowsFalse = false
            node.choicesStart = Int32(choices.count)
            node.hasChoices = true
            for value in values {
                types.formUnion(SchemaTypes(of: value))
                if value.bool == true { node.allowsTrue = true }
                if value.bool == false { node.allowsFalse = true }
                if let text = value.string { add(choice: Array(text.utf8), &node) }
            }
            node.types &= types.rawValue
            if !types.isDisjoint(with: .number) { node.isExact = true }
            return true
        }

        private mutating func add(choice text: [UInt8], _ node: inout ByteNode) {
            // What JSON can only write with an escape is never found in the bytes as it is.
            guard text.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else { return }
            let bytes = text + [UInt8(ascii: "\"")]
            var choice = ByteChoice()
            choice.length = Int32(bytes.count)
            choice.start = Int32(choiceBytes.count)
            for (place, byte) in bytes.prefix(8).enumerated() {
                choice.word |= UInt64(byte) << UInt64(place * 8)
                choice.mask |= 0xFF << UInt64(place * 8)
            }
            choiceBytes += bytes
            choices.append(choice)
            node.choicesCount += 1
        }

        private mutating func string(_ schema: SchemaNode, _ node: inout ByteNode) {
            node.lengthMin = Int32(clamping: schema.lengthMin ?? 0)
            node.lengthMax = Int32(clamping: schema.lengthMax ?? Int(Int32.max))
            if let format = schema.format { node.format = UInt8(SchemaFormat.allCases.firstIndex(of: format) ?? 0) + 1 }
            if let pattern = schema.pattern {
                if let shape = pattern.shape, node.lengthMin <= shape.wanted.count, node.lengthMax >= shape.wanted.count {
                    node.shape = Int32(shapes.count)
                    node.shapeLength = Int32(shape.wanted.count)
                    shapes += shape.sets + shape.wanted
                }
                node.automaton = Int32(automata.count)
                automata.append(pattern.automaton)
            }
            let hasNoText = node.lengthMin == 0 && node.lengthMax == Int32.max && schema.format?.kind != .string
            node.isFreeString = hasNoText && node.automaton < 0 && !node.hasChoices
        }

        private mutating func number(_ schema: SchemaNode, _ node: inout ByteNode) {
            let both = SchemaTypes.number.rawValue
            func bound(_ number: SchemaNumber?) -> Int64? {
                guard let whole = number?.int64, whole.magnitude < 1_000_000_000_000_000_000 else { return nil }
                return whole
            }
            // A bound that is no whole number, and what is said of multiples, is judged by the digits.
            for number in [schema.minimum, schema.maximum, schema.exclusiveMinimum, schema.exclusiveMaximum] where number != nil {
                if bound(number) == nil { node.isExact = true }
            }
            if schema.multipleOf != nil { node.isExact = true }
            node.least = bound(schema.minimum) ?? .min
            node.most = bound(schema.maximum) ?? .max
            node.leastExclusive = bound(schema.exclusiveMinimum) ?? .min
            node.mostExclusive = bound(schema.exclusiveMaximum) ?? .max
            node.isMoney = schema.format == .money
            node.isFen = schema.format == .moneyFen
            let isBounded =
                node.least != .min || node.most != .max || node.leastExclusive != .min || node.mostExclusive != .max
            node.isFreeNumber = node.types & both == both && !isBounded && !node.isExact && !node.isMoney && !node.isFen
            node.exact = Int32(exact.count)
            exact.append(
                ByteExact(
                    schema: schema,
                    numbers: (schema.enumeration ?? schema.constant.map { [$0] }).map { values in
                        values.filter { $0.kind == .number }.map(SchemaNumber.init)
                            .filter { number in schema.constant.map { $0.kind == .number && SchemaNumber($0) == number } ?? true }
                    }))
        }

        private mutating func array(_ schema: SchemaNode, _ node: inout ByteNode) -> Bool {
            node.itemsMin = Int32(clamping: schema.itemsMin ?? 0)
            node.itemsMax = Int32(clamping: schema.itemsMax ?? Int(Int32.max))
            if let items = schema.items {
                guard let number = number(of: items) else { return false }
                node.items = Int32(number)
            }
            guard !schema.prefixItems.isEmpty else { return true }
            // Elements with a schema of their own are members whose names are their places.
            node.prefixStart = Int32(members.count)
            node.prefixCount = Int32(schema.prefixItems.count)
            for item in schema.prefixItems {
                guard let number = number(of: item) else { return false }
                var member = ByteMember()
                member.node = Int32(number)
                members.append(member)
            }
            return true
        }

        private mutating func object(_ schema: SchemaNode, _ node: inout ByteNode) -> Bool {
            node.propertiesMin = Int32(clamping: schema.propertiesMin ?? 0)
            node.propertiesMax = Int32(clamping: schema.propertiesMax ?? Int(Int32.max))
            if let additional = schema.additionalProperties {
                guard let number = number(of: additional) else { return false }
                node.additional = Int32(number)
                node.refusesAdditional = program.nodes[additional].schema.always == false
            }
            let more = schema.required.filter { schema.properties[$0] == nil }
            let names = schema.propertyNamesInOrder + more
            guard names.count <= ByteProgram.membersMax else { return false }
            node.membersStart = Int32(members.count)
            node.membersCount = Int32(names.count)
            var entries: [ByteMember] = []
            for (bit, name) in names.enumerated() {
                let target: Int
                if let property = schema.properties[name] {
                    guard let number = number(of: property) else { return false }
                    target = number
                } else {
                    target = node.refusesAdditional ? nothingNode() : Int(node.additional)
                }
                guard let member = member(name, node: target) else { return false }
                entries.append(member)
                if schema.required.contains(name) {
                    if bit < 64 { node.requiredLow |= 1 << UInt64(bit) } else { node.requiredHigh |= 1 << UInt64(bit - 64) }
                }
            }
            members += entries
            index(names, &node)
            return true
        }

        /// Nil for a name that JSON can not write without an escape.
        private mutating func member(_ name: String, node: Int) -> ByteMember? {
            let isPlain = name.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            guard isPlain else { return nil }
            let text = [UInt8(ascii: "\"")] + Array(name.utf8) + Array("\":".utf8)
            var member = ByteMember()
            member.node = Int32(node)
            member.key = Int32(keys.count)
            member.length = Int32(text.count)
            keys += text
            while keys.count % 8 != 0 { keys.append(0) }
            let tail = text.count % 8
            member.tailMask = tail == 0 ? .max : 1 << UInt64(tail * 8) - 1
            return member
        }

        /// Looks for a seed under which no two names share a slot. Without one, names are compared one by one.
        private mutating func index(_ names: [String], _ node: inout ByteNode) {
            guard !names.isEmpty else { return }
            var bits = 1
            while 1 << bits < names.count * 2 { bits += 1 }
            for seed in UInt64(1)...2_000 {
                let multiplier = (seed &* 0x9E37_79B9_7F4A_7C15) | 1
                var table = [Int32](repeating: -1, count: 1 << bits)
                var isPerfect = true
                for (place, name) in names.enumerated() {
                    let slot = ByteHash.slot(Array(name.utf8), multiplier: multiplier, bits: bits)
                    if table[slot] >= 0 {
                        isPerfect = false
                        break
                    }
                    table[slot] = Int32(place)
                }
                if isPerfect {
                    node.slotsStart = Int32(slots.count)
                    node.slotBits = Int32(bits)
                    node.multiplier = multiplier
                    slots += table
                    return
                }
                // Crowded tables rarely have a perfect seed: every so often there is more room.
                if seed % 200 == 0, bits < 12 { bits += 1 }
            }
        }
    }
}

extension SchemaNode {
    /// Says `$ref` and nothing else that is checked.
    var isReferenceAlone: Bool {
        let isBare =
            types == nil && enumeration == nil && constant == nil && multipleOf == nil && minimum == nil && maximum == nil
            && exclusiveMinimum == nil && exclusiveMaximum == nil && lengthMin == nil && lengthMax == nil && pattern == nil && format == nil
        let hasNoItems =
            prefixItems.isEmpty && items == nil && contains == nil && itemsMin == nil && itemsMax == nil && !itemsAreUnique
            && unevaluatedItems == nil
        let hasNoMembers =
            properties.isEmpty && patternProperties.isEmpty && additionalProperties == nil && propertyNames == nil && propertiesMin == nil
            && propertiesMax == nil && required.isEmpty && dependentRequired.isEmpty && unevaluatedProperties == nil
        return isBare && hasNoItems && hasNoMembers && inPlace.count == 1 && dynamicReference == nil
    }
}

/// The hash of a member's name: of its first and last eight bytes and its length.
enum ByteHash {
    @inline(__always) static func slot(first: UInt64, last: UInt64, length: Int, multiplier: UInt64, bits: Int) -> Int {
        let mix = first ^ last &* 0x9DDF_EA08_EB38_2D69 ^ UInt64(truncatingIfNeeded: length) &* 0xFF51_AFD7_ED55_8CCD
        return Int(truncatingIfNeeded: ((mix ^ mix >> 29) &* multiplier) >> UInt64(64 - bits))
    }

    static func slot(_ name: [UInt8], multiplier: UInt64, bits: Int) -> Int {
        slot(first: word(name.prefix(8)), last: word(name.suffix(8)), length: name.count, multiplier: multiplier, bits: bits)
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64($1.offset * 8) }
    }
}
