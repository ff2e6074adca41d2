/// The size class of an enterprise for statistics and policies.
///
/// Source: 工信部联企业〔2011〕300号 with the 2017 industries of 国统字〔2017〕213号. Sole traders are classed the same way.
public enum SizeClass: Hashable, Sendable {
    case large, medium, small, micro
    /// The standard does not cover the industry: finance (own standard), railways, education, health, public administration, others.
    case notApplicable
    /// An index the industry's rule needs is missing. Never guessed, and never micro for want of a figure.
    case unknown(missing: [SizeIndex])

    /// Stable name, for records and counters.
    public var code: String {
        switch self {
        case .large: "large"
        case .medium: "medium"
        case .small: "small"
        case .micro: "micro"
        case .notApplicable: "not-applicable"
        case .unknown: "unknown"
        }
    }
}

/// A figure on which the size class depends.
public enum SizeIndex: String, CaseIterable, Sendable {
    /// Persons employed.
    case persons
    /// Operating revenue of the year.
    case revenue
    /// Total assets at the end of the year.
    case assets
    /// More digits of the industry code: the given ones span industries with different rules.
    case industryDetail = "industry-detail"
}

/// Enterprise size by industry.
public enum EnterpriseSize {
    /// The size class. Large, medium and small need every figure which the industry's rule lists; who misses one lower limit drops a class,
    /// so micro is whoever falls below one limit of small.
    ///
    /// A figure which the rule does not list is not looked at. `revenue` and `assets` are yuan in fen; the standard's unit is 万元.
    public static func classify(industry: IndustryCode, persons: Int?, revenue: Money?, assets: Money?) -> SizeClass {
        let rule: SizeRule
        switch SizeRule.covering(industry) {
        case .notCovered: return .notApplicable
        case .ambiguous: return .unknown(missing: [.industryDetail])
        case .rule(let found): rule = found
        }
        let figures = SizeFigures(persons: persons, revenue: revenue, assets: assets)
        let missing = rule.indices.filter { !figures.has($0) }
        guard missing.isEmpty else { return .unknown(missing: missing) }
        if figures.meet(rule.large) { return .large }
        if figures.meet(rule.medium) { return .medium }
        return figures.meet(rule.small) ? .small : .micro
    }
}

private struct SizeFigures {
    let persons: Int?
    let revenue: Money?
    let assets: Money?

    func has(_ index: SizeIndex) -> Bool {
        switch index {
        case .persons: persons != nil
        case .revenue: revenue != nil
        case .assets: assets != nil
        case .industryDetail: true
        }
    }

    func meet(_ floor: SizeFloor) -> Bool {
        if let limit = floor.persons, persons.map({ $0 >= limit }) != true { return false }
        if let limit = floor.revenue, revenue.map({ $0 >= limit }) != true { return false }
        if let limit = floor.assets, assets.map({ $0 >= limit }) != true { return false }
        return true
    }
}
