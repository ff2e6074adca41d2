import Vocabulary
import Wire

/// Turns documents into nodes: every place that can be reached is compiled once, so that recursion is a number.
struct SchemaCompiler {
    private var registry: SchemaRegistry
    private let mode: Schema.Mode
    private(set) var nodes: [SchemaNode] = []
    private var numbers: [SchemaPlace.Key: Int] = [:]
    private var open: [(number: Int, place: SchemaPlace)] = []
    private var dynamicNames: Set<String> = []
    private(set) var defects: [SchemaDefect] = []

    private static let nodesMax = 100_000

    init(mode: Schema.Mode, remotes: [String: JSONValue]) {
        registry = SchemaRegistry(remotes: remotes)
        self.mode = mode
    }

    /// Gives the number of the root's node.
    mutating func compile(_ root: JSONValue) throws(SchemaRefusal) -> SchemaProgram {
        let start = number(of: registry.add(root, uri: "schema:///root"))
        var anchors: [SchemaProgram.Anchor: Int] = [:]
        while true {
            while let (number, place) = open.popLast() {
                nodes[number] = node(place)
                guard nodes.count <= Self.nodesMax else {
                    defects.append(registry.defect(.tooLarge, "", root, "more than \(Self.nodesMax) schemas"))
                    break
                }
            }
            // What a `$dynamicRef` may meet is known only when all resources are.
            for (resource, found) in registry.resources.enumerated() {
                for name in dynamicNames {
                    guard let place = found.dynamicAnchors[name] else { continue }
                    let anchor = SchemaProgram.Anchor(resource: resource, name: name)
                    if anchors[anchor] == nil { anchors[anchor] = number(of: place) }
                }
            }
            if open.isEmpty { break }
        }
        let all = registry.defects + defects
        if !all.isEmpty { throw SchemaRefusal(defects: all) }
        let program = SchemaProgram(nodes: nodes, start: start, dynamicAnchors: anchors)
        if let endless = program.endlessNode() {
            throw SchemaRefusal(defects: [
                registry.defect(.endless, nodes[endless].location, root, "this schema applies itself to the same value")
            ])
        }
        return program
    }

    private mutating func number(of place: SchemaPlace) -> Int {
        if let known = numbers[place.key] { return known }
        let number = nodes.count
        nodes.append(SchemaNode())
        numbers[place.key] = number
        open.append((number, place))
        return number
    }

    // MARK: One schema

    private mutating func node(_ place: SchemaPlace) -> SchemaNode {
        var node = SchemaNode()
        node.location = registry.location(of: place)
        node.resource = place.resource
        let value = place.value
        if let always = value.bool {
            node.always = always
            return node
        }
        guard value.kind == .object else {
            refuse(.notASchema, place, value, "an object, true or false expected")
            return node
        }
        let dialect = registry.resources[place.resource].dialect
        for (keyword, member) in value.members {
            guard let vocabulary = SchemaDialect.vocabulary(of: keyword) else {
                if mode == .strict { refuse(.keywordUnknown, place, member, "`\(keyword)`", at: keyword) }
                continue
            }
            guard dialect.contains(vocabulary) else {
                if mode == .strict { refuse(.keywordUnknown, place, member, "`\(keyword)` is not of this dialect", at: keyword) }
                continue
            }
            read(keyword, member, place, dialect, into: &node)
        }
        return node
    }

