import Contracts
import Deciding
import Vocabulary
import Wire

/// What is wrong with an entry of the list of what is to be collected, apart from names that lead nowhere (`references(in:)`).
enum InformationItemEntryChecks {
    static func check(_ entry: CatalogEntry, _ examples: [JSONValue], in catalog: Catalog, _ defects: inout [String]) {
        guard let item = InformationItem(entry, defects: &defects) else { return }
        let types = catalog.latest("recordType").filter { !$0.isWithdrawn }
        checkClass(item, types, &defects)
        for type in types { checkConsent(item, type, saidBy: entry, &defects) }
        if let verification = item.verification { check(verification, of: item, types, catalog, &defects) }
        checkSources(item, catalog, &defects)
        if entry.body["registry"] != nil {
            let others = catalog.latest("informationItem").filter { $0.id != entry.id && !$0.isWithdrawn && $0.body["registry"] != nil }
            if let other = others.first { defects.append("`registry` is said by `\(other.id)` already") }
        }
        for (number, example) in examples.enumerated() {
            guard let type = example["recordType"]?.string, let isFilled = example["fills"]?.bool else {
                defects.append("example \(number + 1): not {\"recordType\", \"fills\"}")
                continue
            }
            if item.recordTypes.contains(type) != isFilled {
                defects.append("example \(number + 1): `\(type)` \(isFilled ? "does not fill" : "fills") the item")
            }
        }
    }

    /// Every record type belongs to one class, and so to items of that class only.
    private static func checkClass(_ item: InformationItem, _ types: [CatalogEntry], _ defects: inout [String]) {
        for id in item.recordTypes {
            guard let said = types.first(where: { $0.id == id })?.body["class"]?.string, said != item.itemClass.rawValue else { continue }
            defects.append("`\(id)` is of class \(said), the item of class \(item.itemClass.rawValue)")
        }
    }

    /// What is taken in under which consent is what the record type says. An item that says otherwise would promise what nobody keeps to.
    ///
    /// - Parameter entry: the one that is published, the item's or the type's: its line is told.
    static func checkConsent(_ item: InformationItem, _ type: CatalogEntry, saidBy entry: CatalogEntry, _ defects: inout [String]) {
        let asked = type.body["consentCategory"]?.string
        guard item.consented.contains(type.id), asked != item.consentCategory else { return }
        func words(_ category: String?) -> String { category.map { "under the consent category `\($0)`" } ?? "without a consent" }
        let line = (entry.body["consentCategory"] ?? entry.body).line
        defects.append("line \(line): `\(type.id)` is taken in \(words(asked)), the item `\(item.id)` \(words(item.consentCategory))")
    }

    /// A source that sends none of the item's types would be missing for ever.
    private static func checkSources(_ item: InformationItem, _ catalog: Catalog, _ defects: inout [String]) {
        let sources = catalog.latest("source").filter { !$0.isWithdrawn }
        for provider in item.sources {
            guard let source = sources.first(where: { $0.id == provider.source }) else { continue }
            let sent = source.body["recordTypes"]?.elements.compactMap(\.string) ?? []
            if !item.evidence.isEmpty, !item.evidence.contains(where: { sent.contains($0) }) {
                defects.append("the source `\(provider.source)` sends none of \(item.evidence.joined(separator: ", "))")
            }
        }
    }

    private static func check(
        _ verification: VerifiedAnswer, of item: InformationItem, _ types: [CatalogEntry], _ catalog: Catalog,
        _ defects: inout [String]
    ) {
        if let answer = types.first(where: { $0.id == verification.answer }) { check(answer, answers: verification, &defects) }
        // Whose answer it is, only its type and its writer say.
        let own = Set(item.sources.map(\.source))
        for entry in catalog.latest("informationItem") where entry.id != item.id && !entry.isWithdrawn {
            var passedOver: [String] = []
            guard let other = InformationItem(entry, defects: &passedOver), other.verification?.answer == verification.answer,
                let both = other.sources.first(where: { own.contains($0.source) })
            else { continue }
            defects.append("`\(both.source)` answers for `\(other.id)` with `\(verification.answer)` already: which is meant?")
        }
    }

    /// The names in an entry that others must have: record types, sources, the category of consent, and what the registry reads of its type.
    static func references(in body: JSONValue) -> [CatalogReference] {
        var references: [CatalogReference] = []
        func refer(_ json: JSONValue?, _ member: String, _ target: CatalogReference.Target) {
            guard let json, let name = json.string else { return }
            references.append(CatalogReference(name, target, in: member, at: json))
        }
        let types = body["recordTypes"].map { Array($0.elements) } ?? []
        for type in types { refer(type, "recordTypes", .entry(kind: "recordType")) }
        refer(body["source"], "source", .entry(kind: "source"))
        for provider in body["sources"].map({ Array($0.elements) }) ?? [] { refer(provider["id"], "sources", .entry(kind: "source")) }
        refer(body["consentCategory"], "consentCategory", .entry(kind: "consentCategory"))
        if let first = types.first?.string {
            for name in ["division", "status"] { refer(body["registry"]?[name], "registry", .field(of: first)) }
        }
        for name in ["request", "answer"] { refer(body["verification"]?[name], "verification", .entry(kind: "recordType")) }
        return references
    }

    /// The type of an answer holds which question it answers and one bit, and can hold nothing else. Asked when either entry is published;
    /// `VerifiedAnswer.defects(in:)` asks the same of every answer that comes.
    static func check(_ answer: CatalogEntry, answers verification: VerifiedAnswer, _ defects: inout [String]) {
        guard let fields = Layouts.fields(of: answer) else { return defects.append("`\(answer.id)` has no fields") }
        let schema = answer.body["schema"].flatMap { $0.isNull ? nil : $0 }
        let demanded = schema?["required"]?.elements.compactMap(\.string)
        for (name, json) in fields {
            let types: [String]
            switch name {
            case verification.bit: types = ["bool", "boolean"]
            case verification.reference: types = ["text", "string"]
            default:
                defects.append("`\(answer.id)` has the field `\(name)`: an answer holds one bit and nothing else")
                continue
            }
            let isRequired = demanded?.contains(name) ?? json["required"]?.bool ?? false
            if !isRequired || !types.contains(json["type"]?.string ?? "") {
                defects.append("`\(name)` of `\(answer.id)` is not \(name == verification.bit ? "true or false" : "a text"), and required")
            }
        }
        for name in [verification.bit, verification.reference] where !fields.contains(where: { $0.key == name }) {
            defects.append("`\(answer.id)` has no field `\(name)`")
        }
        if let schema, schema["additionalProperties"]?.bool != false {
            defects.append("`\(answer.id)` takes fields that it does not name: an answer holds one bit and nothing else")
        }
    }
}
