import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

extension Governance {
    /// The kinds of entries that governance answers for.
    public static let kinds: Set<String> = [
        "calendar", "purpose", "consentCategory", "qualityRule", "crossCheck", "sourceTrust", "identityRule",
    ]

    /// Why an entry may not be published, in words; empty when it may. Kinds of other services are passed over, but record types: ingestion
    /// answers for them, and what stands in them for governance must be of use here.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        if entry.kind == "recordType", entry.body.kind == .object, !entry.isWithdrawn {
            var defects: [String] = []
            guard let type = GovernedType(entry, defects: &defects) else { return defects }
            return AdverseEntryChecks.defects(of: type, examples: examples, in: catalog)
        }
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if examples.isEmpty { defects.append("there is no example") }
        switch entry.kind {
        case "calendar":
            if let years = WorkingYear.list(entry.body, defects: &defects) {
                ExampleRun.all(examples, &defects) { ExampleDefects.term($0, years) }
            }
        case "qualityRule": checkRule(entry, examples, &defects)
        case "crossCheck": checkComparison(entry, examples, &defects)
        case "sourceTrust":
            if let trust = SourceTrust(entry.body, defects: &defects) {
                ExampleRun.all(examples, &defects) { ExampleDefects.weighing($0, by: trust) }
            }
        case "identityRule":
            if entry.body["successors"] != nil { defects.append("`successors` are the `divisionTable`'s to say") }
            if let rule = IdentityRule(entry.body, defects: &defects) {
                let divisions = DivisionTables(catalog)
                ExampleRun.all(examples, &defects) { ExampleDefects.identity($0, rule, divisions) }
            }
        default:
            if entry.kind == "purpose" {
                // A purpose is a name and does nothing; its examples can only say which.
                ExampleRun.all(examples, &defects) { $0["purpose"]?.string == entry.id ? nil : "`purpose` is not `\(entry.id)`" }
            } else if let demand = ConsentDemand(entry.body, defects: &defects) {
                ExampleRun.all(examples, &defects) { ExampleDefects.consent($0, to: entry.id, demand) }
            }
            let isPlain = entry.id.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
            if entry.id.isEmpty || !isPlain { defects.append("the id is not of a-z, 0-9 and -") }
            let title = entry.body["title"]
            if (title?["en"]?.string ?? "").isEmpty || (title?["zh"]?.string ?? "").isEmpty { defects.append("`title` is not {en, zh}") }
        }
        return defects
    }

    /// What the catalogue says of the entry by itself.
    private static func compiled(_ entry: CatalogEntry) -> [String] {
        Catalog(version: 1, entries: [entry]).view(GovernanceCatalog.self).defects[entry.key] ?? []
    }

    /// An example is `{data, previous?, yearAgo?, history?, other?, occurredDay?, truth}`: the facts by name, and what the rule says of them.
    private static func checkRule(_ entry: CatalogEntry, _ examples: [JSONValue], _ defects: inout [String]) {
        guard let rule = QualityRule(entry, defects: &defects) else { return }
        for (number, example) in examples.enumerated() {
            guard let expected = example["truth"]?.string.flatMap({ Truth(rawValue: $0) }) else {
                defects.append("example \(number + 1) has no `truth`")
                continue
            }
            var facts: [String: RuleValue] = [:]
            for (name, value) in example.members where name != "truth" { facts[name] = RuleValue(value) }
            if facts["threshold"] == nil { facts["threshold"] = rule.threshold }
            let found = rule.logic.judge(facts).truth
            if found != expected { defects.append("example \(number + 1): \(found.rawValue) instead of \(expected.rawValue)") }
        }
    }

    /// An example is `{key, parts: {name: [data, …]}, verdicts: {check: truth}}`; of a form, `{form: data, file: {part: data}, differing: [field]}`.
    private static func checkComparison(_ entry: CatalogEntry, _ examples: [JSONValue], _ defects: inout [String]) {
        guard let check = CrossCheck(entry, defects: &defects) else { return }
        guard check.form == nil else { return ExampleRun.all(examples, &defects) { check.defect(ofFormExample: $0) } }
        for (number, example) in examples.enumerated() {
            var parts: [String: [JSONValue]] = [:]
            for part in check.parts { parts[part.name] = example["parts"]?.list(part.name) ?? [] }
            let facts = CrossFacts(key: example["key"]?.string ?? "", parts: parts, tolerances: check.tolerances)
            guard let verdicts = example["verdicts"], verdicts.kind == .object else {
                defects.append("example \(number + 1) has no `verdicts`")
                continue
            }
            for one in check.checks {
                let found = one.logic.judge(facts).truth.rawValue
                if found != verdicts[one.id]?.string {
                    defects.append("example \(number + 1), \(one.id): \(found) instead of \(verdicts[one.id]?.string ?? "nothing")")
                }
            }
        }
    }
}

