import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// A `recordType` entry as governance needs it: consent, business key, quality rules. A class, since every record asks for its type.
public final class GovernedType: Sendable {
    /// How statements of the type follow one another.
    enum Succession: Sendable {
        /// One thing is said about the subject, and the latest holds.
        case latestWins
        /// The last part of the key is a day, a month or a year.
        case periods
        /// Things that happen, each by itself or under its number.
        case happenings
    }

    public let id: String
    public let consentCategory: String?
    /// About one code, and no other takes it over in a merger: of itself so is what people and subjects say about records and rights.
    let staysWithCode: Bool
    let succession: Succession
    /// An empty business key of a type whose statements do not replace one another: every record is its own.
    let standsAlone: Bool
    /// The fields of the business key, as the entry lists them.
    private let businessKey: [String]
    /// The same, a period last.
    private let keyFields: [String]
    /// Days of the statement itself, such as that of the declaration: they move on though nothing else does.
    private let dayFields: Set<String>
    /// Its statements are looked up for years, whoever the subject is.
    private let isLookedUpForYears: Bool
    /// What makes its statements adverse information; nil when nothing does.
    let adverse: AdverseInformation?
    /// What its records say about the repair of others; nil when they say nothing of the kind.
    let repairs: RepairWord?
    /// The field with the last day on which a statement holds by its own words; without such a day it holds on.
    private let holdsUntil: String?
    /// How long its statements count as fresh; nil when for ever.
    let freshness: Freshness?
    /// Its own list.
    let rules: JudgingRules
    private let personalFields: Set<String>

