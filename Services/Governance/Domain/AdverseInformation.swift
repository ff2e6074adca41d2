import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// What makes the statements of a record type adverse information (不良信息、失信信息): a record type's `adverse`.
///
/// | member | |
/// |---|---|
/// | `when` | a condition over `data`: which statements are adverse; all when it is missing |
/// | `from` | the field with the day on which publication began; the day on which it happened when there is none |
/// | `ended` | how the end of the adverse state is told: `{on: field}`, `{when: condition}`, `{nextInRow: true}`; and `{orBy: {recordType, fields, on}}` |
/// | `publication` | `{class?: field, classes: {name: {monthsMin, monthsMax?}}, otherwise: name, untilEnded?}` |
/// | `fulfilled` | the field with the day on which the duties were fulfilled |
/// | `repairable` | `true`, `false`, or the field that says so; `true` when it is missing and there is a publication |
/// | `retention` | `persons`, `all`: whose statements go five years after the state ended |
///
/// Sources: NDRC Order 36 (publication and repair); 征信业管理条例, article 16 (five years).
struct AdverseInformation: Sendable {
    /// One statement of the type.
    struct Statement {
        let data: JSONValue
        let occurredOn: Day

        init(data: JSONValue, occurredOn: Day) {
            self.data = data
            self.occurredOn = occurredOn
        }

        init(_ record: AcceptedRecord) { self.init(data: record.data, occurredOn: record.occurredAt.dayInChina) }
    }

    /// Whose statements go five years after the adverse state ended.
    enum Retention: String, CaseIterable, Sendable {
        /// Those of subjects that are natural persons in trade: sole traders.
        case persons
        /// Those of every subject, since the type speaks of a person.
        case all
    }

    /// Another record type whose statements tell the end of the state: those that say the same in the fields, from the day in another one.
    struct EndRecord: Sendable {
        let recordType: String
        /// They have the same names in both types.
        let fields: [String]
        let dayField: String

        /// The day on which the statement of that type says that the state ended.
        func day(in data: JSONValue) -> Day? { data[dayField]?.day }

        /// What both statements say in the fields, as one text.
        func key(of data: JSONValue) -> String { CrossCheck.joinedKey(fields, data) }
    }

    private let condition: Logic?
    private let fromField: String?
    private let end: AdverseEnd?
    private let publication: PublicationClasses?
    private let fulfilledField: String?
    private let repairableField: String?
    private let canBeRepaired: Bool
    private let retention: Retention?

    private static let members: Set<String> = ["when", "from", "ended", "publication", "fulfilled", "repairable", "retention"]

