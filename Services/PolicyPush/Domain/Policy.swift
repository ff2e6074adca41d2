import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// A policy for firms, compiled from its catalogue entry.
public struct Policy: Sendable {
    public let id: String
    public let version: Int64
    public let kind: String
    public let title: Bilingual
    public let department: Bilingual
    public let beneficiaries: Bilingual
    public let procedure: Bilingual
    public let conditions: [Condition]
    /// The facts that each condition asks for, in the order of the conditions.
    public let names: [[String]]
    /// The first and the last day on which a firm can apply.
    public let windowFrom: Day
    public let windowTo: Day
    /// In yuan; nil when the policy has none.
    public let amount: Logic?
    /// The house claims the grant for the firm.
    public let isWithoutApplication: Bool
    /// Nil: no limit.
    public let budget: Money?
    /// Days before the last day, most first.
    public let reminders: [Int]

    public static let kinds: Set<String> = [
        "interest-subsidy", "risk-compensation", "guarantee-fee-subsidy", "first-loan", "grant", "qualification", "honour",
    ]

    /// The start of the first day, in China.
    public var opens: Instant { windowFrom.startInChina }

    /// The end of the last day, in China.
    public var closes: Instant { (windowTo + 1).startInChina }

    /// One round of money: versions with the same first day share budget and beneficiaries, so a correction of the text pays nobody twice.
    public var round: String { windowFrom.text }

    /// 09:00 in China, so many days before the last day.
    public func reminder(_ daysLeft: Int) -> Instant { (windowTo - daysLeft).startInChina + .seconds(9 * 3_600) }

    /// Reads the entry's body. What is wrong goes to `defects`.
    public init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        let body = entry.body
        func bilingual(_ name: String) -> Bilingual {
            if let json = body[name], let en = json["en"]?.string, let zh = json["zh"]?.string, !en.isEmpty, !zh.isEmpty {
                return Bilingual(en: en, zh: zh)
            }
            defects.append("`\(name)` is not {en, zh}")
            return Bilingual(en: "", zh: "")
        }
        func day(_ name: String) -> Day {
            if let day = body["window"]?[name]?.day { return day }
            defects.append("`window.\(name)` is not a day")
            return Day(number: 0)
        }
        id = entry.id
        version = entry.version
        kind = body["kind"]?.string ?? ""
        if !Self.kinds.contains(kind) { defects.append("`kind` is none of \(Self.kinds.sorted().joined(separator: ", "))") }
        title = bilingual("title")
        department = bilingual("department")
        beneficiaries = bilingual("beneficiaries")
        procedure = bilingual("procedure")
        windowFrom = day("from")
        windowTo = day("to")
        if windowTo < windowFrom { defects.append("`window.to` is before `window.from`") }

        var conditions: [Condition] = []
        if let json = body["conditions"], json.kind == .array, json.count > 0 {
            do throws(RuleDefect) { conditions = try Condition.list(json) } catch { defects.append("`conditions`: \(error)") }
        } else {
            defects.append("`conditions` is missing or empty")
        }
        self.conditions = conditions
        names = conditions.map(\.logic.variables)

        var formula: Logic?
        if let json = body["amount"], !json.isNull {
            do throws(RuleDefect) { formula = try Logic(json) } catch { defects.append("`amount`: \(error)") }
        }
        amount = formula

        var isWithoutApplication = false
        if let json = body["noApplication"], !json.isNull {
            if json.bool == nil { defects.append("`noApplication` is not true or false") }
            isWithoutApplication = json.bool ?? false
        }
        self.isWithoutApplication = isWithoutApplication
        if isWithoutApplication, formula == nil { defects.append("`amount` is missing, which a policy without application needs") }

        var budget: Money?
        if let json = body["budget"], !json.isNull {
            budget = json.moneyInYuan
            if (budget ?? Money(fen: -1)) < .zero { defects.append("`budget` is not an amount of yuan") }
        }
        self.budget = budget

        var days: Set<Int> = []
        for json in body["reminders"].map({ Array($0.elements) }) ?? [] {
            if let number = json.int, (0...366).contains(number) {
                days.insert(Int(number))
            } else {
                defects.append("a reminder is not 0…366 days")
            }
        }
        reminders = days.sorted(by: >)
        if defects.count > before { return nil }
    }
}

/// Whether a policy fits a subject.
public struct PolicyFit: Sendable {
    /// `yes` when every condition holds; `no` when one does not; else `unknown`.
    public let truth: Truth
    /// Every condition, met or not, in order.
    public let conditions: [ConditionResult]
    /// What the firm would get; zero when the policy has no amount, or it cannot be computed.
    public let amount: Money

    public init(_ policy: Policy, _ facts: SubjectFacts) {
        var truth = Truth.yes
        var results: [ConditionResult] = []
        results.reserveCapacity(policy.conditions.count)
        for (condition, names) in zip(policy.conditions, policy.names) {
            let verdict = condition.logic.judge(facts)
            switch verdict.truth {
            case .yes: break
            case .no: truth = .no
            case .unknown: truth = truth == .no ? .no : .unknown
            }
            let observed =
                verdict.truth == .unknown
                ? "missing: " + verdict.missing.joined(separator: ", ")
                : names.compactMap { name in facts.value(name).map { "\(name)=\($0.text)" } }.joined(separator: ", ")
            results.append(
                ConditionResult(
                    condition: condition.id, truth: verdict.truth.rawValue,
                    title: Bilingual(en: condition.title.en, zh: condition.title.zh), observed: observed))
        }
        self.truth = truth
        conditions = results
        var amount = Money.zero
        if truth == .yes, let formula = policy.amount, case .known(let known) = facts.amount(of: formula) { amount = known }
        self.amount = amount
    }

    /// Stable codes for why a push is taken back.
    public var withdrawalReason: String { truth == .no ? "conditions-no-longer-met" : "evidence-missing" }
}
