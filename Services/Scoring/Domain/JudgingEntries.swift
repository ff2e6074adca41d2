import Contracts
import Deciding
import Models
import Rules
import Vocabulary
import Wire

/// An entry of kind `tag`: a word that a subject has when a rule holds.
public struct Tag: Sendable {
    public let id: String
    public let title: Bilingual
    let logic: Logic

    init?(_ entry: CatalogEntry, defects: inout [String]) {
        guard let logic = Logic(member: "logic", of: entry.body, defects: &defects) else { return nil }
        id = entry.id
        title = entry.title
        self.logic = logic
    }
}

/// An entry of kind `dimension`: a side of the portrait, 0…1000 points.
public struct Dimension: Sendable {
    public let id: String
    public let title: Bilingual
    let base: Int64
    let items: [Item]

    struct Item: Sendable {
        let id: String
        let logic: Logic
        let points: Int64
        /// What the rule may ask for.
        let names: [String]
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
                items.append(Item(id: id, logic: logic, points: points, names: logic.variables))
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
        items.contains { $0.names.contains { facts[$0] != nil } }
    }
}

/// An entry of kind `model`: a card, and whom it is for.
public struct ScoringModel: Sendable {
    public let id: String
    public let version: Int64
    public let title: Bilingual
    /// Lower first.
    let priority: Int64
    let appliesTo: Logic
    let card: Scorecard
    let publicGrade: PublicGradeGuard
    /// How many of those for whom the card was made have each of its grades, in the card's order: what drift is measured against. Nil where
    /// nobody has counted.
    let population: [Int]?

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
        let population = card.flatMap { Self.population(entry.body["population"], of: $0, defects: &defects) }
        let publicGrade = card.flatMap { PublicGradeGuard(entry.body["publicGrade"], of: $0, defects: &defects) }
        guard defects.count == before, let appliesTo, let card, let publicGrade, let priority = entry.body["priority"]?.int
        else { return nil }
        id = entry.id
        version = entry.version
        title = entry.title
        self.priority = priority
        self.appliesTo = appliesTo
        self.card = card
        self.publicGrade = publicGrade
        self.population = population
    }

    /// A count for every grade of the card and for nothing else; nil when there is none at all.
    private static func population(_ json: JSONValue?, of card: Scorecard, defects: inout [String]) -> [Int]? {
        guard let json, !json.isNull else { return nil }
        let counts = card.grades.map { Int(json[$0.grade]?.int ?? -1) }
        guard json.kind == .object, json.count == counts.count, counts.allSatisfy({ $0 >= 0 }), counts.contains(where: { $0 > 0 }) else {
            let grades = card.grades.map { "`\($0.grade)`" }.joined(separator: ", ")
            defects.append("`population` is not how many have each of \(grades)")
            return nil
        }
        return counts
    }

    /// Fewer say too little: by chance alone the index of a hundred is about 0.05, and in one of a thousand cases near 0.2.
    static let scoredMin = 100

    /// How far those who are scored now are from those for whom the card was made: the population stability index over the grades. Nil
    /// where nobody has counted these, and below `scoredMin`.
    public func drift(of scored: [String: Int]) -> Double? {
        guard let population, scored.values.reduce(0, +) >= Self.scoredMin else { return nil }
        return Discrimination.psi(expected: population, actual: card.grades.map { scored[$0.grade] ?? 0 })
    }
}

/// An entry of kind `whitelist`: a list that a subject enters and leaves as a rule holds or not.
public struct Whitelist: Sendable {
    public let id: String
    public let title: Bilingual
    public let reason: Bilingual
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
