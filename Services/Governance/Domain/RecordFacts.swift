import Contracts
import Rules
import Vocabulary
import Wire

/// What a quality rule sees of a record and of what is known beside it. Values are read where they lie, when asked for.
///
/// | name | what |
/// |---|---|
/// | `data.<field>` | the record |
/// | `previous.<field>`, `hasPrevious` | the statement before in the same row |
/// | `yearAgo.<field>`, `hasYearAgo` | the statement of the same row one year earlier |
/// | `median.<field>`, `history` | the median of up to twelve statements before, and how many there are |
/// | `sameAsPrevious` | everything but the business key repeats the statement before |
/// | `other.<name>.<field>` | the standing statement of another type: of the same period, or the latest |
/// | `occurredDay`, `receivedDay`, `ageDays` | days in China, and how many lie between the two |
/// | `threshold` | the entry's own |
///
/// `previous`, `median` and `sameAsPrevious` leave out what is held, and what was flagged as a wrong number.
struct RecordFacts: FactSource {
    let data: JSONValue
    let occurredAt: Instant
    let receivedAt: Instant
    let key: String
    let order: Order
    let type: GovernedType
    /// All that stands of the subject, its needed types read.
    let memories: [TypeMemory]
    /// The history of the row, the nearest first; read once for all rules.
    let history: [JSONValue]
    let previous: JSONValue?
    private(set) var others: [String: String] = [:]
    private(set) var threshold: RuleValue?

    /// The names that need more than the record.
    static let historic = [
        "previous", "hasPrevious", "yearAgo", "hasYearAgo", "median", "history", "sameAsPrevious", "other",
    ]
    /// Whether the name leads to what the record itself says, or to a day or a measure that its writer may know. All others may lead to what
    /// somebody else said, which must not leave the house in a request for correction.
    static func isOfTheRecord(_ name: String) -> Bool {
        name.hasPrefix("data.") || ["occurredDay", "receivedDay", "ageDays", "threshold"].contains(name)
    }
    /// Statements that a median is taken of, at the most; and at the least.
    static let medianOf = 12
    static let medianOfAtLeast = 3

    /// Without `withHistory` nothing that was said before is looked for.
    init(_ record: AcceptedRecord, key: String, order: Order, type: GovernedType, memories: [TypeMemory], withHistory: Bool) {
        data = record.data
        occurredAt = record.occurredAt
        receivedAt = record.receivedAt
        self.key = key
        self.order = order
        self.type = type
        self.memories = memories
        let memory = withHistory ? memories.first { $0.type == type.id } : nil
        history = memory?.history(before: key, order, type.succession, countMax: Self.medianOf) ?? []
        previous = history.first
    }

    /// The same facts for one rule, with its names for other types.
    func asked(by rule: QualityRule) -> RecordFacts {
        guard !rule.others.isEmpty || rule.threshold != nil else { return self }
        var facts = self
        facts.others = rule.others
        facts.threshold = rule.threshold
        return facts
    }

    func value(_ name: String) -> RuleValue? {
        if let value = member(name, "data.", of: data) { return value }
        if let value = member(name, "previous.", of: previous) { return value }
        if name.hasPrefix("median.") { return median(of: String(name.dropFirst(7))) }
        if let value = member(name, "yearAgo.", of: name.hasPrefix("yearAgo") ? yearAgo : nil) { return value }
        if name.hasPrefix("other.") { return other(name) }
        return switch name {
        case "hasPrevious": .bool(previous != nil)
        case "hasYearAgo": .bool(yearAgo != nil)
        case "history": .number(Double(history.count))
        case "sameAsPrevious": .bool(previous.map { type.repeats($0, data) } ?? false)
        case "occurredDay": .string(occurredAt.dayInChina.text)
        case "receivedDay": .string(receivedAt.dayInChina.text)
        case "ageDays": .number(Double(receivedAt.dayInChina - occurredAt.dayInChina))
        case "threshold": threshold
        case "data": RuleValue(data)
        case "previous": previous.map { RuleValue($0) }
        default: nil
        }
    }

    private var yearAgo: JSONValue? { memories.first { $0.type == type.id }?.yearBefore(key) }

    /// Of an even count the lower of the two in the middle, so that it is always a number somebody said.
    private func median(of field: String) -> RuleValue? {
        let numbers = history.compactMap { $0[field]?.double }.sorted()
        return numbers.count < Self.medianOfAtLeast ? nil : .number(numbers[(numbers.count - 1) / 2])
    }

    private func other(_ name: String) -> RuleValue? {
        let steps = name.split(separator: ".", maxSplits: 2).map(String.init)
        guard steps.count == 3, let id = others[steps[1]], let memory = memories.first(where: { $0.type == id }) else { return nil }
        let period = TypeMemory.period(of: key)
        let found = memory.standing(period: period.isEmpty ? nil : period)
        return (found?[steps[2]]).map { RuleValue($0) }
    }

    /// A member one step down; null when there is none. Deeper paths are left to the rule's own walk.
    private func member(_ name: String, _ prefix: String, of json: JSONValue?) -> RuleValue? {
        guard name.hasPrefix(prefix) else { return nil }
        let rest = String(name.dropFirst(prefix.count))
        if let value = json?[rest] { return RuleValue(value) }
        return rest.contains(".") ? nil : .null
    }

    /// What a path leads to, for showing.
    func found(_ name: String) -> RuleValue? {
        let value = value(name)
        return value == .null ? nil : value
    }
}
