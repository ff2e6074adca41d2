import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

extension Matchmaking {
    /// The kinds of entries that matchmaking answers for.
    public static let kinds: Set<String> = ["product", "ranking"]

    /// Why an entry may not be published, in words; empty when it may. Runs its examples. Kinds of other services are passed over.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if examples.isEmpty { defects.append("there is no example") }
        if entry.kind == "ranking" {
            guard let weights = RankingWeights(entry, defects: &defects) else { return defects }
            ExampleRun.all(examples, &defects) { weights.defect(ofExample: $0) }
            return defects
        }
        let title = entry.body["title"]
        if (title?["en"]?.string ?? "").isEmpty || (title?["zh"]?.string ?? "").isEmpty { defects.append("`title` is not {en, zh}") }
        guard let product = Product(entry, defects: &defects) else { return defects }
        ExampleRun.all(examples, &defects) { product.defect(ofExample: $0) }
        return defects
    }

    /// The names in an entry that others must have: the product's institution, and what its conditions and its limit ask about a firm.
    public static func references(of entry: CatalogEntry) -> [CatalogReference] {
        guard entry.kind == "product", !entry.isWithdrawn else { return [] }
        let body = entry.body
        let asked = CatalogReference.Target.fact(or: SubjectFacts.names.union(SubjectFacts.requestNames))
        var references = CatalogReference.asked(by: body["limit"], asked, in: "limit")
        for condition in body["conditions"].map({ Array($0.elements) }) ?? [] {
            references += CatalogReference.asked(by: condition["logic"], asked, in: "conditions")
        }
        if let json = body["institution"], let institution = json.string {
            references.append(CatalogReference(institution, .entry(kind: "institution"), in: "institution", at: json))
        }
        return references
    }
}

extension RankingWeights {
    /// Runs `{"success", "cost", "speed", "service", "total"}`: what four objectives of 0…10,000 come to.
    func defect(ofExample example: JSONValue) -> String? {
        func points(_ name: String) -> Int64? { example[name]?.int.flatMap { (0...10_000).contains($0) ? $0 : nil } }
        guard let success = points("success"), let cost = points("cost"), let speed = points("speed"), let service = points("service"),
            let expected = points("total")
        else { return "not {\"success\", \"cost\", \"speed\", \"service\", \"total\"}, each 0…10000" }
        let found = total(success: success, cost: cost, speed: speed, service: service)
        return found == expected ? nil : "the total is \(found), not \(expected)"
    }
}

extension Product {
    /// Runs `{"facts", "eligible", "firstFailing"}`. The first failing condition may be one that is not known.
    func defect(ofExample example: JSONValue) -> String? {
        guard let json = example["facts"], json.kind == .object else { return "`facts` is not an object" }
        guard let isEligible = example["eligible"]?.bool else { return "`eligible` is not true or false" }
        let facts = SubjectFacts(Dictionary(json.members.map { ($0.key, RuleValue($0.value)) }) { _, last in last })
        switch Eligibility(self, facts) {
        case .eligible: return isEligible ? nil : "should not be eligible and is"
        case .refused(let condition), .unknown(let condition, _):
            if isEligible { return "should be eligible and fails `\(condition)`" }
            guard let expected = example["firstFailing"]?.string, expected != condition else { return nil }
            return "should fail `\(expected)` first and fails `\(condition)`"
        }
    }
}
