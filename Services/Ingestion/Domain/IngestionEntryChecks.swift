import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

extension Ingestion {
    /// The kinds of entries that ingestion answers for.
    public static let kinds: Set<String> = [
        "recordType", "source", "institution", "layout", "codeList", "informationItem", "divisionTable",
    ]

    /// Why an entry may not be published, in words; empty when it may. Runs its examples. Kinds of other services are passed over.
    public static func defects(of entry: CatalogEntry, examples: [JSONValue], in catalog: Catalog) -> [String] {
        guard kinds.contains(entry.kind), !entry.isWithdrawn else { return [] }
        guard entry.body.kind == .object else { return ["the body is not an object"] }
        var defects: [String] = []
        if entry.kind != "informationItem", !isBilingual(entry.body["title"]) { defects.append("`title` is not {en, zh}") }
        if examples.isEmpty { defects.append("there is no example") }
        switch entry.kind {
        case "recordType": checkRecordType(entry, examples, in: catalog, &defects)
        case "source": checkSource(entry, examples, &defects)
        case "layout": LayoutEntryChecks.layout(entry, examples, in: catalog, &defects)
        case "codeList": LayoutEntryChecks.codeList(entry, examples, &defects)
        case "informationItem": InformationItemEntryChecks.check(entry, examples, in: catalog, &defects)
        case "divisionTable": DivisionEntryChecks.check(entry, examples, in: catalog, &defects)
        default: checkInstitution(entry, examples, &defects)
        }
        return defects
    }

    private static let recordClasses: Set<String> = ["public", "financial", "operations", "market", "control"]
    private static let institutionKinds: Set<String> = [
        "bank", "policy-bank", "insurer", "fund", "guarantor", "factoring", "micro-lender", "lessor",
    ]

    /// The names in an entry that others must have: record types, sources, categories of consent.
    public static func references(of entry: CatalogEntry) -> [CatalogReference] {
        guard !entry.isWithdrawn else { return [] }
        let body = entry.body
        func named(_ member: String, _ kind: String) -> [CatalogReference] {
            guard let json = body[member] else { return [] }
            let names = json.string.map { [$0] } ?? json.elements.compactMap(\.string)
            return names.map { CatalogReference($0, .entry(kind: kind), in: member, at: json) }
        }
        switch entry.kind {
        case "recordType":
            let writers = body["writers"] ?? body
            return named("consentCategory", "consentCategory")
                + writers.elements.compactMap { $0.string.flatMap { CatalogReference.party($0, in: "writers", at: writers) } }
        case "source": return named("recordTypes", "recordType")
        case "layout": return named("source", "source") + named("recordType", "recordType")
        case "informationItem": return InformationItemEntryChecks.references(in: body)
        default: return []
        }
    }

    private static func checkRecordType(
        _ entry: CatalogEntry, _ examples: [JSONValue], in catalog: Catalog, _ defects: inout [String]
    ) {
        if !recordClasses.contains(entry.body["class"]?.string ?? "") {
            defects.append("`class` is none of \(recordClasses.sorted().joined(separator: ", "))")
        }
        for item in catalog.latest("informationItem") where !item.isWithdrawn {
            var passedOver: [String] = []
            guard let listed = InformationItem(item, defects: &passedOver) else { continue }
            InformationItemEntryChecks.checkConsent(listed, entry, saidBy: entry, &defects)
            guard let verification = listed.verification, verification.answer == entry.id else { continue }
            InformationItemEntryChecks.check(entry, answers: verification, &defects)
        }
        checkKey(entry.body, &defects)
        guard let type = RecordType(entry, defects: &defects) else { return }
        ExampleRun.all(examples, &defects) { type.defect(ofExample: $0) }
    }

    /// A business key stands in clear in tables, in requests for correction and in every proof, where nothing can be erased: nobody's name or
    /// number is a part of it. Only asked when it is published: records of an earlier version go on.
    private static func checkKey(_ body: JSONValue, _ defects: inout [String]) {
        let fields = body["schema"]?["properties"] ?? body["fields"]
        for name in body["businessKey"]?.elements.compactMap(\.string) ?? [] {
            guard let closed = fields?[name].flatMap({ closedClass(in: $0) }) else { continue }
            defects.append("`businessKey` names `\(name)`, which is \(closed.rawValue); name a number that the source gives instead")
        }
    }

