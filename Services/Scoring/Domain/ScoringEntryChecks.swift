import Contracts
import Deciding
import Models
import Rules
import Vocabulary
import Wire

extension Scoring {
    /// Why an entry may not be published, in words; empty when it may. Runs its examples. Kinds of other services are passed over.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if entry.body["title"].flatMap({ try? Bilingual($0) }) == nil { defects.append("`title` is not {en, zh}") }
        if examples.isEmpty { defects.append("there is no example") }
        let checks = EntryChecks(entry: entry, examples: examples, catalog: Self.including(entry, catalog))
        switch entry.kind {
        case "indicator": checks.indicator(&defects)
        case "tag": checks.tag(&defects)
        case "dimension": checks.dimension(&defects)
        case "model": checks.model(&defects)
        default: checks.whitelist(&defects)
        }
        return defects
    }

    /// The names in an entry that others must have: indicators, record types and their fields, what rules ask about a subject. A misspelt one
    /// would make the rule unknown for ever.
    public static func references(of entry: CatalogEntry) -> [CatalogReference] {
        guard !entry.isWithdrawn else { return [] }
        let body = entry.body
        let indicators = CatalogReference.Target.entry(kind: "indicator")
        switch entry.kind {
        case "indicator":
            var unusable: [String] = []
            return Indicator(entry, defects: &unusable)?.references(in: body) ?? []
        // Tags and dimensions are judged by the indicators alone.
        case "tag": return CatalogReference.asked(by: body["logic"], indicators, in: "logic")
        case "dimension":
            let items = body["items"].map { Array($0.elements) } ?? []
            return items.flatMap { CatalogReference.asked(by: $0["logic"], indicators, in: "items") }
        case "model":
            var references = CatalogReference.asked(by: body["appliesTo"], .fact(or: SubjectFacts.unscoredNames), in: "appliesTo")
            for feature in (body["scorecard"]?["features"]).map({ Array($0.elements) }) ?? [] {
                guard let json = feature["indicator"], let indicator = json.string else { continue }
                references.append(CatalogReference(indicator, indicators, in: "features", at: json))
            }
            return references
        case "whitelist": return CatalogReference.asked(by: body["logic"], .fact(or: SubjectFacts.names), in: "logic")
        default: return []
        }
    }

    /// The catalogue as it would be with the entry.
    private static func including(_ entry: CatalogEntry, _ catalog: Catalog) -> Catalog {
        if let held = catalog.entry(entry.kind, entry.id, version: entry.version), held.body.canonicalBytes == entry.body.canonicalBytes {
            return catalog
        }
        return Catalog(version: catalog.version, entries: catalog.all + [entry])
    }
}

extension Indicator {
    fileprivate func references(in body: JSONValue) -> [CatalogReference] {
        var references = needs.map { CatalogReference($0, .entry(kind: "indicator"), in: body["type"]?.string ?? "", at: body) }
        guard let recordType else { return references }
        references.append(CatalogReference(recordType, .entry(kind: "recordType"), in: "recordType", at: body["recordType"] ?? body))
        switch method {
        case .series(let source, _, _):
            for part in source.filter {
                references.append(CatalogReference(part.field, .field(of: recordType), in: "where", at: body["where"] ?? body))
            }
            if let field = source.field {
                references.append(CatalogReference(field, .field(of: recordType), in: "field", at: body["field"] ?? body))
            }
        case .profile(_, let field), .age(_, let field):
            references.append(CatalogReference(field, .field(of: recordType), in: "field", at: body["field"] ?? body))
        case .ratio, .size, .logic: break
        }
        return references
    }
}

/// One entry being checked.
private struct EntryChecks {
    let entry: CatalogEntry
    let examples: [JSONValue]
    let catalog: Catalog

