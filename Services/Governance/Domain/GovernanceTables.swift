import Deciding

/// The tables that governance writes beside its states. Facts are only ever added: which of them stand, and when, is for views to say.
public enum GovernanceTables {
    public static let fact = StoreTable(
        "fact",
        columns: [
            .init("fact_id", .text), .init("record_type", .text), .init("writer", .text), .init("subject", .text),
            .init("business_key", .text), .init("occurred_at", .instant), .init("known_at", .instant), .init("topic", .text),
            .init("partition", .int64), .init("offset", .int64), .init("sha256", .text), .init("quality", .int64),
            .init("data", .json), .init("duplicate_of", .text), .init("content_sha256", .text),
        ],
        key: ["fact_id"], onConflict: .keepFirst)

    /// The latest row of a fact counts. `retracted_by` is empty when it stands again.
    public static let factRetracted = StoreTable(
        "fact_retracted",
        columns: [.init("fact_id", .text), .init("retracted_by", .text), .init("known_at", .instant)],
        key: ["fact_id", "known_at"], onConflict: .replace)

    public static let repairRefused = StoreTable(
        "repair_refused",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("record_type", .text), .init("business_key", .text),
            .init("approved_on", .day), .init("earliest_on", .day), .init("refused_at", .instant),
        ],
        key: ["record_id"], onConflict: .replace)

    public static let consent = StoreTable(
        "consent",
        columns: [
            .init("subject", .text), .init("consent_id", .text), .init("status", .text), .init("receivers", .json),
            .init("categories", .json), .init("purposes", .json), .init("valid_from", .day), .init("valid_until", .day),
            .init("granted_by", .text), .init("revoked_at", .instant), .init("changed_at", .instant),
        ],
        key: ["subject", "consent_id"], onConflict: .replace)

    public static let quarantine = StoreTable(
        "quarantine",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("record_type", .text), .init("writer", .text),
            .init("reason", .text), .init("status", .text), .init("record", .json), .init("since", .instant),
            .init("changed_at", .instant),
        ],
        key: ["subject", "record_id"], onConflict: .replace)

    public static let qualityVerdict = StoreTable(
        "quality_verdict",
        columns: [
            .init("record_id", .text), .init("rule", .text), .init("verdict", .text), .init("observed", .text), .init("at", .instant),
            .init("stage", .text), .init("kind", .text), .init("owner", .text), .init("severity", .text), .init("threshold", .text),
        ],
        key: ["record_id", "rule"], onConflict: .keepFirst)

    public static let identity = StoreTable(
        "identity",
        columns: [
            .init("alias", .text), .init("subject", .text), .init("learned_from", .text), .init("registered_at", .instant),
            .init("learned_at", .instant),
        ],
        key: ["alias"], onConflict: .replace)

    public static let correction = StoreTable(
        "correction",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("record_type", .text), .init("business_key", .text),
            .init("writer", .text), .init("rule", .text), .init("opened_at", .instant), .init("due_on", .day),
            .init("is_provisional", .bool), .init("status", .text), .init("closed_by", .text), .init("closed_at", .instant),
            .init("took_working_days", .int64),
        ],
        key: ["record_id"], onConflict: .replace)

    public static let crossResult = StoreTable(
        "cross_result",
        columns: [
            .init("subject", .text), .init("check_id", .text), .init("check_key", .text), .init("verdict", .text), .init("data", .json),
            .init("occurred_at", .instant), .init("known_at", .instant), .init("fact_id", .text),
        ],
        key: ["subject", "check_id", "check_key"], onConflict: .replace)

    public static let objection = StoreTable(
        "objection",
        columns: [
            .init("subject", .text), .init("objection_id", .text), .init("record_id", .text), .init("status", .text),
            .init("opened_on", .day), .init("due_on", .day), .init("answered_by", .text), .init("changed_at", .instant),
        ],
        key: ["subject", "objection_id"], onConflict: .replace)

    public static let repairApplication = StoreTable(
        "repair_application",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("record_type", .text), .init("business_key", .text),
            .init("applied_on", .day), .init("status", .text), .init("reason", .text), .init("earliest_on", .day),
            .init("decided_at", .instant),
        ],
        key: ["record_id"], onConflict: .replace)

    public static let identityMatch = StoreTable(
        "identity_match",
        columns: [
            .init("alias", .text), .init("status", .text), .init("subject", .text), .init("points", .int64), .init("candidates", .json),
            .init("record_id", .text), .init("decided_at", .instant),
        ],
        key: ["alias"], onConflict: .replace)

    public static let subjectMerger = StoreTable(
        "subject_merger",
        columns: [
            .init("subject", .text), .init("into_subject", .text), .init("status", .text), .init("record_id", .text),
            .init("occurred_at", .instant), .init("known_at", .instant),
        ],
        key: ["record_id"], onConflict: .keepFirst)

    public static let checkpoint = StoreTable(
        "checkpoint",
        columns: [.init("origin", .text), .init("size", .int64), .init("lane", .int64), .init("grown_at", .instant), .init("note", .text)],
        key: ["origin", "size"], onConflict: .keepFirst)

    public static let all = [
        fact, factRetracted, repairRefused, consent, quarantine, qualityVerdict, identity, correction, crossResult, objection,
        repairApplication, identityMatch, subjectMerger, checkpoint,
    ]
}
