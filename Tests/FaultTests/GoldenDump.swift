import Contracts
import Foundation
import Postgres

/// O1: everything that the services decided about some subjects, as text that two runs over the same input must share byte by byte.
struct GoldenDump: Equatable {
    /// Table → its rows as canonical JSON, in order.
    let tables: [String: [String]]

    static func == (one: GoldenDump, other: GoldenDump) -> Bool { one.tables == other.tables }

    private static let answered =
        "an application or a push is answered once, by what is known when it comes; of two topics either may be read first"

    /// Business tables that two calm runs do not share, each with the reason. The other oracles still cover what fills them;
    /// how often a release left is asked by `ReleaseCounts`.
    static let excluded: [String: String] = [
        "scoring.score_history": "a row for every batch that changed a score: how often that is depends on where batches are cut",
        "reporting.governance_event_view": "a record that waited for its consent left two rows; one that came after it left none",
        "matchmaking.application": answered,
        "matchmaking.deadline": answered,
        "matchmaking.application_refusal": answered,
        "reporting.application_view": answered,
        "reporting.handling_view": answered,
        "reporting.credit_report_view": answered,
        "reporting.offer_view": answered,
        "scoring.report": answered,
        "exchange.release": answered,
        "exchange.release_audit": answered,
        "reporting.release_view": answered,
        "ingestion.source_day": "counts the records of all firms",
        "policypush.policy_budget": "one row for all firms",
        "governance.checkpoint": "the order of the leaves of several firms",
        "reporting.quarterly_report": "one row for all firms",
    ]

    /// When something was noticed or done, or where it lay in a log: no two runs share these.
    static let technical: [String] = [
        "received_at", "known_at", "changed_at", "at", "since", "computed_at", "learned_at", "refused_at", "decided_at", "updated_at",
        "first_pushed_at", "raised_at", "lowered_at", "as_of", "sent_at", "issued_at", "drawn_at", "dispatched_at", "pushed_at",
        "reminded_at", "granted_at", "claimed_at", "set_aside_at", "offset", "overdue_at", "latest_at",
        "first_at", "opened_at", "closed_at",
    ]

    /// Columns, and members of JSON columns, that depend on how the inputs were cut into batches or on which of two topics was read first.
    static let orderly: [String: [String]] = [
        // Counts the portraits of a subject.
        "scoring.portrait": ["revision", "body,revision", "body,asOf", "body,score,scoreId", "body,catalogVersion"],
        "matchmaking.match": ["portrait_revision"],
        "reporting.subject_view": ["revision", "score_id"],
        // As it was when the firm first met the conditions, and whether it did not for a while.
        "policypush.push": ["conditions", "amount_fen", "reason"],
        "reporting.push_view": ["expected_fen", "reason"],
        "governance.fact": ["quality", "duplicate_of"],
        // The last time that a comparison was told: once for all that had come when its timer rang.
        "governance.cross_result": ["fact_id"],
        "governance.identity": ["learned_from"],
        // The raw record as it came, with where it lay.
        "governance.quarantine": ["record,origin,offset", "record,receivedAt", "record,knownAt"],
    ]

    /// Rows that are a trace of the way and not of where it led.
    private static let kept: [String: String] = [
        // How often a comparison was told, see above.
        "reporting.coverage_view": "record_type <> 'cross-check.result'",
        "governance.quarantine": "status <> 'released'",
        // What stood again after all leaves its former rows where the news that ended it came first.
        "governance.fact_retracted":
            "retracted_by <> '' AND NOT EXISTS (SELECT FROM governance.fact_retracted l WHERE l.fact_id = t.fact_id AND l.known_at > t.known_at)",
        "policypush.push": "status <> 'withdrawn'",
        "reporting.push_view": "status <> 'withdrawn'",
        "matchmaking.match": "is_current AND application_id = ''",
        // Who was on a list for a while leaves a row, too.
        "scoring.whitelist_member": "is_member",
        "reporting.whitelist_view": "is_member",
    ]

    /// Tables in which a portrait made on the way leaves a trace that one made later does not: a firm that met the conditions while half of
    /// its facts were known. Which portraits are made depends on when, so here there may be more rows than on a calm day, and none less.
    private static let grown: Set<String> = ["policypush.push", "reporting.push_view"]

    /// How the rows about a subject are found in tables without a column of that name.
    private static let about: [String: String] = [
        "governance.fact_retracted": "fact_id IN (SELECT fact_id FROM governance.fact WHERE subject = ANY ($1))",
        "governance.quality_verdict": "record_id IN (SELECT record_id FROM ingestion.accepted_record WHERE subject = ANY ($1))",
        "matchmaking.deadline": "application_id IN (SELECT application_id FROM matchmaking.application WHERE subject = ANY ($1))",
        "matchmaking.application_refusal":
            "application_id IN (SELECT application_id FROM matchmaking.application WHERE subject = ANY ($1))",
        "riskmonitoring.alert_history": "right(alert_id, 18) = ANY ($1)",
    ]

