/// A unit that amounts in files are written in. Only units that differ from their base by a power of ten: the change is exact.
public struct MeasureUnit: Hashable, Sendable {
    public enum Measure: String, Sendable { case money, ratio, count, energy, mass, area, volume }

    /// As a layout writes it.
    public let name: String
    public let measure: Measure
    /// How many times ten: one unit is 10^power of the measure's base (yuan, one, one, kilowatt-hour, kilogram, square and cubic metre).
    public let power: Int

    public static let all: [MeasureUnit] = [
        .init(name: "分", measure: .money, power: -2), .init(name: "角", measure: .money, power: -1),
        .init(name: "元", measure: .money, power: 0), .init(name: "百元", measure: .money, power: 2),
        .init(name: "千元", measure: .money, power: 3), .init(name: "万元", measure: .money, power: 4),
        .init(name: "百万元", measure: .money, power: 6), .init(name: "亿元", measure: .money, power: 8),
        .init(name: "1", measure: .ratio, power: 0), .init(name: "%", measure: .ratio, power: -2),
        .init(name: "‰", measure: .ratio, power: -3), .init(name: "bp", measure: .ratio, power: -4),
        .init(name: "个", measure: .count, power: 0), .init(name: "人", measure: .count, power: 0),
        .init(name: "百", measure: .count, power: 2), .init(name: "千", measure: .count, power: 3),
        .init(name: "万", measure: .count, power: 4), .init(name: "万人", measure: .count, power: 4),
        .init(name: "千瓦时", measure: .energy, power: 0), .init(name: "度", measure: .energy, power: 0),
        .init(name: "兆瓦时", measure: .energy, power: 3), .init(name: "万千瓦时", measure: .energy, power: 4),
        .init(name: "克", measure: .mass, power: -3), .init(name: "千克", measure: .mass, power: 0),
        .init(name: "吨", measure: .mass, power: 3), .init(name: "万吨", measure: .mass, power: 7),
        .init(name: "平方米", measure: .area, power: 0), .init(name: "公顷", measure: .area, power: 4),
        .init(name: "升", measure: .volume, power: -3), .init(name: "立方米", measure: .volume, power: 0),
        .init(name: "万立方米", measure: .volume, power: 4),
    ]

    /// Nil for a unit that is not in the list.
    public init?(_ name: String) {
        guard let unit = MeasureUnit.all.first(where: { $0.name == name }) else { return nil }
        self = unit
    }

    private init(name: String, measure: Measure, power: Int) {
        self.name = name
        self.measure = measure
        self.power = power
    }

    /// What an amount in this unit is multiplied with, as a power of ten, to be one in `target`; nil when they measure different things.
    public func power(to target: MeasureUnit) -> Int? { measure == target.measure ? power - target.power : nil }
}
