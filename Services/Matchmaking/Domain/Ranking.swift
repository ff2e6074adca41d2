import Contracts
import Deciding
import Vocabulary
import Wire

/// How much each of the four objectives counts, in percent. The standard table; a catalogue entry of kind `ranking` takes its place.
public struct RankingWeights: Hashable, Sendable {
    public let success: Int64
    public let cost: Int64
    public let speed: Int64
    public let service: Int64

    /// Getting the money at all comes first, then what it costs, then how soon and how well.
    public static let standard = RankingWeights(success: 40, cost: 30, speed: 15, service: 15)

    public init(success: Int64, cost: Int64, speed: Int64, service: Int64) {
        self.success = success
        self.cost = cost
        self.speed = speed
        self.service = service
    }

    /// Reads `{success, cost, speed, service}`: whole percents, 100 together. What is wrong goes to `defects`.
    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let body = entry.body
        guard let success = body["success"]?.int, let cost = body["cost"]?.int, let speed = body["speed"]?.int,
            let service = body["service"]?.int, [success, cost, speed, service].allSatisfy({ (0...100).contains($0) }),
            success + cost + speed + service == 100
        else {
            defects.append("the four weights are not percents that make 100")
            return nil
        }
        self.init(success: success, cost: cost, speed: speed, service: service)
    }

    /// 0…10,000, rounded down.
    public func total(success: Int64, cost: Int64, speed: Int64, service: Int64) -> Int64 {
        (self.success * success + self.cost * cost + self.speed * speed + self.service * service) / 100
    }
}

/// The four objectives, each 0…10,000 and whole.
public enum Objective {
    /// The product's chance for the grade. An amount above 80 % of the limit lowers it, to one half at the limit; above the limit, where
    /// the institution may still grant a part, it is a quarter. A grade that the product does not name has its lowest chance.
    public static func success(_ product: Product, grade: String?, amount: Money?, limit: Money) -> Int64 {
        let chance = grade.flatMap { product.success[$0] } ?? product.success.values.min() ?? 0
        guard let amount, let used = amount.basisPoints(of: limit)?.value else { return chance }
        if used <= 8_000 { return chance }
        if used > 10_000 { return chance / 4 }
        return chance - chance * (used - 8_000) / 4_000
    }

    /// Annual rate in basis points: base and grade, never below zero, and the fee spread over the months, rounded up. A grade that the
    /// product does not name pays the most.
    public static func annualRate(_ product: Product, grade: String?, months: Int64) -> Int64 {
        let addition = grade.flatMap { product.gradeRates[$0] } ?? product.gradeRates.values.max() ?? 0
        let term = max(1, months)
        return max(0, product.baseRate + addition) + (product.fee * 12 + term - 1) / term
    }

    /// The cheapest of the eligible has 10,000, the dearest 0; 10,000 when all cost the same.
    public static func cost(_ rate: Int64, lowest: Int64, highest: Int64) -> Int64 {
        highest > lowest ? (highest - rate) * 10_000 / (highest - lowest) : 10_000
    }

    /// What has no rate stands in the middle.
    public static let costWithoutRate: Int64 = 5_000

    /// 10,000 within a day, 0 from the thirtieth on.
    public static func speed(days: Int64) -> Int64 {
        10_000 - min(max(days - 1, 0), 29) * 10_000 / 29
    }
}
