import Contracts
import Vocabulary

/// A province's monthly records with the monthly books of its enterprises, about one in a hundred of them wrong in content.
public struct QualityFeed: Sendable {
    /// One record and what was done to it.
    public struct Item: Sendable {
        public let record: OutsideRecord
        /// Nil for a right record.
        public let planted: PlantedError?
    }

    public let province: Province
    /// The share of monthly records with an error.
    public let errorShare: BasisPoints

    /// The record type of the monthly books: in the pack `governance`.
    public static let booksType = "books.month"

    /// `firms` and `months` as in `Province`; the form of every record is right.
    public init(seed: UInt64, firms: Int, months: Int = 24, lastMonth: Month, errorShare: BasisPoints = BasisPoints(100)) {
        province = Province(seed: seed, firms: firms, months: months, lastMonth: lastMonth, badShare: BasisPoints(0))
        self.errorShare = errorShare
    }

    /// The firm's registration, consents and monthly records in the order in which they happened. Empty for an index that is no firm's.
    public func items(ofFirm index: Int) -> [Item] {
        guard (0..<province.firms).contains(index), let truth = province.truth(ofFirm: index) else { return [] }
        var drafts = province.drafts(ofFirm: index).filter { $0.period != nil || ["registration", "consent.granted"].contains($0.type) }
        var chance = SplitMix64(seed: province.seed ^ 0x5EED_0F_E440_4500, stream: UInt64(index))
        if truth.kind == .enterprise { drafts = withBooks(drafts, of: truth, from: &chance) }
        var items: [Item] = []
        var former: [String: RecordDraft] = [:]
        var counts: [String: Int] = [:]
        for draft in drafts {
            let row = draft.row
            defer {
                former[row] = draft
                counts[row, default: 0] += 1
            }
            guard draft.period != nil, chance.chance(Double(errorShare.value) / 10_000) else {
                items.append(Item(record: draft.written(), planted: nil))
                continue
            }
            // The first kind that this record can have, in an order drawn anew.
            let kinds = PlantedError.allCases.shuffled(using: &chance)
            let made = kinds.lazy.compactMap { kind in
                draft.wrong(by: kind, after: former[row], age: counts[row] ?? 0, from: &chance).map { (kind, $0) }
            }.first
            guard let (kind, wrong) = made else {
                items.append(Item(record: draft.written(), planted: nil))
                continue
            }
            if kind == .repeated { items.append(Item(record: draft.written(), planted: nil)) }
            items.append(Item(record: wrong.written(), planted: kind))
        }
        return items
    }

    /// Books that close: cash in and out is what the banks say, assets are debts and equity.
    private func withBooks(_ drafts: [RecordDraft], of truth: FirmTruth, from chance: inout SplitMix64) -> [RecordDraft] {
        var flows: [Month: (inflow: Money, outflow: Money, last: RecordDraft)] = [:]
        for draft in drafts where draft.type == "bank-flow.month" {
            guard let period = draft.period else { continue }
            let former = flows[period]
            flows[period] = (
                (former?.inflow ?? .zero) + (draft.amount("inflow") ?? .zero),
                (former?.outflow ?? .zero) + (draft.amount("outflow") ?? .zero),
                draft
            )
        }
        var cash = truth.monthlySales * Int64(chance.whole(3...8))
        let fixed = truth.monthlySales * Int64(chance.whole(6...14))
        let debtShare = Int64(chance.whole(2_000...6_000))
        var books: [RecordDraft] = []
        for (period, flow) in flows.sorted(by: { $0.key < $1.key }) {
            let closing = cash + flow.inflow - flow.outflow
            let assets = fixed + closing
            let debts = assets.share(BasisPoints(debtShare))
            books.append(
                RecordDraft(
                    topic: Topic.source("bookkeeping"), id: "books-\(flow.last.subject)-\(period.text)", type: Self.booksType,
                    subject: flow.last.subject, time: flow.last.time,
                    fields: [
                        ("period", .month(period)), ("opening", .money(cash)), ("inflow", .money(flow.inflow)),
                        ("outflow", .money(flow.outflow)), ("closing", .money(closing)), ("assets", .money(assets)),
                        ("liabilities", .money(debts)), ("equity", .money(assets - debts)),
                    ]))
            cash = closing
        }
        return (drafts + books).sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }
}

