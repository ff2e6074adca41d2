import Contracts
import Deciding
import Vocabulary
import Wire

/// Credit repair: a penalty that was repaired is no longer shared. Source: NDRC Order 36 (in force 2026-04-01).
///
/// Repairs and penalties may come in either order, and both may be said again; the penalty stands or falls by what is known last.
public struct CreditRepair: Hashable, Sendable {
    public let decisionNo: String
    /// The record that says so.
    public let recordID: String
    public let approvedOn: Day

    static let penaltyType = "penalty"
    static let repairedType = "penalty.repaired"
    /// Repairs remembered for one subject at the most.
    static let countMax = 200

    public enum Ruling: Hashable, Sendable {
        case repaired
        /// The first day on which repair may be applied for.
        case tooEarly(earliest: Day)
    }

    /// Whether the minimum period of publication had passed when the repair was approved.
    ///
    /// The source's approval attests that the duties are fulfilled, so the fulfilment's day only counts when the penalty states it. A
    /// class that is not known counts as serious, a day of publication that is missing is the day on which it happened.
    func ruling(on penalty: JSONValue, occurredAt: Instant) -> Ruling {
        let repairClass = penalty["class"]?.string.flatMap { RepairClass(rawValue: $0) } ?? .serious
        let published = penalty["publishedOn"]?.day ?? occurredAt.dayInChina
        let fulfilled = penalty["fulfilledOn"]?.day ?? published
        guard let earliest = repairClass.earliestApplication(published: published, fulfilled: fulfilled), approvedOn < earliest else {
            return .repaired
        }
        return .tooEarly(earliest: earliest)
    }

    init(decisionNo: String, recordID: String, approvedOn: Day) {
        self.decisionNo = decisionNo
        self.recordID = recordID
        self.approvedOn = approvedOn
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            decisionNo: try fields.text("decisionNo"), recordID: try fields.text("record"), approvedOn: try fields.day("approvedOn"))
    }

    func write(to object: inout JSONWriter) {
        object.member("decisionNo", decisionNo)
        object.member("record", recordID)
        object.member("approvedOn", approvedOn)
    }
}

extension Turn {
    func roomForRepair(_ record: AcceptedRecord, state: GovernanceState) -> Refusal? {
        guard record.recordType == CreditRepair.repairedType, state.repairs.count >= CreditRepair.countMax else { return nil }
        let decisionNo = Self.decisionNo(record)
        guard !state.repairs.contains(where: { $0.decisionNo == decisionNo }) else { return nil }
        return Refusal(code: "repairs-full", detail: "\(key) has \(CreditRepair.countMax) repairs")
    }

    /// Written as in the penalty's place among the facts, which it is looked up by.
    private static func decisionNo(_ record: AcceptedRecord) -> String { GovernedType.keyPart(record.data["decisionNo"]) }

    /// Takes the penalty back, if there is one and its time has come.
    func repair(_ record: AcceptedRecord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        let new = CreditRepair(
            decisionNo: Self.decisionNo(record), recordID: record.recordID,
            approvedOn: record.data["approvedOn"]?.day ?? record.occurredAt.dayInChina)
        let known = state.repairs.firstIndex { $0.decisionNo == new.decisionNo }
        if let known {
            // Of two approvals the later one counts, whichever came first.
            let other = state.repairs[known]
            let isLater =
                other.approvedOn == new.approvedOn
                ? other.recordID.precedesBytewise(new.recordID) : other.approvedOn < new.approvedOn
            guard isLater else { return }
            state.repairs[known] = new
        } else {
            state.repairs.append(new)
            state.repairs.sort { $0.decisionNo.precedesBytewise($1.decisionNo) }
        }

        let place = try state.openMemory(of: CreditRepair.penaltyType)
        guard let penalty = state.memories[place].slot(new.decisionNo) else { return }
        switch new.ruling(on: penalty.data, occurredAt: penalty.order.at) {
        case .tooEarly(let earliest):
            tooEarly(new, earliest, effects: &effects)
        case .repaired where penalty.sent != nil:
            try takeBack(penalty, CreditRepair.penaltyType, by: new.recordID, cause: record, state: &state, effects: &effects)
        case .repaired:
            break
        }
    }

    func tooEarly(_ repair: CreditRepair, _ earliest: Day, effects: inout Effects) {
        effects.write(
            [.text(key), .text(repair.recordID), .text(repair.decisionNo), .day(repair.approvedOn), .day(earliest), .instant(now)],
            to: GovernanceTables.repairRefused)
        send(
            "refused", repair.recordID, CreditRepair.repairedType, reason: "repair-too-early earliest=\(earliest.text)",
            effects: &effects)
    }
}
