import Contracts
import Deciding
import Vocabulary
import Wire

/// What the subject hears of its own matters, by the portal: what became of its application for credit repair, of an approved repair, and of
/// its objection. No consent is needed for that; what may be told is listed in the release rules of these names.
enum SubjectNotice {
    static let repairType = "repair.status.v1"
    static let objectionType = "objection.status.v1"
    static let purpose = "rights"
    static let receiver = "portal"
}

/// What is told of the repair of one statement.
struct RepairNotice {
    /// What the statuses mean: docs/portal.md.
    enum Status: String {
        case admitted, refused, ended, nothing
        case repaired, excluded
        case tooEarly = "too-early"
    }

    let step: RepairWord.Step
    /// The record that applies for the repair, or approves it.
    let recordID: String
    let status: Status
    let recordType: String
    let key: String
    /// The record that holds the statement; empty when there is none.
    let statementID: String
    let day: Day
    var reasons: [String] = []
    /// The first day on which repair may be applied for; nil where the day is not known, or there is none.
    var earliest: Day?

    /// One for each pair of a word about repair and a statement, so that what is said again of another statement is told again.
    var releaseID: String { "repair/\(recordID)/\(statementID.isEmpty ? status.rawValue : statementID)" }

    func write(to object: inout JSONWriter) {
        object.member("step", step.rawValue)
        object.member("status", status.rawValue)
        // An approval is another's record: the subject knows its own applications.
        if step == .applied { object.member("recordId", Turn.ownID(of: recordID)) }
        object.member("recordType", recordType)
        object.member("businessKey", key)
        object.member(step == .applied ? "appliedOn" : "approvedOn", day)
        object.member("reasons", reasons)
        object.memberIfPresent("earliestOn", earliest)
    }
}

extension Turn {
    /// Has the subject told how the repair of a statement stands.
    func tell(_ notice: RepairNotice, effects: inout Effects) {
        let body = JSONValue.written { object in
            object.member("subject", key)
            notice.write(to: &object)
            object.member("at", now)
        }
        askToRelease(
            notice.releaseID, SubjectNotice.repairType, to: SubjectNotice.receiver, for: SubjectNotice.purpose, body, effects: &effects)
    }

    /// Has the subject told how its objection stands: until when it is to be answered, that nobody did, or the answer.
    ///
    /// - Parameter explanation: the answer's; nil before there is one.
    func tell(_ objection: Objection, explanation: String? = nil, effects: inout Effects) {
        let body = JSONValue.written { object in
            object.member("subject", key)
            object.member("objectionId", objection.id)
            object.member("recordId", objection.recordID)
            object.member("status", objection.status)
            object.memberIfPresent("openedOn", objection.openedOn)
            object.memberIfPresent("dueOn", objection.dueOn)
            object.memberIfPresent("explanation", explanation)
            object.member("at", now)
        }
        // Two subjects may give their objections the same number.
        askToRelease(
            "objection/\(key)/\(objection.id)/\(objection.status)", SubjectNotice.objectionType, to: SubjectNotice.receiver,
            for: SubjectNotice.purpose, body, effects: &effects)
    }
}