    func indicator(_ defects: inout [String]) {
        guard Indicator(entry, defects: &defects) != nil else { return }
        let view = catalog.view(ScoringCatalog.self)
        let book = view.latestBook
        guard book.indicator(entry.id) != nil else {
            defects += view.defects[entry.key] ?? ["it is not in force: a later version or a cycle is in its way"]
            return
        }
        eachExample(&defects) { example throws(Wrong) in
            guard let asOf = example["asOf"]?.instant else { throw .because("`asOf` is not an RFC 3339 time") }
            guard let list = example["facts"], list.kind == .array else { throw .because("`facts` is not a list") }
            var state = ScoringState()
            for (number, json) in list.elements.enumerated() {
                guard let type = json["recordType"]?.string, let at = json["occurredAt"]?.instant, let data = json["data"],
                    data.kind == .object
                else { throw .because("fact \(number + 1) is not {recordType, occurredAt, data}") }
                if at > asOf { continue }
                let fact = Fact(
                    factID: "example/\(number)", recordType: type, writer: "example", subject: "example", occurredAt: at, knownAt: at,
                    origin: Origin(topic: "", partition: 0, offset: 0, sha256: ""), quality: 10_000, data: data)
                _ = state.take(fact, view.collected)
            }
            let seen = IndicatorReading(book.indicators, of: state, until: asOf).values[entry.id]
            let wanted = example["value"].flatMap { IndicatorValue(scalar: $0) }
            guard Self.isSame(seen, wanted) else { throw .because("should be \(Self.text(wanted)) and is \(Self.text(seen))") }
        }
    }

    func tag(_ defects: inout [String]) {
        guard let tag = Tag(entry, defects: &defects) else { return }
        eachExample(&defects) { example throws(Wrong) in
            let has = tag.logic.judge(try facts(example, "indicators")).truth == .yes
            guard let wanted = example["has"]?.bool else { throw .because("`has` is not true or false") }
            guard has == wanted else { throw .because("should \(wanted ? "" : "not ")have the tag") }
        }
    }

    func dimension(_ defects: inout [String]) {
        guard let dimension = Dimension(entry, defects: &defects) else { return }
        eachExample(&defects) { example throws(Wrong) in
            let points = dimension.points(try facts(example, "indicators"))
            guard points == example["points"]?.int else { throw .because("comes to \(points) points") }
        }
    }

    func model(_ defects: inout [String]) {
        guard let model = ScoringModel(entry, defects: &defects) else { return }
        // Who publishes a model says what it makes of the official grade, if only that it caps nothing.
        if entry.body["publicGrade"] == nil { defects.append("`publicGrade` is missing") }
        eachExample(&defects) { example throws(Wrong) in
            guard let indicators = example["indicators"], indicators.kind == .object else {
                throw .because("`indicators` is not an object")
            }
            var official: PublicGrade?
            if let stated = example["publicGrade"] {
                official = stated.string.flatMap { PublicGrade(rawValue: $0) }
                if official == nil { throw .because("`publicGrade` is no official grade") }
            }
            let result = model.card.score { indicators[$0]?.double }
            let grade = model.publicGrade.capped(result.grade, under: official, of: model.card)
            guard Int64(result.points) == example["points"]?.int, grade == example["grade"]?.string else {
                throw .because("comes to \(result.points) points, grade \(grade)")
            }
        }
    }

    func whitelist(_ defects: inout [String]) {
        guard let list = Whitelist(entry, defects: &defects) else { return }
        eachExample(&defects) { example throws(Wrong) in
            let has = list.logic.judge(try facts(example, "facts")).truth == .yes
            guard let wanted = example["has"]?.bool else { throw .because("`has` is not true or false") }
            guard has == wanted else { throw .because("should \(wanted ? "" : "not ")be on the list") }
        }
    }

    private enum Wrong: Error { case because(String) }

    private func eachExample(_ defects: inout [String], _ check: (JSONValue) throws(Wrong) -> Void) {
        for (number, example) in examples.enumerated() {
            do throws(Wrong) {
                try check(example)
            } catch {
                switch error {
                case .because(let why): defects.append("example \(number + 1): \(why)")
                }
            }
        }
    }

    private func facts(_ example: JSONValue, _ member: String) throws(Wrong) -> [String: RuleValue] {
        guard let json = example[member], json.kind == .object else { throw .because("`\(member)` is not an object") }
        return Dictionary(json.members.map { ($0.key, RuleValue($0.value)) }) { _, last in last }
    }

    /// Numbers agree to a millionth of their size.
    private static func isSame(_ a: IndicatorValue?, _ b: IndicatorValue?) -> Bool {
        guard let x = a?.number, let y = b?.number else { return a == b }
        return (x - y).magnitude <= 1e-6 * max(1, x.magnitude, y.magnitude)
    }

    private static func text(_ value: IndicatorValue?) -> String {
        switch value {
        case .number(let number)?: "\(number)"
        case .text(let text)?: "`\(text)`"
        case nil: "absent"
        }
    }
}
