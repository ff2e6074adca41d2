import Wire

/// One requirement that a subject meets or does not meet, with words for people.
public struct Condition: Hashable, Sendable {
    /// Unique in its list; stable, as it is stored with decisions.
    public let id: String
    public let title: Title
    public let logic: Logic

    /// The requirement in both languages.
    public struct Title: Hashable, Sendable {
        public let en: String
        public let zh: String

        public init(en: String, zh: String) {
            self.en = en
            self.zh = zh
        }
    }

    public init(id: String, title: Title, logic: Logic) {
        self.id = id
        self.title = title
        self.logic = logic
    }

    /// Reads `{"id": …, "title": {"en": …, "zh": …}, "logic": …}`. Refuses what is missing, empty or no rule.
    public init(_ json: JSONValue) throws(RuleDefect) {
        id = try Condition.text("id", in: json, path: "")
        guard let words = json["title"] else { throw RuleDefect(.field("title"), pointer: "", in: json) }
        title = Title(
            en: try Condition.text("en", in: words, path: "/title"), zh: try Condition.text("zh", in: words, path: "/title"))
        guard let rule = json["logic"] else { throw RuleDefect(.field("logic"), pointer: "", in: json) }
        do throws(RuleDefect) { logic = try Logic(rule) } catch { throw error.within("/logic") }
    }

    /// Reads an array of conditions. Refuses a repeated id.
    public static func list(_ json: JSONValue) throws(RuleDefect) -> [Condition] {
        guard json.kind == .array else { throw RuleDefect(.field("conditions"), pointer: "", in: json) }
        var conditions: [Condition] = []
        var ids: Set<String> = []
        for (position, element) in json.elements.enumerated() {
            let condition: Condition
            do throws(RuleDefect) { condition = try Condition(element) } catch { throw error.within("/\(position)") }
            guard ids.insert(condition.id).inserted else {
                throw RuleDefect(.repeatedID(condition.id), pointer: "/\(position)/id", in: element)
            }
            conditions.append(condition)
        }
        return conditions
    }

    private static func text(_ field: String, in json: JSONValue, path: String) throws(RuleDefect) -> String {
        guard let text = json[field]?.string, !text.isEmpty else { throw RuleDefect(.field(field), pointer: path, in: json) }
        return text
    }
}

/// A condition's verdict with what was seen, for showing to the firm and the institution.
public struct ConditionVerdict: Hashable, Sendable {
    /// The condition's id.
    public let id: String
    public let truth: Truth
    /// The facts that the condition asks for and that are known, by name.
    public let observed: [Observation]
    /// The facts whose absence leaves the truth open, by name.
    public let missing: [String]

    public struct Observation: Hashable, Sendable {
        public let name: String
        public let value: RuleValue

        public init(name: String, value: RuleValue) {
            self.name = name
            self.value = value
        }
    }

    public init(id: String, truth: Truth, observed: [Observation], missing: [String]) {
        self.id = id
        self.truth = truth
        self.observed = observed
        self.missing = missing
    }
}

/// The verdict on every condition, in the order given: met, unmet and open ones alike.
public func explain(
    _ conditions: [Condition], _ facts: some FactSource, budget: RuleBudget = .standard
) -> [ConditionVerdict] {
    conditions.map { condition in
        let verdict = condition.logic.judge(facts, budget: budget)
        let observed: [ConditionVerdict.Observation] = condition.logic.variables.compactMap { name in
            guard let value = facts.find(VariableName(name)) else { return nil }
            return ConditionVerdict.Observation(name: name, value: value)
        }
        return ConditionVerdict(id: condition.id, truth: verdict.truth, observed: observed, missing: verdict.missing)
    }
}
