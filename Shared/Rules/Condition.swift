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
