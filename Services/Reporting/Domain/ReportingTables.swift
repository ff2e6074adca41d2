import Deciding

/// The tables that reporting writes. Each row is keyed by what it is about and replaced as a whole, or is one event and kept for good.
public enum ReportingTables {
    public static let subject = StoreTable(
        "subject_view",
        columns: [
            .init("subject", .text), .init("name", .text), .init("region", .text), .init("prefecture", .text), .init("industry", .text),
            .init("section", .text), .init("subject_kind", .text), .init("legal_person", .text), .init("registered_on", .day),
            .init("registration_status", .text), .init("public_grade", .text), .init("points", .int64), .init("grade", .text),
            .init("points_low", .int64), .init("points_high", .int64), .init("default_probability_bp", .int64), .init("score_id", .text),
            .init("model", .text), .init("revision", .int64), .init("reasons", .json), .init("tags", .json), .init("dimensions", .json),
            .init("as_of", .instant), .init("public_grade_on", .day), .init("public_grade_source", .text),
            .init("public_grade_stale", .bool), .init("public_grade_disputed", .bool), .init("disputes", .json),
        ],
        key: ["subject"], onConflict: .replace)

    public static let coverage = StoreTable(
        "coverage_view",
        columns: [
            .init("subject", .text), .init("record_type", .text), .init("facts", .int64), .init("standing", .int64),
            .init("latest_at", .instant),
        ],
        key: ["subject", "record_type"], onConflict: .replace)

    public static let application = StoreTable(
        "application_view",
        columns: [
            .init("subject", .text), .init("application_id", .text), .init("institution", .text), .init("product_id", .text),
            .init("region", .text), .init("prefecture", .text), .init("industry", .text), .init("status", .text),
            .init("requested_fen", .int64), .init("credited_fen", .int64), .init("disbursed_fen", .int64), .init("months", .int64),
            .init("annual_rate_bp", .int64), .init("requested_at", .instant), .init("dispatched_at", .instant),
            .init("accepted_at", .instant), .init("credited_at", .instant), .init("disbursed_at", .instant),
            .init("settled_at", .instant), .init("declined_at", .instant), .init("withdrawn_at", .instant),
            .init("accept_overdue", .bool), .init("answer_overdue", .bool), .init("score_id", .text), .init("loan_id", .text),
            .init("reason", .text),
        ],
        key: ["subject", "application_id"], onConflict: .replace)

    public static let handling = StoreTable(
        "handling_view",
        columns: [
            .init("subject", .text), .init("application_id", .text), .init("institution", .text), .init("dispatched_at", .instant),
            .init("accepted_at", .instant), .init("credited_at", .instant), .init("disbursed_at", .instant),
            .init("settled_at", .instant), .init("declined_at", .instant), .init("accept_overdue", .bool),
            .init("answer_overdue", .bool), .init("credited_fen", .int64), .init("disbursed_fen", .int64),
            .init("annual_rate_bp", .int64),
        ],
        key: ["subject", "application_id", "institution"], onConflict: .replace)

    public static let offer = StoreTable(
        "offer_view",
        columns: [
            .init("subject", .text), .init("application_id", .text), .init("revision", .int64), .init("at", .instant),
            .init("offered", .int64), .init("refused", .int64), .init("best_product", .text), .init("best_institution", .text),
            .init("best_rate_bp", .int64),
        ],
        key: ["subject", "application_id"], onConflict: .replace)

    public static let push = StoreTable(
        "push_view",
        columns: [
            .init("policy_id", .text), .init("subject", .text), .init("status", .text), .init("policy_version", .int64),
            .init("expected_fen", .int64), .init("granted_fen", .int64), .init("reason", .text), .init("pushed_at", .instant),
            .init("reminded_at", .instant), .init("granted_at", .instant), .init("changed_at", .instant), .init("claimed_at", .instant),
        ],
        key: ["policy_id", "subject"], onConflict: .replace)

    public static let alert = StoreTable(
        "alert_view",
        columns: [
            .init("subject", .text), .init("alert_id", .text), .init("rule", .text), .init("level", .text), .init("kind", .text),
            .init("title_en", .text), .init("title_zh", .text), .init("observed", .text), .init("lenders", .int64),
            .init("raised_at", .instant), .init("changed_at", .instant), .init("is_disputed", .bool),
        ],
        key: ["subject", "alert_id"], onConflict: .replace)

    public static let watch = StoreTable(
        "watch_view",
        columns: [
            .init("subject", .text), .init("loan_id", .text), .init("institution", .text), .init("balance_fen", .int64),
            .init("loan_class", .text), .init("is_open", .bool), .init("opened_at", .instant), .init("changed_at", .instant),
        ],
        key: ["subject", "institution", "loan_id"], onConflict: .replace)

    public static let whitelist = StoreTable(
        "whitelist_view",
        columns: [
            .init("list", .text), .init("subject", .text), .init("is_member", .bool), .init("reason", .text), .init("changed_at", .instant),
        ],
        key: ["list", "subject"], onConflict: .replace)

    public static let governanceEvent = StoreTable(
        "governance_event_view",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("kind", .text), .init("reason", .text), .init("at", .instant),
            .init("record_type", .text), .init("writer", .text),
        ],
        key: ["subject", "record_id", "kind", "reason", "at"], onConflict: .keepFirst)

    public static let creditReport = StoreTable(
        "credit_report_view",
        columns: [
            .init("subject", .text), .init("report_id", .text), .init("application_id", .text), .init("score_id", .text),
            .init("issued_at", .instant),
        ],
        key: ["subject", "report_id"], onConflict: .keepFirst)

    public static let release = StoreTable(
        "release_view",
        columns: [
            .init("subject", .text), .init("release_id", .text), .init("kind", .text), .init("at", .instant), .init("receiver", .text),
            .init("message_type", .text), .init("purpose", .text), .init("reason", .text),
        ],
        key: ["subject", "release_id", "kind", "at"], onConflict: .keepFirst)

    /// All of them, for checks against the schema.
    public static let all = [
        subject, coverage, application, handling, offer, push, alert, watch, whitelist, governanceEvent, creditReport, release,
    ]
}
