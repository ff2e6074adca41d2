import Deciding
import Rules
import Vocabulary
import Wire

/// One quality rule: a condition in JsonLogic that a good record fulfils, and what follows when it does not.
///
/// Rules stand in a record type's own list, or as entries of kind `qualityRule` that name the types they judge. A class, since every record
/// walks them: nothing is counted but the rule itself.
public final class QualityRule: Sendable {
    /// When it can be judged.
    public enum Stage: String, CaseIterable, Sendable {
        /// By the record alone.
        case before
        /// By what was said before, or by what others say.
        case during
        /// Afterwards: what stands is judged by all that is known of the subject by then, and again whenever that changes.
        case after
    }

    /// What kind of error it finds.
    public enum Kind: String, CaseIterable, Sendable {
        case completeness, format, range, unit, staleness, duplicate, plausibility
        case codeList = "code-list"
        case doubleEntry = "double-entry"
        case yearOnYear = "year-on-year"
        case crossSource = "cross-source"
    }

    public let id: String
    public let stage: Stage
    public let kind: Kind
    /// Who answers for it; empty means the record's writer. A source or an institution, `source:<id>`, must be in the catalogue when the rule
    /// is published; any other text, such as `desk:data-quality`, is a desk of the operator's, which is no entry.
    public let owner: String
    public let isQuarantine: Bool
    /// 1…100.
    public let weight: Int64
    /// What the rule measures against, when the entry says it apart from the logic.
    let threshold: RuleValue?
    /// Other record types that the rule reads, by the name it gives them.
    let others: [String: String]
    /// Working days for the correction that a failure asks for; nil asks for none.
    let correctionDays: Int?
    let logic: Logic
    let variables: [String]
    /// It asks for more than the record.
    let readsHistory: Bool
    /// Record types it judges; empty when it stands in a type's own list.
    let recordTypes: [String]

    /// Working days for a correction when the rule does not say.
    static let correctionDaysUsual = 5
    /// Rules of one record type at the most.
    static let countMax = 100

    /// Reads an entry of kind `qualityRule`; everything that is wrong goes to `defects`.
    convenience init?(_ entry: CatalogEntry, defects: inout [String]) {
        let types = entry.body["recordTypes"]?.elements.map(\.string) ?? []
        if types.isEmpty || types.contains(nil) { defects.append("`recordTypes` is not a list of ids") }
        self.init(id: entry.id, entry.body, recordTypes: types.compactMap(\.self), defects: &defects)
    }

    private init?(id: String, _ body: JSONValue, recordTypes: [String], defects: inout [String]) {
        let before = defects.count
        self.id = id
        self.recordTypes = recordTypes
        let severity = body["severity"]?.string
        if severity != "quarantine" && severity != "flag" { defects.append("rule `\(id)`: `severity` is neither quarantine nor flag") }
        isQuarantine = severity == "quarantine"
        weight = body["weight"]?.int ?? 0
        if !(1...100).contains(weight) { defects.append("rule `\(id)`: `weight` is not 1…100") }
        owner = body["owner"]?.string ?? ""
        threshold = body["threshold"].flatMap { $0.isNull ? nil : RuleValue($0) }
        var others: [String: String] = [:]
        if let members = body["others"]?.members {
            for (name, type) in members {
                guard let type = type.string, !name.isEmpty, !name.contains(".") else {
                    defects.append("rule `\(id)`: `others` is not an object of record types")
                    continue
                }
                others[name] = type
            }
        }
        self.others = others
        if let days = body["correctWithinWorkingDays"], !days.isNull {
            if !(1...250).contains(days.int ?? 0) { defects.append("rule `\(id)`: `correctWithinWorkingDays` is not 1…250") }
            correctionDays = days.int.map { Int($0) }
        } else {
            correctionDays = severity == "quarantine" ? Self.correctionDaysUsual : nil
        }
        var parsed: Logic?
        do throws(RuleDefect) {
            parsed = try body["logic"].map { json throws(RuleDefect) in try Logic(json) }
            if parsed == nil { defects.append("rule `\(id)` has no logic") }
        } catch {
            defects.append("rule `\(id)`: \(error)")
        }
        let variables = parsed?.variables ?? []
        readsHistory = variables.contains { name in RecordFacts.historic.contains { name == $0 || name.hasPrefix($0 + ".") } }
        stage = body["stage"]?.string.flatMap { Stage(rawValue: $0) } ?? (readsHistory || !others.isEmpty ? .during : .before)
        if let stage = body["stage"], stage.string.flatMap({ Stage(rawValue: $0) }) == nil {
            defects.append("rule `\(id)`: `stage` is none of before, during, after")
        }
        kind = body["kind"]?.string.flatMap { Kind(rawValue: $0) } ?? .plausibility
        if let kind = body["kind"], kind.string.flatMap({ Kind(rawValue: $0) }) == nil {
            defects.append("rule `\(id)`: `kind` is not one that is known")
        }
        // Whether another source has spoken yet is chance; a fact must not hang on it.
        if !others.isEmpty, isQuarantine { defects.append("rule `\(id)`: what reads other sources may flag and not hold") }
        if stage == .after {
            if isQuarantine { defects.append("rule `\(id)`: what is judged afterwards is a fact: it may be flagged and not held") }
            for name in variables where RecordFacts.arrivalNames.contains(name) {
                defects.append("rule `\(id)`: `\(name)` is not known any more afterwards")
            }
        }
        if stage == .before, readsHistory || !others.isEmpty { defects.append("rule `\(id)`: reads more than the record before it is in") }
        guard defects.count == before, let parsed else { return nil }
        logic = parsed
        self.variables = variables
    }

    /// A record type's own list.
    static func list(_ json: JSONValue?, defects: inout [String]) -> [QualityRule] {
        guard let json, !json.isNull else { return [] }
        guard json.kind == .array else {
            defects.append("`rules` is not a list")
            return []
        }
        var rules: [QualityRule] = []
        for element in json.elements {
            guard let id = element["id"]?.string, !id.isEmpty, !rules.contains(where: { $0.id == id }) else {
                defects.append("a rule has no id of its own")
                continue
            }
            if let rule = QualityRule(id: id, element, recordTypes: [], defects: &defects) { rules.append(rule) }
        }
        if rules.count > countMax { defects.append("more than \(countMax) rules") }
        return rules
    }

    /// What a failure of this kind says about the numbers: they are no measure for the next.
    var spoilsBaseline: Bool {
        switch kind {
        case .unit, .yearOnYear, .crossSource, .doubleEntry, .staleness, .range, .completeness: true
        case .format, .duplicate, .plausibility, .codeList: false
        }
    }
}

/// Rules that judge one record type together: the type's own list, or those of the catalogue that name it at one time.
final class JudgingRules: Sendable {
    /// Those that judge a record when it comes.
    let rules: [QualityRule]
    /// Those that judge what stands.
    let rulesAfterwards: [QualityRule]
    /// The types that `rules` read beside it.
    let otherTypes: Set<String>
    /// One of `rules` asks for more than the record.
    let readsHistory: Bool
    /// The types that `rulesAfterwards` read beside it.
    let otherTypesAfterwards: Set<String>

    static let none = JudgingRules([])

    init(_ all: [QualityRule]) {
        rules = all.filter { $0.stage != .after }
        rulesAfterwards = all.filter { $0.stage == .after }
        otherTypes = Set(rules.flatMap(\.others.values))
        readsHistory = rules.contains(where: \.readsHistory)
        otherTypesAfterwards = Set(rulesAfterwards.flatMap(\.others.values))
    }
}