    /// - Parameter hasPeriods: whether the type's statements follow one another in rows of periods.
    init?(_ json: JSONValue, fields: RecordFields, hasPeriods: Bool, defects: inout [String]) {
        let before = defects.count
        var reader = MemberReader(fields: fields)
        reader.expect(json, "adverse", Self.members)
        condition = reader.condition(json["when"], "`adverse.when`")
        fromField = reader.day(json["from"], "`adverse.from`")
        end = json["ended"].flatMap { $0.isNull ? nil : AdverseEnd($0, hasPeriods: hasPeriods, &reader) }
        publication = json["publication"].flatMap { $0.isNull ? nil : PublicationClasses($0, &reader) }
        fulfilledField = reader.day(json["fulfilled"], "`adverse.fulfilled`")
        repairableField = json["repairable"]?.bool == nil ? reader.field(json["repairable"], "`adverse.repairable`") : nil
        canBeRepaired = publication != nil && (json["repairable"]?.bool ?? true)
        retention = json["retention"]?.string.flatMap { Retention(rawValue: $0) }
        if let told = json["retention"], !told.isNull, retention == nil {
            reader.defects.append("`adverse.retention` is none of \(Retention.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if publication == nil, retention == nil { reader.defects.append("`adverse` has neither a publication nor a retention") }
        if end == nil, retention != nil || publication?.isUntilEnded == true {
            reader.defects.append("`adverse` does not say how the state is told to have ended")
        }
        defects += reader.defects
        if defects.count > before { return nil }
    }

    // MARK: Asking

    /// The end of the state can only be told beside what the same row says later.
    var readsRow: Bool { end?.isNextInRow ?? false }

    /// The other type that tells the end of the state, too.
    var endRecord: EndRecord? { end?.other }

    /// The end of the state may be told by other statements.
    var readsOthers: Bool { readsRow || endRecord != nil }

    /// Whether any statement of such a subject can come to an end by itself.
    func canEnd(forPerson isPerson: Bool) -> Bool { publication != nil || retains(forPerson: isPerson) }

    private func retains(forPerson isPerson: Bool) -> Bool {
        switch retention {
        case .all?: true
        case .persons?: isPerson
        case nil: false
        }
    }

    /// What is not known makes nothing adverse.
    func isAdverse(_ statement: Statement) -> Bool { condition?.holds(for: statement) ?? true }

    func publishedOn(_ statement: Statement) -> Day { fromField.flatMap { statement.data[$0]?.day } ?? statement.occurredOn }

    /// The day on which the adverse state ended; nil while it lasts.
    ///
    /// - Parameter told: by other statements, as of `toldEnd`.
    func endedOn(_ statement: Statement, told: Day?) -> Day? { earlier(end?.day(of: statement), told) }

    /// The day on which other statements tell that the state ended.
    ///
    /// - Parameters:
    ///   - next: of the same row the nearest later statement that is not adverse, where the type reads it.
    ///   - days: what `endRecord`'s type says. Of a day before the statement was published it can not tell the end.
    func toldEnd(of statement: Statement, next: Statement?, days: [Day]) -> Day? {
        earlier(next.map { publishedOn($0) }, days.filter { $0 >= publishedOn(statement) }.min())
    }

    private func earlier(_ one: Day?, _ other: Day?) -> Day? { [one, other].compactMap(\.self).min() }

    /// When the statement must be gone, and by which rule; nil while it has not begun to end, and for what is not adverse.
    func ending(of statement: Statement, told: Day?, isPerson: Bool) -> Ending? {
        guard canEnd(forPerson: isPerson), isAdverse(statement) else { return nil }
        let ended = endedOn(statement, told: told)
        var endings: [Ending] = []
        if let publication {
            let last = publication.term(of: statement.data).automaticEnd(published: publishedOn(statement))
            if let last { endings.append(Ending(day: last, rule: .publication)) }
            if publication.isUntilEnded, let ended { endings.append(Ending(day: ended, rule: .publication)) }
        }
        if retains(forPerson: isPerson), let ended {
            endings.append(Ending(day: RetentionRule.adverseLastDay(endedOn: ended) + 1, rule: .retention))
        }
        return endings.min { $0.day < $1.day }
    }

    func isRepairable(_ data: JSONValue) -> Bool { canBeRepaired && (repairableField.flatMap { data[$0]?.bool } ?? true) }

    func fulfilledOn(_ data: JSONValue) -> Day? { fulfilledField.flatMap { data[$0]?.day } }

    /// What is known of the statement when its repair is asked for.
    func repairCase(_ statement: Statement, told: Day?, fulfilled: Day?, hasCommitment: Bool) -> RepairCase {
        RepairCase(
            term: publication?.term(of: statement.data) ?? PublicationTerm(monthsMin: 0, monthsMax: nil),
            published: publishedOn(statement),
            endedOn: publication?.isUntilEnded == true ? endedOn(statement, told: told) : nil, fulfilled: fulfilled,
            hasCommitment: hasCommitment, isRepairable: isRepairable(statement.data))
    }

    /// The first day on which a repair counts whose approval attests that the duties are fulfilled; nil when none does.
    ///
    /// So the day of fulfilment only counts where the statement itself has it.
    func earliestRepair(_ statement: Statement) -> Day? {
        guard let publication, isRepairable(statement.data) else { return nil }
        let published = publishedOn(statement)
        return publication.term(of: statement.data)
            .earliestApplication(published: published, fulfilled: fulfilledOn(statement.data) ?? published)
    }
}

/// How it is told that an adverse state has ended.
private struct AdverseEnd: Sendable {
    let field: String?
    /// The statement itself says so; then it ended on the day on which that happened.
    let condition: Logic?
    /// The next statement of the row that is not adverse any more says so.
    let isNextInRow: Bool
    /// A statement of another type may say so, too.
    let other: AdverseInformation.EndRecord?

    init(_ json: JSONValue, hasPeriods: Bool, _ reader: inout MemberReader) {
        reader.expect(json, "adverse.ended", ["on", "when", "nextInRow", "orBy"])
        field = reader.day(json["on"], "`adverse.ended.on`")
        condition = reader.condition(json["when"], "`adverse.ended.when`")
        isNextInRow = json["nextInRow"]?.bool ?? false
        if isNextInRow, !hasPeriods {
            reader.defects.append("`adverse.ended.nextInRow`: the business key has no period")
        }
        other = json["orBy"].flatMap { $0.isNull ? nil : AdverseInformation.EndRecord($0, &reader) }
        if isNextInRow ? field != nil || condition != nil : field == nil && condition == nil {
            reader.defects.append("`adverse.ended` is none of {on, when}, {nextInRow: true}")
        }
    }

    func day(of statement: AdverseInformation.Statement) -> Day? {
        if let day = field.flatMap({ statement.data[$0]?.day }) { return day }
        return condition?.holds(for: statement) == true ? statement.occurredOn : nil
    }
}

extension AdverseInformation.EndRecord {
    fileprivate init?(_ json: JSONValue, _ reader: inout MemberReader) {
        reader.expect(json, "adverse.ended.orBy", ["recordType", "fields", "on"])
        let names = json["fields"].map { Array($0.elements) } ?? []
        let fields = names.compactMap { reader.field($0, "`adverse.ended.orBy.fields`") }
        guard let type = json["recordType"]?.string, !fields.isEmpty, let day = json["on"]?.string else {
            reader.defects.append("`adverse.ended.orBy` is not {recordType, fields: [field, …], on: field}")
            return nil
        }
        self.init(recordType: type, fields: fields, dayField: day)
    }
}

/// How long statements of each class are published.
private struct PublicationClasses: Sendable {
    private let classField: String?
    private let terms: [String: PublicationTerm]
    /// Of a class that nobody knows.
    private let otherwise: PublicationTerm
    /// Publication ends with the state.
    let isUntilEnded: Bool

    private static let monthsMost: Int64 = 1_200

    init?(_ json: JSONValue, _ reader: inout MemberReader) {
        reader.expect(json, "adverse.publication", ["class", "classes", "otherwise", "untilEnded"])
        classField = reader.field(json["class"], "`adverse.publication.class`")
        isUntilEnded = json["untilEnded"]?.bool ?? false
        var terms: [String: PublicationTerm] = [:]
        if let classes = json["classes"] {
            for (name, term) in classes.members {
                reader.expect(term, "adverse.publication.classes.\(name)", ["monthsMin", "monthsMax"])
                let (least, most) = (term["monthsMin"]?.int ?? -1, term["monthsMax"])
                let longest = most.flatMap { $0.isNull ? nil : $0.int ?? -1 }
                guard (0...Self.monthsMost).contains(least), longest.map({ (max(1, least)...Self.monthsMost).contains($0) }) ?? true
                else {
                    reader.defects.append("class `\(name)` is not {monthsMin 0…\(Self.monthsMost), monthsMax? not below it}")
                    continue
                }
                terms[name] = PublicationTerm(monthsMin: Int(least), monthsMax: longest.map { Int($0) })
            }
        }
        self.terms = terms
        guard let otherwise = json["otherwise"]?.string.flatMap({ terms[$0] }) else {
            reader.defects.append("`adverse.publication.otherwise` names none of the classes")
            return nil
        }
        self.otherwise = otherwise
    }

    func term(of data: JSONValue) -> PublicationTerm {
        classField.flatMap { data[$0]?.string }.flatMap { terms[$0] } ?? otherwise
    }
}

extension Logic {
    fileprivate static let occurredDay = "occurredDay"

    fileprivate func holds(for statement: AdverseInformation.Statement) -> Bool {
        let facts: [String: RuleValue] = [
            "data": RuleValue(statement.data), Self.occurredDay: .string(statement.occurredOn.text),
        ]
        return judge(facts).truth == .yes
    }
}

extension MemberReader {
    fileprivate mutating func condition(_ json: JSONValue?, _ place: String) -> Logic? {
        guard let json, !json.isNull else { return nil }
        let logic: Logic
        do throws(RuleDefect) {
            logic = try Logic(json)
        } catch {
            defects.append("\(place): \(error)")
            return nil
        }
        for name in logic.variables where name != Logic.occurredDay {
            let steps = name.split(separator: ".")
            if steps.first != "data" || steps.count < 2 || !fields.has(String(steps[1])) {
                defects.append("\(place) asks for `\(name)`, which no statement has")
            }
        }
        return logic
    }
}
