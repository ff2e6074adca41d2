import Vocabulary

/// What is really so about an invented firm: no record says it, all records follow from it. A test of a model compares with it.
public struct FirmTruth: Sendable {
    public let kind: USCC.Kind
    /// GB/T 2260 code of the registering division.
    public let division: String
    /// GB/T 4754-2017 class.
    public let industry: String
    /// 0 = careless and fragile … 1 = orderly and sound.
    public let quality: Double
    /// People at the start.
    public let headcount: Int
    /// An ordinary month's sales at the start.
    public let monthlySales: Money
    /// Growth of sales a month, as a fraction.
    public let growth: Double
    /// The month in which things go wrong, counted from the province's first; nil when they never do. A firm in trouble defaults.
    public let troubleMonth: Int?
    /// Money goes round in circles: inflow far above sales, from one counterparty.
    public let isFraud: Bool
    /// The first month with records, counted from the province's first: 0 but for the young.
    public let firstMonth: Int
    /// Day of registration.
    public let registeredOn: Day

    let trade: Trade
    let place: Place
    /// Where in the year the season's peak lies, 0…11.
    let seasonPhase: Int
    let taxPermille: Int

    init(index: Int, months: Int, first: Month, from random: inout SplitMix64) {
        // The first firm is always an ordinary enterprise, so that small provinces have one.
        let roll = index == 0 ? 0.5 : random.unit()
        kind = roll < 0.20 ? .soleTrader : (roll < 0.23 ? .cooperative : .enterprise)
        switch kind {
        case .soleTrader: trade = random.one(of: Trade.ofSoleTraders, or: Trade.ofSoleTraders[0])
        case .cooperative: trade = random.one(of: Trade.ofCooperatives, or: Trade.ofCooperatives[0])
        default: trade = random.one(of: Trade.ofEnterprises, or: Trade.ofEnterprises[0])
        }
        place = random.one(of: Place.all, or: Place.all[0])
        division = place.division
        industry = trade.industry

        // Two even draws: most firms are middling.
        quality = (random.unit() + random.unit()) / 2
        let size = random.unit()
        switch kind {
        case .soleTrader: headcount = random.whole(1...6)
        case .cooperative: headcount = random.whole(5...30)
        default: headcount = size < 0.6 ? random.whole(4...19) : (size < 0.92 ? random.whole(20...150) : random.whole(150...600))
        }
        let salesPerYear = Int64(headcount) * Int64(random.whole(trade.salesPerHead)) * 1_000
        monthlySales = Money(yuan: salesPerYear / 12)
        taxPermille = random.whole(trade.taxPermille)
        growth = (quality - 0.45) * 0.02 + random.between(-0.004, 0.004)
        seasonPhase = random.whole(0...11)

        let isYoung = months > 6 && random.chance(0.08)
        firstMonth = isYoung ? random.whole(1...months - 4) : 0
        let age = isYoung ? 0 : random.whole(8...240)
        let firstDay = (first + firstMonth).first
        registeredOn = (isYoung ? firstDay - random.whole(20...50) : (first + -age).first + random.whole(0...27))

        let hazard = 0.0004 + 0.0075 * (1 - quality) * (1 - quality)
        var trouble: Int?
        for month in firstMonth..<max(months, firstMonth + 1) where trouble == nil && random.chance(hazard) { trouble = month }
        troubleMonth = trouble
        isFraud = random.chance(kind == .enterprise ? 0.015 : 0.004)
    }

    /// Sales of a month without chance, as a multiple of an ordinary month's at the start.
    func level(ofMonth offset: Int, month: Month) -> Double {
        var level = 1.0
        for _ in 0..<offset { level *= 1 + growth }
        level *= 1 + trade.season * Trade.yearWave[(month.month - 1 + seasonPhase) % 12]
        // Spring Festival.
        if month.month == 2 { level *= 0.85 }
        if let troubleMonth, offset >= troubleMonth {
            for _ in troubleMonth...offset { level *= 0.86 }
        }
        return level
    }

    /// Months since things went wrong; nil while they have not.
    func monthsInTrouble(at offset: Int) -> Int? {
        guard let troubleMonth, offset >= troubleMonth else { return nil }
        return offset - troubleMonth
    }
}
