import Contracts
import Deciding
import Vocabulary
import Wire

/// Credit repair: an adverse statement that was repaired is no longer shared. Source: NDRC Order 36 (in force 2026-04-01).
///
/// Repairs and statements may come in either order, and both may be said again; the statement stands or falls by what is known last. Which
/// record types are adverse, and which speak of repair, is said by the catalogue: `adverse` and `repairs`.
public struct CreditRepair: Hashable, Sendable {
    /// The repaired statement's type and business key.
    public let recordType: String
    public let key: String
    /// The record that says so, and its own type.
    public let recordID: String
    let saidAs: String
    public let approvedOn: Day

    /// Repairs remembered for one subject at the most.
    static let countMax = 200

    enum Ruling: Hashable, Sendable {
        case repaired
        /// The first day on which repair may be applied for.
        case tooEarly(earliest: Day)
        /// The law knows no repair of such a matter.
        case excluded
    }

    /// Whether the minimum period of publication had passed when the repair was approved; nil for a statement that is not adverse.
    func ruling(on statement: AdverseInformation.Statement, _ adverse: AdverseInformation) -> Ruling? {
        guard adverse.isAdverse(statement) else { return nil }
        guard let earliest = adverse.earliestRepair(statement) else { return .excluded }
        return approvedOn < earliest ? .tooEarly(earliest: earliest) : .repaired
    }

    init(recordType: String, key: String, recordID: String, saidAs: String, approvedOn: Day) {
        self.recordType = recordType
        self.key = key
        self.recordID = recordID
        self.saidAs = saidAs
        self.approvedOn = approvedOn
    }

    init(_ json: JSONValue) throws(ContractDefect) {
        let fields = try Fields(json)
        self.init(
            recordType: try fields.text("recordType"), key: try fields.text("key"), recordID: try fields.text("record"),
            saidAs: try fields.text("saidAs"), approvedOn: try fields.day("approvedOn"))
    }

    func write(to object: inout JSONWriter) {
        object.member("recordType", recordType)
        object.member("key", key)
        object.member("record", recordID)
        object.member("saidAs", saidAs)
        object.member("approvedOn", approvedOn)
    }

    /// By type, then by key.
    func precedes(_ other: CreditRepair) -> Bool {
        recordType == other.recordType ? key.precedesBytewise(other.key) : recordType.precedesBytewise(other.recordType)
    }
}

extension GovernanceState {
    func repair(of recordType: String, _ key: String) -> CreditRepair? {
        repairs.first { $0.key == key && $0.recordType == recordType }
    }
}

extension Turn {
    func roomForRepair(_ record: AcceptedRecord, _ type: GovernedType, state: GovernanceState) -> Refusal? {
        guard let word = type.repairs, word.step == .approved, state.repairs.count >= CreditRepair.countMax,
            let repaired = statement(repairedBy: word, record.data), state.repair(of: repaired.type.id, repaired.key) == nil
        else { return nil }
        return Refusal(code: "repairs-full", detail: "\(key) has \(CreditRepair.countMax) repairs")
    }

    /// Takes the statement back, if there is one and its time has come.
    func repair(_ record: AcceptedRecord, _ word: RepairWord, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        guard let repaired = statement(repairedBy: word, record.data) else {
            return refuseRepairOfNothing(record.recordID, record.recordType, effects: &effects)
        }
        let new = CreditRepair(
            recordType: repaired.type.id, key: repaired.key, recordID: record.recordID, saidAs: record.recordType,
            approvedOn: word.day(of: record.data) ?? record.occurredAt.dayInChina)
        if let known = state.repairs.firstIndex(where: { $0.key == new.key && $0.recordType == new.recordType }) {
            // Of two approvals the later one counts, whichever came first.
            let other = state.repairs[known]
            let isLater =
                other.approvedOn == new.approvedOn
                ? other.recordID.precedesBytewise(new.recordID) : other.approvedOn < new.approvedOn
            guard isLater else { return }
            state.repairs[known] = new
        } else {
            state.repairs.append(new)
            state.repairs.sort { $0.precedes($1) }
        }

        let place = try state.openMemory(of: repaired.type.id)
        // What came along with a merged code is repaired under that code.
        guard let slot = state.memories[place].own(repaired.key) else { return }
        guard let ruling = new.ruling(on: slot.statement, repaired.adverse) else { return }
        if ruling == .repaired, slot.sent != nil {
            try takeBack(slot, repaired.type.id, by: new.recordID, cause: record, state: &state, effects: &effects)
        }
        tell(of: new, ruling, on: slot.order.id, effects: &effects)
    }

    /// Tells the subject what an approved repair of its statement comes to, and everybody why it does not count when it does not.
    func tell(of repair: CreditRepair, _ ruling: CreditRepair.Ruling, on statementID: String, effects: inout Effects) {
        let (status, reason, earliest): (RepairNotice.Status, String, Day?)
        switch ruling {
        case .repaired: (status, reason, earliest) = (.repaired, "", nil)
        case .tooEarly(let day): (status, reason, earliest) = (.tooEarly, "repair-too-early earliest=\(day.text)", day)
        case .excluded: (status, reason, earliest) = (.excluded, "repair-excluded", nil)
        }
        tell(
            RepairNotice(
                step: .approved, recordID: repair.recordID, status: status, recordType: repair.recordType, key: repair.key,
                statementID: statementID, day: repair.approvedOn, earliest: earliest),
            effects: &effects)
        guard ruling != .repaired else { return }
        effects.write(
            [
                .text(key), .text(repair.recordID), .text(repair.recordType), .text(repair.key), .day(repair.approvedOn),
                earliest.map { .day($0) } ?? .null, .instant(now),
            ],
            to: GovernanceTables.repairRefused)
        send("refused", repair.recordID, repair.saidAs, reason: reason, effects: &effects)
    }
}
