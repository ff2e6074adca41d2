import Deciding
import Rules
import Vocabulary
import Wire

/// An entry of kind `crossCheck`: what several sources say of one thing must agree.
///
/// `parts` name the record types and the fields that join them; records of one subject with the same key belong together: the orders,
/// deliveries, invoices and payments of one trade, or what tax, customs and banks say of one month. `checks` are conditions over the parts.
/// With `form`, one part is a form and `fields` says where in the others each of its fields stands.
public final class CrossCheck: Sendable {
    /// One side of the comparison.
    struct Part: Sendable {
        /// What the checks call it.
        let name: String
        let recordType: String
        /// The fields that join it to the others; none when there is one such thing for the subject.
        let key: [String]
    }

    /// One condition over the parts.
    struct Check: Sendable {
        let id: String
        let logic: Logic
        let variables: [VariableName]
    }

    /// A field of the form, and where the file has it.
    struct FormField: Sendable {
        let name: String
        let part: String
        let field: String
    }

    let id: String
    let parts: [Part]
    let checks: [Check]
    /// The part that is a form; nil when the parts are of equal rank.
    let form: String?
    let fields: [FormField]
    /// Numbers that the checks know as `tolerance.<name>`.
    let tolerances: [String: RuleValue]
    /// Who answers for a difference, as in `QualityRule.owner`.
    let owner: String

    static let partsMax = 16
    static let fieldsMax = 400
    /// The type of the facts that say how a comparison went.
    public static let resultType = "cross-check.result"
    /// Who says so.
    static let writer = "governance"

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        id = entry.id
        owner = body["owner"]?.string ?? ""
        var parts: [Part] = []
        for json in body.list("parts") {
            let key = json.list("key").map(\.string)
            guard let name = json["as"]?.string, !name.isEmpty, !name.contains("."), !parts.contains(where: { $0.name == name }),
                let type = json["recordType"]?.string, !type.isEmpty, !key.contains(nil)
            else {
                defects.append("a part has no `as` of its own, no `recordType`, or a `key` that is no list of fields")
                continue
            }
            parts.append(Part(name: name, recordType: type, key: key.compactMap(\.self)))
        }
        if !(2...Self.partsMax).contains(parts.count) { defects.append("`parts` are not 2…\(Self.partsMax)") }
        if Set(parts.map(\.key.count)).count > 1 { defects.append("the parts are joined by keys of different length") }
        self.parts = parts
        var checks: [Check] = []
        for json in body.list("checks") {
            guard let id = json["id"]?.string, !id.isEmpty, !checks.contains(where: { $0.id == id }), let logic = json["logic"] else {
                defects.append("a check has no id of its own or no logic")
                continue
            }
            do throws(RuleDefect) {
                let logic = try Logic(logic)
                checks.append(Check(id: id, logic: logic, variables: logic.variables.map { VariableName($0) }))
            } catch {
                defects.append("check `\(id)`: \(error)")
            }
        }
        self.checks = checks
        form = body["form"]?.string
        var fields: [FormField] = []
        for json in body.list("fields") {
            guard let name = json["field"]?.string, let part = json["part"]?.string, parts.contains(where: { $0.name == part }) else {
                defects.append("a field of the form names no part")
                continue
            }
            fields.append(FormField(name: name, part: part, field: json["of"]?.string ?? name))
        }
        self.fields = fields
        if let form, !parts.contains(where: { $0.name == form }) { defects.append("`form` names no part") }
        if (form == nil) != fields.isEmpty || fields.count > Self.fieldsMax { defects.append("`form` and `fields` go together") }
        if checks.isEmpty && fields.isEmpty { defects.append("there is nothing to check") }
        if form != nil, !checks.isEmpty { defects.append("with a `form` its fields are compared, and `checks` are not judged") }
        var tolerances: [String: RuleValue] = [:]
        if let members = body["tolerance"]?.members { for (name, value) in members { tolerances[name] = RuleValue(value) } }
        self.tolerances = tolerances
        guard defects.count == before else { return nil }
    }

    func reads(_ type: String) -> Bool { parts.contains { $0.recordType == type } }

    /// How a form stands beside the file.
    struct FormComparison {
        var agreeing = 0
        /// Fields that the file does not have, or of which it may have forgotten what it had.
        var open = 0
        var differing: [(field: FormField, said: JSONValue?, onFile: JSONValue, source: String)] = []
    }

    /// Compares the form field by field.
    ///
    /// - Parameter holder: the data that has the field in the file, and whose they are; nil when there are none.
    func compared(_ form: JSONValue?, holder: (FormField) -> (data: JSONValue, source: String)?) -> FormComparison {
        var comparison = FormComparison()
        for field in fields {
            guard let (data, source) = holder(field), let onFile = data[field.field], !onFile.isNull else {
                comparison.open += 1
                continue
            }
            let said = form?[field.name]
            if let said, said.saysTheSame(as: onFile) {
                comparison.agreeing += 1
            } else {
                comparison.differing.append((field, said, onFile, source))
            }
        }
        return comparison
    }

    /// What the fields say in the record, as one text: the same for all that belongs together.
    static func joinedKey(_ fields: [String], _ data: JSONValue) -> String {
        fields.map { GovernedType.keyPart(data[$0]) }.joined(separator: "|")
    }
}

/// What the checks see: `<part>.<field>` (summed when there are several records), `<part>.count`, `tolerance.<name>`, `key`.
struct CrossFacts: FactSource {
    let key: String
    let parts: [String: [JSONValue]]
    let tolerances: [String: RuleValue]
    /// Parts of which something may have been forgotten: what is left of them says nothing.
    var forgotten: Set<String> = []

    /// What a check says. One that reads a part of which something may be missing says nothing, whatever it puts in the place of what it lacks.
    func judge(_ check: CrossCheck.Check) -> Truth {
        check.variables.contains { forgotten.contains($0.head) } ? .unknown : check.logic.judge(self).truth
    }

    /// What a check saw there, for people.
    func observed(_ name: VariableName) -> String {
        "\(name.text)=\(forgotten.contains(name.head) ? "forgotten" : (value(of: name) ?? .null).text.cut(64))"
    }

    func value(_ name: String) -> RuleValue? { value(of: VariableName(name)) }

    func value(of name: VariableName) -> RuleValue? {
        if name.text == "key" { return .string(key) }
        let field = name.tail
        guard !field.isEmpty else { return nil }
        if name.head == "tolerance" { return tolerances[field] }
        guard let records = parts[name.head], !forgotten.contains(name.head) else { return nil }
        if field == "count" { return .number(Double(records.count)) }
        // Who has not spoken yet has said neither nothing nor zero.
        if records.count == 1 { return records[0][field].map { RuleValue($0) } ?? .null }
        let found = records.compactMap { $0[field] }.filter { !$0.isNull }
        guard let first = found.first, found.count == records.count else { return .null }
        if found.count == 1 { return RuleValue(first) }
        let numbers = found.compactMap(\.double)
        return numbers.count == found.count ? .number(numbers.reduce(0, +)) : .null
    }
}
