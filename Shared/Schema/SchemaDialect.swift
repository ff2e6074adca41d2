/// Which keywords a schema speaks, by the vocabularies of its meta-schema.
struct SchemaDialect: OptionSet, Sendable {
    let rawValue: UInt16

    static let core = SchemaDialect(rawValue: 1)
    static let applicator = SchemaDialect(rawValue: 2)
    static let unevaluated = SchemaDialect(rawValue: 4)
    static let validation = SchemaDialect(rawValue: 8)
    static let metaData = SchemaDialect(rawValue: 16)
    static let formatAnnotation = SchemaDialect(rawValue: 32)
    static let content = SchemaDialect(rawValue: 64)
    /// Ours: the formats of `SchemaFormat` are asserted; `class` and `label` are annotations.
    static let records = SchemaDialect(rawValue: 128)

    static let standard: SchemaDialect = [.core, .applicator, .unevaluated, .validation, .metaData, .formatAnnotation, .content]

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `https://json-schema.org/draft/2020-12/schema`
    static let standardURI = "https://json-schema.org/draft/2020-12/schema"
    /// What a record type's schema names as its `$schema`.
    static let recordsURI = "urn:xinqiao:schema:record"

    /// Nil for a vocabulary that this engine does not have.
    init?(vocabulary uri: String) {
        switch uri {
        case "https://json-schema.org/draft/2020-12/vocab/core": self = .core
        case "https://json-schema.org/draft/2020-12/vocab/applicator": self = .applicator
        case "https://json-schema.org/draft/2020-12/vocab/unevaluated": self = .unevaluated
        case "https://json-schema.org/draft/2020-12/vocab/validation": self = .validation
        case "https://json-schema.org/draft/2020-12/vocab/meta-data": self = .metaData
        case "https://json-schema.org/draft/2020-12/vocab/format-annotation": self = .formatAnnotation
        case "https://json-schema.org/draft/2020-12/vocab/content": self = .content
        case "urn:xinqiao:vocab:record": self = .records
        default: return nil
        }
    }

    /// The vocabulary a keyword belongs to; nil for no keyword.
    static func vocabulary(of keyword: String) -> SchemaDialect? { keywords[keyword] }

    private static let keywords: [String: SchemaDialect] = {
        let lists: [(SchemaDialect, [String])] = [
            (
                .core,
                ["$id", "$schema", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$comment", "$defs"]
            ),
            (
                .applicator,
                [
                    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "prefixItems", "items", "contains",
                    "properties", "patternProperties", "additionalProperties", "propertyNames",
                ]
            ),
            (.unevaluated, ["unevaluatedItems", "unevaluatedProperties"]),
            (
                .validation,
                [
                    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
                    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties",
                    "minProperties", "required", "dependentRequired",
                ]
            ),
            (.metaData, ["title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples"]),
            (.formatAnnotation, ["format"]),
            (.content, ["contentEncoding", "contentMediaType", "contentSchema"]),
            (.records, ["class", "label"]),
        ]
        var table: [String: SchemaDialect] = [:]
        for (dialect, names) in lists { for name in names { table[name] = dialect } }
        return table
    }()
}
