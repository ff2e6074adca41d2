import Contracts
import Vocabulary

/// Turns a firm's truth into records.
struct FirmStory {
    let number: Int
    let truth: FirmTruth
    let uscc: String
    let first: Month
    let months: Int
    var random: SplitMix64
    /// In the order of time once told.
    private(set) var drafts: [RecordDraft] = []

    init(number: Int, truth: FirmTruth, uscc: String, first: Month, months: Int, random: SplitMix64) {
        self.number = number
        self.truth = truth
        self.uscc = uscc
        self.first = first
        self.months = months
        self.random = random
    }

    private var digits: String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 6 - text.count)) + text
    }
    private var isEnterprise: Bool { truth.kind == .enterprise }
    private var firstOwnMonth: Month { first + truth.firstMonth }
    private var lastDay: Day { (first + (months - 1)).last }

    mutating func tell() {
        let banks = ["bank-a", "bank-b", "bank-c"]
        let mainBank = random.whole(0...2)
        let secondBank = isEnterprise && random.chance(0.8) ? banks[(mainBank + 1) % 3] : nil
        let hasGas = truth.trade.nameWord == "餐馆" || random.chance(isEnterprise ? 0.7 : 0.4)
        let exports = truth.trade.exports && random.chance(0.25)
        let hasOrders = truth.trade.hasOrders && random.chance(0.8)
        let headcountGrowth = truth.growth * 0.6

        standing()
        var people = Double(truth.headcount)
        for offset in truth.firstMonth..<months {
            let month = first + offset
            let sales = money(truth.monthlySales, times: truth.level(ofMonth: offset, month: month) * random.factor(spread: 0.12))
            let trouble = truth.monthsInTrouble(at: offset)
            people *= 1 + headcountGrowth - (trouble == nil ? 0 : 0.06)
            taxReturn(month, sales: sales, trouble: trouble)
            socialInsurance(month, headcount: max(1, Int(people.rounded())), trouble: trouble)
            utilities(month, sales: sales, trouble: trouble, hasGas: hasGas)
            bankFlow(month, bank: banks[mainBank], sales: sales, share: secondBank == nil ? 1 : 0.7)
            if let secondBank { bankFlow(month, bank: secondBank, sales: sales, share: 0.3) }
            if exports { customs(month, sales: sales) }
            if hasOrders { orders(month, sales: sales) }
        }
        record()
        merits()
        statements()
        request()
        drafts.sort { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    // MARK: Standing data

    private mutating func standing() {
        let start = firstOwnMonth.first - 6
        let words = ["星桥", "恒达", "湘盛", "华岳", "金诚", "远航", "明德", "瑞丰", "天成", "博雅", "中正", "新禾"]
        let surnames = ["王", "李", "张", "刘", "陈", "杨", "黄", "周", "吴", "徐", "孙", "胡"]
        let givenNames = ["建国", "志强", "秀英", "海燕", "文斌", "丽华", "永康", "晓东", "国平", "雪梅"]
        let ending: String
        switch truth.kind {
        case .soleTrader, .cooperative: ending = ""
        default: ending = "有限公司"
        }
        let name = truth.place.word + random.one(of: words, or: "星桥") + truth.trade.nameWord + ending + "（\(number)号）"
        let person = random.one(of: surnames, or: "王") + random.one(of: givenNames, or: "建国")
        let capital = isEnterprise ? Money(yuan: Int64(truth.headcount) * Int64(random.whole(2...30)) * 10_000) : Money(yuan: 20_000)
        let aliases = random.chance(0.3) ? [truth.division + "000" + digits] : []
        add(
            "source.market-regulation", "registration-\(digits)", "registration", on: start,
            [
                ("uscc", .text(uscc)), ("name", .text(name)), ("legalPerson", .text(person)),
                ("address", .text(truth.place.word + "示范路\(random.whole(1...999))号")), ("division", .text(truth.division)),
                ("industry", .text(truth.industry)), ("registeredOn", .day(truth.registeredOn)), ("capital", .money(capital)),
                ("employees", .whole(truth.headcount)), ("status", .text("normal")), ("aliases", .texts(aliases)),
            ])
        add(
            "portal", "consent-\(digits)", "consent.granted", on: start,
            [
                ("consentId", .text("consent-\(digits)")), ("receivers", .texts(["*"])),
                (
                    "categories",
                    .texts([
                        "registration", "tax", "social-insurance", "utility", "bank-flow", "judicial", "score", "portrait", "application",
                        "loan",
                    ])
                ),
                ("purposes", .texts(["collection", "loan-application", "post-loan", "policy"])), ("from", .day(start)),
                ("until", .day(lastDay.adding(months: 36))), ("signature", .text("synthetic:" + String(random.next(), radix: 16))),
                ("channel", .text(random.one(of: ["portal", "counter", "app"], or: "portal"))),
            ])
        if random.chance(0.5) {
            add(
                "source.market-regulation", "licence-\(digits)", "licence", on: start + 1,
                [
                    ("licenceNo", .text("XK-\(truth.division)-\(digits)")), ("kind", .text("business-premises")),
                    ("validFrom", .day(start - random.whole(0...300))), ("validTo", .day(lastDay.adding(months: random.whole(6...36)))),
                ])
        }
    }

    // MARK: Month by month

    private mutating func taxReturn(_ month: Month, sales: Money, trouble: Int?) {
        // Careless firms now and then declare nothing.
        guard !random.chance(0.03 * (1 - truth.quality) + (trouble == nil ? 0 : 0.15)) else { return }
        let due = sales.share(BasisPoints(Int64(truth.taxPermille) * 10))
        var paid = due
        if trouble != nil {
            paid = money(due, times: random.between(0.1, 0.85))
        } else if random.chance(0.10 * (1 - truth.quality)) {
            paid = money(due, times: random.between(0.7, 1))
        }
        let grade: String
        if let trouble, trouble > 2 {
            grade = trouble > 6 ? "D" : "C"
        } else {
            grade = truth.firstMonth > 0 ? "M" : (truth.quality > 0.62 ? "A" : (truth.quality > 0.3 ? "B" : "C"))
        }
        let next = month + 1
        add(
            "source.tax", "tax-\(digits)-\(month.text)", "tax.return", on: month.last,
            [
                ("period", .month(month)), ("sales", .money(sales)), ("taxDue", .money(due)), ("taxPaid", .money(paid)),
                ("grade", .text(grade)), ("declaredOn", .day(next.first + random.whole(4...14))),
            ])
    }

    private mutating func socialInsurance(_ month: Month, headcount: Int, trouble: Int?) {
        let due = Money(yuan: Int64(headcount) * Int64(random.whole(1_150...1_250)))
        let isShort = random.chance(0.06 * (1 - truth.quality) + (trouble == nil ? 0 : 0.5))
        let paid = isShort ? money(due, times: random.between(0.3, 0.95)) : due
        add(
            "source.social-insurance", "social-\(digits)-\(month.text)", "social-insurance.month", on: month.last,
            [("period", .month(month)), ("headcount", .whole(headcount)), ("due", .money(due)), ("paid", .money(paid))])
    }

    private mutating func utilities(_ month: Month, sales: Money, trouble: Int?, hasGas: Bool) {
        let isLate = random.chance(0.05 * (1 - truth.quality) + (trouble == nil ? 0 : 0.5))
        let daysLate = isLate ? random.whole(1...(trouble == nil ? 12 : 45)) : 0
        // A firm whose money goes round in circles makes little: its meters tell.
        let made = truth.isFraud ? 0.25 : 1.0
        let thousands = Double(sales.fen) / 100_000
        let power = max(60, thousands * truth.trade.power * made * random.factor(spread: 0.08))
        utility(month, "electricity", quantity: power, fenPerUnit: 68, daysLate: daysLate)
        let water = max(4, Double(truth.headcount) * 4 + thousands * 0.3) * random.factor(spread: 0.2)
        utility(month, "water", quantity: water, fenPerUnit: 420, daysLate: daysLate)
        if hasGas { utility(month, "gas", quantity: max(10, thousands * 1.5 * random.factor(spread: 0.15)), fenPerUnit: 355, daysLate: 0) }
    }

    private mutating func utility(_ month: Month, _ kind: String, quantity: Double, fenPerUnit: Int64, daysLate: Int) {
        let tenths = Int64((quantity * 10).rounded())
        add(
            "source.utility", "utility-\(digits)-\(month.text)-\(kind)", "utility.bill", on: month.last,
            [
                ("period", .month(month)), ("kind", .text(kind)), ("quantity", .decimal(tenths, scale: 1)),
                ("amount", .money(Money(fen: tenths * fenPerUnit / 10))), ("daysLate", .whole(daysLate)),
            ])
    }

    private mutating func bankFlow(_ month: Month, bank: String, sales: Money, share: Double) {
        let round = truth.isFraud ? random.between(2.6, 3.6) : 1.03
        let inflow = money(sales, times: share * round * random.factor(spread: 0.1 + 0.25 * (1 - truth.quality)))
        let outflow = money(inflow, times: random.between(0.85, 1.04))
        let largest = truth.isFraud ? random.whole(620...920) : random.whole(80...420)
        add(
            "source.bank-flow", "flow-\(digits)-\(month.text)-\(bank)", "bank-flow.month", on: month.last,
            [
                ("period", .month(month)), ("bank", .text(bank)), ("inflow", .money(inflow)), ("outflow", .money(outflow)),
                ("transactions", .whole(max(3, Int(inflow.fen / 1_500_000) + random.whole(0...20)))),
                ("largestShare", .decimal(Int64(largest), scale: 3)),
            ])
    }

    private mutating func customs(_ month: Month, sales: Money) {
        add(
            "source.customs", "customs-\(digits)-\(month.text)", "customs.month", on: month.last,
            [
                ("period", .month(month)), ("exports", .money(money(sales, times: random.between(0.15, 0.35)))),
                ("imports", .money(money(sales, times: random.between(0, 0.08)))),
            ])
    }

    private mutating func orders(_ month: Month, sales: Money) {
        add(
            "source.logistics", "orders-\(digits)-\(month.text)", "order.month", on: month.last,
            [
                ("period", .month(month)), ("orders", .whole(max(1, Int(sales.fen / 3_000_000)))),
                ("amount", .money(money(sales, times: random.between(0.75, 0.98)))),
            ])
    }

    // MARK: Now and then

    private mutating func record() {
        if random.chance(0.02 + 0.12 * (1 - truth.quality)) {
            let published = day(from: 0, to: months - 1)
            let roll = random.unit()
            let kind = roll < 0.5 ? "minor" : (roll < 0.9 ? "ordinary" : "serious")
            let fine = Money(yuan: Int64(kind == "minor" ? random.whole(2...30) : random.whole(20...400)) * 1_000)
            let number = "湘罚决字〔\(published.civil.year)〕\(digits)号"
            add(
                "source.credit-china", "penalty-\(digits)", "penalty", on: published,
                [
                    ("decisionNo", .text(number)), ("class", .text(kind)), ("amount", .money(fine)), ("publishedOn", .day(published)),
                    ("authority", .text("市场监督管理局")),
                ])
            // Repair is possible from three months on, for serious cases from twelve.
            let repaired = published.adding(months: kind == "serious" ? 13 : 4)
            if repaired <= lastDay, random.chance(0.5) {
                add(
                    "source.credit-china", "repair-\(digits)", "penalty.repaired", on: repaired,
                    [("decisionNo", .text(number)), ("approvedOn", .day(repaired))])
            }
        }
        if let trouble = truth.troubleMonth, trouble + 2 < months {
            courtCase(1, role: "defendant", on: day(from: trouble + 1, to: months - 1), isOpen: true)
            if random.chance(0.5) { courtCase(2, role: "executed", on: day(from: trouble + 2, to: months - 1), isOpen: true) }
        } else if random.chance(0.07) {
            let role = random.chance(0.6) ? "plaintiff" : "defendant"
            courtCase(1, role: role, on: day(from: 0, to: months - 1), isOpen: random.chance(0.3))
        }
        if random.chance(0.7) {
            let evaluated = day(from: max(0, months - 10), to: months - 1)
            let isBad = truth.troubleMonth != nil && random.chance(0.5)
            let grade = isBad ? "D" : (truth.quality > 0.6 ? "A" : (truth.quality > 0.3 ? "B" : "C"))
            add(
                "source.credit-china", "public-grade-\(digits)", "public-grade", on: evaluated,
                [("grade", .text(grade)), ("evaluatedOn", .day(evaluated))])
        }
    }

    private mutating func courtCase(_ serial: Int, role: String, on day: Day, isOpen: Bool) {
        add(
            "source.court", "case-\(digits)-\(serial)", "judicial.case", on: day,
            [
                ("caseNo", .text("(\(day.civil.year))湘\(truth.division.suffix(4))民初\(digits)\(serial)号")), ("role", .text(role)),
                ("kind", .text("sales-contract")), ("amount", .money(money(truth.monthlySales, times: random.between(0.1, 1.5)))),
                ("filedOn", .day(day)), ("status", .text(isOpen ? "open" : "closed")),
            ])
    }

    private mutating func merits() {
        guard isEnterprise else { return }
        if truth.trade.isTechnology {
            for (kind, probability) in [("high-tech", 0.35), ("specialised-new", 0.15), ("sci-tech-sme", 0.3)]
            where random.chance(probability * (0.4 + truth.quality)) {
                let from = day(from: 0, to: months - 1)
                add(
                    "source.science", "qualification-\(digits)-\(kind)", "qualification", on: from,
                    [("kind", .text(kind)), ("validFrom", .day(from)), ("validTo", .day(from.adding(months: 36)))])
            }
            for serial in 1...4 where random.chance(0.35 * (0.4 + truth.quality)) {
                let granted = day(from: 0, to: months - 1)
                add(
                    "source.science", "patent-\(digits)-\(serial)", "patent", on: granted,
                    [
                        ("patentNo", .text("ZL\(granted.civil.year)\(digits).\(serial)")),
                        ("kind", .text(random.one(of: ["invention", "utility", "utility", "design"], or: "utility"))),
                        ("grantedOn", .day(granted)),
                    ])
            }
        }
        if random.chance(0.08) {
            let signed = day(from: 0, to: months - 1)
            add(
                "source.procurement", "contract-\(digits)", "procurement.contract", on: signed,
                [
                    ("contractNo", .text("HNCG-\(signed.civil.year)-\(digits)")), ("buyer", .text(truth.place.word + "某单位")),
                    ("amount", .money(money(truth.monthlySales, times: random.between(0.3, 2)))), ("signedOn", .day(signed)),
                    ("fulfilled", .flag(truth.troubleMonth == nil || random.chance(0.5))),
                ])
        }
    }

    /// Each April's statement of the year before.
    private mutating func statements() {
        guard isEnterprise else { return }
        let assets = money(truth.monthlySales, times: random.between(8, 18))
        let debt = random.between(0.25, 0.55) + 0.3 * (1 - truth.quality)
        for offset in truth.firstMonth..<months where (first + offset).month == 4 {
            let month = first + offset
            let revenue = money(truth.monthlySales, times: 12 * random.factor(spread: 0.1))
            let margin = truth.monthsInTrouble(at: offset) == nil ? (truth.quality - 0.2) * 0.12 : -0.15
            add(
                "source.market-regulation", "statement-\(digits)-\(month.year - 1)", "financial-statement", on: month.last,
                [
                    ("year", .whole(month.year - 1)), ("assets", .money(assets)), ("liabilities", .money(money(assets, times: debt))),
                    ("revenue", .money(revenue)), ("netProfit", .money(money(revenue, times: margin))),
                ])
        }
    }

    /// About one firm in seven asks for money on the last day.
    private mutating func request() {
        guard random.chance(0.15) else { return }
        let tenThousands = max(2, Int64(Double(truth.monthlySales.fen) * 12 * random.between(0.04, 0.16)) / 1_000_000)
        add(
            "portal", "application-\(digits)", "financing.requested", on: lastDay, hour: 18,
            [
                ("applicationId", .text("app-\(digits)-1")), ("amount", .money(Money(yuan: tenThousands * 10_000))),
                ("months", .whole(random.one(of: [6, 12, 12, 24], or: 12))),
                (
                    "purpose",
                    .text(random.one(of: ["working-capital", "working-capital", "equipment", "research", "trade"], or: "working-capital"))
                ),
                ("consentId", .text("consent-\(digits)")),
            ])
    }

    // MARK: Parts

    private mutating func add(
        _ writer: String, _ id: String, _ type: String, on day: Day, hour: Int = 12,
        _ fields: [(name: String, value: RecordDraft.FieldValue)]
    ) {
        let topic = writer == "portal" ? Topic.portalIn : writer + ".records.v1"
        let time = day.startInChina + .seconds(hour * 3_600 + random.whole(0...14_399))
        drafts.append(RecordDraft(topic: topic, id: id, type: type, subject: uscc, time: time, fields: fields))
    }

    /// A day within the months counted from the province's first, never before the firm's own first.
    private mutating func day(from low: Int, to high: Int) -> Day {
        let start = min(max(low, truth.firstMonth), months - 1)
        let month = first + random.whole(start...max(start, high))
        return month.first + random.whole(0...month.length - 1)
    }

    /// Rounds to the nearest fen.
    private func money(_ amount: Money, times factor: Double) -> Money {
        Money(fen: Int64((Double(amount.fen) * factor).rounded()))
    }
}
