import Contracts
import Vocabulary
import Wire

/// The official public credit grade as it stands: imported as a fact, never computed.
public struct GradeOnFile: Hashable, Sendable {
    /// Of the fact that says it.
    let order: FactOrder
    /// As the source words it.
    let wording: String
    let evaluatedOn: Day
    /// Who told us.
    let source: String

    /// Nil for a fact that says no grade, or one of a day that has no text: from the year 10,000 on.
    init?(_ fact: Fact) {
        guard let wording = fact.data["grade"]?.string, !wording.isEmpty,
            let evaluatedOn = fact.data["evaluatedOn"]?.day ?? Day(fact.occurredAt.dayInChina.text)
        else { return nil }
        order = FactOrder(at: fact.occurredAt, id: fact.factID)
        self.wording = wording
        self.evaluatedOn = evaluatedOn
        source = fact.writer
    }

    /// A…D; nil for a wording that nobody knows, and where there was no evaluation yet.
    var grade: PublicGrade? { PublicGrade(wording: wording).flatMap { $0 == .unrated ? nil : $0 } }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        order = FactOrder(at: Instant(microseconds: try fields.int("at")), id: try fields.text("id"))
        wording = try fields.text("grade")
        evaluatedOn = try fields.day("evaluatedOn")
        source = try fields.text("source")
    }

    func write(to object: inout JSONWriter) {
        object.member("at", order.at.microseconds)
        object.member("id", order.id)
        object.member("grade", wording)
        object.member("evaluatedOn", evaluatedOn)
        object.member("source", source)
    }
}
