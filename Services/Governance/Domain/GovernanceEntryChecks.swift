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

    /// Why an entry may not be published, in words; empty when it may. Kinds of other services are passed over, but for what is governance's
    /// own in a record type.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        if entry.kind == "recordType", !entry.isWithdrawn { return AdverseEntryChecks.defects(of: entry, examples: examples, in: catalog) }
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if examples.isEmpty { defects.append("there is no example") }
        switch entry.kind {
        case "calendar": checkCalendar(entry.body, &defects)
        case "qualityRule": checkRule(entry, examples, &defects)
        case "crossCheck": checkComparison(entry, examples, &defects)
        case "sourceTrust", "identityRule": defects += compiled(entry)
        default:
            defects += compiled(entry)
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

    /// An example is `{key, parts: {name: [data, …]}, verdicts: {check: truth}}`.
    private static func checkComparison(_ entry: CatalogEntry, _ examples: [JSONValue], _ defects: inout [String]) {
        guard let check = CrossCheck(entry, defects: &defects), check.form == nil else { return }
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

    private static func checkCalendar(_ body: JSONValue, _ defects: inout [String]) {
        guard let years = body["years"], years.kind == .array, years.count > 0 else {
            defects.append("`years` is not a list, or is empty")
            return
        }
        var read: [WorkingYear] = []
        for json in years.elements {
            guard let year = json["year"]?.int, (1949...9999).contains(year) else {
                defects.append("a year is not 1949…9999")
                continue
            }
            var lists: [String: [Day]] = [:]
            for name in ["off", "work"] {
                guard let list = json[name], list.kind == .array else {
                    defects.append("\(year): `\(name)` is not a list")
                    continue
                }
                for element in list.elements {
                    guard let day = element.day else {
                        defects.append("\(year): `\(name)` has what is no day")
                        continue
                    }
                    lists[name, default: []].append(day)
                }
            }
            read.append(WorkingYear(year: Int(year), off: lists["off"] ?? [], work: lists["work"] ?? []))
        }
        guard defects.isEmpty else { return }
        do throws(WorkingCalendarDefect) {
            _ = try WorkingCalendar(years: read)
        } catch {
            defects.append("the calendar is not one: \(error)")
        }
    }
}
