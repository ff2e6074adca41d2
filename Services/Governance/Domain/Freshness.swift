import Contracts
import Deciding
import Vocabulary
import Wire

/// How long a statement counts as fresh: a record type's `staleAfter`. What is stale is marked and stays: nobody says better.
///
/// The official public grade is due once a year; ours is never put in its place. Source: GB/T 45255-2025, 国办发〔2026〕8号.
struct Freshness: Sendable {
    let fromField: String
    let months: Int

    static let timer = "freshness"
    /// Stands for the rule in the verdict.
    static let rule = "stale"
    static let ofPublicGrade = Freshness(fromField: "evaluatedOn", months: 12)

    private init(fromField: String, months: Int) {
        self.fromField = fromField
        self.months = months
    }

    init?(_ json: JSONValue, defects: inout [String]) {
        guard let field = json["from"]?.string, let months = json["months"]?.int, (1...240).contains(months) else {
            defects.append("`staleAfter` is not {from, months 1…240}")
            return nil
        }
        self.init(fromField: field, months: Int(months))
    }

    /// The last day on which it is fresh.
    func lastDay(_ data: JSONValue, occurredAt: Instant) -> Day {
        (data[fromField]?.day ?? occurredAt.dayInChina).adding(months: months)
    }
}

extension Turn {
    /// Marks what has become stale by today, and sets the clock for the next.
    func ageStatements(state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        var next: Day?
        for type in state.memories.map(\.type) {
            guard let freshness = book.type(type, at: now)?.freshness else { continue }
            let place = try state.openMemory(of: type)
            for slot in state.memories[place].slots where slot.sent != nil && !slot.isStale {
                let last = freshness.lastDay(slot.data, occurredAt: slot.order.at)
                guard last < now.dayInChina else {
                    next = next.map { min($0, last) } ?? last
                    continue
                }
                state.memories[place].markStale(slot.key)
                send("stale", slot.order.id, type, reason: "since=\((last + 1).text)", effects: &effects)
                effects.write(
                    [
                        .text(slot.order.id), .text(Freshness.rule), .text("no"),
                        .text("\(freshness.fromField) + \(freshness.months) months"),
                        .instant(now), .text(QualityRule.Stage.after.rawValue), .text(QualityRule.Kind.staleness.rawValue),
                        .text(Self.writer(of: slot.order.id)), .text("flag"), .text(last.text),
                    ],
                    to: GovernanceTables.qualityVerdict)
            }
        }
        if let next { effects.schedule(Freshness.timer, at: (next + 1).startInChina) } else { effects.cancel(Freshness.timer) }
    }
}
