import Contracts
import Foundation
import Postgres

/// The operator's own schema: one view over each of the path's tables of all services, and what the demonstration sent.
enum OperatorSchema {
    static let name = "operator"

    /// Tables of the path that get a view with the column `service` before their own.
    private static let united = [
        "consumer_offset", "link_in", "link_out", "outbox", "timer", "sweep", "dead_letter", "message_count", "lane_lease", "worker",
        "state", "dead_letter_action", "dead_letter_replay", "dead_letter_outcome", "lane_pause", "operator_act",
    ]

    static var sql: String {
        let views = united.map { table in
            let parts = ServiceName.allCases.map { "SELECT '\($0.rawValue)'::text AS service, * FROM \($0.rawValue).\(table)" }
            return "CREATE OR REPLACE VIEW \(name).\(table) AS\n" + parts.joined(separator: "\nUNION ALL\n") + ";"
        }
        return """
            CREATE SCHEMA IF NOT EXISTS \(name);
            CREATE TABLE IF NOT EXISTS \(name).sent (
                topic text NOT NULL,
                id    text NOT NULL,
                times int4 NOT NULL DEFAULT 1,
                planted text NOT NULL DEFAULT ''
            );
            ALTER TABLE \(name).sent DROP CONSTRAINT IF EXISTS sent_pkey;
            COMMENT ON TABLE \(name).sent IS
                'What the demonstration handed to the broker, as often as it did: the other side of the ledger. Only added to, and read at the end.';
            \(views.joined(separator: "\n"))
            \(subjectsWithin)
            \(lineage)
            """
    }

    /// Facts keep the code under which they came: what a code stood for after a merger is the facts of several.
    private static let subjectsWithin = """
        CREATE OR REPLACE FUNCTION \(name).subjects_within(code text, moment timestamptz) RETURNS SETOF text
        LANGUAGE sql STABLE ROWS 2 AS $$
            WITH RECURSIVE latest AS (
                SELECT DISTINCT ON (subject) subject, into_subject, status
                  FROM governance.subject_merger
                 WHERE known_at <= moment
                 ORDER BY subject, occurred_at DESC, record_id DESC
            ), within (subject) AS (
                SELECT code COLLATE "C"
                UNION
                SELECT latest.subject
                  FROM within JOIN latest ON latest.into_subject = within.subject AND latest.status = 'merged'
            )
            SELECT subject FROM within
        $$;
        COMMENT ON FUNCTION \(name).subjects_within(text, timestamptz) IS
            'The code itself and every code that had gone into it by what was known then, over several mergers; one that was undone by then '
            'counts no more.';
        """

    /// From a loan to the messages its score rests on: what `xinqiao explain loan` walks through step by step.
    private static let lineage = """
        CREATE OR REPLACE VIEW \(name).lineage AS
        SELECT a.loan_id, a.institution, a.application_id, a.subject, a.status, a.product_id, m.rank AS match_rank, m.total AS match_total,
               a.score_id, s.points, s.grade, s.model, s.model_version, s.computed_at AS scored_at, f.record_type, f.fact_id, f.occurred_at,
               f.known_at, f.content_sha256, r.received_at, f.topic, f.partition, f."offset", f.sha256, f.subject AS fact_subject
          FROM matchmaking.application a
          LEFT JOIN matchmaking.match m ON (m.subject, m.application_id, m.product_id) = (a.subject, a.application_id, a.product_id)
          LEFT JOIN scoring.score_history s ON s.score_id = a.score_id
          LEFT JOIN LATERAL (
              SELECT fact.*
                FROM \(name).subjects_within(a.subject, s.computed_at) AS within (code)
                JOIN governance.fact ON fact.subject = within.code AND fact.known_at <= s.computed_at
          ) AS f ON true
          LEFT JOIN ingestion.accepted_record r ON r.record_id = f.fact_id;
        COMMENT ON VIEW \(name).lineage IS
            'Loan, application, match, score, the facts known by then, the accepted record and the message: one row for every fact. Ask by '
            'loan_id (and institution, whose number it is), application_id or subject. fact_subject is the code under which the fact came: '
            'another one when that had gone into the subject by the time of the score.';
        """

    /// Who reads which topic, as rows: for joining links.
    static var readers: [(reader: String, topic: String)] {
        ServiceName.allCases.flatMap { service in
            service.inputs.filter { Topic.writer(of: $0) == nil }.map { (service.rawValue, $0) }
        }
    }

    /// Makes one role per service that may log in, and one that may only read. Idempotent. Where all of them are there and no password is
    /// given, it needs no right to make or alter roles.
    static func roles(password: String?) -> String {
        let secret = password.map { "'\($0.replacingOccurrences(of: "'", with: "''"))'" }
        let names = ServiceName.allCases.map { "xinqiao_\($0.rawValue)" } + ["xinqiao_reader"]
        return names.map { role in
            """
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(role)') THEN CREATE ROLE \(role) LOGIN NOSUPERUSER NOBYPASSRLS; END IF;
            END $$;
            """ + (secret.map { "\nALTER ROLE \(role) LOGIN PASSWORD \($0);" } ?? "")
        }.joined(separator: "\n") + "\n" + publicSchema
    }

    /// Whoever has no right on the schema can not even take away what nobody has any more.
    private static let publicSchema = """
        DO $$ BEGIN
            IF has_schema_privilege('public', 'public', 'USAGE, CREATE') THEN REVOKE ALL ON SCHEMA public FROM PUBLIC; END IF;
        END $$;
        """
}
