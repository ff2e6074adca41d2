import Contracts
import Rules
import Vocabulary

/// What the indicators of a catalogue say about one subject. What is not known is not there, and is never zero.
public struct IndicatorReading: Sendable {
    /// By indicator id.
    public private(set) var values: [String: IndicatorValue] = [:]
    /// The same for rules.
    private(set) var facts: [String: RuleValue] = [:]

    /// `indicators` in such an order that each comes after what it is made of. `until` ends the windows: the moment of the latest fact that
    /// stands.
    init(_ indicators: [Indicator], of state: ScoringState, until: Instant) {
        let day = until.dayInChina
        let end = FactMonth.clamped(day.month.number)
        values.reserveCapacity(indicators.count)
        // Rules ask for what is put beside the indicators, too.
        facts.reserveCapacity(indicators.count * 2)
        // By place: an indicator is many references, and a copy of it would count them all.
        for place in indicators.indices {
            let value: IndicatorValue? =
                switch indicators[place].method {
                case .series(let source, let aggregate, let months):
                    state.series[source.key].flatMap { $0.value(aggregate, months: months, until: end) }.flatMap { .init(finite: $0) }
                case .profile(let recordType, let field): state.value(recordType, field)
                case .age(let recordType, let field):
                    Day(state.text(recordType, field)).map { .number(Double(Self.wholeMonths(from: $0, to: day))) }
                case .ratio(let numerator, let denominator):
                    ratio(numerator, denominator).flatMap { .init(finite: $0) }
                case .size(let industry, let persons, let revenue, let assets):
                    size(industry, persons, revenue, assets)
                case .logic(let logic):
                    logic.known(in: facts).flatMap { IndicatorValue($0) }
                }
            guard let value else { continue }
            values[indicators[place].id] = value
            facts[indicators[place].id] = RuleValue(value)
        }
    }

    private func ratio(_ numerator: String, _ denominator: String) -> Double? {
        guard let above = values[numerator]?.number, let below = values[denominator]?.number, below != 0 else { return nil }
        return above / below
    }

    private func size(_ industry: String, _ persons: String, _ revenue: String, _ assets: String) -> IndicatorValue? {
        guard case .text(let code)? = values[industry], let industry = try? IndustryCode(code) else { return nil }
        func number(_ id: String) -> Double? { values[id]?.number.flatMap { $0.magnitude < 1e15 ? $0 : nil } }
        func money(_ id: String) -> Money? { number(id).map { Money(fen: Int64(($0 * 100).rounded())) } }
        let size = EnterpriseSize.classify(
            industry: industry, persons: number(persons).map { Int($0) }, revenue: money(revenue), assets: money(assets))
        if case .unknown = size { return nil }
        return .text(size.code)
    }

    /// Rounds down; negative when the day is still to come.
    static func wholeMonths(from start: Day, to end: Day) -> Int {
        let months = end.month - start.month
        // The last day of a shorter month completes a month that began on a later day.
        return end < start.adding(months: months) ? months - 1 : months
    }
}

extension MonthlySeries {
    /// The aggregate over the `months` that end with `end`; nil when nothing is known of it.
    func value(_ aggregate: Indicator.Aggregate, months window: Int32, until end: Int32) -> Double? {
        let start = window == 0 ? FactMonth.first : end - window + 1
        // A window onto the months, which are in order; nothing is copied out of them.
        let first = months.firstIndex { $0.month >= start } ?? months.endIndex
        let past = months[first...].firstIndex { $0.month > end } ?? months.endIndex
        let inside = months[first..<past].lazy.filter { $0.count > 0 }
        let before = window == 0 && (earlier?.count ?? 0) > 0 ? earlier : nil
        switch aggregate {
        case .count: return isKnown ? Double(inside.reduce(before?.count ?? 0) { $0 &+ $1.count }) : nil
        case .activeMonths: return isKnown ? Double(inside.count) : nil
        case .sum:
            guard before != nil || !inside.isEmpty else { return nil }
            return Self.units(Self.sum(inside, before))
        case .mean:
            let count = inside.reduce(0.0) { $0 + Double($1.count) } + Double(before?.count ?? 0)
            return count > 0 ? Self.units(Self.sum(inside, before)) / count : nil
        case .max:
            var greatest = before?.greatest.first?.value
            for month in inside { if let amount = month.greatest.first?.value { greatest = Swift.max(greatest ?? amount, amount) } }
            return greatest.map { Self.units(Double($0)) }
        case .last:
            var last = before?.latest.first
            for month in inside { if let amount = month.latest.first, last.map({ $0.order < amount.order }) ?? true { last = amount } }
            return last.map { Self.units(Double($0.value)) }
        case .monthsSince: return inside.last(where: { _ in true }).map { Double(end - $0.month) }
        case .gapMonths: return gaps(inside, from: start, to: end)
        case .cv:
            let sums = inside.map { Self.units(Double($0.sum)) }
            let mean = sums.reduce(0, +) / Double(Swift.max(sums.count, 1))
            guard sums.count >= 2, mean != 0 else { return nil }
            return (sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sums.count)).squareRoot() / mean.magnitude
        case .trend:
            let sums = inside.map { Self.units(Double($0.sum)) }
            let half = sums.count / 2
            guard half >= 1 else { return nil }
            let early = sums.prefix(half).reduce(0, +)
            // What grows from nothing or from a loss has no rate.
            return early > 0 ? sums.suffix(half).reduce(0, +) / early - 1 : nil
        }
    }

    private typealias Inside = LazyFilterSequence<ArraySlice<MonthTotal>>

    private static func sum(_ inside: Inside, _ before: MonthTotal?) -> Double {
        inside.reduce(0.0) { $0 + Double($1.sum) } + Double(before?.sum ?? 0)
    }

    /// Months without anything, from the first known month to the one before `end`: `end` itself is not over yet.
    private func gaps(_ inside: Inside, from start: Int32, to end: Int32) -> Double? {
        guard let first = inside.first?.month, let last = inside.last(where: { _ in true })?.month else { return nil }
        let isOlder = (earlier?.count ?? 0) > 0 || months.contains { $0.count > 0 && $0.month < start }
        let span = Swift.max(last, end - 1) - (isOlder ? start : first) + 1
        return Double(span - Int32(clamping: inside.count))
    }

    private static func units(_ millionths: Double) -> Double { millionths / 1_000_000 }
}

extension IndicatorValue {
    init?(finite number: Double) {
        guard number.isFinite else { return nil }
        self = .number(number)
    }

    /// Numbers and texts; true and false as 1 and 0.
    init?(_ value: RuleValue) {
        switch value {
        case .number(let number): self.init(finite: number)
        case .bool(let flag): self = .number(flag ? 1 : 0)
        case .string(let text) where !text.isEmpty: self = .text(text)
        case .string, .null, .array, .object: return nil
        }
    }
}

extension RuleValue {
    init(_ value: IndicatorValue) {
        switch value {
        case .number(let number): self = .number(number)
        case .text(let text): self = .string(text)
        }
    }
}
