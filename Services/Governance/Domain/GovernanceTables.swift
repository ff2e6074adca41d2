import Deciding

/// The tables that governance writes beside its states. Facts are only ever added: which of them stand, and when, is for views to say.
package enum GovernanceTables {
    package static let fact = StoreTable(
        "fact",
        columns: [
            .init("fact_id", .text), .init("record_type", .text), .init("writer", .text), .init("subject", .text),
            .init("business_key", .text), .init("occurred_at", .instant), .init("known_at", .instant), .init("topic", .text),
            .init("partition", .int64), .init("offset", .int64), .init("sha256", .text), .init("quality", .int64),
            .init("data", .json), .init("duplicate_of", .text),
        ],
        key: ["fact_id"], onConflict: .keepFirst)

    package static let factRetracted = StoreTable(
        "fact_retracted",
        columns: [.init("fact_id", .text), .init("retracted_by", .text), .init("known_at", .instant)],
        key: ["fact_id"], onConflict: .keepFirst)

    package static let repairRefused = StoreTable(
        "repair_refused",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("decision_no", .text), .init("approved_on", .day),
            .init("earliest_on", .day), .init("refused_at", .instant),
        ],
        key: ["record_id"], onConflict: .replace)

    package static let consent = StoreTable(
        "consent",
        columns: [
            .init("subject", .text), .init("consent_id", .text), .init("status", .text), .init("receivers", .json),
            .init("categories", .json), .init("purposes", .json), .init("valid_from", .day), .init("valid_until", .day),
            .init("granted_by", .text), .init("revoked_at", .instant), .init("changed_at", .instant),
        ],
        key: ["subject", "consent_id"], onConflict: .replace)

    package static let quarantine = StoreTable(
        "quarantine",
        columns: [
            .init("subject", .text), .init("record_id", .text), .init("record_type", .text), .init("writer", .text),
            .init("reason", .text), .init("status", .text), .init("record", .json), .init("since", .instant),
            .init("changed_at", .instant),
        ],
        key: ["subject", "record_id"], onConflict: .replace)

    package static let qualityVerdict = StoreTable(
        "quality_verdict",
        columns: [
            .init("record_id", .text), .init("rule", .text), .init("verdict", .text), .init("observed", .text), .init("at", .instant),
        ],
        key: ["record_id", "rule"], onConflict: .keepFirst)

    package static let identity = StoreTable(
        "identity",
        columns: [
            .init("alias", .text), .init("subject", .text), .init("learned_from", .text), .init("registered_at", .instant),
            .init("learned_at", .instant),
        ],
        key: ["alias"], onConflict: .replace)

    package static let all = [fact, factRetracted, repairRefused, consent, quarantine, qualityVerdict, identity]
}
