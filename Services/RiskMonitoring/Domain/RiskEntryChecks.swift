import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

extension RiskMonitoring {
    /// The kinds of entries that risk monitoring answers for.
    public static let kinds: Set<String> = [RiskCatalog.ruleKind]

    /// Why an entry may not be published, in words; empty when it may. Runs its examples. Kinds of other services are passed over.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if examples.isEmpty { defects.append("there is no example") }
        guard let rule = RiskRule(entry, defects: &defects) else { return defects }
        ExampleRun.all(examples, &defects) { rule.defect(ofExample: $0) }
        return defects
    }

    /// The names in an entry that others must have: what the rule asks about a borrower.
    public static func references(of entry: CatalogEntry) -> [CatalogReference] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        return CatalogReference.asked(by: entry.body["logic"], .fact(or: RiskState.factNames), in: "logic")
    }
}

extension RiskRule {
    /// Runs `{"facts": {…}, "fires": true|false}`. A rule that can not be judged does not fire.
    func defect(ofExample example: JSONValue) -> String? {
        guard let facts = example["facts"], facts.kind == .object else { return "`facts` is not an object" }
        guard let fires = example["fires"]?.bool else { return "`fires` is not true or false" }
        var values: [String: RuleValue] = [:]
        for (name, value) in facts.members where !value.isNull { values[name] = RuleValue(value) }
        let verdict = logic.judge(values)
        if let limit = verdict.overBudget { return "the rule exceeds its budget of \(limit.rawValue)" }
        guard (verdict.truth == .yes) != fires else { return nil }
        let missing = verdict.missing.isEmpty ? "" : "; missing: " + verdict.missing.joined(separator: ", ")
        return "should \(fires ? "" : "not ")fire and the verdict is \(verdict.truth.rawValue)\(missing)"
    }
}
