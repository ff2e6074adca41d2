import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// A `recordType` entry, compiled: who may write it, and what its body must be.
public struct RecordType: Sendable {
    public let id: String
    private let writers: Set<String>
    private let institutionField: String?
    private let check: BodyCheck
    /// Judged by governance. Here only so that both services use, or do not use, the same entries, and for an entry's own examples.
    let rules: [EntryRule]

    /// Fields of one type at the most.
    public static let fieldsMax = 200

    /// Compiles the body; everything that is wrong goes to `defects`.
    public init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        func elements(_ name: String) -> [JSONValue] { body[name].map { Array($0.elements) } ?? [] }
        id = entry.id

        var writers: Set<String> = []
        for element in elements("writers") {
            guard let writer = element.string, Self.isWriter(writer) else {
                defects.append("a writer is none of source:<id>, institution:<id>, portal, house")
                continue
            }
            writers.insert(writer)
        }
        if writers.isEmpty { defects.append("`writers` is missing or empty") }
        self.writers = writers

        check = BodyCheck(body, defects: &defects)

        institutionField = body["institutionField"]?.string
        if let institutionField, !check.has(institutionField) { defects.append("`institutionField` names no field") }
        if body["businessKey"]?.kind != .array { defects.append("`businessKey` is missing or not a list") }
        for element in elements("businessKey") {
            guard let name = element.string, check.has(name) else {
                defects.append("`businessKey` names no field")
                continue
            }
            // Without it, two statements about different things would take each other's place.
            if !check.requires(name) { defects.append("`businessKey` names `\(name)`, which is not required") }
        }
        // Without it, what one institution says would take the place of what another said.
        if let institutionField, !elements("businessKey").contains(where: { $0.string == institutionField }) {
            defects.append("`businessKey` lacks `\(institutionField)`, which says whose word it is")
        }
        if let category = body["consentCategory"], !category.isNull, category.string == nil {
            defects.append("`consentCategory` is neither null nor a text")
        }
        rules = EntryRule.list(body["rules"], defects: &defects)
        if defects.count > before { return nil }
    }

    /// `house`: the suite makes such facts itself, and nobody outside may send one.
    private static func isWriter(_ name: String) -> Bool {
        name == "portal" || name == "house"
            || ["source:", "institution:"].contains { name.hasPrefix($0) && name.utf8.count > $0.utf8.count }
    }

    /// The record type decides, not the source's own list: a new type needs no new version of the source.
    func mayBeWritten(by writer: OutsideWriter) -> Bool {
        if writers.contains(writer.name) { return true }
        return switch writer {
        case .source: writers.contains("source:*")
        case .institution: writers.contains("institution:*")
        case .portal: false
        }
    }

    /// The institution that the body names, when the writer is another one.
    func otherInstitution(in body: JSONValue, from writer: OutsideWriter) -> String? {
        guard let institutionField, case .institution(let id) = writer, let named = body[institutionField]?.string else { return nil }
        return named == id ? nil : String(named.prefix(64))
    }

    /// Everything that is wrong with the body: by its members in their order, then what is missing, then what else is wrong in a member.
    public func defects(in body: JSONValue) -> [FieldDefect] { check.defects(in: body) }
}

/// A quality rule of an entry, read to check the entry and to run its examples.
struct EntryRule: Sendable {
    let id: String
    let logic: Logic
    let isQuarantine: Bool
    /// What the rule measures against, as `threshold` in its logic.
    let threshold: RuleValue?

    static func list(_ json: JSONValue?, defects: inout [String]) -> [EntryRule] {
        guard let json, !json.isNull else { return [] }
        guard json.kind == .array else {
            defects.append("`rules` is not a list")
            return []
        }
        var rules: [EntryRule] = []
        for element in json.elements {
            guard let id = element["id"]?.string, !id.isEmpty, !rules.contains(where: { $0.id == id }) else {
                defects.append("a rule has no id of its own")
                continue
            }
            guard let severity = element["severity"]?.string, severity == "quarantine" || severity == "flag" else {
                defects.append("rule `\(id)`: `severity` is neither quarantine nor flag")
                continue
            }
            guard let weight = element["weight"]?.int, (1...100).contains(weight) else {
                defects.append("rule `\(id)`: `weight` is not 1…100")
                continue
            }
            guard let logic = element["logic"] else {
                defects.append("rule `\(id)` has no logic")
                continue
            }
            do throws(RuleDefect) {
                let threshold = element["threshold"].flatMap { $0.isNull ? nil : RuleValue($0) }
                rules.append(EntryRule(id: id, logic: try Logic(logic), isQuarantine: severity == "quarantine", threshold: threshold))
            } catch {
                defects.append("rule `\(id)`: \(error)")
            }
        }
        return rules
    }
}
