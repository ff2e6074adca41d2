import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// A `recordType` entry as governance needs it: consent, business key, quality rules.
package struct GovernedType: Sendable {
    /// How statements of the type follow one another.
    enum Succession: Sendable {
        /// One thing is said about the subject, and the latest holds.
        case latestWins
        /// The last part of the key is a day, a month or a year.
        case periods
        /// Things that happen, each by itself or under its number.
        case happenings
    }

    package let id: String
    package let consentCategory: String?
    let succession: Succession
    /// An empty business key of a type whose statements do not replace one another: every record is its own.
    let standsAlone: Bool
    /// The fields of the business key, a period last.
    private let keyFields: [String]
    let slotsMax: Int
    private let rules: [QualityRule]
    private let personalFields: Set<String>
    private let weightSum: Int64

    /// Types with an empty business key whose latest statement holds; others say so with `"latestWins": true`.
    private static let latestWinsTypes: Set<String> = [Registration.type, "public-grade"]

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        id = entry.id
        if let category = body["consentCategory"], !category.isNull, category.string == nil {
            defects.append("`consentCategory` is neither null nor a text")
        }
        consentCategory = body["consentCategory"]?.string
        let fields = RecordFields(body)
        if fields == nil { defects.append("`fields` is missing or not an object") }
        if body["businessKey"]?.kind != .array { defects.append("`businessKey` is missing or not a list") }
        let named = body["businessKey"]?.elements.compactMap(\.string) ?? []
        for name in named where fields?.has(name) != true { defects.append("`businessKey` names no field `\(name)`") }
        func isPeriod(_ name: String) -> Bool {
            guard let fields else { return false }
            return fields.isCalendar(name) || name == "year" && fields.isWholeNumber(name)
        }
        let period = named.last(where: isPeriod)
        keyFields = named.filter { $0 != period } + (period.map { [$0] } ?? [])
        let isLatest = named.isEmpty && (Self.latestWinsTypes.contains(entry.id) || body["latestWins"]?.bool == true)
        standsAlone = named.isEmpty && !isLatest
        succession = isLatest ? .latestWins : (period == nil ? .happenings : .periods)
        // Consents and penalties are looked up for years; of the rest, three years of months are enough to take a correction in.
        slotsMax = body["class"]?.string == "control" || entry.id.hasPrefix(CreditRepair.penaltyType) ? 200 : 36
        personalFields = fields?.personal ?? []
        rules = QualityRule.list(body["rules"], defects: &defects)
        weightSum = rules.reduce(0) { $0 + $1.weight }
        if defects.count > before { return nil }
    }

    /// The business key's values as one text, `loan-7|2026-03-31`: a period comes last, so that keys sort by time.
    func slotKey(of record: AcceptedRecord) -> String {
        if standsAlone { return record.recordID }
        switch keyFields.count {
        case 0: return ""
        case 1: return Self.keyPart(record.data[keyFields[0]])
        default: return keyFields.map { Self.keyPart(record.data[$0]) }.joined(separator: "|")
        }
    }

    /// A value as part of a key. The separator inside a value is marked, so that two keys never become one.
    static func keyPart(_ value: JSONValue?) -> String {
        guard let value, !value.isNull else { return "" }
        let text = value.string ?? value.decimal?.text ?? String(decoding: value.canonicalBytes, as: UTF8.self)
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: "\\") }) else { return text }
        var marked = ""
        for character in text.unicodeScalars {
            if character == "|" || character == "\\" { marked.unicodeScalars.append("\\") }
            marked.unicodeScalars.append(character)
        }
        return marked
    }

    /// Judges the record by every rule.
    func judge(_ record: AcceptedRecord, previous: JSONValue?) -> Judgement {
        guard !rules.isEmpty else { return Judgement(quality: 10_000, quarantineRule: nil, findings: []) }
        let facts = RecordFacts(data: record.data, previous: previous, occurredAt: record.occurredAt)
        var heldWeight: Int64 = 0
        var judgedWeight: Int64 = 0
        var quarantineRule: String?
        var findings: [Judgement.Finding] = []
        for rule in rules {
            let truth = rule.logic.judge(facts).truth
            switch truth {
            case .yes:
                heldWeight += rule.weight
                judgedWeight += rule.weight
                continue
            case .no:
                judgedWeight += rule.weight
                if rule.isQuarantine, quarantineRule == nil { quarantineRule = rule.id }
            case .unknown:
                break
            }
            findings.append(Judgement.Finding(rule: rule.id, truth: truth, observed: observed(rule, facts)))
        }
        let quality = judgedWeight == 0 ? 10_000 : heldWeight * 10_000 / judgedWeight
        return Judgement(quality: quality, quarantineRule: quarantineRule, findings: findings)
    }

    /// What the rule saw, such as `data.sales=12, previous.sales=3`; personal values are not repeated.
    private func observed(_ rule: QualityRule, _ facts: RecordFacts) -> String {
        var parts: [String] = []
        for name in rule.variables {
            let steps = name.split(separator: ".")
            let isPersonal = steps.count > 1 && personalFields.contains(String(steps[1]))
            let value = facts.found(name)
            // A whole record would repeat them all.
            let text = isPersonal ? "***" : (steps.count == 1 && (name == "data" || name == "previous") ? "…" : value?.text ?? "?")
            parts.append("\(name)=\(text.prefix(64))")
        }
        return String(parts.joined(separator: ", ").prefix(400))
    }
}

