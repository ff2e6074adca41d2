import Deciding
import Wire

/// Reads members of a record type's entry that name its fields, and keeps what is wrong with them.
struct MemberReader {
    let fields: RecordFields
    var defects: [String] = []

    /// A member of another name would be a slip that changes nothing.
    mutating func expect(_ json: JSONValue, _ place: String, _ names: Set<String>) {
        guard json.kind == .object else { return defects.append("`\(place)` is not an object") }
        for (name, _) in json.members where !names.contains(name) { defects.append("`\(place)` has no member `\(name)`") }
    }

    mutating func field(_ json: JSONValue?, _ place: String) -> String? {
        guard let json, !json.isNull else { return nil }
        guard let name = json.string, fields.has(name) else {
            defects.append("\(place) names no field")
            return nil
        }
        return name
    }

    mutating func day(_ json: JSONValue?, _ place: String) -> String? {
        guard let name = field(json, place) else { return nil }
        if !fields.days.contains(name) { defects.append("\(place): `\(name)` is not a day") }
        return name
    }
}
