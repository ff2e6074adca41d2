import Contracts
import Deciding
import Vocabulary
import Wire

/// What is wrong with an entry of the list of what is to be collected.
enum InformationItemEntryChecks {
    static func check(_ entry: CatalogEntry, _ examples: [JSONValue], in catalog: Catalog, _ defects: inout [String]) {
        guard let item = InformationItem(entry, defects: &defects) else { return }
        let types = catalog.latest("recordType").filter { !$0.isWithdrawn }
        // A catalogue being built up may not have its types yet.
        if !types.isEmpty {
            for id in item.recordTypes where !types.contains(where: { $0.id == id }) { defects.append("there is no record type `\(id)`") }
            checkClass(item, types, &defects)
            if let registry = item.registry, let first = types.first(where: { $0.id == item.recordTypes.first }) {
                let names = Layouts.fieldNames(of: first) ?? []
                for name in [registry.divisionField, registry.statusField] where !names.contains(name) {
                    defects.append("`registry` names `\(name)`, which `\(first.id)` does not have")
                }
            }
            if let verification = item.verification { check(verification, types, &defects) }
        }
        let sources = catalog.latest("source").filter { !$0.isWithdrawn }
        if let source = item.source, !sources.isEmpty, !sources.contains(where: { $0.id == source }) {
            defects.append("there is no source `\(source)`")
        }
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

    /// The answer holds which question it answers and one bit, and can hold nothing else: the front door refuses a field that the type does
    /// not have, so what is checked here once holds for every answer.
    private static func check(_ verification: InformationItem.Verification, _ types: [CatalogEntry], _ defects: inout [String]) {
        guard types.contains(where: { $0.id == verification.request }) else {
            return defects.append("there is no record type `\(verification.request)` for the question")
        }
        guard let answer = types.first(where: { $0.id == verification.answer }), let fields = Layouts.fields(of: answer) else {
            return defects.append("there is no record type `\(verification.answer)` for the answer")
        }
        for (name, json) in fields {
            switch name {
            case verification.bit:
                if ![json["type"]?.string].contains(where: { $0 == "bool" || $0 == "boolean" }) {
                    defects.append("the bit `\(name)` of `\(answer.id)` is not true or false")
                }
            case verification.reference: continue
            default: defects.append("`\(answer.id)` has the field `\(name)`: an answer holds one bit and nothing else")
            }
        }
        for name in [verification.bit, verification.reference] where !fields.contains(where: { $0.key == name }) {
            defects.append("`\(answer.id)` has no field `\(name)`")
        }
    }
}