extension RecordDraft {
    /// What its statements follow one another in: a firm's returns, one bank's flows, one kind of bill.
    var row: String {
        let apart = fields.compactMap { field -> String? in
            if field.name == "bank" || field.name == "kind", case .text(let text) = field.value { text } else { nil }
        }
        return ([type] + apart).joined(separator: "/")
    }

    func amount(_ name: String) -> Money? {
        if case .money(let amount)? = fields.first(where: { $0.name == name })?.value { amount } else { nil }
    }

    /// The record with the error in it; nil when it can not have it.
    func wrong(by error: PlantedError, after former: RecordDraft?, age: Int, from chance: inout SplitMix64) -> RecordDraft? {
        switch error {
        case .doubleEntry:
            guard type == QualityFeed.booksType else { return nil }
            let name = chance.one(of: ["closing", "assets", "equity"], or: "closing")
            let off = chance.between(0.02, 0.3)
            return scaled(by: chance.chance(0.5) ? 1 + off : 1 - off) { $0 == name }
        case .yearOnYear:
            // Where there is a year to compare with, and where the amount is the firm's own size.
            guard age >= 12, type != QualityFeed.booksType, type != "customs.month" else { return nil }
            return scaled(by: chance.between(3, 10)) { _ in true }
        case .stale:
            guard let former, let period, type != "social-insurance.month" else { return nil }
            var draft = self
            draft.fields = former.fields.map { name, value in
                switch (name, value) {
                case ("period", _): (name, .month(period))
                case (_, .day): (name, fields.first { $0.name == name }?.value ?? value)
                case (_, _): (name, value)
                }
            }
            return draft
        case .unitUp: return scaled(by: 10_000) { _ in true }
        case .unitDown:
            guard age >= 3 else { return nil }
            return scaled(by: 0.0001) { _ in true }
        case .swappedDigits:
            guard age >= 3, let place = firstAmountPlace, case .money(let amount) = fields[place].value else { return nil }
            var digits = Array(String(amount.fen).utf8)
            guard digits.count > 5, digits[0] != digits[1], digits[1] != UInt8(ascii: "0") else { return nil }
            digits.swapAt(0, 1)
            guard let swapped = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
            let ratio = Double(swapped) / Double(amount.fen)
            guard ratio >= 1.5 || ratio <= 0.5 else { return nil }
            var draft = self
            draft.fields[place].value = .money(Money(fen: swapped))
            return draft
        case .crossSource:
            switch type {
            case "order.month": return scaled(by: chance.between(1.5, 3)) { $0 == "amount" }
            case "customs.month": return scaled(by: chance.between(8, 20)) { $0 == "exports" }
            default: return nil
            }
        case .zeroed:
            guard age >= 3, type != "customs.month" else { return nil }
            guard let place = firstAmountPlace, case .money(let amount) = fields[place].value, amount > Money(yuan: 1_000) else {
                return nil
            }
            var draft = self
            draft.fields[place].value = .money(.zero)
            return draft
        case .wrongPeriod:
            guard let place = fields.firstIndex(where: { $0.name == "period" }), let period else { return nil }
            var draft = self
            draft.fields[place].value = .month(period + (chance.chance(0.5) ? 1 : -1))
            return draft
        case .repeated:
            var draft = self
            draft = RecordDraft(topic: topic, id: id + "-again", type: type, subject: subject, time: time + .seconds(60), fields: fields)
            return draft
        }
    }

    private var firstAmountPlace: Int? { fields.firstIndex { if case .money = $0.value { true } else { false } } }

    /// Amounts and quantities multiplied; nil when there are none.
    private func scaled(by factor: Double, _ isMeant: (String) -> Bool) -> RecordDraft? {
        var draft = self
        var isChanged = false
        for place in draft.fields.indices where isMeant(draft.fields[place].name) {
            switch draft.fields[place].value {
            case .money(let amount) where amount != .zero:
                draft.fields[place].value = .money(Money(fen: Int64((Double(amount.fen) * factor).rounded())))
                isChanged = true
            case .text, .whole, .money, .decimal, .day, .month, .texts, .flag: break
            }
        }
        return isChanged ? draft : nil
    }
}
