/// A subject as the index sees it: one number an attribute.
public struct SubjectRow: Hashable, Sendable {
    /// By the attribute's place: the number itself, or the code of the value. Not-a-number: the number is missing.
    public let cells: [Double]
    let schemaMark: Int

    /// Reads the declared facts. Refuses a fact of another kind than declared (and a number that is not finite): rules coerce such values
    /// in ways that no index can follow, so such a subject is judged rule by rule.
    public init(_ facts: some FactSource, schema: AttributeSchema) throws(RowDefect) {
        var cells: [Double] = []
        cells.reserveCapacity(schema.attributes.count)
        for (place, attribute) in schema.attributes.enumerated() {
            cells.append(try SubjectRow.cell(facts.find(attribute.name), of: attribute, at: place, in: schema))
        }
        self.cells = cells
        schemaMark = schema.mark
    }

    /// Takes cells that were computed elsewhere, such as columns read from a file. Refuses another count than the schema's, infinite
    /// numbers, and codes that do not exist.
    public init(cells: [Double], schema: AttributeSchema) throws(RowDefect) {
        guard cells.count == schema.attributes.count else { throw .count(cells.count) }
        for (place, attribute) in schema.attributes.enumerated() {
            let cell = cells[place]
            let isSound =
                switch attribute.kind {
                case .number: !cell.isInfinite
                case .flag, .words, .codes: cell >= 0 && cell < Double(schema.codeCount(at: place)) && cell == cell.rounded()
                }
            guard isSound else { throw .otherKind(attribute.name.text) }
        }
        self.cells = cells
        schemaMark = schema.mark
    }

    private static func cell(
        _ value: RuleValue?, of attribute: AttributeSchema.Attribute, at place: Int, in schema: AttributeSchema
    ) throws(RowDefect) -> Double {
        switch (attribute.kind, value) {
        case (.number, nil): return .nan
        case (_, nil): return Double(AttributeSchema.missing)
        case (.number, .number(let number)?):
            guard number.isFinite else { throw .otherKind(attribute.name.text) }
            return number
        case (.codes, .number(let number)?):
            guard number.isFinite else { throw .otherKind(attribute.name.text) }
            return Double(schema.code(of: .number(number), at: place) ?? AttributeSchema.other)
        case (.words, .string(let text)?): return Double(schema.code(of: .string(text), at: place) ?? AttributeSchema.other)
        case (.flag, .bool(let flag)?): return flag ? 2 : 1
        case (.number, _?), (.codes, _?), (.words, _?), (.flag, _?): throw .otherKind(attribute.name.text)
        }
    }
}

/// Why a subject has no row.
public enum RowDefect: Error, Hashable, Sendable {
    /// The fact of this name has another kind than its attribute declares, or is no finite number.
    case otherKind(String)
    /// So many cells instead of one an attribute.
    case count(Int)
}
