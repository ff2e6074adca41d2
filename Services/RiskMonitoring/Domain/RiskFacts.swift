import Contracts
import Deciding
import Rules
import Vocabulary
import Wire

/// What of a portrait the rules may ask for. Kept as it came and read only when there is a loan to watch: most subjects have none.
struct PortraitFacts: Sendable {
    let revision: Int64
    private let indicators: JSONValue
    private let tags: [String]
    private let points: Int64?
    private let grade: String?
    private let publicGrade: String
    /// What of it rests on a statement under dispute, by the names that rules ask for.
    let disputed: Set<String>

    /// Reads a `Portrait`'s own form, and what `write` wrote.
    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        revision = try fields.int("revision")
        indicators = try fields.required("indicators")
        guard indicators.kind == .object else { throw .wrong(field: "indicators", expected: "an object") }
        tags = try fields.texts("tags")
        let score = try fields.objectOrNil("score")
        points = try score?.int("points")
        grade = try score?.text("grade")
        publicGrade = try fields.textOrNil("publicGrade") ?? ""
        disputed = try fields["disputed"] == nil ? Self.disputed(fields) : Set(fields.texts("disputed"))
    }

    /// The marks of a portrait: of indicators, of the score that is made of them, of the official grade.
    private static func disputed(_ fields: Fields) throws(ContractDefect) -> Set<String> {
        var disputed: Set<String> = []
        let marks = try fields.list("disputes") { json throws(ContractDefect) in try DisputeMark(json) }
        for mark in marks {
            disputed.formUnion(mark.indicators)
            if !mark.features.isEmpty { disputed.formUnion(["points", "grade"]) }
        }
        let official = try fields["officialGrade"].map { json throws(ContractDefect) in try OfficialGrade(json) }
        if let official, official.isDisputed { disputed.insert("publicGrade") }
        return disputed
    }

    func write(to object: inout JSONWriter) {
        object.member("revision", revision)
        object.member("indicators", indicators)
        if !tags.isEmpty { object.member("tags", tags) }
        if let points, let grade {
            object.member(
                "score",
                object: { score in
                    score.member("points", points)
                    score.member("grade", grade)
                })
        }
        if !publicGrade.isEmpty { object.member("publicGrade", publicGrade) }
        if !disputed.isEmpty { object.member("disputed", disputed.sorted()) }
    }

    /// An indicator or tag that the portrait does not have is not there at all: unknown, not zero and not false.
    var values: [String: RuleValue] {
        var values: [String: RuleValue] = [:]
        for (name, value) in indicators.members where !value.isNull { values[name] = RuleValue(value) }
        for tag in tags { values["tag." + tag] = .bool(true) }
        if let points { values["points"] = .number(Double(points)) }
        if let grade { values["grade"] = .string(grade) }
        if !publicGrade.isEmpty { values["publicGrade"] = .string(publicGrade) }
        return values
    }
}

extension RiskState {
    /// What there is to ask for beside indicators and tags.
    static let factNames: Set<String> = ["points", "grade", "publicGrade", "loan.overdueDays", "loan.balance", "loan.count"]

    /// Everything the rules may ask for: the portrait, and the live loans together. Balances in yuan.
    func facts(over live: [WatchedLoan]) -> [String: RuleValue] {
        var values = portrait?.values ?? [:]
        values["loan.overdueDays"] = .number(Double(live.map(\.overdueDays).max() ?? 0))
        values["loan.balance"] = .number(Double(live.reduce(Money.zero) { $0 + $1.balance }.fen) / 100)
        values["loan.count"] = .number(Double(live.count))
        return values
    }

    /// What of these facts rests on a statement under dispute: what the portrait says so of, and what disputed words about the live loans say.
    func disputed(over live: [WatchedLoan]) -> Set<String> {
        var disputed = portrait?.disputed ?? []
        guard !disputes.isEmpty else { return disputed }
        func isContested(_ factID: String?) -> Bool { factID.map { disputes.isOpen(about: $0) } ?? false }
        let most = live.map(\.overdueDays).max() ?? 0
        for loan in live {
            if isContested(loan.countedBy) { disputed.insert("loan.count") }
            if isContested(loan.balanceSaidBy) { disputed.insert("loan.balance") }
            // Of the days overdue, those of the worst loan count.
            if loan.overdueDays == most, isContested(loan.delaySaidBy) { disputed.insert("loan.overdueDays") }
        }
        return disputed
    }
}
