import Contracts
import Vocabulary

/// An invented province: firms with a hidden truth, and the records that sources and portals would write about them.
///
/// A firm's records depend on the seed, the firm's number and the months alone, so they are made when asked for, firm by firm, and memory
/// stays flat however many firms there are. The same arguments give the same bytes on every machine.
///
/// The codes are of nobody: bodies `PDY00001`…`PDY99999`, the zone which GB 11714 leaves to internal use, and beyond 99,999 firms
/// `PX100000` and upwards, which look the same and are as invented, but lie outside that zone.
public struct Province: Sendable {
    public let seed: UInt64
    /// How many firms there are; index 0 is number 1.
    public let firms: Int
    /// Months with monthly records, 1 or more.
    public let months: Int
    public let lastMonth: Month
    /// The share of monthly records with a planted error.
    public let badShare: BasisPoints

    /// More firms than the codes last for.
    public static let firmsMax = 5_999_999

    /// `firms` is held within 0…`firmsMax`, `months` within 1…600.
    public init(seed: UInt64, firms: Int, months: Int = 24, lastMonth: Month, badShare: BasisPoints = BasisPoints(50)) {
        self.seed = seed
        self.firms = min(max(firms, 0), Province.firmsMax)
        self.months = min(max(months, 1), 600)
        self.lastMonth = lastMonth
        self.badShare = badShare
    }

    public var firstMonth: Month { lastMonth + (1 - months) }

    /// Everything the outside would say about the firm, in the order in which it happened. Empty for an index that is no firm's.
    public func records(ofFirm index: Int) -> [OutsideRecord] {
        guard (0..<firms).contains(index) else { return [] }
        // Errors have a stream of their own: without them every other record is the same.
        var chance = SplitMix64(seed: seed, stream: UInt64(index) &* 2 &+ 1)
        return planting(in: drafts(ofFirm: index), from: &chance)
    }

    /// The firm's records before they are written.
    func drafts(ofFirm index: Int) -> [RecordDraft] {
        var random = SplitMix64(seed: seed, stream: UInt64(index) &* 2)
        let truth = FirmTruth(index: index, months: months, first: firstMonth, from: &random)
        let code = uscc(ofFirm: index, truth: truth).text
        var story = FirmStory(number: index + 1, truth: truth, uscc: code, first: firstMonth, months: months, random: random)
        story.tell()
        return story.drafts
    }

    /// What is really so about the firm. Nil for an index that is no firm's.
    public func truth(ofFirm index: Int) -> FirmTruth? {
        guard (0..<firms).contains(index) else { return nil }
        var random = SplitMix64(seed: seed, stream: UInt64(index) &* 2)
        return FirmTruth(index: index, months: months, first: firstMonth, from: &random)
    }

    /// The firm's code. Nil for an index that is no firm's.
    public func uscc(ofFirm index: Int) -> USCC? { truth(ofFirm: index).map { uscc(ofFirm: index, truth: $0) } }

    private func uscc(ofFirm index: Int, truth: FirmTruth) -> USCC {
        let number = index + 1
        if let code = USCC.synthetic(number: number, kind: truth.kind, region: truth.division) { return code }
        // From 100,000 on: PX, then PW, PU … with the six last digits.
        let series = Array("XWUTRQ")[number / 1_000_000 % 6]
        let digits = String(number % 1_000_000)
        let body = "P" + String(series) + String(repeating: "0", count: 6 - digits.count) + digits
        do {
            return try USCC.make(organisationBody: body, authorityKind: truth.kind.authorityAndKind, region: truth.division)
        } catch {
            preconditionFailure("a body of letters and digits of the code's alphabet always makes a code")
        }
    }

    /// Writes the records in order and spoils some of the monthly ones.
    private func planting(in drafts: [RecordDraft], from chance: inout SplitMix64) -> [OutsideRecord] {
        let share = Double(badShare.value) / 10_000
        var records: [OutsideRecord] = []
        records.reserveCapacity(drafts.count + 4)
        // A wrong unit shows only beside a good record of the month before.
        var lastGoodReturn: Month?
        for draft in drafts {
            let period = draft.period
            let isReturn = draft.type == "tax.return"
            var defect: PlantedDefect?
            if period != nil, chance.chance(share) {
                let drawn = chance.one(of: PlantedDefect.allCases, or: .unknownField)
                let isSlipSeen = isReturn && lastGoodReturn.map { $0 + 1 } == period
                defect = drawn == .unitSlip && !isSlipSeen ? .unknownField : drawn
            }
            let spoilt = defect.flatMap { draft.spoilt(by: $0) ?? draft.spoilt(by: .unknownField) }
            if spoilt?.planted?.isAddition ?? true {
                records.append(draft.written())
                if isReturn { lastGoodReturn = period }
            }
            if let spoilt { records.append(spoilt) }
        }
        return records
    }
}

extension RecordDraft {
    /// The month that a monthly record is about; nil for all others.
    var period: Month? {
        if case .month(let month)? = fields.first?.value { month } else { nil }
    }
}
