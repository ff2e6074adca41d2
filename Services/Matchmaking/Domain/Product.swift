import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// A financing product, compiled from its catalogue entry.
public struct Product: Sendable {
    /// One condition and whether it decides.
    public struct Requirement: Sendable {
        public let condition: Condition
        /// False: shown to the firm and the institution, and refuses nobody.
        public let isHard: Bool
        /// The facts it asks for, sorted.
        public let names: [String]
    }

    public let id: String
    public let version: Int64
    public let institution: String
    public let kind: String
    public let amountMin: Money
    public let amountMax: Money
    public let monthsMin: Int64
    public let monthsMax: Int64
    /// Empty: any purpose.
    public let purposes: Set<String>
    /// Beginnings of division codes; empty: everywhere.
    public private(set) var regions: [String]
    public let requirements: [Requirement]
    /// Annual, basis points.
    public let baseRate: Int64
    /// Added to the base rate by grade, basis points; may be negative.
    public let gradeRates: [String: Int64]
    /// Once, basis points of the amount.
    public let fee: Int64
    /// The most that the institution lends, in yuan.
    public let limit: Logic
    /// Chance of success by grade, basis points.
    public let success: [String: Int64]
    /// Typical days until the money is there.
    public let days: Int64
    /// 0…10,000.
    public let service: Int64

    public static let kinds: Set<String> = ["credit", "mortgage", "guarantee", "factoring", "equity", "lease", "insurance"]

    /// Equity and insurance have no interest rate that could be compared with one.
    public var hasRate: Bool { kind != "equity" && kind != "insurance" }

    /// Reads the entry's body. What is wrong goes to `defects`.
    public init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        func text(_ name: String) -> String {
            guard let text = body[name]?.string, !text.isEmpty else {
                defects.append("`\(name)` is missing or not a text")
                return ""
            }
            return text
        }
        func whole(_ json: JSONValue?, _ name: String, _ range: ClosedRange<Int64>) -> Int64 {
            guard let number = json?.int, range.contains(number) else {
                defects.append("`\(name)` is not \(range.lowerBound)…\(range.upperBound)")
                return range.lowerBound
            }
            return number
        }
        func yuan(_ name: String) -> Money {
            guard let money = body[name]?.moneyInYuan, money >= .zero else {
                defects.append("`\(name)` is not an amount of yuan")
                return .zero
            }
            return money
        }
        func byGrade(_ json: JSONValue?, _ name: String, _ range: ClosedRange<Int64>) -> [String: Int64] {
            guard let json, json.kind == .object else {
                defects.append("`\(name)` is missing or not an object")
                return [:]
            }
            var table: [String: Int64] = [:]
            for (grade, value) in json.members { table[grade] = whole(value, "\(name).\(grade)", range) }
            return table
        }
        func texts(_ name: String) -> [String] {
            guard let list = body[name], !list.isNull else { return [] }
            let read = list.elements.compactMap(\.string)
            if list.kind != .array || read.count != list.count { defects.append("`\(name)` is not a list of texts") }
            return read
        }
        id = entry.id
        version = entry.version
        institution = text("institution")
        kind = text("kind")
        if !kind.isEmpty, !Self.kinds.contains(kind) { defects.append("`kind` is none of \(Self.kinds.sorted().joined(separator: ", "))") }
        amountMin = yuan("amountMin")
        amountMax = yuan("amountMax")
        if amountMax < amountMin { defects.append("`amountMax` is less than `amountMin`") }
        monthsMin = whole(body["monthsMin"], "monthsMin", 1...1_200)
        monthsMax = whole(body["monthsMax"], "monthsMax", 1...1_200)
        if monthsMax < monthsMin { defects.append("`monthsMax` is less than `monthsMin`") }
        purposes = Set(texts("purposes"))
        regions = texts("regions")
        baseRate = whole(body["rate"]?["baseBp"], "rate.baseBp", 0...10_000)
        gradeRates = byGrade(body["rate"]?["gradeBp"], "rate.gradeBp", -10_000...10_000)
        fee = whole(body["feeBp"], "feeBp", 0...10_000)
        success = byGrade(body["successBp"], "successBp", 0...10_000)
        days = whole(body["days"], "days", 0...3_650)
        service = whole(body["serviceBp"], "serviceBp", 0...10_000)

        var formula = Logic.constant(.number(0))
        if let json = body["limit"] {
            do throws(RuleDefect) { formula = try Logic(json) } catch { defects.append("`limit`: \(error)") }
        } else {
            defects.append("`limit` is missing")
        }
        limit = formula

        var requirements: [Requirement] = []
        if let json = body["conditions"], json.kind == .array {
            do throws(RuleDefect) {
                for (condition, element) in zip(try Condition.list(json), json.elements) {
                    if BuiltInCondition(rawValue: condition.id) != nil { defects.append("condition id `\(condition.id)` is taken") }
                    requirements.append(
                        Requirement(
                            condition: condition, isHard: element["isHard"]?.bool ?? true, names: condition.logic.variables))
                }
            } catch {
                defects.append("`conditions`: \(error)")
            }
        } else {
            defects.append("`conditions` is missing or not a list")
        }
        self.requirements = requirements
        if defects.count > before { return nil }
    }

    /// The product with the divisions that it serves as they count on the day: one that was abolished is what took over.
    func serving(_ divisions: DivisionTable, on day: Day) -> Product {
        var product = self
        product.regions = regions.map { divisions.counted($0, on: day) }
        return product
    }
}

/// The conditions that every product has by its own figures.
public enum BuiltInCondition: String, CaseIterable, Sendable {
    case amountRange = "amount-range"
    case monthsRange = "months-range"
    case purpose
    case region
    /// The limit formula reaches the product's smallest amount.
    case limit

    public var title: Bilingual {
        switch self {
        case .amountRange: Bilingual(en: "Amount within the product's range", zh: "金额在产品范围内")
        case .monthsRange: Bilingual(en: "Term within the product's range", zh: "期限在产品范围内")
        case .purpose: Bilingual(en: "Purpose that the product serves", zh: "用途符合产品规定")
        case .region: Bilingual(en: "Region that the product serves", zh: "地区符合产品规定")
        case .limit: Bilingual(en: "Limit reaches the product's smallest amount", zh: "测算额度达到产品最低金额")
        }
    }
}
