import Vocabulary
import Wire

/// The fields of a `recordType` entry, whichever way its body states them: as `fields`, or as the properties of a JSON Schema in `schema`.
package struct RecordFields: Sendable {
    private let members: JSONValue
    private let isSchema: Bool

    /// Nil when the body has neither, or not as an object.
    package init?(_ body: JSONValue) {
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

    package func has(_ name: String) -> Bool { members[name] != nil }

    /// A day, a month or a moment.
    package func isCalendar(_ name: String) -> Bool {
        switch members[name]?[isSchema ? "format" : "type"]?.string {
        case "day", "month", "instant": true
        default: false
        }
    }

    package func isWholeNumber(_ name: String) -> Bool {
        guard let type = members[name]?["type"] else { return false }
        guard isSchema else { return type.string == "int" }
        return type.string == "integer" || type.elements.contains { $0.string == "integer" }
    }

    /// Names of the fields that are days.
    package var days: Set<String> {
        Set(members.members.filter { $0.value[isSchema ? "format" : "type"]?.string == "day" }.map(\.key))
    }

    /// The class of each field that states one.
    package var classes: [String: FieldClass] {
        var classes: [String: FieldClass] = [:]
        for (name, field) in members.members { classes[name] = field["class"]?.string.flatMap { FieldClass(rawValue: $0) } }
        return classes
    }

    /// Names of the fields that say something about a natural person.
    package var personal: Set<String> { Set(classes.filter(\.value.isPersonal).keys) }
}