extension Governance {
    /// The names in an entry that others must have: record types and their fields, the facts of rules, who is trusted or answers, divisions.
    public static func references(of entry: CatalogEntry) -> [CatalogReference] {
        guard !entry.isWithdrawn else { return [] }
        let body = entry.body
        var unusable: [String] = []
        switch entry.kind {
        case "recordType":
            var references: [CatalogReference] = []
            for rule in QualityRule.list(body["rules"], defects: &unusable) {
                let json = body.list("rules").first { $0["id"]?.string == rule.id }
                references += rule.references(from: [entry.id], in: json ?? body)
            }
            if let json = body["staleAfter"]?["from"], let field = json.string {
                references.append(CatalogReference(field, .field(of: entry.id), in: "staleAfter", at: json))
            }
            if let told = body["adverse"]?["ended"]?["orBy"], let type = told["recordType"]?.string {
                let place = "adverse.ended.orBy"
                references.append(CatalogReference(type, .entry(kind: "recordType"), in: place, at: told["recordType"] ?? told))
                for json in told.list("fields") + [told["on"] ?? told] {
                    if let field = json.string { references.append(CatalogReference(field, .field(of: type), in: place, at: json)) }
                }
            }
            if let json = body["repairs"]?["recordType"], let type = json.string {
                references.append(CatalogReference(type, .entry(kind: "recordType"), in: "repairs", at: json))
            }
            return references
        case "qualityRule":
            guard let rule = QualityRule(entry, defects: &unusable) else { return [] }
            let types = body["recordTypes"] ?? body
            return rule.recordTypes.map { CatalogReference($0, .entry(kind: "recordType"), in: "recordTypes", at: types) }
                + rule.references(from: rule.recordTypes, in: body)
        case "crossCheck": return CrossCheck(entry, defects: &unusable)?.references(in: body) ?? []
        case "sourceTrust":
            guard let json = body["writer"], let writer = json.string else { return [] }
            return CatalogReference.party(writer, in: "writer", at: json).map { [$0] } ?? []
        default: return []
        }
    }
}

extension QualityRule {
    /// - Parameters:
    ///   - types: the record types that it judges: each must have what the rule asks for, or it could never be judged there.
    ///   - json: where it stands.
    fileprivate func references(from types: [String], in json: JSONValue) -> [CatalogReference] {
        let rule = json["logic"] ?? json
        let named = json["others"] ?? json
        var references: [CatalogReference] = []
        if let party = json["owner"].flatMap({ CatalogReference.party(owner, in: "owner", at: $0) }) { references.append(party) }
        for type in others.values.sorted() {
            references.append(CatalogReference(type, .entry(kind: "recordType"), in: "others", at: named))
        }
        for variable in variables.map({ VariableName($0) }) {
            func refer(to name: String, _ target: CatalogReference.Target) {
                references.append(CatalogReference(name, target, in: "logic", at: rule, as: variable.text))
            }
            if variable.tail.isEmpty {
                refer(to: variable.text, .name(of: RecordFacts.plainNames))
            } else if variable.head != "other" {
                refer(to: variable.head, .name(of: RecordFacts.recordNames.union(["other"])))
                for type in types where RecordFacts.recordNames.contains(variable.head) {
                    refer(to: variable.steps[1], .field(of: type))
                }
            } else if let type = others[variable.steps[1]] {
                refer(to: variable.steps.count > 2 ? variable.steps[2] : "", .field(of: type))
            } else {
                refer(to: variable.steps[1], .name(of: Set(others.keys)))
            }
        }
        return references
    }
}

extension CrossCheck {
    fileprivate func references(in body: JSONValue) -> [CatalogReference] {
        var references: [CatalogReference] = []
        let types = Dictionary(parts.map { ($0.name, $0.recordType) }) { first, _ in first }
        if let party = body["owner"].flatMap({ CatalogReference.party(owner, in: "owner", at: $0) }) { references.append(party) }
        for (part, json) in zip(parts, body.list("parts")) {
            references.append(CatalogReference(part.recordType, .entry(kind: "recordType"), in: "parts", at: json))
            for field in part.key { references.append(CatalogReference(field, .field(of: part.recordType), in: "key", at: json)) }
        }
        for (check, json) in zip(checks, body.list("checks")) {
            let rule = json["logic"] ?? json
            for variable in check.variables where variable.text != "key" {
                func refer(to name: String, _ target: CatalogReference.Target) {
                    references.append(CatalogReference(name, target, in: check.id, at: rule, as: variable.text))
                }
                if variable.head == "tolerance" {
                    refer(to: variable.tail, .name(of: Set(tolerances.keys)))
                } else if let type = types[variable.head] {
                    if variable.tail != "count" { refer(to: variable.tail, .field(of: type)) }
                } else {
                    refer(to: variable.head, .name(of: Set(types.keys).union(["tolerance", "key"])))
                }
            }
        }
        for (field, json) in zip(fields, body.list("fields")) {
            if let type = form.flatMap({ types[$0] }) {
                references.append(CatalogReference(field.name, .field(of: type), in: "fields", at: json))
            }
            if let type = types[field.part] { references.append(CatalogReference(field.field, .field(of: type), in: "fields", at: json)) }
        }
        return references
    }

    /// Runs `{"form": {…}, "file": {part: {…}}, "differing": [field, …]}`: the form's own data, what the file has, and the fields that differ.
    fileprivate func defect(ofFormExample example: JSONValue) -> String? {
        guard let said = example["form"], said.kind == .object else { return "`form` is not an object" }
        guard let file = example["file"], file.kind == .object else { return "`file` is not an object" }
        guard let wanted = example["differing"], wanted.kind == .array else { return "`differing` is not a list" }
        let known = Set(parts.map(\.name)).subtracting(form.map { [$0] } ?? [])
        for (part, data) in file.members where !known.contains(part) || data.kind != .object {
            return "`file` has `\(part)`, which is no part with its data"
        }
        let found = compared(said) { field in file[field.part].map { (data: $0, source: "") } }.differing.map(\.field.name)
        let expected = wanted.elements.map { $0.string ?? "" }
        guard Set(found) != Set(expected) else { return nil }
        return "differing are \(found.isEmpty ? "none" : found.map { "`\($0)`" }.joined(separator: ", "))"
    }
}
