import Schema
import Wire

/// What a record type's body must be: as a list of `fields`, or as a JSON Schema in `schema`.
enum BodyCheck: Sendable {
    case fields(FieldList)
    case schema(RecordTypeSchema)

    /// Reads whichever of the two the entry's body has. What is wrong goes to `defects`.
    init(_ body: JSONValue, defects: inout [String]) {
        guard let json = body["schema"], !json.isNull else {
            self = .fields(FieldList(body["fields"], defects: &defects))
            return
        }
        if let fields = body["fields"], !fields.isNull { defects.append("`fields` and `schema` exclude one another") }
        if let schema = RecordTypeSchema(json, defects: &defects) {
            self = .schema(schema)
        } else {
            self = .fields(FieldList())
        }
    }

    func has(_ name: String) -> Bool {
        switch self {
        case .fields(let fields): fields.has(name)
        case .schema(let schema): schema.names.contains(name)
        }
    }

    func requires(_ name: String) -> Bool {
        switch self {
        case .fields(let fields): fields.requires(name)
        case .schema(let schema): schema.required.contains(name)
        }
    }

    func defects(in body: JSONValue) -> [FieldDefect] {
        switch self {
        case .fields(let fields): fields.defects(in: body)
        case .schema(let schema): schema.defects(in: body)
        }
    }
}
