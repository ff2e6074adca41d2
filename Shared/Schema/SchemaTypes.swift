import Wire

/// JSON Schema's seven names of types. `integer` is a number without a fraction, however it is written.
struct SchemaTypes: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let string = SchemaTypes(rawValue: 4)
    static let array = SchemaTypes(rawValue: 8)
    static let object = SchemaTypes(rawValue: 16)
    static let integer = SchemaTypes(rawValue: 32)
    /// A number that is no integer; the name `number` means both.
    static let fraction = SchemaTypes(rawValue: 64)
    static let number: SchemaTypes = [.integer, .fraction]
    static let all: SchemaTypes = [.null, .boolean, .string, .array, .object, .number]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Nil for a name that is none.
    init?(name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        case "integer": self = .integer
        case "number": self = .number
        default: return nil
        }
    }

    /// The one type that the value is of.
    init(of value: JSONValue) {
        switch value.kind {
        case .null: self = .null
        case .bool: self = .boolean
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        case .number: self = value.int != nil || SchemaNumber(value).isInteger ? .integer : .fraction
        }
    }

    /// True when the value is of one of them. A number is looked at closely only where its fraction matters.
    func allow(_ value: JSONValue) -> Bool {
        switch value.kind {
        case .null: contains(.null)
        case .bool: contains(.boolean)
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        case .number: isSuperset(of: .number) || !isDisjoint(with: .number) && contains(SchemaTypes(of: value))
        }
    }

    /// The names, for people.
    var names: String {
        var names: [String] = []
        if contains(.null) { names.append("null") }
        if contains(.boolean) { names.append("boolean") }
        if contains(.string) { names.append("string") }
        if contains(.array) { names.append("array") }
        if contains(.object) { names.append("object") }
        if contains(.number) { names.append("number") } else if contains(.integer) { names.append("integer") }
        return names.joined(separator: " or ")
    }
}
