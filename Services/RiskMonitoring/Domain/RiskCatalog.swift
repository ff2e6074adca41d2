import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// A rule that warns: parsed once, judged whenever something about a borrower changes.
public struct RiskRule: Sendable {
    /// The entry's id and version.
    public let id: String
    public let version: Int64
    /// Shown to lenders.
    public let title: Bilingual
    /// `blue`, `yellow`, `orange` or `red`.
    public let level: String
    /// True means: warn.
    public let logic: Logic
    /// What the rule asks for, sorted: shown with the alert.
    let variables: [String]

    static let levels = ["blue", "yellow", "orange", "red"]
    static let dimensions: Set<String> = [
        "concentration", "region", "industry", "repayment", "tax", "judicial", "operation", "flow", "guarantee", "title", "governance",
        "public-opinion",
    ]

    /// Nil when the entry can not be used; why goes to `defects`.
    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        if !Self.levels.contains(entry.body["level"]?.string ?? "") {
            defects.append("`level` is none of \(Self.levels.joined(separator: ", "))")
        }
        if !Self.dimensions.contains(entry.body["dimension"]?.string ?? "") {
            defects.append("`dimension` is none of \(Self.dimensions.sorted().joined(separator: ", "))")
        }
        var title: Bilingual?
        do throws(ContractDefect) {
            title = try entry.body["title"].map { json throws(ContractDefect) in try Bilingual(json) }
        } catch {
            defects.append("`title`: \(error)")
        }
        var logic: Logic?
        do throws(RuleDefect) {
            logic = try entry.body["logic"].map { json throws(RuleDefect) in try Logic(json) }
        } catch {
            defects.append("`logic`: \(error)")
        }
        if defects.count == before, logic == nil { defects.append("`logic` is missing") }
        if defects.count == before, title == nil { defects.append("`title` is not {en, zh}") }
        guard defects.count == before, let logic, let title, let level = entry.body["level"]?.string else { return nil }
        id = entry.id
        version = entry.version
        self.title = title
        self.level = level
        self.logic = logic
        variables = logic.variables
    }

    /// `loan.balance=3000000, flow-inflow-12m=4000000`: what the rule saw, unknown values left out.
    func observed(_ facts: [String: RuleValue]) -> String {
        variables.compactMap { name in facts[name].map { "\(name)=\($0.text)" } }.joined(separator: ", ")
    }
}

/// The rules in force, and what sorts out those that can not fire without judging each.
struct RiskBoard: Sendable {
    /// By id.
    private let rules: [RiskRule]
    private let ids: Set<String>
    private let sieve: RuleSieve

    init(_ rules: [RiskRule]) {
        self.rules = rules
        ids = Set(rules.map(\.id))
        sieve = RuleSieve(rules.map(\.logic))
    }

    func contains(_ id: String) -> Bool { ids.contains(id) }

    /// All rules that fire, and some that do not; and those named, which an alert stands for.
    func candidates(_ facts: [String: RuleValue], and named: Set<String>) -> [RiskRule] {
        let passing = Set(sieve.passing(facts))
        return rules.indices.filter { passing.contains($0) || named.contains(rules[$0].id) }.map { rules[$0] }
    }
}

/// What risk monitoring makes of the catalogue: every version of every rule, and what tags ask for.
public final class RiskCatalog: CatalogView {
    /// The kind of entry that a rule is.
    public static let ruleKind = "riskRule"

    private let rules: [String: Versions<RiskRule>]
    /// The indicators that each tag asks for.
    private let tags: [String: Versions<[String]>]
    /// Of all rules ever published, sorted.
    private let ids: [String]
    /// When a version of a rule takes effect, ascending.
    private let changes: [Instant]
    private let boards = SpanCache<RiskBoard>()
    /// Entries that cannot be used, by `kind/id/version`. The version before stays in use.
    public let defects: [String: [String]]

    public init(_ catalog: Catalog) {
        var rules: [String: Versions<RiskRule>] = [:]
        var tags: [String: Versions<[String]>] = [:]
        var unusable: [String: [String]] = [:]
        // By kind and id, versions ascending.
        for entry in catalog.all {
            switch entry.kind {
            case Self.ruleKind: rules.add(entry, unusable: &unusable) { RiskRule($0, defects: &$1) }
            case "tag":
                if entry.isWithdrawn {
                    tags[entry.id, default: Versions()].add(nil, from: entry.effectiveFrom)
                } else if let logic = entry.body["logic"].flatMap({ try? Logic($0) }) {
                    // What is wrong with a tag that can not be read is for scoring to say.
                    tags[entry.id, default: Versions()].add(logic.variables, from: entry.effectiveFrom)
                }
            default: continue
            }
        }
        self.rules = rules
        self.tags = tags
        ids = rules.keys.sorted()
        changes = Set(rules.values.flatMap(\.starts)).sorted()
        defects = unusable
    }

    /// The rules in force at `now`.
    func board(at now: Instant) -> RiskBoard {
        boards.made(at: now, changes: changes) {
            RiskBoard(ids.compactMap { rules[$0]?.inForce(at: now) })
        }
    }

    public func prepare(at now: Instant) { _ = board(at: now) }

    /// What the rule rests on: what it asks for, and the indicators that its tags ask for.
    func grounds(of rule: RiskRule, at now: Instant) -> Set<String> {
        var grounds = Set(rule.variables)
        for name in rule.variables where name.hasPrefix(Self.tagPrefix) {
            grounds.formUnion(tags[String(name.dropFirst(Self.tagPrefix.count))]?.inForce(at: now) ?? [])
        }
        return grounds
    }

    private static let tagPrefix = "tag."

    /// The title of the rule's last usable version, in force or not; its id when there is none.
    func title(of rule: String) -> Bilingual {
        rules[rule]?.last()?.title ?? Bilingual(en: rule, zh: rule)
    }
}
