import Contracts
import Deciding
import Vocabulary
import Wire

/// The tables that policy push writes for others to read.
public enum PolicyPushTables {
    public static let push = StoreTable(
        "push",
        columns: [
            .init("policy_id", .text), .init("policy_version", .int64), .init("subject", .text), .init("status", .text),
            .init("reason", .text), .init("first_pushed_at", .instant), .init("changed_at", .instant), .init("conditions", .json),
            .init("amount_fen", .int64),
        ],
        key: ["policy_id", "policy_version", "subject"], onConflict: .replace)

    public static let grantDecision = StoreTable(
        "grant_decision",
        columns: [
            .init("policy_id", .text), .init("policy_version", .int64), .init("subject", .text), .init("amount_fen", .int64),
            .init("status", .text), .init("reason", .text), .init("at", .instant),
        ],
        key: ["policy_id", "policy_version", "subject"], onConflict: .keepFirst)

    public static let budget = StoreTable(
        "policy_budget",
        columns: [
            .init("policy_id", .text), .init("policy_version", .int64), .init("round", .text), .init("budget_fen", .int64),
            .init("spent_fen", .int64), .init("grants", .int64),
        ],
        key: ["policy_id", "policy_version"], onConflict: .replace)

    public static let reminder = StoreTable(
        "reminder",
        columns: [
            .init("policy_id", .text), .init("policy_version", .int64), .init("subject", .text), .init("due_on", .day),
            .init("sent_at", .instant),
        ],
        key: ["policy_id", "policy_version", "subject", "due_on"], onConflict: .keepFirst)

    public static let all = [push, grantDecision, budget, reminder]

    static func row(
        _ push: Push, of policyID: String, subject: String, reason: String, _ conditions: [ConditionResult], at now: Instant
    ) -> [Cell] {
        let json = JSONWriter.encode { writer in
            writer.array { list in
                for condition in conditions { list.element(object: { condition.write(to: &$0) }) }
            }
        }
        return [
            .text(policyID), .int64(push.version), .text(subject), .text(push.isActive ? "pushed" : "withdrawn"), .text(reason),
            .instant(push.firstPushedAt), .instant(now), .json(json), .int64(push.amount.fen),
        ]
    }
}
