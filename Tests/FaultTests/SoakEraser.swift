import Chassis
import Contracts
import Postgres
import Vocabulary

/// What time takes away in life, taken away by age here, so that four hours need no more room than ten minutes; and the ledger of it.
///
/// Before a record's row goes it is counted, and what became of it: so every record is judged once, and none has to be remembered.
struct SoakEraser {
    /// Accepted records that are judged, those of them that left no effect, and those that left several.
    private(set) var judged: Int64 = 0
    private(set) var withoutEffect: Int64 = 0
    private(set) var withMany: Int64 = 0
    /// Rows that went, of all tables.
    private(set) var erased = 0

    private let connection: Connection

    init(_ world: FaultWorld) throws {
        connection = try world.connect()
        // Minutes of rows go at once, and nobody waits for them.
        try connection.limitStatements(to: .seconds(300))
    }

    func close() { connection.close() }

    /// Histories, of which every record adds a row: by the time in this column. Production keeps them for years, and its disks are for that.
    private static let histories: [(table: String, column: String)] = [
        ("governance.fact", "known_at"), ("governance.quality_verdict", "at"), ("scoring.score_history", "computed_at"),
        ("exchange.release", "decided_at"), ("exchange.release_audit", "at"), ("reporting.release_view", "at"),
        ("reporting.governance_event_view", "at"), ("riskmonitoring.alert_history", "at"),
    ]

    /// Tables whose size says how long is kept and not whether something grows: those erased here, and those that only ever grow, such as the
    /// logs and the dead letters. Names without a schema are those of every service.
    static let keptByTime: [String] =
        histories.map { $0.table } + ["ingestion.accepted_record"]
        + [
            "ledger_block", "dead_letter", "dead_letter_action", "dead_letter_replay", "dead_letter_outcome", "operator_act",
            "governance.quarantine", "governance.correction", "governance.checkpoint", "governance.fact_retracted",
        ]

    /// Judges the records that came in before this moment, and takes away what is older.
    mutating func erase(before moment: Instant) throws {
        if let row = try connection.execute(Self.judging, [.instant(moment)]).first {
            judged += try row.int64(0)
            withoutEffect += try row.int64(1)
            withMany += try row.int64(2)
            erased += Int(try row.int64(0))
        }
        // A fact is known after its record came in, so the record of one that goes now has gone before it.
        for (table, column) in Self.histories {
            erased += try connection.execute("DELETE FROM \(table) WHERE \(column) < $1", [.instant(moment)]).affected
        }
        erased += try connection.execute("DELETE FROM ingestion.outside_id WHERE seen_at < $1", [.instant(moment)]).affected
        for service in ServiceName.allCases {
            erased += try connection.execute(
                """
                DELETE FROM \(service.rawValue).outbox o USING \(service.rawValue).link_out l
                 WHERE o.created_at < $1 AND (l.lane, l.topic, l.partition) = (o.lane, o.topic, o.partition) AND o.last_seq <= l.acked_seq
                """, [.instant(moment)]
            ).affected
        }
    }

    private static let judging = """
        WITH gone AS (
            DELETE FROM ingestion.accepted_record WHERE received_at < $1 RETURNING record_id
        ), effect AS (
            \(AcceptanceLedger.Evidence.effects)
        ), judged AS (
            SELECT g.record_id, count(e.record_id) AS effects FROM gone g LEFT JOIN effect e USING (record_id) GROUP BY g.record_id
        )
        SELECT count(*), count(*) FILTER (WHERE effects = 0), count(*) FILTER (WHERE effects > 1) FROM judged
        """
}
