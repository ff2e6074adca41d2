import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// An entry of kind `indicator`, compiled: how one number or word about a subject is found.
public struct Indicator: Sendable {
    public let id: String
    public let title: Bilingual
    /// Such as `yuan`, `months`, `ratio`; for people.
    public let unit: String
    public let method: Method

    public enum Method: Sendable {
        /// An aggregate over so many months, the last of them the month of the subject's latest fact that stands; 0 is all time.
        case series(SeriesSource, Aggregate, months: Int32)
        /// The latest value of a field.
        case profile(recordType: String, field: String)
        /// Whole months from the day in a field to the day of the subject's latest fact that stands.
        case age(recordType: String, field: String)
        /// Absent when either is, or when the denominator is zero.
        case ratio(numerator: String, denominator: String)
        /// The statistical size class, `large` to `micro` or `not-applicable`, of the industry and figures that these indicators give; absent
        /// when one is missing that the industry's rule asks for. Amounts are in yuan.
        case size(industry: String, persons: String, revenue: String, assets: String)
        /// JsonLogic over other indicators; absent when what is missing decides.
        case logic(Logic)
    }

    public enum Aggregate: String, CaseIterable, Sendable {
        case sum, count, mean, max, last, cv, gapMonths, trend, monthsSince, activeMonths

        var needsField: Bool {
            switch self {
            case .sum, .mean, .max, .last, .cv, .trend: true
            case .count, .gapMonths, .monthsSince, .activeMonths: false
            }
        }
    }

    /// The indicators that it is made of.
    public var needs: [String] {
        switch method {
        case .series, .profile, .age: []
        case .ratio(let numerator, let denominator): [numerator, denominator]
        case .size(let industry, let persons, let revenue, let assets): [industry, persons, revenue, assets]
        case .logic(let logic): logic.variables
        }
    }

    /// The record type that it reads itself.
    public var recordType: String? {
        switch method {
        case .series(let source, _, _): source.recordType
        case .profile(let recordType, _), .age(let recordType, _): recordType
        case .ratio, .size, .logic: nil
        }
    }

    /// Longest window: what is older than `MonthlySeries.monthsKept` is no longer known by month.
    public static let monthsMax = Int64(MonthlySeries.monthsKept)

    /// Reads an entry's body; what is wrong goes to `defects`.
    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let body = entry.body
        let before = defects.count
        func text(_ name: String) -> String? {
            if let text = body[name]?.string, !text.isEmpty { return text }
            defects.append("`\(name)` is missing or not a text")
            return nil
        }
        // A point would make it a path in rules.
        if entry.id.isEmpty || entry.id.contains(".") { defects.append("the id is empty or has a point") }
        id = entry.id
        title = entry.title
        unit = body["unit"]?.string ?? ""
        switch body["type"]?.string {
        case "series":
            guard let recordType = text("recordType"), let aggregate = text("aggregate") else { return nil }
            guard let aggregate = Aggregate(rawValue: aggregate) else {
                defects.append("there is no aggregate `\(aggregate)`")
                return nil
            }
            let field = body["field"]?.string
            if field == nil, aggregate.needsField { defects.append("`\(aggregate.rawValue)` needs a `field`") }
            guard let months = body["months"]?.int, (0...Self.monthsMax).contains(months) else {
                defects.append("`months` is not 0…\(Self.monthsMax)")
                return nil
            }
            if months == 0, [.cv, .trend, .gapMonths, .activeMonths].contains(aggregate) {
                defects.append("`\(aggregate.rawValue)` needs a window of months")
            }
            let filter = Self.filter(body["where"], defects: &defects)
            method = .series(
                SeriesSource(recordType: recordType, field: field, filter: filter), aggregate, months: Int32(clamping: months))
        case "profile":
            guard let recordType = text("recordType"), let field = text("field") else { return nil }
            method = .profile(recordType: recordType, field: field)
        case "age":
            guard let recordType = text("recordType"), let field = text("field") else { return nil }
            method = .age(recordType: recordType, field: field)
        case "ratio":
            guard let numerator = text("numerator"), let denominator = text("denominator") else { return nil }
            method = .ratio(numerator: numerator, denominator: denominator)
        case "size":
            guard let industry = text("industry"), let persons = text("persons"), let revenue = text("revenue"), let assets = text("assets")
            else { return nil }
            method = .size(industry: industry, persons: persons, revenue: revenue, assets: assets)
        case "logic":
            guard let logic = Logic(member: "logic", of: body, defects: &defects) else { return nil }
            method = .logic(logic)
        default:
            defects.append("`type` is none of series, profile, age, ratio, size, logic")
            return nil
        }
        if defects.count > before { return nil }
    }

    private static func filter(_ json: JSONValue?, defects: inout [String]) -> [SeriesSource.Filter] {
        guard let json, !json.isNull else { return [] }
        var filter: [SeriesSource.Filter] = []
        if json.kind != .object { defects.append("`where` is not an object") }
        for (field, wanted) in json.members {
            let values = wanted.kind == .array ? wanted.elements.map { RuleValue($0) } : [RuleValue(wanted)]
            let areScalars = values.allSatisfy { value in
                switch value {
                case .bool, .number, .string: true
                case .null, .array, .object: false
                }
            }
            if values.isEmpty || !areScalars { defects.append("`where` of `\(field)` is no value") }
            filter.append(SeriesSource.Filter(field: field, values: Set(values)))
        }
        return filter
    }
}

extension CatalogEntry {
    /// `title` of the body; the id where there is none.
    var title: Bilingual { body["title"].flatMap { try? Bilingual($0) } ?? Bilingual(en: id, zh: id) }
}

extension Logic {
    /// The rule in a member of an entry; what is wrong with it goes to `defects`.
    init?(member: String, of body: JSONValue, defects: inout [String]) {
        guard let json = body[member] else {
            defects.append("`\(member)` is missing")
            return nil
        }
        do throws(RuleDefect) {
            try self.init(json)
        } catch {
            defects.append("`\(member)`: \(error)")
            return nil
        }
    }
}
