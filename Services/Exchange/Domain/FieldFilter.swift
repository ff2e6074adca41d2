import Vocabulary
import Wire

/// Which fields of a body may leave, and how each is shown. What is not listed does not leave.
///
/// A dotted name is a path through objects; lists on the way are passed through (`score.reasons.code`). A name allows the one value it
/// names: of an object that is listed only the members that are listed too.
public struct FieldFilter: Sendable {
    private var fieldClass: FieldClass?
    private var inner: [String: FieldFilter] = [:]

    private init() {}

    /// Reads `{"name": "class"}`. Nil when a class is unknown or `secret`; why goes to `defects`.
    init?(_ json: JSONValue?, defects: inout [String]) {
        guard let json, json.kind == .object, json.count > 0 else {
            defects.append("`fields` lists nothing")
            return nil
        }
        let before = defects.count
        for (name, value) in json.members {
            let steps = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard let fieldClass = value.string.flatMap({ FieldClass(rawValue: $0) }), fieldClass != .secret, !steps.contains("") else {
                defects.append("`fields`: \(name) has no class that may leave")
                continue
            }
            add(steps[...], fieldClass)
        }
        guard defects.count == before else { return nil }
    }

    private mutating func add(_ steps: ArraySlice<String>, _ fieldClass: FieldClass) {
        guard let step = steps.first else {
            self.fieldClass = fieldClass
            return
        }
        inner[step, default: FieldFilter()].add(steps.dropFirst(), fieldClass)
    }

    /// The member itself may leave.
    func lists(_ name: String) -> Bool { inner[name]?.fieldClass != nil }

    /// Writes what may leave of the members of `body`, but for those named in `reserved`. Returns the number of values written.
    func write(_ body: JSONValue, except reserved: Set<String>, to object: inout JSONWriter) -> Int64 {
        var count: Int64 = 0
        for (name, value) in body.members where !reserved.contains(name) {
            if let bytes = inner[name]?.shown(value, count: &count) { object.member(name, raw: bytes) }
        }
        return count
    }

    /// What may leave of the value; nil when nothing may.
    private func shown(_ value: JSONValue, count: inout Int64) -> [UInt8]? {
        switch value.kind {
        case .object:
            var writer = JSONWriter()
            var hasMembers = false
            writer.openObject()
            for (name, member) in value.members {
                guard let bytes = inner[name]?.shown(member, count: &count) else { continue }
                writer.member(name, raw: bytes)
                hasMembers = true
            }
            writer.closeObject()
            return hasMembers ? writer.bytes : nil
        case .array:
            var writer = JSONWriter()
            writer.openArray()
            for element in value.elements {
                if let bytes = shown(element, count: &count) { writer.raw(bytes) }
            }
            writer.closeArray()
            return writer.bytes
        case .null, .bool, .number, .string:
            guard let bytes = shownScalar(value) else { return nil }
            count = count.addingClamped(1)
            return bytes
        }
    }

    private func shownScalar(_ value: JSONValue) -> [UInt8]? {
        switch fieldClass {
        case nil, .secret: return nil
        // Internal means: not for everybody. The rule names it, so this receiver may see it.
        case .public, .internal: return Array(value.rawBytes)
        case .personalNumber, .phone, .personalName, .account:
            guard let fieldClass, !value.isNull else { return Array(value.rawBytes) }
            let text = value.string ?? String(decoding: value.rawBytes, as: UTF8.self)
            let masked = value.kind == .bool ? Masking.hidden : Masking.shown(text, as: fieldClass) ?? Masking.hidden
            return JSONWriter.encode { $0.element(masked) }
        }
    }
}
