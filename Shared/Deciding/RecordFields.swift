import Vocabulary
import Wire

/// The fields of a `recordType` entry, whichever way its body states them: as `fields`, or as the properties of a JSON Schema in `schema`.
public struct RecordFields: Sendable {
    private let members: JSONValue
    private let isSchema: Bool

    /// Nil when the body has neither, or not as an object.
    public init?(_ body: JSONValue) {
        if let schema = body["schema"], !schema.isNull {
            guard let properties = schema["properties"], properties.kind == .object else { return nil }
            members = properties
            isSchema = true
        } else {
            guard let fields = body["fields"], fields.kind == .object else { return nil }
            members = fields
            isSchema = false
        }
    }

    public func has(_ name: String) -> Bool { members[name] != nil }

    public var names: [String] { members.members.map(\.key) }

    /// A day, a month or a moment.
    public func isCalendar(_ name: String) -> Bool {
        switch members[name]?[isSchema ? "format" : "type"]?.string {
        case "day", "month", "instant": true
        default: false
        }
    }

    public func isWholeNumber(_ name: String) -> Bool {
        guard let type = members[name]?["type"] else { return false }
        guard isSchema else { return type.string == "int" }
        return type.string == "integer" || type.elements.contains { $0.string == "integer" }
    }

    /// Names of the fields that are days.
    public var days: Set<String> {
        Set(members.members.filter { $0.value[isSchema ? "format" : "type"]?.string == "day" }.map(\.key))
    }

    /// The class of each field that states one.
    public var classes: [String: FieldClass] {
        var classes: [String: FieldClass] = [:]
        for (name, field) in members.members { classes[name] = field["class"]?.string.flatMap { FieldClass(rawValue: $0) } }
        return classes
    }

    /// Names of the fields that say something about a natural person.
    public var personal: Set<String> { Set(classes.filter(\.value.isPersonal).keys) }
}