    /// The tables of the one path, which hold how work was done and not what was decided.
    private static let path: Set<String> = [
        "consumer_offset", "link_in", "link_out", "outbox", "state", "timer", "sweep", "outside_id", "dead_letter", "message_count",
        "link_epoch", "link_cut", "lane_lease", "worker", "worker_session", "schema_migration", "attempt", "lane_pause", "operator_act",
        "dead_letter_action",
        "dead_letter_fix", "dead_letter_outcome", "dead_letter_replay", "ledger_head", "ledger_block",
    ]

    static func take(_ world: FaultWorld, _ subjects: [String]) throws -> GoldenDump {
        let connection = try world.connect()
        defer { connection.close() }
        var tables: [String: [String]] = [:]
        for (schema, name, hasSubject) in try names(connection) {
            let table = "\(schema).\(name)"
            guard excluded[table] == nil else { continue }
            guard let condition = hasSubject ? "subject = ANY ($1)" : about[table] else {
                throw Trouble("say in GoldenDump how the rows of \(table) are found by subject")
            }
            let dropped = technical + (orderly[table] ?? [])
            let members = dropped.filter { $0.contains(",") }.map { " #- '{\($0)}'" }.joined()
            let rest = kept[table].map { " AND \($0)" } ?? ""
            var rows: [String] = []
            for row in try connection.execute(
                """
                SELECT line FROM (SELECT ((to_jsonb(t) - $2)\(members))::text AS line FROM \(table) t WHERE \(condition)\(rest)) AS l
                 ORDER BY line COLLATE "C"
                """, [.texts(subjects), .texts(dropped)])
            {
                rows.append(try row.text(0))
            }
            tables[table] = rows
        }
        return GoldenDump(tables: tables)
    }

    private static func names(_ connection: Connection) throws -> [(schema: String, table: String, hasSubject: Bool)] {
        var names: [(String, String, Bool)] = []
        for row in try connection.execute(
            """
            SELECT t.table_schema::text, t.table_name::text,
                   EXISTS (SELECT FROM information_schema.columns c
                            WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.column_name = 'subject')
              FROM information_schema.tables t
             WHERE t.table_schema = ANY ($1) AND t.table_type = 'BASE TABLE'
             ORDER BY 1, 2
            """, [.texts(ServiceName.allCases.map(\.rawValue))])
        {
            let (schema, table, hasSubject) = (try row.text(0), try row.text(1), try row.bool(2))
            let isPartition = table.contains("_p2") || table.hasPrefix("outbox") || table.hasPrefix("outside_id")
            if !path.contains(table), !isPartition { names.append((schema, table, hasSubject)) }
        }
        return names
    }

    /// Where the two differ, a line a table.
    func differences(from other: GoldenDump) -> [String] {
        Set(tables.keys).union(other.tables.keys).sorted().compactMap { table in
            let mine = tables[table] ?? []
            let theirs = other.tables[table] ?? []
            guard mine != theirs else { return nil }
            let onlyMine = Self.surplus(mine, over: theirs)
            let onlyTheirs = Self.surplus(theirs, over: mine)
            if Self.grown.contains(table), onlyTheirs.isEmpty { return nil }
            return "\(table): \(mine.count) rows for \(theirs.count); "
                + "\(onlyMine.sorted().first?.prefix(400) ?? "-") ≠ \(onlyTheirs.sorted().first?.prefix(400) ?? "-")"
        }
    }

    /// Rows that are there more often than on the other side.
    private static func surplus(_ rows: [String], over others: [String]) -> [String] {
        var left = Dictionary(others.map { ($0, 1) }, uniquingKeysWith: +)
        return rows.filter { row in
            guard let count = left[row], count > 0 else { return true }
            left[row] = count - 1
            return false
        }
    }

    /// Without the rows that name one of these.
    func without(_ subjects: [String]) -> GoldenDump {
        guard !subjects.isEmpty else { return self }
        return GoldenDump(tables: tables.mapValues { $0.filter { row in !subjects.contains { row.contains($0) } } })
    }

    /// For a closer look: one file a table, in this folder.
    func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (table, rows) in tables {
            try rows.joined(separator: "\n").write(to: folder.appendingPathComponent(table), atomically: true, encoding: .utf8)
        }
    }

    var rowCount: Int { tables.values.reduce(0) { $0 + $1.count } }
}
