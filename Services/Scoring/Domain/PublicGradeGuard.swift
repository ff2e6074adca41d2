import Models
import Vocabulary
import Wire

/// What a model makes of the official public credit grade: `{"caps": {"D": "C"}, "staleAfterMonths": 12}` of its entry. The grade is imported
/// and carried, never computed.
public struct PublicGradeGuard: Hashable, Sendable {
    /// By official grade the best that ours may then be, as the card names it. A stale grade caps too: nobody has said better.
    let caps: [PublicGrade: String]
    /// Months from the day of the evaluation for which it counts as new.
    let staleAfterMonths: Int

    /// Where no model applies. The official evaluation is due once a year. Source: 国办发〔2026〕8号.
    static let usual = PublicGradeGuard(caps: [:], staleAfterMonths: 12)

    private init(caps: [PublicGrade: String], staleAfterMonths: Int) {
        self.caps = caps
        self.staleAfterMonths = staleAfterMonths
    }

    /// Reads the entry's member; an absent one caps nothing.
    init?(_ json: JSONValue?, of card: Scorecard, defects: inout [String]) {
        guard let json, !json.isNull else {
            self = .usual
            return
        }
        guard json.kind == .object, let stated = json["caps"], stated.kind == .object else {
            defects.append("`publicGrade` is not {caps, staleAfterMonths}, with `caps` from official grades to ours")
            return nil
        }
        let before = defects.count
        var caps: [PublicGrade: String] = [:]
        for (name, value) in stated.members {
            guard let official = PublicGrade(rawValue: name), official != .unrated else {
                defects.append("`publicGrade`: there is no official grade `\(name)`")
                continue
            }
            guard let ours = value.string, card.grades.contains(where: { $0.grade == ours }) else {
                defects.append("`publicGrade`: the card has no grade to cap at under `\(name)`")
                continue
            }
            caps[official] = ours
        }
        let months = json["staleAfterMonths"]?.int ?? 0
        if !(1...240).contains(months) { defects.append("`publicGrade`: `staleAfterMonths` is not 1…240") }
        guard defects.count == before else { return nil }
        self.init(caps: caps, staleAfterMonths: Int(months))
    }

    /// The last day on which an evaluation counts as new.
    func lastDay(evaluatedOn day: Day) -> Day { day.adding(months: staleAfterMonths) }

    /// The grade, or the best that the official one leaves of it.
    func capped(_ grade: String, under official: PublicGrade?, of card: Scorecard) -> String {
        guard let best = official.flatMap({ caps[$0] }), let cap = card.grades.firstIndex(where: { $0.grade == best }),
            let place = card.grades.firstIndex(where: { $0.grade == grade }), place < cap
        else { return grade }
        return best
    }
}