    private mutating func read(
        _ keyword: String, _ value: JSONValue, _ place: SchemaPlace, _ dialect: SchemaDialect, into node: inout SchemaNode
    ) {
        switch keyword {
        case "$id":
            if let id = value.string, URIReference(id).fragment.map({ $0.isEmpty }) ?? true { break }
            refuse(.keywordValue, place, value, "a URI without a fragment expected", at: keyword)
        case "$anchor", "$dynamicAnchor":
            if let name = value.string, Self.isAnchor(name) { break }
            refuse(.keywordValue, place, value, "a plain name expected", at: keyword)
        case "$ref": node.reference = target(value, place, keyword).map { number(of: $0) }
        case "$dynamicRef": node.dynamicReference = dynamicReference(value, place)
        case "$schema", "$comment", "title", "description", "contentEncoding", "contentMediaType":
            if value.kind != .string { refuse(.keywordValue, place, value, "a text expected", at: keyword) }
        case "deprecated", "readOnly", "writeOnly":
            if value.kind != .bool { refuse(.keywordValue, place, value, "true or false expected", at: keyword) }
        case "$vocabulary":
            if value.kind != .object { refuse(.keywordValue, place, value, "an object expected", at: keyword) }
        case "examples":
            if value.kind != .array { refuse(.keywordValue, place, value, "a list expected", at: keyword) }
        case "default": break
        case "$defs":
            // Nothing is checked by a definition, but a wrong one must not wait for its first use.
            _ = byName(value, place, keyword)
        case "contentSchema": _ = one(value, place, keyword)

        case "allOf": node.allOf = list(value, place, keyword)
        case "anyOf": node.anyOf = list(value, place, keyword)
        case "oneOf": node.oneOf = list(value, place, keyword)
        case "prefixItems": node.prefixItems = list(value, place, keyword)
        case "not": node.not = one(value, place, keyword)
        case "if": node.condition = one(value, place, keyword)
        case "then": node.consequence = one(value, place, keyword)
        case "else": node.alternative = one(value, place, keyword)
        case "items": node.items = one(value, place, keyword)
        case "contains": node.contains = one(value, place, keyword)
        case "unevaluatedItems": node.unevaluatedItems = one(value, place, keyword)
        case "additionalProperties": node.additionalProperties = one(value, place, keyword)
        case "propertyNames": node.propertyNames = one(value, place, keyword)
        case "unevaluatedProperties": node.unevaluatedProperties = one(value, place, keyword)
        case "properties":
            for (name, inner) in byName(value, place, keyword) {
                if node.properties.updateValue(inner, forKey: name) == nil { node.propertyNamesInOrder.append(name) }
            }
        case "dependentSchemas": node.dependentSchemas = byName(value, place, keyword).map { (name: $0.0, node: $0.1) }
        case "patternProperties":
            for (text, inner) in byName(value, place, keyword) {
                if let pattern = pattern(text, value, place, keyword) { node.patternProperties.append((pattern, inner)) }
            }

        case "type": node.types = types(value, place)
        case "enum":
            if value.kind == .array {
                node.enumeration = Array(value.elements)
            } else {
                refuse(.keywordValue, place, value, "a list expected", at: keyword)
            }
        case "const": node.constant = value
        case "multipleOf":
            node.multipleOf = number(value, place, keyword)
            if let divisor = node.multipleOf, !divisor.isPositive {
                refuse(.keywordValue, place, value, "more than 0 expected", at: keyword)
            }
        case "minimum": node.minimum = number(value, place, keyword)
        case "maximum": node.maximum = number(value, place, keyword)
        case "exclusiveMinimum": node.exclusiveMinimum = number(value, place, keyword)
        case "exclusiveMaximum": node.exclusiveMaximum = number(value, place, keyword)
        case "minLength": node.lengthMin = count(value, place, keyword)
        case "maxLength": node.lengthMax = count(value, place, keyword)
        case "minItems": node.itemsMin = count(value, place, keyword)
        case "maxItems": node.itemsMax = count(value, place, keyword)
        case "minProperties": node.propertiesMin = count(value, place, keyword)
        case "maxProperties": node.propertiesMax = count(value, place, keyword)
        case "minContains": node.containsMin = count(value, place, keyword) ?? 1
        case "maxContains": node.containsMax = count(value, place, keyword)
        case "uniqueItems":
            if value.kind != .bool { refuse(.keywordValue, place, value, "true or false expected", at: keyword) }
            node.itemsAreUnique = value.bool ?? false
        case "pattern":
            if let text = value.string {
                node.pattern = pattern(text, value, place, keyword)
            } else {
                refuse(.keywordValue, place, value, "a text expected", at: keyword)
            }
        case "required": node.required = names(value, place, keyword)
        case "dependentRequired":
            if value.kind != .object { refuse(.keywordValue, place, value, "an object expected", at: keyword) }
            for (name, needs) in value.members { node.dependentRequired.append((name, names(needs, place, keyword))) }
        case "format": node.format = format(value, place, dialect)
        case "class":
            if value.string.flatMap({ FieldClass(rawValue: $0) }) == nil {
                refuse(.keywordValue, place, value, "a class of fields expected", at: keyword)
            }
        case "label":
            if value["en"]?.string == nil || value["zh"]?.string == nil {
                refuse(.keywordValue, place, value, "{en, zh} expected", at: keyword)
            }
        default: refuse(.keywordUnknown, place, value, "`\(keyword)`", at: keyword)
        }
    }

    // MARK: References

