-- A fact that was taken back may stand again: what had told the end of its state was said otherwise, or was taken back itself. Of the rows about
-- one fact the latest counts.

ALTER TABLE fact_retracted DROP CONSTRAINT fact_retracted_pkey;
ALTER TABLE fact_retracted ADD PRIMARY KEY (fact_id, known_at);
COMMENT ON TABLE fact_retracted IS
    'Facts taken back by repair, by the end of publication, after five years, or by an objection: they stay, and are no longer shared. One that '
    'stands again has another row. Of several rows about one fact the latest counts.';
COMMENT ON COLUMN fact_retracted.retracted_by IS 'The record or the rule that took it back; empty where it stands again.';

CREATE OR REPLACE VIEW fact_status AS
SELECT fact.fact_id,
       CASE WHEN fact.fact_id <> first_value(fact.fact_id) OVER later THEN
                CASE WHEN fact.duplicate_of IS NULL THEN 'superseded' ELSE 'duplicate' END
            WHEN retracted.retracted_by <> '' THEN 'retracted'
            ELSE 'current'
       END AS status,
       lag(fact.fact_id) OVER later AS superseded_by
FROM fact
LEFT JOIN LATERAL (
    SELECT fact_retracted.retracted_by
    FROM fact_retracted
    WHERE fact_retracted.fact_id = fact.fact_id
    ORDER BY fact_retracted.known_at DESC
    LIMIT 1
) AS retracted ON true
WINDOW later AS (
    PARTITION BY fact.subject, fact.record_type, fact.business_key
    ORDER BY fact.occurred_at DESC, fact.fact_id DESC
);

CREATE OR REPLACE FUNCTION fact_as_of(as_of date, known date) RETURNS SETOF fact
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
    WHERE coalesce((
        SELECT fact_retracted.retracted_by
        FROM fact_retracted
        WHERE fact_retracted.fact_id = standing.fact_id
          AND fact_retracted.known_at < ((known + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')
        ORDER BY fact_retracted.known_at DESC
        LIMIT 1
    ), '') = ''
$$;
