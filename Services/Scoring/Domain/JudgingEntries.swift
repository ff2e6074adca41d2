import Contracts
import Deciding
import Models
import Rules
import Vocabulary
import Wire

/// An entry of kind `tag`: a word that a subject has when a rule holds.
package struct Tag: Sendable {
    package let id: String
    package let title: Bilingual
    let logic: Logic

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        guard let logic = Logic(member: "logic", of: entry.body, defects: &defects) else { return nil }
        id = entry.id
        title = entry.title
        self.logic = logic
    }
}

/// An entry of kind `dimension`: a side of the portrait, 0…1000 points.
package struct Dimension: Sendable {
    package let id: String
    package let title: Bilingual
    let base: Int64
    let items: [Item]

    struct Item: Sendable {
        let id: String
        let logic: Logic
        let points: Int64
    }

    static let ids: Set<String> = ["commercial", "financial", "regulatory"]
    private static let pointsRange: ClosedRange<Int64> = -10_000...10_000

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        id = entry.id
        title = entry.title
        if !Self.ids.contains(id) { defects.append("the id is none of \(Self.ids.sorted().joined(separator: ", "))") }
        base = entry.body["base"]?.int ?? .min
        if !Self.pointsRange.contains(base) { defects.append("`base` is missing or out of range") }
        var items: [Item] = []
        for json in entry.body["items"].map({ Array($0.elements) }) ?? [] {
            guard let id = json["id"]?.string, !id.isEmpty, !items.contains(where: { $0.id == id }) else {
                defects.append("an item has no id of its own")
                continue
            }
            guard let points = json["points"]?.int, Self.pointsRange.contains(points) else {
                defects.append("item `\(id)`: `points` is missing or out of range")
                continue
            }
            if let logic = Logic(member: "logic", of: json, defects: &defects) {
                items.append(Item(id: id, logic: logic, points: points))
            }
        }
        if items.isEmpty { defects.append("`items` is missing or empty") }
        self.items = items
        if defects.count > before { return nil }
    }

    /// 0…1000.
    func points(_ facts: [String: RuleValue]) -> Int64 {
        min(max(items.reduce(base) { $0 &+ ($1.logic.judge(facts).truth == .yes ? $1.points : 0) }, 0), 1_000)
    }

    /// Something that the dimension looks at is known.
    func isKnown(_ facts: [String: RuleValue]) -> Bool {
        items.contains { $0.logic.variables.contains { facts[$0] != nil } }
    }
}

/// An entry of kind `model`: a card, and whom it is for.
package struct ScoringModel: Sendable {
    package let id: String
    package let version: Int64
    package let title: Bilingual
    /// Lower first.
    let priority: Int64
    let appliesTo: Logic
    let card: Scorecard

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        let before = defects.count
        if entry.body["priority"]?.int == nil { defects.append("`priority` is missing or not a whole number") }
        let appliesTo = Logic(member: "appliesTo", of: entry.body, defects: &defects)
        var card: Scorecard?
        do throws(ModelDefect) {
            if let json = entry.body["scorecard"] { card = try Scorecard(json) } else { defects.append("`scorecard` is missing") }
        } catch {
            defects.append("`scorecard`: \(error)")
        }
        guard defects.count == before, let appliesTo, let card, let priority = entry.body["priority"]?.int else { return nil }
        id = entry.id
        version = entry.version
        title = entry.title
        self.priority = priority
        self.appliesTo = appliesTo
        self.card = card
    }
}

/// An entry of kind `whitelist`: a list that a subject enters and leaves as a rule holds or not.
package struct Whitelist: Sendable {
    package let id: String
    package let title: Bilingual
    package let reason: Bilingual
    let logic: Logic

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        guard let reason = entry.body["reason"].flatMap({ try? Bilingual($0) }) else {
            defects.append("`reason` is not {en, zh}")
            return nil
        }
        guard let logic = Logic(member: "logic", of: entry.body, defects: &defects) else { return nil }
        id = entry.id
        title = entry.title
        self.reason = reason
        self.logic = logic
    }
}
