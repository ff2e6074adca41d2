-- Verdicts in full, corrections, cross-checks, objections, repair applications, mergers, and a seal on every fact.

ALTER TABLE fact ADD COLUMN content_sha256 text;
COMMENT ON COLUMN fact.content_sha256 IS
    'SHA-256 of the data in canonical form, computed when it was taken in. `xinqiao verify` computes it again from the stored data and names '
    'every fact of which one byte was altered. Null in rows older than this column.';
-- What the corrections and the league table look up.
CREATE INDEX fact_writer ON fact (writer, known_at);

ALTER TABLE quality_verdict
    ADD COLUMN stage     text NOT NULL DEFAULT '',
    ADD COLUMN kind      text NOT NULL DEFAULT '',
    ADD COLUMN owner     text NOT NULL DEFAULT '',
    ADD COLUMN severity  text NOT NULL DEFAULT '',
    ADD COLUMN threshold text NOT NULL DEFAULT '';
COMMENT ON COLUMN quality_verdict.stage IS 'before: by the record alone; during: by what was said before or elsewhere; after: by comparison.';
COMMENT ON COLUMN quality_verdict.owner IS 'Who has to see to it: the rule''s owner, else the record''s writer.';
COMMENT ON COLUMN quality_verdict.threshold IS 'What the rule measures against, when its entry says it apart from the logic.';

ALTER TABLE quarantine DROP CONSTRAINT quarantine_status_check;
ALTER TABLE quarantine ADD CONSTRAINT quarantine_status_check CHECK (status IN ('held', 'released', 'refused', 'overridden'));
COMMENT ON COLUMN quarantine.status IS
    'overridden: people said by quality.override that the record is right although the rule in reason says that it is not.';

ALTER TABLE consent DROP CONSTRAINT consent_status_check;
ALTER TABLE consent ADD CONSTRAINT consent_status_check CHECK (status IN ('active', 'paused', 'expired', 'revoked'));

CREATE TABLE correction (
    record_id         text COLLATE "C" PRIMARY KEY,
    subject           text COLLATE "C" NOT NULL,
    record_type       text NOT NULL,
    business_key      text NOT NULL,
    writer            text NOT NULL,
    rule              text NOT NULL,
    opened_at         timestamptz NOT NULL,
    due_on            date NOT NULL,
    is_provisional    bool NOT NULL,
    status            text NOT NULL CHECK (status IN ('open', 'overdue', 'corrected', 'accepted')),
    closed_by         text,
    closed_at         timestamptz,
    took_working_days int8
);
COMMENT ON TABLE correction IS
    'Requests to sources to say something again. corrected: a statement of the same thing by the same writer passed; accepted: people said '
    'that the record was right.';
COMMENT ON COLUMN correction.due_on IS 'The last day, in working days of the calendar in force; provisional while its year is not announced.';
CREATE INDEX correction_open ON correction (writer, due_on) WHERE closed_at IS NULL;

CREATE VIEW source_league AS
SELECT writer,
       facts,
       requested AS corrections_requested,
       still_open AS corrections_open,
       late AS corrections_late,
       median_working_days,
       10000 * facts / (facts + requested) AS right_first_bp,
       mean_quality_bp,
       -- Half for being right at once, half for correcting in time; who was never asked corrects in time.
       (10000 * facts / (facts + requested) + CASE requested WHEN 0 THEN 10000 ELSE 10000 * (requested - late) / requested END) / 2 AS trust_bp
FROM (
    SELECT writer,
           coalesce(said.facts, 0) AS facts,
           coalesce(asked.requested, 0) AS requested,
           coalesce(asked.still_open, 0) AS still_open,
           coalesce(asked.late, 0) AS late,
           asked.median_working_days,
           said.mean_quality_bp
    FROM (
        SELECT writer, count(*) AS facts, avg(quality)::int8 AS mean_quality_bp
        FROM fact
        WHERE writer <> 'governance'
        GROUP BY writer
    ) AS said
    FULL JOIN (
        SELECT writer,
               count(*) AS requested,
               count(*) FILTER (WHERE closed_at IS NULL) AS still_open,
               count(*) FILTER (WHERE (coalesce(closed_at, now()) AT TIME ZONE 'Asia/Shanghai')::date > due_on) AS late,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY took_working_days) AS median_working_days
        FROM correction
        GROUP BY writer
    ) AS asked USING (writer)
) AS counted;
COMMENT ON VIEW source_league IS
    'The league table of sources: SELECT * FROM source_league ORDER BY trust_bp DESC. trust_bp is what a sourceTrust entry for the writer would '
    'say by these figures; published as a new version, it weighs the quality of what the source says from then on.';

