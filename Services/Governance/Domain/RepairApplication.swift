import Contracts
import Deciding
import Vocabulary
import Wire

/// A firm applies for credit repair: admissible, or refused with all that stands against it and the first day on which it may come again.
///
/// Source: NDRC Order 36. Application and penalty may come in either order. What is decided about it comes as `penalty.repaired`.
enum RepairApplication {
    static let type = "repair.applied"
}

extension Turn {
    /// Answers the application for this penalty, once both are known.
    func answerApplication(for decisionNo: String, state: inout GovernanceState, effects: inout Effects) throws(ContractDefect) {
        guard state.memories.contains(where: { $0.type == RepairApplication.type }) else { return }
        let applications = try state.openMemory(of: RepairApplication.type)
        guard let application = state.memories[applications].slot(decisionNo) else { return }
        let penalties = try state.openMemory(of: CreditRepair.penaltyType)
        guard let penalty = state.memories[penalties].slot(decisionNo) else { return }

        let applied = application.data["appliedOn"]?.day ?? application.order.at.dayInChina
        let published = penalty.data["publishedOn"]?.day ?? penalty.order.at.dayInChina
        let fulfilled = application.data["fulfilledOn"]?.day ?? penalty.data["fulfilledOn"]?.day
        let repairCase = RepairCase(
            repairClass: penalty.data["class"]?.string.flatMap { RepairClass(rawValue: $0) } ?? .serious, published: published,
            fulfilled: fulfilled, hasCommitment: application.data["commitment"]?.bool ?? false,
            isRepairable: penalty.data["repairable"]?.bool ?? true)
        let earliest = repairCase.repairClass.earliestApplication(published: published, fulfilled: fulfilled)
        let (status, reason): (String, String)
        switch repairCase.standing(on: applied) {
        case .open: (status, reason) = ("admitted", "")
        case .endedByItself: (status, reason) = ("ended", "publication-ended")
        case .closed(let obstacles): (status, reason) = ("refused", obstacles.map(\.rawValue).joined(separator: ","))
        }
        effects.write(
            [
                .text(key), .text(application.order.id), .text(decisionNo), .day(applied), .text(status), .text(reason),
                earliest.map { .day($0) } ?? .null, .instant(now),
            ],
            to: GovernanceTables.repairApplication)
        let when = status == "refused" ? (earliest.map { " earliest=\($0.text)" } ?? "") : ""
        send(
            "repair-application-\(status)", application.order.id, RepairApplication.type,
            reason: reason.isEmpty ? decisionNo : "\(reason)\(when)", effects: &effects)
    }
}
