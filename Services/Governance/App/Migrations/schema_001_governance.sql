-- What the house holds to be true, and what became of the rest. Written by governance alone.

CREATE TABLE fact (
    fact_id      text COLLATE "C" PRIMARY KEY,
    record_type  text COLLATE "C" NOT NULL,
    writer       text NOT NULL,
    subject      text COLLATE "C" NOT NULL,
    business_key text COLLATE "C" NOT NULL,
    occurred_at  timestamptz NOT NULL,
    known_at     timestamptz NOT NULL,
    topic        text NOT NULL,
    partition    int8 NOT NULL,
    "offset"     int8 NOT NULL,
    sha256       text NOT NULL,
    quality      int8 NOT NULL CHECK (quality BETWEEN 0 AND 10000),
    data         jsonb NOT NULL,
    duplicate_of text COLLATE "C"
);
COMMENT ON TABLE fact IS
    'Every fact ever known, bitemporal and never changed. Of the facts with one subject, record type and business key the one with the '
    'greatest (occurred_at, fact_id) stands, whichever came first; see fact_status and fact_as_of.';
COMMENT ON COLUMN fact.fact_id IS 'The id of the record: writer, slash, the writer''s own id.';
COMMENT ON COLUMN fact.subject IS 'The unified social credit code, also when the record came under an alias.';
COMMENT ON COLUMN fact.business_key IS
    'The values of the type''s business key, a period last (loan-7|2026-03-31); empty where only the latest holds; the fact''s own id '
    'where every record stands alone.';
COMMENT ON COLUMN fact.occurred_at IS 'When it happened in the world.';
COMMENT ON COLUMN fact.known_at IS 'When governance knew it: the time of the batch.';
COMMENT ON COLUMN fact.quality IS 'Basis points of the weight of the quality rules that hold, of those that could be judged.';
COMMENT ON COLUMN fact.duplicate_of IS 'The fact that stood when this one said the same again under another id; nothing was sent then.';
CREATE INDEX fact_subject ON fact (subject, record_type, business_key);

CREATE TABLE fact_retracted (
    fact_id      text COLLATE "C" PRIMARY KEY,
    retracted_by text COLLATE "C" NOT NULL,
    known_at     timestamptz NOT NULL
);
COMMENT ON TABLE fact_retracted IS 'Facts taken back by credit repair: they stay, and are no longer shared.';

CREATE TABLE repair_refused (
    record_id   text COLLATE "C" PRIMARY KEY,
    subject     text COLLATE "C" NOT NULL,
    decision_no text NOT NULL,
    approved_on date NOT NULL,
    earliest_on date NOT NULL,
    refused_at  timestamptz NOT NULL
);
COMMENT ON TABLE repair_refused IS 'Repairs said before the minimum period of publication was over, with the first day on which they count.';

CREATE VIEW fact_status AS
SELECT fact.fact_id,
       CASE WHEN fact.fact_id <> first_value(fact.fact_id) OVER later THEN
                CASE WHEN fact.duplicate_of IS NULL THEN 'superseded' ELSE 'duplicate' END
            WHEN retracted.fact_id IS NOT NULL THEN 'retracted'
            ELSE 'current'
       END AS status,
       lag(fact.fact_id) OVER later AS superseded_by
FROM fact
LEFT JOIN fact_retracted AS retracted USING (fact_id)
WINDOW later AS (
    PARTITION BY fact.subject, fact.record_type, fact.business_key
    ORDER BY fact.occurred_at DESC, fact.fact_id DESC
);
COMMENT ON VIEW fact_status IS 'Of each fact: current, superseded, duplicate or retracted, by all that is known today.';

CREATE FUNCTION fact_as_of(as_of date, known date) RETURNS SETOF fact
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    -- The end of a day in China Standard Time, in which all days are counted.
    SELECT standing.*
    FROM (
        SELECT DISTINCT ON (subject, record_type, business_key) fact.*
        FROM fact
        WHERE fact.occurred_at < ((as_of + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
          AND fact.known_at < ((known + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
        ORDER BY subject, record_type, business_key, occurred_at DESC, fact_id DESC
    ) AS standing
    WHERE NOT EXISTS (
        SELECT FROM fact_retracted
        WHERE fact_retracted.fact_id = standing.fact_id
          AND fact_retracted.known_at < ((known + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
    )
$$;
COMMENT ON FUNCTION fact_as_of(date, date) IS
    'What we would have said about the day as_of at the end of the day known: SELECT * FROM fact_as_of(''2026-03-31'', ''2026-04-02'') '
    'WHERE subject = ''…''.';

CREATE TABLE consent (
    subject     text COLLATE "C" NOT NULL,
    consent_id  text COLLATE "C" NOT NULL,
    status      text NOT NULL CHECK (status IN ('active', 'expired', 'revoked')),
    receivers   jsonb,
    categories  jsonb,
    purposes    jsonb,
    valid_from  date,
    valid_until date,
    granted_by  text,
    revoked_at  timestamptz,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (subject, consent_id)
);
COMMENT ON TABLE consent IS
    'Consents as they stand. Terms are null while only the revocation is known: the two may come in any order. Both days are included.';

CREATE TABLE quarantine (
    subject     text COLLATE "C" NOT NULL,
    record_id   text COLLATE "C" NOT NULL,
    record_type text NOT NULL,
    writer      text NOT NULL,
    reason      text NOT NULL,
    status      text NOT NULL CHECK (status IN ('held', 'released', 'refused')),
    record      jsonb NOT NULL,
    since       timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (subject, record_id)
);
COMMENT ON TABLE quarantine IS
    'Records that did not become facts at once. identity-unresolved and consent-missing are released by themselves; a record held by a '
    'quality rule (reason = its id) or as beyond-memory stays, and a corrected record with an id of its own takes its place.';
COMMENT ON COLUMN quarantine.subject IS 'The key under which it was held: a code, or the alias that was not known yet.';
COMMENT ON COLUMN quarantine.record IS 'The accepted record with its data.';
CREATE INDEX quarantine_held ON quarantine (reason, since) WHERE status = 'held';

CREATE TABLE quality_verdict (
    record_id text COLLATE "C" NOT NULL,
    rule      text NOT NULL,
    verdict   text NOT NULL CHECK (verdict IN ('no', 'unknown')),
    observed  text NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (record_id, rule)
);
COMMENT ON TABLE quality_verdict IS
    'Quality rules that did not hold (no) or could not be judged (unknown), with what they saw. A rule of the type with no row here held: '
    'nearly all do, and a row for each would be most of the database.';

CREATE TABLE identity (
    alias         text COLLATE "C" PRIMARY KEY,
    subject       text COLLATE "C" NOT NULL,
    learned_from  text NOT NULL,
    registered_at timestamptz NOT NULL,
    learned_at    timestamptz NOT NULL
);
COMMENT ON TABLE identity IS 'Whom an alias stands for. Of two registrations that claim it, the later one has it.';
CREATE INDEX identity_subject ON identity (subject);
