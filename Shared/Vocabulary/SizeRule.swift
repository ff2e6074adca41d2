/// Lower limits of a size class; nil where the rule does not look at the figure.
public struct SizeFloor: Hashable, Sendable {
    public let persons: Int?
    public let revenue: Money?
    public let assets: Money?

    /// `revenue` and `assets` in 万元 (ten thousand yuan), as the standard prints them.
    init(persons: Int? = nil, revenueWan: Int64? = nil, assetsWan: Int64? = nil) {
        self.persons = persons
        revenue = revenueWan.map { Money(wan: $0) }
        assets = assetsWan.map { Money(wan: $0) }
    }
}

/// One line of the size standard: the industries it covers and the lower limits of three classes.
public struct SizeRule: Hashable, Sendable {
    /// The line's name in the standard.
    public let name: String
    /// Four-digit classes, as numbers, of the 2017 industries which the line covers.
    public let classes: [ClosedRange<Int>]
    public let large: SizeFloor
    public let medium: SizeFloor
    public let small: SizeFloor

    /// The figures the line looks at.
    public var indices: [SizeIndex] {
        var indices: [SizeIndex] = []
        if small.persons != nil { indices.append(.persons) }
        if small.revenue != nil { indices.append(.revenue) }
        if small.assets != nil { indices.append(.assets) }
        return indices
    }

    /// Which line covers an industry.
    enum Cover {
        case rule(SizeRule)
        case notCovered
        /// The code spans industries of different lines, or a covered and an uncovered one.
        case ambiguous
    }

    static func covering(_ industry: IndustryCode) -> Cover {
        let span = industry.classes
        for rule in all {
            if rule.classes.contains(where: { $0.lowerBound <= span.lowerBound && span.upperBound <= $0.upperBound }) { return .rule(rule) }
            if rule.classes.contains(where: { $0.overlaps(span) }) { return .ambiguous }
        }
        return .notCovered
    }

    /// Every line of the standard, with the industries of the 2017 classification. Limits: persons, 万元 revenue, 万元 assets.
    public static let all: [SizeRule] = [
        SizeRule(
            name: "农、林、牧、渔业", classes: [100...599],
            large: .init(revenueWan: 20_000), medium: .init(revenueWan: 500), small: .init(revenueWan: 50)),
        SizeRule(
            name: "工业", classes: [600...4699],
            large: .init(persons: 1_000, revenueWan: 40_000), medium: .init(persons: 300, revenueWan: 2_000),
            small: .init(persons: 20, revenueWan: 300)),
        SizeRule(
            name: "建筑业", classes: [4700...5099],
            large: .init(revenueWan: 80_000, assetsWan: 80_000), medium: .init(revenueWan: 6_000, assetsWan: 5_000),
            small: .init(revenueWan: 300, assetsWan: 300)),
        SizeRule(
            name: "批发业", classes: [5100...5199],
            large: .init(persons: 200, revenueWan: 40_000), medium: .init(persons: 20, revenueWan: 5_000),
            small: .init(persons: 5, revenueWan: 1_000)),
        SizeRule(
            name: "零售业", classes: [5200...5299],
            large: .init(persons: 300, revenueWan: 20_000), medium: .init(persons: 50, revenueWan: 500),
            small: .init(persons: 10, revenueWan: 100)),
        // Railways (53) are outside; loading and handling (591) counts as transport, the rest of 59 as storage.
        SizeRule(
            name: "交通运输业", classes: [5400...5899, 5910...5919],
            large: .init(persons: 1_000, revenueWan: 30_000), medium: .init(persons: 300, revenueWan: 3_000),
            small: .init(persons: 20, revenueWan: 200)),
        SizeRule(
            name: "仓储业", classes: [5920...5999],
            large: .init(persons: 200, revenueWan: 30_000), medium: .init(persons: 100, revenueWan: 1_000),
            small: .init(persons: 20, revenueWan: 100)),
        SizeRule(
            name: "邮政业", classes: [6000...6099],
            large: .init(persons: 1_000, revenueWan: 30_000), medium: .init(persons: 300, revenueWan: 2_000),
            small: .init(persons: 20, revenueWan: 100)),
        SizeRule(
            name: "住宿业、餐饮业", classes: [6100...6299],
            large: .init(persons: 300, revenueWan: 10_000), medium: .init(persons: 100, revenueWan: 2_000),
            small: .init(persons: 10, revenueWan: 100)),
        SizeRule(
            name: "信息传输业", classes: [6300...6499],
            large: .init(persons: 2_000, revenueWan: 100_000), medium: .init(persons: 100, revenueWan: 1_000),
            small: .init(persons: 10, revenueWan: 100)),
        SizeRule(
            name: "软件和信息技术服务业", classes: [6500...6599],
            large: .init(persons: 300, revenueWan: 10_000), medium: .init(persons: 100, revenueWan: 1_000),
            small: .init(persons: 10, revenueWan: 50)),
        SizeRule(
            name: "房地产开发经营", classes: [7010...7019],
            large: .init(revenueWan: 200_000, assetsWan: 10_000), medium: .init(revenueWan: 1_000, assetsWan: 5_000),
            small: .init(revenueWan: 100, assetsWan: 2_000)),
        SizeRule(
            name: "物业管理", classes: [7020...7029],
            large: .init(persons: 1_000, revenueWan: 5_000), medium: .init(persons: 300, revenueWan: 1_000),
            small: .init(persons: 100, revenueWan: 500)),
        SizeRule(
            name: "租赁和商务服务业", classes: [7100...7299],
            large: .init(persons: 300, assetsWan: 120_000), medium: .init(persons: 100, assetsWan: 8_000),
            small: .init(persons: 10, assetsWan: 100)),
        // Research, water and environment, services to residents, social work, culture; property agents (703) and other property (709).
        SizeRule(
            name: "其他未列明行业", classes: [7030...7039, 7090...7099, 7300...7599, 7600...7999, 8000...8299, 8500...8599, 8600...9099],
            large: .init(persons: 300), medium: .init(persons: 100), small: .init(persons: 10)),
    ]
}
