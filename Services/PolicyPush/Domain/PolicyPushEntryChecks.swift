import Contracts
import Deciding
import Rules
import Wire

extension PolicyPush {
    /// The kinds of entries that policy push answers for.
    public static let kinds: Set<String> = ["policy"]

    /// Why an entry may not be published, in words; empty when it may. Runs its examples. Kinds of other services are passed over.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if examples.isEmpty { defects.append("there is no example") }
        guard let policy = Policy(entry, defects: &defects) else { return defects }
        ExampleRun.all(examples, &defects) { policy.defect(ofExample: $0) }
        return defects
    }

    /// The names in an entry that others must have: what the policy's conditions and its amount ask about a firm.
    public static func references(of entry: CatalogEntry) -> [CatalogReference] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        let asked = CatalogReference.Target.fact(or: SubjectFacts.names)
        var references = CatalogReference.asked(by: entry.body["amount"], asked, in: "amount")
        for condition in entry.body["conditions"].map({ Array($0.elements) }) ?? [] {
            references += CatalogReference.asked(by: condition["logic"], asked, in: "conditions")
        }
        return references
    }
}

extension Policy {
    /// Runs `{"facts", "eligible"}`: eligible means that every condition holds.
    func defect(ofExample example: JSONValue) -> String? {
        guard let json = example["facts"], json.kind == .object else { return "`facts` is not an object" }
        guard let isEligible = example["eligible"]?.bool else { return "`eligible` is not true or false" }
        let fit = PolicyFit(self, SubjectFacts(Dictionary(json.members.map { ($0.key, RuleValue($0.value)) }) { _, last in last }))
        if isEligible == (fit.truth == .yes) { return nil }
        guard isEligible else { return "should not be eligible and is" }
        let failing = fit.conditions.first { $0.truth != Truth.yes.rawValue }
        return "should be eligible and fails `\(failing?.condition ?? "")`"
    }
}
