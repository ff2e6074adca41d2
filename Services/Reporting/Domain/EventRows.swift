import Contracts
import Deciding
import Vocabulary
import Wire

/// The row of a policy that found a firm.
enum PushRow {
    private static let order = ["reminded", "pushed", "claimed", "granted", "grant-refused", "withdrawn"]

    /// The status is the latest step but for reminders; what was granted stays granted money.
    static func cells(policyID: String, of subject: String, _ steps: Steps<PolicyEvent>) -> [Cell] {
        let latest = steps.latest(in: order, where: { $0.kind != "reminded" })
        let reminded = steps.byName["reminded"]
        return [
            .text(policyID), .text(subject), .text((latest?.kind ?? "reminded")),
            .int64((latest ?? reminded)?.policyVersion ?? 0), .int64OrNull(steps.byName["pushed"]?.amount.fen),
            .int64OrNull(steps.byName["granted"]?.amount.fen), .text((latest?.reason ?? "")),
            steps.byName["pushed"].map { .instant($0.at) } ?? .null, reminded.map { .instant($0.at) } ?? .null,
            steps.byName["granted"].map { .instant($0.at) } ?? .null, .instant((latest ?? reminded)?.at ?? .epoch),
            steps.byName["claimed"].map { .instant($0.at) } ?? .null,
        ]
    }
}

/// The row of a risk alert. A lowered one stays, with level `none`.
enum AlertRow {
    private static let order = ["raised", "changed", "lowered"]

    static func cells(alertID: String, of subject: String, _ steps: Steps<RiskAlert>) -> [Cell] {
        let latest = steps.latest(in: order)
        return [
            .text(subject), .text(alertID), .text((latest?.rule ?? "")), .text((latest?.level ?? "none")),
            .text((latest?.kind ?? "")), .text((latest?.title.en ?? "")), .text((latest?.title.zh ?? "")),
            .text((latest?.observed ?? "")), .int64(Int64(latest?.lenders.count ?? 0)),
            steps.byName["raised"].map { .instant($0.at) } ?? .null, .instant(latest?.at ?? .epoch), .bool(latest?.isDisputed ?? false),
        ]
    }

    static func isOver(_ steps: Steps<RiskAlert>) -> Bool { steps.latest(in: order)?.kind == "lowered" }
}

/// The row of a loan under watch.
enum WatchRow {
    private static let order = ["opened", "classified", "closed"]

    static func cells(institution: String, loanID: String, of subject: String, _ steps: Steps<WatchEvent>) -> [Cell] {
        let latest = steps.latest(in: order)
        return [
            .text(subject), .text(loanID), .text(institution),
            .int64(latest?.balance.fen ?? 0), .text((latest?.loanClass ?? "")), .bool(latest?.kind != "closed"),
            steps.byName["opened"].map { .instant($0.at) } ?? .null, .instant(latest?.at ?? .epoch),
        ]
    }

    static func isOver(_ steps: Steps<WatchEvent>) -> Bool { steps.latest(in: order)?.kind == "closed" }
}