/// What the quality rules say of one record.
struct Judgement: Sendable {
    struct Finding: Sendable {
        let rule: String
        /// Never `yes`.
        let truth: Truth
        let observed: String
    }

    /// 0…10,000 basis points: the weight of the rules that hold, of those that could be judged. Rounds down.
    let quality: Int64
    /// The first failing rule that sets the record aside.
    let quarantineRule: String?
    /// The rules that do not hold or cannot be judged; all others hold.
    let findings: [Finding]
}

/// One quality rule of a record type.
struct QualityRule: Sendable {
    let id: String
    let logic: Logic
    let isQuarantine: Bool
    let weight: Int64
    let variables: [String]

    static func list(_ json: JSONValue?, defects: inout [String]) -> [QualityRule] {
        guard let json, !json.isNull else { return [] }
        guard json.kind == .array else {
            defects.append("`rules` is not a list")
            return []
        }
        var rules: [QualityRule] = []
        for element in json.elements {
            guard let id = element["id"]?.string, !id.isEmpty, !rules.contains(where: { $0.id == id }),
                let severity = element["severity"]?.string, severity == "quarantine" || severity == "flag",
                let weight = element["weight"]?.int, (1...100).contains(weight), let body = element["logic"]
            else {
                defects.append("a rule has no id of its own, severity, weight or logic")
                continue
            }
            do throws(RuleDefect) {
                let logic = try Logic(body)
                rules.append(
                    QualityRule(
                        id: id, logic: logic, isQuarantine: severity == "quarantine", weight: weight, variables: logic.variables))
            } catch {
                defects.append("rule `\(id)`: \(error)")
            }
        }
        return rules
    }
}

/// What a quality rule sees: `data`, `previous`, `hasPrevious`, `occurredDay`. Values are read where they lie, when asked for.
struct RecordFacts: FactSource {
    let data: JSONValue
    let previous: JSONValue?
    let occurredAt: Instant

    func value(_ name: String) -> RuleValue? {
        if let value = member(name, "data.", of: data) { return value }
        if let value = member(name, "previous.", of: previous) { return value }
        return switch name {
        case "hasPrevious": .bool(previous != nil)
        case "occurredDay": .string(occurredAt.dayInChina.text)
        case "data": RuleValue(data)
        case "previous": previous.map { RuleValue($0) }
        default: nil
        }
    }

    /// A member one step down; null when there is none. Deeper paths are left to the rule's own walk.
    private func member(_ name: String, _ prefix: String, of json: JSONValue?) -> RuleValue? {
        guard name.hasPrefix(prefix) else { return nil }
        let rest = String(name.dropFirst(prefix.count))
        if let value = json?[rest] { return RuleValue(value) }
        return rest.contains(".") ? nil : .null
    }

    /// What a path leads to, for showing.
    func found(_ name: String) -> RuleValue? {
        let value = value(name)
        return value == .null ? nil : value
    }
}