    /// The first class in a field's description, however deep, that says something about a person or is a secret.
    private static func closedClass(in json: JSONValue) -> FieldClass? {
        if let own = json["class"]?.string.flatMap({ FieldClass(rawValue: $0) }), own.isPersonal || own == .secret { return own }
        for (_, member) in json.members {
            if let inner = closedClass(in: member) { return inner }
        }
        for element in json.elements {
            if let inner = closedClass(in: element) { return inner }
        }
        return nil
    }

    private static func checkSource(_ entry: CatalogEntry, _ examples: [JSONValue], _ defects: inout [String]) {
        checkTopicName(entry.id, &defects)
        let source = SourceRegistration(entry, defects: &defects)
        if !(1...3_660).contains(entry.body["rhythmDays"]?.int ?? 0) { defects.append("`rhythmDays` is not 1…3660") }
        if !isBilingual(entry.body["owner"]) { defects.append("`owner` is not {en, zh}") }
        if let contact = entry.body["contactRole"], !isBilingual(contact) { defects.append("`contactRole` is not {en, zh}") }
        guard let source else { return }
        for (number, example) in examples.enumerated() {
            guard let type = example["recordType"]?.string, let isAllowed = (example["accepted"] ?? example["allowed"])?.bool else {
                continue
            }
            if source.recordTypes.contains(type) != isAllowed {
                defects.append("example \(number + 1): `\(type)` is \(isAllowed ? "not " : "")in `recordTypes`")
            }
        }
    }

    private static func isBilingual(_ json: JSONValue?) -> Bool {
        guard let json else { return false }
        return !(json["en"]?.string ?? "").isEmpty && !(json["zh"]?.string ?? "").isEmpty
    }

    /// An example is `{"in", "out"}`: the topics that the id makes.
    private static func checkInstitution(_ entry: CatalogEntry, _ examples: [JSONValue], _ defects: inout [String]) {
        checkTopicName(entry.id, &defects)
        if !institutionKinds.contains(entry.body["kind"]?.string ?? "") {
            defects.append("`kind` is none of \(institutionKinds.sorted().joined(separator: ", "))")
        }
        if entry.body["region"]?.string.flatMap({ DivisionCode($0) }) == nil { defects.append("`region` is not a six-digit code") }
        for name in ["acceptDays", "answerDays"] where !(1...365).contains(entry.body[name]?.int ?? 0) {
            defects.append("`\(name)` is not 1…365")
        }
        for (number, example) in examples.enumerated() {
            for (name, topic) in [("in", Topic.institutionIn(entry.id)), ("out", Topic.institutionOut(entry.id))]
            where example[name]?.string != topic {
                defects.append("example \(number + 1): `\(name)` is not \(topic)")
            }
        }
    }

    /// The id is a part of a topic's name, and a point would make it another topic.
    private static func checkTopicName(_ id: String, _ defects: inout [String]) {
        let isPlain = id.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        if id.isEmpty || id.utf8.count > 100 || !isPlain { defects.append("the id is not of a-z, 0-9 and -") }
    }
}

extension RecordType {
    /// Runs `{"data", "valid", "code"?, "previous"?, "occurredDay"?}`: the fields first, and when they are right, the quarantine rules.
    func defect(ofExample example: JSONValue) -> String? {
        guard let data = example["data"], data.kind == .object else { return "`data` is not an object" }
        guard let isValid = example["valid"]?.bool else { return "`valid` is not true or false" }
        let fieldDefects = defects(in: data)
        var codes = fieldDefects.map(\.code)
        if codes.isEmpty {
            var facts: [String: RuleValue] = ["data": RuleValue(data), "hasPrevious": .bool(example["previous"] != nil)]
            if let previous = example["previous"] { facts["previous"] = RuleValue(previous) }
            if let day = example["occurredDay"]?.string { facts["occurredDay"] = .string(day) }
            codes = rules.filter(\.isQuarantine).filter { rule in
                facts["threshold"] = rule.threshold
                return rule.logic.judge(facts).truth == .no
            }.map(\.id)
        }
        switch (isValid, codes.isEmpty) {
        case (true, false):
            return "should be valid and is not: "
                + (fieldDefects.isEmpty ? codes.joined(separator: ", ") : FieldDefect.detail(of: fieldDefects))
        case (false, true): return "should not be valid and is"
        case (false, false):
            guard let expected = example["code"]?.string, !codes.contains(expected) else { return nil }
            return "should be refused with `\(expected)` and is with \(codes.joined(separator: ", "))"
        case (true, true): return nil
        }
    }
}
