import Contracts
import Deciding
import Vocabulary
import Wire

extension Exchange {
    /// The kinds of entries that exchange answers for.
    public static let kinds: Set<String> = [ExchangeCatalog.ruleKind]

    /// Why an entry may not be published, in words; empty when it may. Runs its examples. Kinds of other services are passed over.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        var defects: [String] = []
        if (entry.body["title"]?["en"]?.string ?? "").isEmpty || (entry.body["title"]?["zh"]?.string ?? "").isEmpty {
            defects.append("`title` is not {en, zh}")
        }
        if examples.isEmpty { defects.append("there is no example") }
        guard let rule = ReleaseRule(entry, defects: &defects) else { return defects }
        if rule.needsConsent, rule.categories.isEmpty { defects.append("consent is needed and `categories` names none") }
        if !rule.forwards.isEmpty, !rule.filter.lists(ExchangeTurn.markMember) {
            defects.append("`forwards`: `fields` lacks `\(ExchangeTurn.markMember)`, so a contested statement would leave without its mark")
        }
        // A catalogue being built up may not have these yet.
        let purposes = catalog.latest("purpose").map(\.id)
        if !purposes.isEmpty, !purposes.contains(rule.purpose) { defects.append("`purpose` \(rule.purpose) is not in the catalogue") }
        let categories = catalog.latest("consentCategory").map(\.id)
        for category in rule.categories where !categories.isEmpty && !categories.contains(category) {
            defects.append("`categories`: \(category) is not in the catalogue")
        }
        for (number, example) in examples.enumerated() {
            if let defect = rule.defect(ofExample: example) { defects.append("example \(number + 1): \(defect)") }
        }
        return defects
    }
}

extension ReleaseRule {
    /// Runs `{"body": {…}, "released": {…}}` (or `out`): what must be left of the body, masked, without what the door itself adds.
    func defect(ofExample example: JSONValue) -> String? {
        guard let body = example["body"], body.kind == .object else { return "`body` is not an object" }
        guard let expected = example["released"] ?? example["out"], expected.kind == .object else { return "`released` is not an object" }
        // The rule alone is on trial here, so nothing is reserved.
        let bytes = JSONWriter.encode { json in json.object { _ = filter.write(body, except: [], to: &$0) } }
        guard let released = try? JSONDocument(parsing: bytes).root else { return "what is left of the body can not be read" }
        guard released.canonicalBytes != expected.canonicalBytes else { return nil }
        return "should release \(String(decoding: expected.canonicalBytes, as: UTF8.self)) and releases "
            + String(decoding: released.canonicalBytes, as: UTF8.self)
    }
}
