import Wire

/// The `fields` of a record type, compiled.
struct FieldList: Sendable {
    private let fields: [FieldChecker]
    private let places: [String: Int]
    private let requiredPlaces: [Int]

    /// Of no fields.
    init() { self.init(fields: []) }

    /// Reads an object of fields by name. What is wrong goes to `defects`.
    init(_ json: JSONValue?, defects: inout [String]) {
        var fields: [FieldChecker] = []
        if let json, json.kind == .object {
            for (name, field) in json.members {
                if let checker = FieldChecker(name: name, field, defects: &defects) { fields.append(checker) }
            }
            if json.count > RecordType.fieldsMax { defects.append("more than \(RecordType.fieldsMax) fields") }
        } else {
            defects.append("`fields` is missing or not an object")
        }
        self.init(fields: fields)
    }

    private init(fields: [FieldChecker]) {
        self.fields = fields
        places = Dictionary(fields.enumerated().map { ($1.name, $0) }) { first, _ in first }
        requiredPlaces = fields.indices.filter { fields[$0].isRequired }
    }

    func has(_ name: String) -> Bool { places[name] != nil }
    func requires(_ name: String) -> Bool { places[name].map { fields[$0].isRequired } ?? false }

    /// Everything that is wrong with the body, in the order of its members, then what is missing.
    func defects(in body: JSONValue) -> [FieldDefect] {
        var defects: [FieldDefect] = []
        var seen = FieldSet()
        for (name, value) in body.members {
            guard let place = places[name] else {
                defects.append(FieldDefect(field: name, code: "field-unknown", detail: ""))
                continue
            }
            // Null says the same as leaving it out.
            if value.isNull { continue }
            seen.insert(place)
            if let defect = fields[place].defect(in: value) { defects.append(defect) }
        }
        for place in requiredPlaces where !seen.contains(place) { defects.append(fields[place].missing) }
        return defects
    }
}

/// Which of at most 256 fields were seen, without an allocation.
private struct FieldSet {
    private var words = InlineArray<4, UInt64>(repeating: 0)

    mutating func insert(_ place: Int) {
        guard place < 256 else { return }
        words[place >> 6] |= 1 << UInt64(place & 63)
    }

    func contains(_ place: Int) -> Bool { place < 256 && words[place >> 6] & (1 << UInt64(place & 63)) != 0 }
}
