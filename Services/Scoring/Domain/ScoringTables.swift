import Contracts
import Deciding
import Vocabulary
import Wire

/// The tables that scoring writes beside its states.
public enum ScoringTables {
    public static let portrait = StoreTable(
        "portrait",
        columns: [
            .init("subject", .text), .init("revision", .int64), .init("as_of", .instant), .init("points", .int64), .init("grade", .text),
            .init("low", .int64), .init("high", .int64), .init("probability_bp", .int64), .init("model", .text),
            .init("model_version", .int64), .init("public_grade", .text), .init("region", .text), .init("industry", .text),
            .init("subject_kind", .text), .init("body", .json), .init("computed_at", .instant),
        ],
        key: ["subject"], onConflict: .replace)

    public static let scoreHistory = StoreTable(
        "score_history",
        columns: [
            .init("score_id", .text), .init("subject", .text), .init("points", .int64), .init("grade", .text), .init("model", .text),
            .init("model_version", .int64), .init("as_of", .instant), .init("reasons", .json), .init("indicators", .json),
            .init("catalog_version", .int64), .init("computed_at", .instant), .init("public_grade", .text), .init("public_grade_on", .day),
            .init("public_grade_source", .text), .init("public_grade_stale", .bool), .init("disputes", .json),
        ],
        key: ["score_id"], onConflict: .keepFirst)

    public static let whitelistMember = StoreTable(
        "whitelist_member",
        columns: [
            .init("list", .text), .init("subject", .text), .init("is_member", .bool), .init("since", .instant), .init("reason", .text),
        ],
        key: ["list", "subject"], onConflict: .replace)

    public static let report = StoreTable(
        "report",
        columns: [
            .init("report_id", .text), .init("subject", .text), .init("application_id", .text), .init("score_id", .text),
            .init("issued_at", .instant), .init("text_en", .text), .init("text_zh", .text),
        ],
        key: ["report_id"], onConflict: .keepFirst)

    public static let all = [portrait, scoreHistory, whitelistMember, report]

    static func portraitRow(_ portrait: Portrait, at now: Instant) -> [Cell] {
        let score = portrait.score
        return [
            .text(portrait.subject), .int64(portrait.revision), .instant(portrait.asOf), .int64OrNull(score?.points),
            .textOrNull(score?.grade), .int64OrNull(score?.low), .int64OrNull(score?.high), .int64OrNull(score?.defaultProbability),
            .textOrNull(score?.model), .int64OrNull(score?.modelVersion), .text(portrait.publicGrade), .text(portrait.region),
            .text(portrait.industry), .text(portrait.subjectKind), .json(portrait.bytes), .instant(now),
        ]
    }

    static func scoreRow(_ score: Score, of portrait: Portrait, at now: Instant) -> [Cell] {
        let reasons = JSONWriter.encode { writer in
            writer.array { list in
                for reason in score.reasons { list.element(object: { reason.write(to: &$0) }) }
            }
        }
        let indicators = JSONWriter.encode { writer in
            writer.object { object in
                for (name, value) in portrait.indicators {
                    switch value {
                    case .number(let number): object.member(name, number)
                    case .text(let text): object.member(name, text)
                    }
                }
            }
        }
        let official = portrait.officialGrade
        let disputes = JSONWriter.encode { writer in
            writer.array { list in
                for dispute in portrait.disputes { list.element(object: { dispute.write(to: &$0) }) }
            }
        }
        return [
            .text(score.scoreID), .text(portrait.subject), .int64(score.points), .text(score.grade), .text(score.model),
            .int64(score.modelVersion), .instant(portrait.asOf), .json(reasons), .json(indicators), .int64(portrait.catalogVersion),
            .instant(now), .textOrNull(official?.grade), official.map { .day($0.evaluatedOn) } ?? .null, .textOrNull(official?.source),
            official.map { .bool($0.isStale) } ?? .null, .json(disputes),
        ]
    }

    static func reportRow(_ report: ReportIssued) -> [Cell] {
        [
            .text(report.reportID), .text(report.subject), .text(report.applicationID), .text(report.scoreID), .instant(report.issuedAt),
            .text(report.text.en), .text(report.text.zh),
        ]
    }
}
