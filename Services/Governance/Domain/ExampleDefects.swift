import Contracts
import Deciding
import Vocabulary
import Wire

/// The examples of governance's smaller kinds of entries, run by the code that decides with them. Each says what is wrong, or nil.
enum ExampleDefects {
    /// `{"from", "workingDays", "due", "isProvisional"?}`: the last day of a term, by the entry's own years.
    static func term(_ example: JSONValue, _ years: [WorkingYear]) -> String? {
        guard let from = example["from"]?.day, let days = example["workingDays"]?.int, let due = example["due"]?.day else {
            return "not {\"from\", \"workingDays\", \"due\"}"
        }
        let found = WorkingCalendar(fitting: years).deadline(from: from, workingDays: Int(clamping: days))
        guard found.day == due else { return "\(days) working days after \(from.text) end on \(found.day.text), not on \(due.text)" }
        guard let isProvisional = example["isProvisional"]?.bool, isProvisional != found.isProvisional else { return nil }
        return "\(due.text) is \(found.isProvisional ? "provisional" : "not provisional")"
    }

    /// `{"qualityBp", "becomes"}`: the quality of a statement, and what is left of it.
    static func weighing(_ example: JSONValue, by trust: SourceTrust) -> String? {
        guard let quality = example["qualityBp"]?.int, (0...10_000).contains(quality), let expected = example["becomes"]?.int else {
            return "not {\"qualityBp\", \"becomes\"}"
        }
        let found = trust.weigh(quality)
        return found == expected ? nil : "\(quality) becomes \(found), not \(expected)"
    }

    /// `{"consent": {"receivers", "categories", "purposes", "signature"?}, "allows"}`: whether records of the category may be had under it.
    static func consent(_ example: JSONValue, to category: String, _ demand: ConsentDemand) -> String? {
        guard let said = example["consent"], said.kind == .object, let expected = example["allows"]?.bool else {
            return "not {\"consent\", \"allows\"}"
        }
        let record = AcceptedRecord(
            recordID: "portal/example", recordType: ConsentGrant.grantedType, writer: "portal", subject: "", occurredAt: .epoch,
            receivedAt: .epoch, origin: Origin(topic: "", partition: -1, offset: -1, sha256: ""), data: said)
        let isAllowed = !demand.isForbidden && ConsentGrant.Terms(record).allows(category, demand)
        return isAllowed == expected ? nil : "the consent \(isAllowed ? "allows" : "does not allow") the category"
    }

    /// `{"firm": {"name", "division"?, "legalPerson"?}, "known": [{"id", "name", …}], "on", "is"}`: who of the known is meant on that day, by
    /// `id`; null when people must say.
    static func identity(_ example: JSONValue, _ rule: IdentityRule, _ divisions: DivisionTables) -> String? {
        guard let firm = example["firm"].flatMap({ NamedFirm(example: $0) }), let day = example["on"]?.day, let expected = example["is"]
        else {
            return "not {\"firm\", \"known\", \"on\", \"is\"}"
        }
        var known: [(id: String, points: Int64)] = []
        for json in example.list("known") {
            guard let id = json["id"]?.string, let candidate = NamedFirm(example: json) else {
                return "a known firm has no `id` or no `name`"
            }
            // Only who is of the same name is asked at all.
            guard NamedFirm.normalised(candidate.name) == NamedFirm.normalised(firm.name) else { continue }
            let likeness = rule.likeness(firm, candidate) { divisions.counted($0, at: day.startInChina) }
            known.append((id, likeness.points))
        }
        known.sort { ($1.points, $0.id) < ($0.points, $1.id) }
        let found = rule.takesFirst(of: known.map { $0.points }) ? known.first?.id : nil
        guard found != expected.string else { return nil }
        let points = known.map { "\($0.id) \($0.points)" }.joined(separator: ", ")
        return
            "it is \(found.map { "`\($0)`" } ?? "for people to say") (\(points)), not \(expected.string.map { "`\($0)`" } ?? "for people to say")"
    }
}

extension NamedFirm {
    /// As an example has it; the legal person in plain words, since only sameness counts.
    fileprivate init?(example json: JSONValue) {
        guard let name = json["name"]?.string, !Self.normalised(name).isEmpty else { return nil }
        self.init(name: name, division: json["division"]?.string ?? "", legalPerson: json["legalPerson"]?.string ?? "")
    }
}
