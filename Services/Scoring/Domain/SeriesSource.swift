import Contracts
import Rules
import Vocabulary
import Wire

/// What a series is made of: one field of one record type, of the records that pass a filter. Indicators with the same source share it.
public struct SeriesSource: Hashable, Sendable {
    public let recordType: String
    /// Nil: facts are counted, whatever they say.
    public let field: String?
    /// Every field must have one of its values. By name.
    public let filter: [Filter]
    /// The same text for the same source, whichever entry it came from.
    public let key: String

    public struct Filter: Hashable, Sendable {
        public let field: String
        public let values: Set<RuleValue>
    }

    init(recordType: String, field: String?, filter: [Filter]) {
        self.recordType = recordType
        self.field = field
        self.filter = filter.sorted { $0.field < $1.field }
        var key = recordType + "/" + (field ?? "")
        for part in self.filter { key += "?\(part.field)=" + part.values.map(\.text).sorted().joined(separator: ",") }
        self.key = key
    }

    /// Amounts stay within a trillion yuan each, so that a thousandfold error cannot spoil a sum for ever.
    static let amountMax: Int64 = 1_000_000_000_000_000_000

    /// What one fact adds: its amount in millionths, zero when facts are only counted. Nil when the fact is not of this series.
    func amount(in data: JSONValue) -> Int64? {
        for part in filter {
            guard let value = data[part.field], part.values.contains(RuleValue(value)) else { return nil }
        }
        guard let field else { return 0 }
        guard let value = data[field] else { return nil }
        if let flag = value.bool { return flag ? 1_000_000 : 0 }
        return Self.millionths(value)
    }

    /// Rounds what is smaller than a millionth to the nearest, halves away from zero.
    private static func millionths(_ value: JSONValue) -> Int64? {
        guard value.kind == .number else { return nil }
        if let decimal = value.decimal, decimal.scale <= 6 {
            var mantissa = decimal.mantissa
            for _ in decimal.scale..<6 { mantissa = mantissa.multipliedClamped(by: 10) }
            return min(max(mantissa, -amountMax), amountMax)
        }
        guard let double = value.double, double.isFinite else { return nil }
        let limit = Double(amountMax)
        return Int64(min(max((double * 1_000_000).rounded(), -limit), limit))
    }
}

/// What the catalogue asks to be remembered of facts.
public struct Collected: Sendable {
    public struct Series: Sendable {
        public let source: SeriesSource
        /// Some indicator asks for the greatest amount.
        public internal(set) var needsMax: Bool
        /// Some indicator asks for the last amount.
        public internal(set) var needsLast: Bool
    }

    /// By record type; each in the order of its keys.
    private(set) var series: [String: [Series]] = [:]
    /// Fields whose latest value is kept, by record type.
    private(set) var fields: [String: Set<String>] = SubjectProfile.fields

    init() {}

    mutating func add(_ indicator: Indicator) {
        switch indicator.method {
        case .series(let source, let aggregate, _):
            var list = series[source.recordType] ?? []
            let place = list.firstIndex { $0.source.key >= source.key } ?? list.endIndex
            if place == list.endIndex || list[place].source.key != source.key {
                list.insert(Series(source: source, needsMax: false, needsLast: false), at: place)
            }
            if aggregate == .max { list[place].needsMax = true }
            if aggregate == .last { list[place].needsLast = true }
            series[source.recordType] = list
        case .profile(let recordType, let field), .age(let recordType, let field):
            fields[recordType, default: []].insert(field)
        case .ratio, .size, .logic: break
        }
    }
}