    /// Types with an empty business key whose latest statement holds; others say so with `"latestWins": true`.
    private static let latestWinsTypes: Set<String> = [Registration.type, "public-grade"]

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        id = entry.id
        if let category = body["consentCategory"], !category.isNull, category.string == nil {
            defects.append("`consentCategory` is neither null nor a text")
        }
        consentCategory = body["consentCategory"]?.string
        let fields = RecordFields(body)
        if fields == nil { defects.append("`fields` is missing or not an object") }
        if body["businessKey"]?.kind != .array { defects.append("`businessKey` is missing or not a list") }
        let named = body["businessKey"]?.elements.compactMap(\.string) ?? []
        for name in named where fields?.has(name) != true { defects.append("`businessKey` names no field `\(name)`") }
        func isPeriod(_ name: String) -> Bool {
            guard let fields else { return false }
            return fields.isCalendar(name) || name == "year" && fields.isWholeNumber(name)
        }
        let period = named.last(where: isPeriod)
        dayFields = fields?.days ?? []
        businessKey = named
        keyFields = named.filter { $0 != period } + (period.map { [$0] } ?? [])
        let isLatest = named.isEmpty && (Self.latestWinsTypes.contains(entry.id) || body["latestWins"]?.bool == true)
        standsAlone = named.isEmpty && !isLatest || ConsentGrant.switches.contains(entry.id)
        succession = isLatest ? .latestWins : (period == nil ? .happenings : .periods)
        let isControl = body["class"]?.string == "control"
        var adverse: AdverseInformation?
        if let told = body["adverse"], !told.isNull, let fields {
            adverse = AdverseInformation(told, fields: fields, hasPeriods: !isLatest && period != nil, defects: &defects)
        }
        var repairs: RepairWord?
        if let told = body["repairs"], !told.isNull, let fields { repairs = RepairWord(told, fields: fields, defects: &defects) }
        var holdsUntil: String?
        if let told = body["holdsUntil"], !told.isNull {
            holdsUntil = told.string
            let isDay = holdsUntil.map { fields?.days.contains($0) ?? true } ?? false
            if !isDay { defects.append("`holdsUntil` names no field that is a day") }
        }
        if let told = body["staysWithCode"], !told.isNull, told.bool == nil { defects.append("`staysWithCode` is neither true nor false") }
        staysWithCode = isControl || entry.id == Registration.type || body["staysWithCode"]?.bool == true
        self.adverse = adverse
        self.repairs = repairs
        self.holdsUntil = holdsUntil
        isLookedUpForYears = isControl || repairs != nil
        if let stale = body["staleAfter"], !stale.isNull {
            freshness = Freshness(stale, defects: &defects)
        } else {
            freshness = entry.id == "public-grade" ? Freshness.ofPublicGrade : nil
        }
        personalFields = fields?.personal ?? []
        rules = JudgingRules(QualityRule.list(body["rules"], defects: &defects))
        if defects.count > before { return nil }
    }

    /// Whether any statement of such a subject can come to an end by itself.
    func canEnd(forPerson isPerson: Bool) -> Bool { holdsUntil != nil || adverse?.canEnd(forPerson: isPerson) == true }

    /// Business keys of the type that are remembered of such a subject.
    ///
    /// Consents and repairs are looked up for years, and what is forgotten is not taken back when its time is over, nor what it would have told
    /// the end of (`tellsEnds`); of the rest, three years of months are enough to take a correction in, in three rows where a month has several: a
    /// firm's banks, or its meters.
    func slotsMax(forPerson isPerson: Bool, tellsEnds: Bool) -> Int {
        if isLookedUpForYears || canEnd(forPerson: isPerson) || isPerson && tellsEnds { return 200 }
        guard case .periods = succession, businessKey.count > 1 else { return 36 }
        return 3 * 36
    }

    /// The last day on which the statement holds by its own words; nil for ever.
    func lastDay(of data: JSONValue) -> Day? { holdsUntil.flatMap { data[$0]?.day } }

    func isPersonal(_ field: String) -> Bool { personalFields.contains(field) }

    /// Whether two statements differ in nothing but their business key.
    func repeats(_ former: JSONValue, _ data: JSONValue) -> Bool {
        func isCompared(_ key: String, _ value: JSONValue) -> Bool {
            !value.isNull && !keyFields.contains(key) && !dayFields.contains(key)
        }
        var same = 0
        for (key, value) in data.members where isCompared(key, value) {
            guard let before = former[key], value.saysTheSame(as: before) else { return false }
            same += 1
        }
        return same > 0 && same == former.members.count { isCompared($0.key, $0.value) }
    }

    /// The business key's values as one text, `loan-7|2026-03-31`: a period comes last, so that keys sort by time.
    func slotKey(of record: AcceptedRecord) -> String {
        if standsAlone { return record.recordID }
        switch keyFields.count {
        case 0: return ""
        case 1: return Self.keyPart(record.data[keyFields[0]])
        default: return keyFields.map { Self.keyPart(record.data[$0]) }.joined(separator: "|")
        }
    }

    /// The key that the values name, in the order of `businessKey`; of a statement that stands alone, its record's id. Nil when they name
    /// none.
    func slotKey(naming values: [JSONValue]) -> String? {
        if standsAlone { return values.count == 1 ? values[0].string : nil }
        guard values.count == businessKey.count, values.allSatisfy({ !$0.isNull }) else { return nil }
        return keyFields.compactMap { name in businessKey.firstIndex(of: name).map { Self.keyPart(values[$0]) } }.joined(separator: "|")
    }

    /// The key that a record of another type names with fields of the same names.
    func slotKey(namedIn data: JSONValue) -> String? {
        standsAlone ? nil : slotKey(naming: businessKey.map { data[$0] ?? .null })
    }

    /// A value as part of a key. The separator inside a value is marked, so that two keys never become one.
    static func keyPart(_ value: JSONValue?) -> String {
        guard let value, !value.isNull else { return "" }
        let text = value.string ?? value.decimal?.text ?? String(decoding: value.canonicalBytes, as: UTF8.self)
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: "\\") }) else { return text }
        var marked = ""
        for character in text.unicodeScalars {
            if character == "|" || character == "\\" { marked.unicodeScalars.append("\\") }
            marked.unicodeScalars.append(character)
        }
        return marked
    }

    /// Judges the record by the rules: the type's own, and those of the catalogue that name it.
    func judge(_ facts: RecordFacts, by rules: some Sequence<QualityRule>) -> Judgement {
        var judgement = Judgement()
        var heldWeight: Int64 = 0
        var judgedWeight: Int64 = 0
        for rule in rules {
            let facts = facts.asked(by: rule)
            let truth = rule.logic.judge(facts).truth
            switch truth {
            case .yes:
                heldWeight += rule.weight
                judgedWeight += rule.weight
                continue
            case .no:
                judgedWeight += rule.weight
                judgement.note(failing: rule)
            case .unknown:
                break
            }
            judgement.findings.append(
                Judgement.Finding(
                    rule: rule, truth: truth, observed: observed(rule.variables, facts),
                    observedOfRecord: observed(rule.variables.filter(RecordFacts.isOfTheRecord), facts)))
        }
        judgement.quality = judgedWeight == 0 ? 10_000 : heldWeight * 10_000 / judgedWeight
        return judgement
    }

    /// What the rule saw, such as `data.sales=12, previous.sales=3`; personal values are not repeated.
    private func observed(_ variables: [String], _ facts: RecordFacts) -> String {
        var parts: [String] = []
        for name in variables {
            let steps = name.split(separator: ".")
            let isPersonal = steps.count > 1 && personalFields.contains(String(steps[1]))
            let value = facts.found(name)
            // A whole record would repeat them all.
            let text = isPersonal ? "***" : (steps.count == 1 && (name == "data" || name == "previous") ? "…" : value?.text ?? "?")
            parts.append("\(name)=\(text.cut(64))")
        }
        return parts.joined(separator: ", ").cut(400)
    }
}

/// What the quality rules say of one record.
struct Judgement: Sendable {
    struct Finding: Sendable {
        let rule: QualityRule
        /// Never `yes`.
        let truth: Truth
        let observed: String
        /// The part of it that the record's writer said itself.
        let observedOfRecord: String
    }

    /// 0…10,000 basis points: the weight of the rules that hold, of those that could be judged. Rounds down.
    var quality: Int64 = 10_000
    /// The first failing rule that sets the record aside.
    private(set) var quarantineRule: QualityRule?
    /// The first failing rule that asks the source for a correction.
    private(set) var correctionRule: QualityRule?
    /// Its numbers are no measure for those that come after.
    private(set) var isSuspect = false
    /// The rules that do not hold or cannot be judged; all others hold.
    var findings: [Finding] = []

    mutating func note(failing rule: QualityRule) {
        if rule.isQuarantine, quarantineRule == nil { quarantineRule = rule }
        if rule.correctionDays != nil, correctionRule == nil { correctionRule = rule }
        if rule.spoilsBaseline { isSuspect = true }
    }
}
