/// The facts by which rules and subjects are indexed, each with the kind of value it has. What rules ask beyond these stays residual.
public struct AttributeSchema: Hashable, Sendable {
    public struct Attribute: Hashable, Sendable {
        /// As rules write it; may be a path.
        public let name: VariableName
        public let kind: Kind

        public init(_ name: String, _ kind: Kind) {
            self.name = VariableName(name)
            self.kind = kind
        }
    }

    public enum Kind: Hashable, Sendable {
        /// Any finite number. `cuts` are the thresholds at which rules usually cut; another threshold costs a look at the value itself.
        case number(cuts: [Double])
        /// One of these texts, or another one that no rule can tell from other strangers.
        case words([String])
        /// One of these numbers, that are names and have no order (a division, an industry), or another one.
        case codes([Double])
        case flag
    }

    /// The most attributes, and the most listed values of one.
    public static let attributesMax = 256
    public static let valuesMax = 60_000

    public let attributes: [Attribute]
    private let places: [String: Int]
    private let codes: [[RuleValue: UInt16]]
    /// Tells this schema from others: rows and rules of another one would be read past their ends.
    let mark: Int

    /// Refuses repeated names, repeated or not finite values, and too many of either.
    public init(_ attributes: [Attribute]) throws(SchemaDefect) {
        guard attributes.count <= AttributeSchema.attributesMax else { throw .tooManyAttributes(attributes.count) }
        var places: [String: Int] = [:]
        var codes: [[RuleValue: UInt16]] = []
        for (place, attribute) in attributes.enumerated() {
            let name = attribute.name.text
            guard places.updateValue(place, forKey: name) == nil else { throw .repeatedName(name) }
            codes.append(try AttributeSchema.codes(of: attribute))
        }
        self.attributes = attributes
        self.places = places
        self.codes = codes
        // Cuts aside: rows and rules hold numbers as they are.
        mark =
            attributes.map { attribute in
                if case .number = attribute.kind { Attribute(attribute.name.text, .number(cuts: [])) } else { attribute }
            }.hashValue
    }

    private static func codes(of attribute: Attribute) throws(SchemaDefect) -> [RuleValue: UInt16] {
        let values: [RuleValue]
        switch attribute.kind {
        case .number(let cuts):
            guard cuts.allSatisfy(\.isFinite) else { throw .notFinite(attribute.name.text) }
            return [:]
        case .flag: return [.bool(false): 1, .bool(true): 2]
        case .words(let words): values = words.map { .string($0) }
        case .codes(let numbers):
            guard numbers.allSatisfy(\.isFinite) else { throw .notFinite(attribute.name.text) }
            values = numbers.map { .number($0) }
        }
        guard values.count <= valuesMax else { throw .tooManyValues(attribute.name.text) }
        var codes: [RuleValue: UInt16] = [:]
        for (place, value) in values.enumerated() {
            guard codes.updateValue(UInt16(place + 2), forKey: value) == nil else {
                throw .repeatedValue(value.text, of: attribute.name.text)
            }
        }
        return codes
    }

    /// Where the attribute of that name stands in `attributes`.
    func place(of name: VariableName) -> Int? { places[name.text] }

    /// The code of a listed value; nil for a stranger.
    func code(of value: RuleValue, at place: Int) -> UInt16? { codes[place][value] }

    /// How many codes there are, `missing` and `other` included; 0 for numbers.
    func codeCount(at place: Int) -> Int {
        switch attributes[place].kind {
        case .number: 0
        case .flag: 3
        case .words, .codes: codes[place].count + 2
        }
    }

    static let missing: UInt16 = 0
    /// A value that is not listed. (A flag has none: 1 is false, 2 is true.)
    static let other: UInt16 = 1
}

/// Why attributes can not be indexed.
public enum SchemaDefect: Error, Hashable, Sendable {
    case tooManyAttributes(Int)
    case repeatedName(String)
    case repeatedValue(String, of: String)
    case tooManyValues(String)
    case notFinite(String)
}