CREATE VIEW source_freshness AS
SELECT writer,
       record_type,
       count(*) AS facts,
       max(occurred_at) AS last_occurred_at,
       max(known_at) AS last_known_at,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY known_at - occurred_at) AS median_lag,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY known_at - occurred_at) AS p95_lag
FROM fact
GROUP BY writer, record_type;
COMMENT ON VIEW source_freshness IS
    'How long after it happened a thing was known, per writer and record type; beside the source''s rhythm this is its freshness.';

CREATE TABLE cross_result (
    subject     text COLLATE "C" NOT NULL,
    check_id    text NOT NULL,
    check_key   text COLLATE "C" NOT NULL,
    verdict     text NOT NULL CHECK (verdict IN ('yes', 'no', 'unknown', 'taken-back')),
    data        jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    known_at    timestamptz NOT NULL,
    fact_id     text NOT NULL,
    PRIMARY KEY (subject, check_id, check_key)
);
COMMENT ON TABLE cross_result IS
    'How the comparisons stand that crossCheck entries ask for: one trade, one month, one form. data has every check with what it saw, the '
    'differing fields with both values and sources, and the records compared. Every change is sent as a fact of type cross-check.result too.';
CREATE INDEX cross_result_no ON cross_result (check_id, known_at) WHERE verdict = 'no';

CREATE TABLE objection (
    subject     text COLLATE "C" NOT NULL,
    objection_id  text COLLATE "C" NOT NULL,
    record_id   text COLLATE "C" NOT NULL,
    status      text NOT NULL CHECK (status IN ('open', 'overdue', 'upheld', 'corrected', 'removed')),
    opened_on   date,
    due_on      date,
    answered_by text,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (subject, objection_id)
);
COMMENT ON TABLE objection IS
    'Statements that their subject objections. While the status is open or overdue the statement bears the mark; due_on is twenty days after the '
    'objection was received.';
CREATE INDEX objection_record ON objection (record_id);

CREATE TABLE repair_application (
    record_id   text COLLATE "C" PRIMARY KEY,
    subject     text COLLATE "C" NOT NULL,
    decision_no text NOT NULL,
    applied_on  date NOT NULL,
    status      text NOT NULL CHECK (status IN ('admitted', 'refused', 'ended')),
    reason      text NOT NULL,
    earliest_on date,
    decided_at  timestamptz NOT NULL
);
COMMENT ON TABLE repair_application IS
    'Applications for credit repair: admitted for decision, or refused with all obstacles and the first day on which one may be made; null '
    'while the duties are not fulfilled.';

CREATE TABLE identity_match (
    alias      text COLLATE "C" PRIMARY KEY,
    status     text NOT NULL CHECK (status IN ('matched', 'queued')),
    subject    text NOT NULL,
    points     int8 NOT NULL,
    candidates jsonb NOT NULL,
    record_id  text NOT NULL,
    decided_at timestamptz NOT NULL
);
COMMENT ON TABLE identity_match IS
    'Aliases that no registration explains, with the firms of the same name and why each has its points. queued: people decide, by '
    'identity.resolved.';
CREATE INDEX identity_match_queued ON identity_match (decided_at) WHERE status = 'queued';

CREATE TABLE subject_merger (
    record_id    text COLLATE "C" PRIMARY KEY,
    subject      text COLLATE "C" NOT NULL,
    into_subject text COLLATE "C" NOT NULL,
    status       text NOT NULL CHECK (status IN ('merged', 'undone')),
    occurred_at  timestamptz NOT NULL,
    known_at     timestamptz NOT NULL
);
COMMENT ON TABLE subject_merger IS 'One firm under two codes: the latest word about a subject counts. Facts keep the code under which they came.';
CREATE INDEX subject_merger_subject ON subject_merger (subject, occurred_at DESC, record_id DESC);

CREATE FUNCTION subject_as_of(code text, known date) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce((
        SELECT CASE latest.status WHEN 'merged' THEN latest.into_subject END
        FROM (
            SELECT status, into_subject
            FROM subject_merger
            WHERE subject = code AND known_at < ((known + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
            ORDER BY occurred_at DESC, record_id DESC
            LIMIT 1
        ) AS latest
    ), code)
$$;
COMMENT ON FUNCTION subject_as_of(text, date) IS
    'Whom a code stood for, by all that was known at the end of the day: itself, or the code that it went into.';
