import Contracts
import Deciding
import Vocabulary
import Wire

/// The tables that risk monitoring writes beside its states.
public enum RiskTables {
    /// Loans as they stand.
    public static let watch = StoreTable(
        "watch",
        columns: [
            .init("subject", .text), .init("institution", .text), .init("loan_id", .text), .init("balance_fen", .int64),
            .init("overdue_days", .int64), .init("loan_class", .text), .init("opened_at", .instant), .init("closed_at", .instant),
            .init("status", .text),
        ],
        key: ["subject", "institution", "loan_id"], onConflict: .replace)

    /// The latest alert of each rule and subject.
    public static let alert = StoreTable(
        "alert",
        columns: [
            .init("subject", .text), .init("rule", .text), .init("rule_version", .int64), .init("level", .text), .init("status", .text),
            .init("raised_at", .instant), .init("lowered_at", .instant), .init("observed", .text), .init("lenders", .json),
            .init("is_disputed", .bool),
        ],
        key: ["subject", "rule"], onConflict: .replace)

    /// Every raising, change of colour and lowering.
    public static let history = StoreTable(
        "alert_history",
        columns: [
            .init("alert_id", .text), .init("sequence", .int64), .init("kind", .text), .init("level", .text), .init("at", .instant),
            .init("observed", .text), .init("is_disputed", .bool),
        ],
        key: ["alert_id", "sequence"], onConflict: .keepFirst)

    /// For checks against the migration.
    public static let all = [watch, alert, history]

    /// The days of payout and settlement stand at their midnight in China.
    static func row(_ loan: WatchedLoan, of subject: String) -> [Cell] {
        [
            .text(subject), .text(loan.institution), .text(loan.loanID), .int64(loan.balance.fen), .int64(loan.overdueDays),
            .text(loan.loanClass.code), loan.disbursement.map { .instant($0.day.startInChina) } ?? .null,
            loan.settlement.map { .instant($0.day.startInChina) } ?? .null, .text(loan.isLive ? "open" : "closed"),
        ]
    }

    static func row(_ alert: LiveAlert, of subject: String, loweredAt: Instant? = nil) -> [Cell] {
        [
            .text(subject), .text(alert.rule), .int64(alert.ruleVersion), .text(alert.level), .text(loweredAt == nil ? "live" : "lowered"),
            .instant(alert.since), loweredAt.map { .instant($0) } ?? .null, .text(alert.observed),
            .json(JSONWriter.encode { $0.element(alert.lenders) }), .bool(alert.isDisputed),
        ]
    }

    static func row(_ event: RiskAlert, sequence: Int64) -> [Cell] {
        [
            .text(event.alertID), .int64(sequence), .text(event.kind), .text(event.level), .instant(event.at), .text(event.observed),
            .bool(event.isDisputed),
        ]
    }
}