    private mutating func target(_ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> SchemaPlace? {
        guard let reference = value.string else {
            refuse(.keywordValue, place, value, "a reference expected", at: keyword)
            return nil
        }
        guard let target = registry.place(reference, from: place.resource) else {
            refuse(.referenceUnresolved, place, value, "`\(reference)`", at: keyword)
            return nil
        }
        return target
    }

    private mutating func dynamicReference(_ value: JSONValue, _ place: SchemaPlace) -> SchemaNode.DynamicReference? {
        guard let target = target(value, place, "$dynamicRef") else { return nil }
        let name = value.string.flatMap { URIReference($0).decodedFragment }
        let isDynamic = name != nil && target.value["$dynamicAnchor"]?.string == name
        if isDynamic, let name { dynamicNames.insert(name) }
        return SchemaNode.DynamicReference(fallback: number(of: target), name: isDynamic ? name : nil)
    }

    private static func isAnchor(_ name: String) -> Bool {
        guard let first = name.utf8.first, (97...122).contains(first | 0x20) || first == 95 else { return false }
        return name.utf8.allSatisfy { (97...122).contains($0 | 0x20) || (48...57).contains($0) || [45, 46, 95].contains($0) }
    }

    // MARK: Shapes of values

    private mutating func one(_ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> Int {
        inner(value, place, "/" + keyword)
    }

    private mutating func inner(_ value: JSONValue, _ place: SchemaPlace, _ step: String) -> Int {
        // A schema with an `$id` begins a resource, which the registry knows by its place.
        let resource = registry.resource(beginningAt: value, in: place.document) ?? place.resource
        return number(
            of: SchemaPlace(document: place.document, pointer: place.pointer + step, value: value, resource: resource))
    }

    private mutating func list(_ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> [Int] {
        guard value.kind == .array, value.count > 0 else {
            refuse(.keywordValue, place, value, "a list of schemas expected", at: keyword)
            return []
        }
        var numbers: [Int] = []
        for (index, element) in value.elements.enumerated() { numbers.append(inner(element, place, "/\(keyword)/\(index)")) }
        return numbers
    }

    private mutating func byName(_ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> [(String, Int)] {
        guard value.kind == .object else {
            refuse(.keywordValue, place, value, "an object of schemas expected", at: keyword)
            return []
        }
        var numbers: [(String, Int)] = []
        for (name, element) in value.members {
            numbers.append((name, inner(element, place, "/\(keyword)/" + JSONPointer.escaped(name))))
        }
        return numbers
    }

    private mutating func types(_ value: JSONValue, _ place: SchemaPlace) -> SchemaTypes? {
        let names = value.kind == .array ? Array(value.elements) : [value]
        var types: SchemaTypes = []
        for name in names {
            guard let type = name.string.flatMap({ SchemaTypes(name: $0) }) else {
                refuse(.keywordValue, place, value, "names of types expected", at: "type")
                return nil
            }
            types.formUnion(type)
        }
        if names.isEmpty { refuse(.keywordValue, place, value, "a type expected", at: "type") }
        return types
    }

    private mutating func number(_ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> SchemaNumber? {
        guard value.kind == .number else {
            refuse(.keywordValue, place, value, "a number expected", at: keyword)
            return nil
        }
        return SchemaNumber(value)
    }

    private mutating func count(_ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> Int? {
        guard let count = value.int, count >= 0 else {
            refuse(.keywordValue, place, value, "a whole number from 0 expected", at: keyword)
            return nil
        }
        return Int(clamping: count)
    }

    private mutating func names(_ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> [String] {
        let names = value.elements.compactMap(\.string)
        if value.kind != .array || names.count != value.count || Set(names).count != names.count {
            refuse(.keywordValue, place, value, "a list of different names expected", at: keyword)
        }
        return names
    }

    private mutating func pattern(_ text: String, _ value: JSONValue, _ place: SchemaPlace, _ keyword: String) -> Pattern? {
        do throws(PatternDefect) {
            return try Pattern(text)
        } catch {
            let kind: SchemaDefect.Kind =
                switch error.kind {
                case .syntax: .patternSyntax
                case .unsupported: .patternUnsupported
                case .tooLarge: .patternTooLarge
                }
            refuse(kind, place, value, "`\(text)`: \(error)", at: keyword)
            return nil
        }
    }

    private mutating func format(_ value: JSONValue, _ place: SchemaPlace, _ dialect: SchemaDialect) -> SchemaFormat? {
        guard let name = value.string else {
            refuse(.keywordValue, place, value, "a text expected", at: "format")
            return nil
        }
        guard dialect.contains(.records) else { return nil }
        guard let format = SchemaFormat(rawValue: name) else {
            // In our dialect formats are asserted, and what can not be checked must not look as if it were.
            refuse(.formatUnknown, place, value, "`\(name)`", at: "format")
            return nil
        }
        return format
    }

    private mutating func refuse(
        _ kind: SchemaDefect.Kind, _ place: SchemaPlace, _ value: JSONValue, _ detail: String, at keyword: String? = nil
    ) {
        let pointer = place.pointer + (keyword.map { "/" + JSONPointer.escaped($0) } ?? "")
        defects.append(registry.defect(kind, pointer, value, detail))
    }
}
