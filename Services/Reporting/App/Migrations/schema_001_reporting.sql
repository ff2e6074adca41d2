-- What the suite did, as rows that anybody may read. Written by reporting alone; statistics are the views below, sums over rows.

CREATE TABLE subject_view (
    subject                text COLLATE "C" PRIMARY KEY,
    name                   text NOT NULL,
    region                 text NOT NULL,
    prefecture             text NOT NULL,
    industry               text NOT NULL,
    section                text NOT NULL,
    subject_kind           text NOT NULL,
    legal_person           text NOT NULL,
    registered_on          date,
    registration_status    text NOT NULL,
    public_grade           text NOT NULL,
    points                 int8,
    grade                  text NOT NULL,
    points_low             int8,
    points_high            int8,
    default_probability_bp int8,
    score_id               text NOT NULL,
    model                  text NOT NULL,
    revision               int8,
    reasons                jsonb NOT NULL,
    tags                   jsonb NOT NULL,
    dimensions             jsonb NOT NULL,
    as_of                  timestamptz
);
COMMENT ON TABLE subject_view IS 'One row per subject with a registration or a portrait.';
COMMENT ON COLUMN subject_view.legal_person IS 'Masked before it was stored: the first character and a star.';
COMMENT ON COLUMN subject_view.prefecture IS 'The division code cut to its prefecture, such as 430100.';
CREATE INDEX subject_view_name ON subject_view (name text_pattern_ops);

CREATE TABLE coverage_view (
    subject     text COLLATE "C" NOT NULL,
    record_type text COLLATE "C" NOT NULL,
    facts       int8 NOT NULL,
    standing    int8 NOT NULL,
    latest_at   timestamptz NOT NULL,
    PRIMARY KEY (subject, record_type)
);
COMMENT ON TABLE coverage_view IS 'Per subject and record type: facts told, facts that stand (not superseded, not retracted), the latest one''s time.';

CREATE TABLE application_view (
    subject        text COLLATE "C" NOT NULL,
    application_id text COLLATE "C" NOT NULL,
    institution    text NOT NULL,
    product_id     text NOT NULL,
    region         text NOT NULL,
    prefecture     text NOT NULL,
    industry       text NOT NULL,
    status         text NOT NULL,
    requested_fen  int8,
    credited_fen   int8,
    disbursed_fen  int8,
    months         int8,
    annual_rate_bp int8,
    requested_at   timestamptz,
    dispatched_at  timestamptz,
    accepted_at    timestamptz,
    credited_at    timestamptz,
    disbursed_at   timestamptz,
    settled_at     timestamptz,
    declined_at    timestamptz,
    withdrawn_at   timestamptz,
    accept_overdue bool NOT NULL,
    answer_overdue bool NOT NULL,
    score_id       text NOT NULL,
    loan_id        text NOT NULL,
    reason         text NOT NULL,
    PRIMARY KEY (subject, application_id)
);
COMMENT ON TABLE application_view IS
    'One row per application. A moment or an amount is null until its step has been told; amounts are in fen.';
CREATE INDEX application_view_requested ON application_view (requested_at);
CREATE INDEX application_view_disbursed ON application_view (disbursed_at) WHERE disbursed_at IS NOT NULL;

CREATE TABLE handling_view (
    subject        text COLLATE "C" NOT NULL,
    application_id text COLLATE "C" NOT NULL,
    institution    text COLLATE "C" NOT NULL,
    dispatched_at  timestamptz,
    accepted_at    timestamptz,
    credited_at    timestamptz,
    disbursed_at   timestamptz,
    settled_at     timestamptz,
    declined_at    timestamptz,
    accept_overdue bool NOT NULL,
    answer_overdue bool NOT NULL,
    credited_fen   int8,
    disbursed_fen  int8,
    annual_rate_bp int8,
    PRIMARY KEY (subject, application_id, institution)
);
COMMENT ON TABLE handling_view IS 'What each institution did with an application sent to it: the service promises are measured here.';
CREATE INDEX handling_view_institution ON handling_view (institution);

CREATE TABLE offer_view (
    subject          text COLLATE "C" NOT NULL,
    application_id   text COLLATE "C" NOT NULL,
    revision         int8 NOT NULL,
    at               timestamptz NOT NULL,
    offered          int8 NOT NULL,
    refused          int8 NOT NULL,
    best_product     text NOT NULL,
    best_institution text NOT NULL,
    best_rate_bp     int8,
    PRIMARY KEY (subject, application_id)
);
COMMENT ON TABLE offer_view IS 'The latest match list per application; the empty application is what the platform found of its own accord.';

