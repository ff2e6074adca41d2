import Deciding
import Vocabulary
import Wire

/// The tables that exchange writes beside its states.
public enum ExchangeTables {
    /// One answer per release id.
    public static let release = StoreTable(
        "release",
        columns: [
            .init("subject", .text), .init("release_id", .text), .init("receiver", .text), .init("message_type", .text),
            .init("purpose", .text), .init("consent_id", .text), .init("status", .text), .init("reason", .text), .init("fields", .int64),
            .init("decided_at", .instant), .init("changed_at", .instant),
        ],
        key: ["subject", "release_id"], onConflict: .replace)

    /// Consents as the door knows them.
    public static let consentSeen = StoreTable(
        "consent_seen",
        columns: [
            .init("subject", .text), .init("consent_id", .text), .init("status", .text), .init("receivers", .json),
            .init("categories", .json), .init("purposes", .json), .init("valid_from", .day), .init("valid_until", .day),
            .init("revoked_at", .instant), .init("changed_at", .instant),
        ],
        key: ["subject", "consent_id"], onConflict: .replace)

    /// Every step of every request.
    public static let audit = StoreTable(
        "release_audit",
        columns: [
            .init("subject", .text), .init("release_id", .text), .init("kind", .text), .init("reason", .text), .init("at", .instant),
        ],
        key: ["subject", "release_id", "kind", "at"], onConflict: .keepFirst)

    /// For checks against the migration.
    public static let all = [release, consentSeen, audit]

    static func row(_ decision: ReleaseDecision, of subject: String, at now: Instant) -> [Cell] {
        [
            .text(subject), .text(decision.releaseID), .text(decision.receiver), .text(decision.messageType), .text(decision.purpose),
            .text(decision.consentID), .text(decision.status.rawValue), .text(decision.reason), .int64(decision.fields),
            .instant(decision.at), .instant(now),
        ]
    }

    static func row(_ consent: ConsentOnFile, of subject: String, at now: Instant) -> [Cell] {
        func list(_ texts: [String]?) -> Cell { texts.map { texts in .json(JSONWriter.encode { $0.element(texts) }) } ?? .null }
        return [
            .text(subject), .text(consent.id), .text(consent.status), list(consent.terms?.receivers), list(consent.terms?.categories),
            list(consent.terms?.purposes), consent.terms.map { .day($0.from) } ?? .null, consent.terms.map { .day($0.until) } ?? .null,
            consent.revokedAt.map { .instant($0) } ?? .null, .instant(now),
        ]
    }
}
