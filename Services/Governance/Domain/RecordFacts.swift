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
    /// All but what one rule alone asks for; shared by the rules.
    private let ground: Ground
    /// Whose names for other types and whose threshold count. Two references in all: evaluating a rule then boxes nothing.
    private var rule: QualityRule?

    /// The names that need more than the record.
    static let historic = [
        "previous", "hasPrevious", "yearAgo", "hasYearAgo", "median", "history", "sameAsPrevious", "other",
    ]
    /// The names that lead to a record, and on to a field of it.
    static let recordNames: Set<String> = ["data", "previous", "median", "yearAgo"]
    /// The names that stand for themselves.
    static let plainNames: Set<String> = [
        "data", "previous", "hasPrevious", "hasYearAgo", "history", "sameAsPrevious", "occurredDay", "receivedDay", "ageDays", "threshold",
    ]
    /// The names that lead to when the record came in, which is not kept.
    static let arrivalNames: Set<String> = ["receivedDay", "ageDays"]
    /// Whether the name leads to what the record itself says, or to a day or a measure that its writer may know. All others may lead to what
    /// somebody else said, which must not leave the house in a request for correction.
    static func isOfTheRecord(_ name: String) -> Bool {
        name.hasPrefix("data.") || ["occurredDay", "receivedDay", "ageDays", "threshold"].contains(name)
    }
    /// Statements that a median is taken of, at the most; and at the least.
    static let medianOf = 12
    static let medianOfAtLeast = 3

    /// - Parameters:
    ///   - memories: all that stands of the subject, its needed types read.
    ///   - withHistory: otherwise nothing that was said before is looked for.
    init(_ record: AcceptedRecord, key: String, order: Order, type: GovernedType, memories: [TypeMemory], withHistory: Bool) {
        let memory = withHistory ? memories.first { $0.type == type.id } : nil
        ground = Ground(
            data: record.data, occurredAt: record.occurredAt, receivedAt: record.receivedAt, key: key, type: type, memories: memories,
            history: memory?.history(before: key, order, type.succession, countMax: Self.medianOf) ?? [])
    }

    /// The same facts for one rule, with its names for other types.
    func asked(by rule: QualityRule) -> RecordFacts {
        var facts = self
        facts.rule = rule
        return facts
    }

    func value(_ name: String) -> RuleValue? { value(of: VariableName(name)) }

    func value(of name: VariableName) -> RuleValue? {
        let rest = name.tail
        guard rest.isEmpty else {
            return switch name.head {
            case "data": Self.member(rest, of: ground.data)
            case "previous": Self.member(rest, of: ground.previous)
            case "median": ground.median(of: rest)
            case "yearAgo": Self.member(rest, of: ground.yearAgo)
            case "other": other(name)
            default: nil
            }
        }
        return switch name.text {
        case "hasPrevious": .bool(ground.previous != nil)
        case "hasYearAgo": .bool(ground.yearAgo != nil)
        case "history": .number(Double(ground.history.count))
        case "sameAsPrevious": .bool(ground.previous.map { ground.type.repeats($0, ground.data) } ?? false)
        case "occurredDay": .string(ground.occurredAt.dayInChina.text)
        case "receivedDay": .string(ground.receivedAt.dayInChina.text)
        case "ageDays": .number(Double(ground.receivedAt.dayInChina - ground.occurredAt.dayInChina))
        case "threshold": rule?.threshold
        case "data": RuleValue(ground.data)
        case "previous": ground.previous.map { RuleValue($0) }
        default: nil
        }
    }

    /// What a path leads to, for showing.
    func found(_ name: String) -> RuleValue? {
        let value = value(name)
        return value == .null ? nil : value
    }

    private func other(_ name: VariableName) -> RuleValue? {
        guard name.steps.count >= 3, let id = rule?.others[name.steps[1]], let memory = ground.memories.first(where: { $0.type == id })
        else {
            return nil
        }
        let period = TypeMemory.period(of: ground.key)
        let found = memory.standing(period: period.isEmpty ? nil : period)
        return (found?[name.steps[2...].joined(separator: ".")]).map { RuleValue($0) }
    }

    /// A member one step down; null when there is none. Deeper paths are left to the rule's own walk.
    private static func member(_ name: String, of json: JSONValue?) -> RuleValue? {
        if let value = json?[name] { return RuleValue(value) }
        return name.utf8.contains(UInt8(ascii: ".")) ? nil : .null
    }
}

/// The record, and what is known beside it. A class, so that handing it to a rule copies nothing.
private final class Ground {
    let data: JSONValue
    let occurredAt: Instant
    let receivedAt: Instant
    let key: String
    let type: GovernedType
    let memories: [TypeMemory]
    /// The history of the row, the nearest first; read once for all rules.
    let history: [JSONValue]
    let previous: JSONValue?

    init(
        data: JSONValue, occurredAt: Instant, receivedAt: Instant, key: String, type: GovernedType, memories: [TypeMemory],
        history: [JSONValue]
    ) {
        self.data = data
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.key = key
        self.type = type
        self.memories = memories
        self.history = history
        previous = history.first
    }

    private(set) lazy var yearAgo = memories.first { $0.type == type.id }?.yearBefore(key)

    /// Of an even count the lower of the two in the middle, so that it is always a number somebody said.
    func median(of field: String) -> RuleValue? {
        if let known = medians.first(where: { $0.field == field }) { return known.median }
        let numbers = history.compactMap { $0[field]?.double }.sorted()
        let median: RuleValue? = numbers.count < RecordFacts.medianOfAtLeast ? nil : .number(numbers[(numbers.count - 1) / 2])
        medians.append((field, median))
        return median
    }

    /// Those asked for; one rule often asks for the same one twice.
    private var medians: [(field: String, median: RuleValue?)] = []
}
