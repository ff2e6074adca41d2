import Postgres
import Vocabulary
import Wire

/// The totals of the cockpit.
struct Summary: Sendable {
    let subjects: Int64
    let scored: Int64
    let facts: Int64
    let applications: Int64
    let dispatched: Int64
    let accepted: Int64
    let credited: Int64
    let disbursed: Int64
    let settled: Int64
    let declined: Int64
    let requestedFen: Int64
    let creditedFen: Int64
    let disbursedFen: Int64
    /// Firms that asked, and those of them with a loan.
    let asking: Int64
    let financed: Int64
    let alerts: Int64
    let pushes: Int64
    /// Of the pushes.
    let claims: Int64
    let granted: Int64
    let grantedFen: Int64
    let released: Int64
    let denied: Int64
    let recalled: Int64
    let quarantined: Int64
    let refused: Int64
    let creditReports: Int64

    init(_ connection: Connection) throws(PostgresFault) {
        let rows = try connection.execute(
            """
            SELECT (SELECT count(*) FROM subject_view), (SELECT count(*) FROM subject_view WHERE points IS NOT NULL),
                   (SELECT coalesce(sum(standing), 0) FROM coverage_view), a.applications, a.dispatched, a.accepted, a.credited,
                   a.disbursed, a.settled, a.declined, a.requested_fen, a.credited_fen, a.disbursed_fen, a.asking, a.financed,
                   (SELECT count(*) FROM alert_view WHERE level <> 'none'), p.pushes, p.granted, p.granted_fen,
                   r.released, r.denied, r.recalled, (SELECT count(*) FROM quarantined_now),
                   (SELECT count(DISTINCT (subject, record_id)) FROM governance_event_view WHERE kind = 'refused'),
                   (SELECT count(*) FROM credit_report_view), p.claims
            FROM (SELECT count(*) AS applications, count(dispatched_at) AS dispatched, count(accepted_at) AS accepted,
                         count(credited_at) AS credited, count(disbursed_at) AS disbursed, count(settled_at) AS settled,
                         count(*) FILTER (WHERE status = 'declined') AS declined,
                         coalesce(sum(requested_fen), 0) AS requested_fen, coalesce(sum(credited_fen), 0) AS credited_fen,
                         coalesce(sum(disbursed_fen), 0) AS disbursed_fen, count(DISTINCT subject) AS asking,
                         count(DISTINCT subject) FILTER (WHERE disbursed_at IS NOT NULL) AS financed
                  FROM application_view) AS a,
                 (SELECT count(*) AS pushes, count(claimed_at) AS claims, count(granted_at) AS granted,
                         coalesce(sum(granted_fen), 0) AS granted_fen
                  FROM push_view) AS p,
                 (SELECT count(DISTINCT release_id) FILTER (WHERE kind = 'released') AS released,
                         count(DISTINCT release_id) FILTER (WHERE kind = 'denied') AS denied,
                         count(DISTINCT release_id) FILTER (WHERE kind = 'recalled') AS recalled
                  FROM release_view) AS r
            """)
        guard let row = rows.first else { throw .unexpectedShape(reason: "the summary has no row") }
        subjects = try row.int64(0)
        scored = try row.int64(1)
        facts = try row.int64(2)
        applications = try row.int64(3)
        dispatched = try row.int64(4)
        accepted = try row.int64(5)
        credited = try row.int64(6)
        disbursed = try row.int64(7)
        settled = try row.int64(8)
        declined = try row.int64(9)
        requestedFen = try row.int64(10)
        creditedFen = try row.int64(11)
        disbursedFen = try row.int64(12)
        asking = try row.int64(13)
        financed = try row.int64(14)
        alerts = try row.int64(15)
        pushes = try row.int64(16)
        granted = try row.int64(17)
        grantedFen = try row.int64(18)
        released = try row.int64(19)
        denied = try row.int64(20)
        recalled = try row.int64(21)
        quarantined = try row.int64(22)
        refused = try row.int64(23)
        creditReports = try row.int64(24)
        claims = try row.int64(25)
    }

    /// Amounts in whole fen.
    func json(at now: Instant) -> [UInt8] {
        JSONWriter.encode { writer in
            writer.object { object in
                object.member("at", now)
                let figures: [(String, Int64)] = [
                    ("subjects", subjects), ("scored", scored), ("standingFacts", facts), ("applications", applications),
                    ("dispatched", dispatched), ("accepted", accepted), ("credited", credited), ("disbursed", disbursed),
                    ("settled", settled), ("declined", declined), ("requestedFen", requestedFen), ("creditedFen", creditedFen),
                    ("disbursedFen", disbursedFen), ("firmsThatApplied", asking), ("firmsFinanced", financed), ("liveAlerts", alerts),
                    ("pushes", pushes), ("claims", claims), ("grants", granted), ("grantedFen", grantedFen), ("released", released),
                    ("denied", denied), ("recalled", recalled), ("quarantined", quarantined), ("refusedRecords", refused),
                    ("creditReports", creditReports),
                ]
                for (name, figure) in figures { object.member(name, figure) }
            }
        }
    }
}
