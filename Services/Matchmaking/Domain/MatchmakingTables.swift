import Contracts
import Deciding
import Vocabulary
import Wire

/// The tables that matchmaking writes for others to read.
public enum MatchmakingTables {
    public static let application = StoreTable(
        "application",
        columns: [
            .init("application_id", .text), .init("subject", .text), .init("status", .text), .init("institution", .text),
            .init("product_id", .text), .init("amount_fen", .int64), .init("credited_fen", .int64), .init("disbursed_fen", .int64),
            .init("annual_rate_bp", .int64), .init("loan_id", .text), .init("score_id", .text), .init("skipped", .text),
            .init("requested_at", .instant), .init("updated_at", .instant), .init("accept_due", .instant), .init("answer_due", .instant),
            .init("is_provisional", .bool),
        ],
        key: ["application_id"], onConflict: .replace)

    public static let match = StoreTable(
        "match",
        columns: [
            .init("subject", .text), .init("application_id", .text), .init("product_id", .text), .init("rank", .int64),
            .init("total", .int64), .init("success", .int64), .init("cost", .int64), .init("speed", .int64), .init("service", .int64),
            .init("annual_rate_bp", .int64), .init("limit_fen", .int64), .init("conditions", .json), .init("portrait_revision", .int64),
            .init("is_current", .bool),
        ],
        key: ["subject", "application_id", "product_id"], onConflict: .replace)

    public static let deadline = StoreTable(
        "deadline",
        columns: [
            .init("application_id", .text), .init("kind", .text), .init("due_at", .instant), .init("met", .bool),
            .init("overdue_at", .instant),
        ],
        key: ["application_id", "kind"], onConflict: .replace)

    public static let refusal = StoreTable(
        "application_refusal",
        columns: [
            .init("application_id", .text), .init("fact_id", .text), .init("step", .text), .init("writer", .text), .init("code", .text),
            .init("is_current", .bool), .init("at", .instant),
        ],
        key: ["application_id", "fact_id"], onConflict: .replace)

    public static let all = [application, match, deadline, refusal]

    static func row(_ application: Application, _ course: Application.Course, subject: String, at now: Instant) -> [Cell] {
        let credited = course.step(.credited)
        let disbursed = course.step(.disbursed)
        return [
            .text(application.request.applicationID), .text(subject), .text(course.status.rawValue), .text(application.institution),
            .text(application.productID), .int64(application.request.amount.fen), .int64OrNull(credited?.amount?.fen),
            .int64OrNull(disbursed?.amount?.fen), .int64OrNull(disbursed?.annualRate ?? credited?.annualRate),
            .textOrNull(disbursed?.loanID), .text(application.scoreID), .text(course.skipped.map(\.rawValue).joined(separator: ",")),
            .instant(application.request.requestedAt), .instant(now), application.accept.map { .instant($0.due) } ?? .null,
            application.answer.map { .instant($0.due) } ?? .null, .bool(application.isProvisional),
        ]
    }

    static func row(_ match: ProductMatch, of list: MatchList) -> [Cell] {
        let conditions = JSONWriter.encode { writer in
            writer.array { array in
                for condition in match.conditions { array.element(object: { condition.write(to: &$0) }) }
            }
        }
        return [
            .text(list.subject), .text(list.applicationID), .text(match.productID), .int64(match.rank), .int64(match.total),
            .int64(match.success), .int64(match.cost), .int64(match.speed), .int64(match.service), .int64(match.annualRate),
            .int64(match.limit.fen), .json(conditions), .int64(list.portraitRevision), .bool(true),
        ]
    }

    /// A product that is no longer offered keeps a row, without figures.
    static func droppedRow(_ productID: String, of list: MatchList) -> [Cell] {
        [
            .text(list.subject), .text(list.applicationID), .text(productID), .int64(0), .int64(0), .int64(0), .int64(0), .int64(0),
            .int64(0), .int64(0), .int64(0), .json(Array("[]".utf8)), .int64(list.portraitRevision), .bool(false),
        ]
    }

    static func row(_ deadline: Deadline, of applicationID: String) -> [Cell] {
        let met: Cell =
            switch deadline.standing {
            case .met: .bool(true)
            case .missed: .bool(false)
            case .open, .lapsed: .null
            }
        return [
            .text(applicationID), .text(deadline.kind.rawValue), .instant(deadline.due), met,
            deadline.overdueAt.map { .instant($0) } ?? .null,
        ]
    }

    static func row(_ report: Feedback, refused code: String, isCurrent: Bool, at now: Instant) -> [Cell] {
        [
            .text(report.applicationID), .text(report.factID), .text(report.step.rawValue), .text(report.writer), .text(code),
            .bool(isCurrent), .instant(now),
        ]
    }
}
