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
        ExampleRun.all(examples, &defects) { rule.defect(ofExample: $0) }
        return defects
    }

    /// The names in an entry that others must have: the rule's purpose and categories, and what it forwards to whom.
    public static func references(of entry: CatalogEntry) -> [CatalogReference] {
        var unusable: [String] = []
        guard kinds.contains(entry.kind), !entry.isWithdrawn, let rule = ReleaseRule(entry, defects: &unusable) else { return [] }
        let body = entry.body
        func place(_ member: String) -> JSONValue { body[member] ?? body }
        var references = [CatalogReference(rule.purpose, .entry(kind: "purpose"), in: "purpose", at: place("purpose"))]
        for category in rule.categories {
            references.append(CatalogReference(category, .entry(kind: "consentCategory"), in: "categories", at: place("categories")))
        }
        for forward in rule.forwards {
            references.append(CatalogReference(forward.recordType, .entry(kind: "recordType"), in: "forwards", at: place("forwards")))
            if let party = CatalogReference.party(forward.receiver, in: "forwards", at: place("forwards")) { references.append(party) }
        }
        return references
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