CREATE TABLE push_view (
    policy_id      text COLLATE "C" NOT NULL,
    subject        text COLLATE "C" NOT NULL,
    status         text NOT NULL,
    policy_version int8 NOT NULL,
    expected_fen   int8,
    granted_fen    int8,
    reason         text NOT NULL,
    pushed_at      timestamptz,
    reminded_at    timestamptz,
    granted_at     timestamptz,
    changed_at     timestamptz NOT NULL,
    PRIMARY KEY (policy_id, subject)
);
CREATE INDEX push_view_subject ON push_view (subject);

CREATE TABLE alert_view (
    subject    text COLLATE "C" NOT NULL,
    alert_id   text COLLATE "C" NOT NULL,
    rule       text NOT NULL,
    level      text NOT NULL,
    kind       text NOT NULL,
    title_en   text NOT NULL,
    title_zh   text NOT NULL,
    observed   text NOT NULL,
    lenders    int8 NOT NULL,
    raised_at  timestamptz,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (subject, alert_id)
);
COMMENT ON COLUMN alert_view.level IS 'blue, yellow, orange, red; none once lowered.';
CREATE INDEX alert_view_live ON alert_view (level, changed_at) WHERE level <> 'none';

CREATE TABLE watch_view (
    subject     text COLLATE "C" NOT NULL,
    loan_id     text COLLATE "C" NOT NULL,
    institution text NOT NULL,
    balance_fen int8 NOT NULL,
    loan_class  text NOT NULL,
    is_open     bool NOT NULL,
    opened_at   timestamptz,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (subject, loan_id)
);

CREATE TABLE whitelist_view (
    list       text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    is_member  bool NOT NULL,
    reason     text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (list, subject)
);
CREATE INDEX whitelist_view_subject ON whitelist_view (subject);

CREATE TABLE governance_event_view (
    subject     text COLLATE "C" NOT NULL,
    record_id   text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    reason      text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL,
    record_type text NOT NULL,
    writer      text NOT NULL,
    PRIMARY KEY (subject, record_id, kind, reason, at)
);
COMMENT ON TABLE governance_event_view IS 'What governance did beside facts: quarantined, released, refused, consents, aliases, retractions.';

CREATE TABLE credit_report_view (
    subject        text COLLATE "C" NOT NULL,
    report_id      text COLLATE "C" NOT NULL,
    application_id text NOT NULL,
    score_id       text NOT NULL,
    issued_at      timestamptz NOT NULL,
    PRIMARY KEY (subject, report_id)
);

CREATE TABLE release_view (
    subject      text COLLATE "C" NOT NULL,
    release_id   text COLLATE "C" NOT NULL,
    kind         text NOT NULL,
    at           timestamptz NOT NULL,
    receiver     text NOT NULL,
    message_type text NOT NULL,
    purpose      text NOT NULL,
    reason       text NOT NULL,
    PRIMARY KEY (subject, release_id, kind, at)
);
COMMENT ON TABLE release_view IS 'What left the house, was refused, or was called back. The content is not here.';

CREATE TABLE quarterly_report (
    quarter  text COLLATE "C" PRIMARY KEY CHECK (quarter ~ '^[0-9]{4}-Q[1-4]$'),
    drawn_at timestamptz NOT NULL,
    figures  jsonb NOT NULL
);
COMMENT ON TABLE quarterly_report IS
    'The figures of a finished quarter as they stood when the report was drawn up, once. Later corrections appear in the views, not here.';

