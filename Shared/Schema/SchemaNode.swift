import Wire

/// One schema, compiled: what it asks for, and by number the schemas in it.
struct SchemaNode: Sendable {
    /// Its URI and the place in it; for the root document the place alone.
    var location = ""
    /// Which resource it belongs to: where `$dynamicRef` begins to look.
    var resource = 0
    /// `true` or `false` in place of an object.
    var always: Bool?

    // Any value
    var types: SchemaTypes?
    var enumeration: [JSONValue]?
    var constant: JSONValue?

    // Numbers
    var multipleOf: SchemaNumber?
    var minimum: SchemaNumber?
    var maximum: SchemaNumber?
    var exclusiveMinimum: SchemaNumber?
    var exclusiveMaximum: SchemaNumber?

    // Strings
    var lengthMin: Int?
    var lengthMax: Int?
    var pattern: Pattern?
    /// Asserted, not only noted.
    var format: SchemaFormat?

    // Arrays
    var prefixItems: [Int] = []
    var items: Int?
    var contains: Int?
    var containsMin = 1
    var containsMax: Int?
    var itemsMin: Int?
    var itemsMax: Int?
    var itemsAreUnique = false
    var unevaluatedItems: Int?

    // Objects
    var properties: [String: Int] = [:]
    /// The names of `properties` in the order of the text.
    var propertyNamesInOrder: [String] = []
    var patternProperties: [(pattern: Pattern, node: Int)] = []
    var additionalProperties: Int?
    var propertyNames: Int?
    var propertiesMin: Int?
    var propertiesMax: Int?
    var required: [String] = []
    var dependentRequired: [(name: String, needs: [String])] = []
    var dependentSchemas: [(name: String, node: Int)] = []
    var unevaluatedProperties: Int?

    // The same value again
    var reference: Int?
    var dynamicReference: DynamicReference?
    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?
    var condition: Int?
    var consequence: Int?
    var alternative: Int?

    /// `$dynamicRef`: `fallback`, unless a resource in the dynamic scope has the anchor `name`.
    struct DynamicReference: Sendable {
        let fallback: Int
        /// Nil when the fallback is no dynamic anchor: then it is a plain reference.
        let name: String?
    }

    /// The schemas that look at the same value.
    var inPlace: [Int] {
        var nodes = allOf + anyOf + oneOf + dependentSchemas.map(\.node)
        for node in [reference, not, condition, consequence, alternative] { if let node { nodes.append(node) } }
        return nodes
    }
}
