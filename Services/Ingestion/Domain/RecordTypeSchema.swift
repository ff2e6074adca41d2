import Contracts
import Schema
import Vocabulary
import Wire

/// The JSON Schema of a record type, compiled: says the same words about a body as field checkers do.
public struct RecordTypeSchema: Sendable {
    let names: Set<String>
    let required: Set<String>
    private let schema: Schema
    /// Fields whose values may be repeated in a refusal: they say that nothing in them is about a natural person.
    private let plain: Set<String>

    /// Reads a schema of the dialect `urn:xinqiao:schema:record`. What is wrong goes to `defects`.
    init?(_ json: JSONValue, defects: inout [String]) {
        guard json.kind == .object, json["type"]?.string == "object", let properties = json["properties"], properties.kind == .object else {
            defects.append("`schema` is not the schema of an object with `properties`")
            return nil
        }
        guard json["$schema"]?.string == Schema.recordDialect else {
            defects.append("`schema` does not name `\(Schema.recordDialect)` as its `$schema`")
            return nil
        }
        if properties.count > RecordType.fieldsMax { defects.append("more than \(RecordType.fieldsMax) fields") }
        do throws(SchemaRefusal) {
            schema = try Schema(json)
        } catch {
            defects += error.defects.map { "`schema`: \($0)" }
            return nil
        }
        names = Set(properties.members.map(\.key))
        required = Set(json["required"]?.elements.compactMap(\.string) ?? [])
        plain = Set(properties.members.filter { Self.isPlain($0.value) }.map(\.key))
    }

    /// Says a class of its own, and neither it nor anything inside is about a person. What only refers elsewhere says nothing.
    private static func isPlain(_ property: JSONValue) -> Bool {
        guard let own = property["class"]?.string.flatMap({ FieldClass(rawValue: $0) }), isOpen(own) else { return false }
        return hasNoOtherClass(property)
    }

    private static func isOpen(_ sensitivity: FieldClass) -> Bool { !sensitivity.isPersonal && sensitivity != .secret }

    private static func hasNoOtherClass(_ value: JSONValue) -> Bool {
        for (key, member) in value.members {
            if key == "$ref" || key == "$dynamicRef" { return false }
            if key == "class", let inner = member.string.flatMap({ FieldClass(rawValue: $0) }), !isOpen(inner) { return false }
            if !hasNoOtherClass(member) { return false }
        }
        return value.elements.allSatisfy { hasNoOtherClass($0) }
    }

    /// Everything that is wrong, at most what a schema lists: the first thing of each field in the order of the body's members, what is missing, and
    /// then the rest.
    func defects(in body: JSONValue) -> [FieldDefect] {
        let violations = schema.violations(in: body)
        if violations.isEmpty { return [] }
        var present: [FieldDefect] = []
        var missing: [FieldDefect] = []
        var further: [FieldDefect] = []
        var named: Set<String> = []
        // A null where something is required offends several keywords, and is one thing that is missing.
        var told: Set<FieldDefect> = []
        for violation in violations {
            let field = Self.field(violation.instance)
            let defect = defect(violation, field, in: body)
            guard told.insert(defect).inserted else { continue }
            if !named.insert(field).inserted {
                further.append(defect)
            } else if defect.code == "field-missing" {
                missing.append(defect)
            } else {
                present.append(defect)
            }
        }
        return present + missing + further
    }

    private func defect(_ violation: SchemaViolation, _ field: String, in body: JSONValue) -> FieldDefect {
        let value = body.value(at: violation.instance)
        let code = code(violation, field, value)
        func found(_ detail: String) -> FieldDefect {
            FieldDefect(field: field, code: code, detail: detail, pointer: violation.instance)
        }
        if code == "field-missing" || code == "field-unknown" { return found("") }
        guard let value, plain.contains(field), code != "too-long", !code.hasPrefix("uscc-") else { return found(violation.expected) }
        return found("\(String(decoding: value.rawBytes.prefix(64), as: UTF8.self)): \(violation.expected)")
    }