CREATE VIEW financing_step AS
SELECT subject, application_id, institution, product_id, prefecture, industry, step.name AS step, step.at, step.fen,
       to_char(step.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month
FROM application_view
CROSS JOIN LATERAL (VALUES
    ('requested', requested_at, requested_fen), ('dispatched', dispatched_at, NULL), ('accepted', accepted_at, NULL),
    ('credited', credited_at, credited_fen), ('disbursed', disbursed_at, disbursed_fen), ('settled', settled_at, NULL),
    ('declined', declined_at, NULL), ('withdrawn', withdrawn_at, NULL)
) AS step (name, at, fen)
WHERE step.at IS NOT NULL;
COMMENT ON VIEW financing_step IS 'Each step an application reached, with its month in China and its amount in fen.';

CREATE VIEW financing_by_month AS
SELECT month,
       count(*) FILTER (WHERE step = 'requested') AS requested,
       coalesce(sum(fen) FILTER (WHERE step = 'requested'), 0) AS requested_fen,
       count(*) FILTER (WHERE step = 'credited') AS credited,
       coalesce(sum(fen) FILTER (WHERE step = 'credited'), 0) AS credited_fen,
       count(*) FILTER (WHERE step = 'disbursed') AS disbursed,
       coalesce(sum(fen) FILTER (WHERE step = 'disbursed'), 0) AS disbursed_fen
FROM financing_step
WHERE step IN ('requested', 'credited', 'disbursed')
GROUP BY month;

CREATE VIEW financing_by_state AS
SELECT status, count(*) AS applications, coalesce(sum(requested_fen), 0) AS requested_fen,
       coalesce(sum(credited_fen), 0) AS credited_fen, coalesce(sum(disbursed_fen), 0) AS disbursed_fen
FROM application_view
GROUP BY status;

CREATE VIEW financing_by_institution AS
SELECT institution,
       count(*) FILTER (WHERE dispatched_at IS NOT NULL) AS dispatched,
       count(*) FILTER (WHERE accepted_at IS NOT NULL) AS accepted,
       count(*) FILTER (WHERE accepted_at IS NOT NULL AND NOT accept_overdue) AS accepted_in_time,
       count(*) FILTER (WHERE accepted_at IS NOT NULL OR accept_overdue) AS accept_judged,
       count(*) FILTER (WHERE (credited_at IS NOT NULL OR declined_at IS NOT NULL) AND NOT answer_overdue) AS answered_in_time,
       count(*) FILTER (WHERE credited_at IS NOT NULL OR declined_at IS NOT NULL OR answer_overdue) AS answer_judged,
       count(*) FILTER (WHERE credited_at IS NOT NULL) AS credited,
       coalesce(sum(credited_fen), 0) AS credited_fen,
       count(*) FILTER (WHERE disbursed_at IS NOT NULL) AS disbursed,
       coalesce(sum(disbursed_fen), 0) AS disbursed_fen,
       count(*) FILTER (WHERE declined_at IS NOT NULL) AS declined,
       sum(annual_rate_bp::numeric * disbursed_fen) FILTER (WHERE annual_rate_bp IS NOT NULL)
           / nullif(sum(disbursed_fen) FILTER (WHERE annual_rate_bp IS NOT NULL), 0) AS mean_rate_bp
FROM handling_view
GROUP BY institution;
COMMENT ON VIEW financing_by_institution IS
    'In time means that the clock of the official working calendar did not mark the application overdue before the institution moved '
    '(3 working days to accept, 10 to answer, or what the institution''s entry says). The mean rate is weighted by the money paid out.';

CREATE VIEW financing_by_product AS
SELECT product_id, count(*) AS applications, count(disbursed_at) AS disbursed, coalesce(sum(disbursed_fen), 0) AS disbursed_fen
FROM application_view
GROUP BY product_id;

CREATE VIEW financing_by_region AS
SELECT prefecture, count(*) AS applications, count(DISTINCT subject) AS firms, coalesce(sum(requested_fen), 0) AS requested_fen,
       count(disbursed_at) AS disbursed, coalesce(sum(disbursed_fen), 0) AS disbursed_fen
FROM application_view
GROUP BY prefecture;

CREATE VIEW coverage_by_record_type AS
SELECT record_type, count(*) AS subjects, sum(facts) AS facts, sum(standing) AS standing, max(latest_at) AS latest_at
FROM coverage_view
GROUP BY record_type;

CREATE VIEW push_by_policy AS
SELECT policy_id, count(*) AS firms, count(*) FILTER (WHERE status IN ('pushed', 'reminded')) AS open,
       count(*) FILTER (WHERE status = 'claimed') AS claimed, count(granted_at) AS granted,
       count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn, coalesce(sum(granted_fen), 0) AS granted_fen
FROM push_view
GROUP BY policy_id;

CREATE VIEW quarantined_now AS
SELECT held.subject, held.record_id, held.record_type, held.writer, held.reason, held.at AS since
FROM governance_event_view AS held
WHERE held.kind = 'quarantined'
  AND NOT EXISTS (
      SELECT FROM governance_event_view AS later
      WHERE later.record_id = held.record_id AND later.kind IN ('released', 'refused') AND later.subject = held.subject)
  AND NOT EXISTS (
      SELECT FROM governance_event_view AS later
      WHERE later.record_id = held.record_id AND later.subject = held.subject AND later.kind = 'quarantined'
        AND (later.at, later.reason) > (held.at, held.reason));
COMMENT ON VIEW quarantined_now IS 'Records held back and not yet released or refused, each with the latest reason.';