    /// The words that field checkers have for it.
    private func code(_ violation: SchemaViolation, _ field: String, _ value: JSONValue?) -> String {
        let isWhole = violation.instance == "/" + JSONPointer.escaped(field)
        let isRequired = isWhole && required.contains(field)
        // Null says the same as leaving it out, and so do an empty text and an empty list.
        if isRequired, value?.isNull == true { return "field-missing" }
        switch violation.keyword {
        case "required", "dependentRequired": return "field-missing"
        case "additionalProperties", "unevaluatedProperties", "propertyNames": return "field-unknown"
        case "type": return "field-type"
        case "enum", "const": return "enum-value"
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf": return "out-of-range"
        case "maxLength", "maxItems", "maxProperties": return "too-long"
        case "minLength": return isRequired && value?.string?.isEmpty == true ? "field-missing" : "too-short"
        case "minItems": return isRequired && value?.count == 0 ? "field-missing" : "too-short"
        case "format":
            switch violation.code {
            case "format-day", "format-month", "format-instant": return "date-impossible"
            case "format-division", "format-industry": return "enum-value"
            case "money-range": return "out-of-range"
            default: return violation.code
            }
        default: return violation.code
        }
    }

    /// The first step of the pointer, as a name; of the body itself, nothing.
    private static func field(_ pointer: String) -> String {
        guard let step = pointer.utf8.split(separator: UInt8(ascii: "/")).first else { return "" }
        return String(decoding: step, as: UTF8.self).replacing("~1", with: "/").replacing("~0", with: "~")
    }
}

// MARK: From fields

extension RecordTypeSchema {
    /// The schema that takes exactly what an entry's `fields` take, as JSON text; nil when a field can not be read.
    public static func schema(ofFields fields: JSONValue) -> [UInt8]? {
        var defects: [String] = []
        var checkers: [(checker: FieldChecker, json: JSONValue)] = []
        for (name, json) in fields.members {
            guard let checker = FieldChecker(name: name, json, defects: &defects) else { return nil }
            checkers.append((checker, json))
        }
        return JSONWriter.encode { writer in
            writer.object { writer in
                writer.member("$schema", Schema.recordDialect)
                writer.member("type", "object")
                writer.member("required", checkers.filter { $0.checker.isRequired }.map { $0.checker.name })
                writer.member("additionalProperties", false)
                writer.member(
                    "properties",
                    object: { properties in
                        for (checker, json) in checkers {
                            properties.member(checker.name, object: { checker.writeSchema(to: &$0, beside: json) })
                        }
                    })
            }
        }
    }
}

extension FieldChecker {
    fileprivate func writeSchema(to writer: inout JSONWriter, beside json: JSONValue) {
        writeType(to: &writer)
        switch kind {
        case .text:
            if isRequired { writer.member("minLength", 1) }
            writeText(to: &writer)
        case .choice: writeChoices(to: &writer, allowsNull: !isRequired)
        case .list:
            if isRequired { writer.member("minItems", 1) }
            writer.member("maxItems", FieldChecker.listCountMax)
            writer.member(
                "items",
                object: { items in
                    items.member("type", "string")
                    writeText(to: &items)
                    if !values.isEmpty { writeChoices(to: &items, allowsNull: false) }
                })
        case .int:
            // What 64 bits can not hold is out of range, also where no range is said.
            writer.member("minimum", raw: (min?.text ?? String(Int64.min)).utf8)
            writer.member("maximum", raw: (max?.text ?? String(Int64.max)).utf8)
        case .number:
            writer.member("minimum", raw: (min?.text ?? "-1.7976931348623157e308").utf8)
            writer.member("maximum", raw: (max?.text ?? "1.7976931348623157e308").utf8)
        case .yuan:
            writer.member("format", "money")
            if let min { writer.member("minimum", raw: min.text.utf8) }
            if let max { writer.member("maximum", raw: max.text.utf8) }
        case .day, .month, .instant, .uscc, .division, .industry: writer.member("format", kind.rawValue)
        case .bool: break
        }
        writer.member("class", json["class"]?.string ?? FieldClass.public.rawValue)
        if let title = json["title"], title["en"]?.string != nil, title["zh"]?.string != nil { writer.member("label", title) }
    }

    private func writeType(to writer: inout JSONWriter) {
        let name =
            switch kind {
            case .text, .choice, .day, .month, .instant, .uscc, .division, .industry: "string"
            case .int: "integer"
            case .number, .yuan: "number"
            case .bool: "boolean"
            case .list: "array"
            }
        if isRequired { writer.member("type", name) } else { writer.member("type", [name, "null"]) }
    }

    private func writeText(to writer: inout JSONWriter) {
        writer.member("maxLength", lengthMax)
        // An empty text that is not required is as good as none.
        if let pattern { writer.member("pattern", "^(?:\(pattern.expression))\(isRequired || kind == .list ? "" : "?")$") }
    }

    private func writeChoices(to writer: inout JSONWriter, allowsNull: Bool) {
        let choices: [String?] = values.sorted() + (allowsNull ? [nil] : [])
        writer.member("enum", choices)
    }
}
