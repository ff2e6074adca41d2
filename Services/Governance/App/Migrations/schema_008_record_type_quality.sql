-- How good what was taken in is, by record type: what stands beside the coverage of each item of the lists.

CREATE VIEW record_type_quality AS
WITH failing AS (
    SELECT DISTINCT record_id FROM quality_verdict WHERE verdict = 'no'
)
SELECT record_type,
       writer,
       sum(facts)::int8 AS facts,
       (sum(quality) / nullif(sum(facts), 0))::int8 AS mean_quality_bp,
       sum(failing)::int8 AS records_failing,
       sum(held)::int8 AS held,
       sum(asked)::int8 AS corrections_open
FROM (
    SELECT fact.record_type,
           fact.writer,
           count(*) AS facts,
           sum(fact.quality) AS quality,
           count(failing.record_id) AS failing,
           0 AS held,
           0 AS asked
    FROM fact
    LEFT JOIN failing ON failing.record_id = fact.fact_id
    WHERE fact.writer <> 'governance'
    GROUP BY 1, 2
    UNION ALL
    -- What waits for an identity or a consent has not been judged.
    SELECT quarantine.record_type, quarantine.writer, 0, 0, count(failing.record_id), count(*), 0
    FROM quarantine
    LEFT JOIN failing ON failing.record_id = quarantine.record_id
    WHERE quarantine.status = 'held' AND quarantine.reason NOT IN ('identity-unresolved', 'consent-missing')
    GROUP BY 1, 2
    UNION ALL
    SELECT record_type, writer, 0, 0, 0, 0, count(*)
    FROM correction
    WHERE closed_at IS NULL
    GROUP BY 1, 2
) AS counted
GROUP BY 1, 2;
COMMENT ON VIEW record_type_quality IS
    'Quality by record type and writer: facts and their mean quality (null while there is none), records of which some rule did not hold, '
    'whether they became facts or are held, those held now by a rule or as beyond-memory, and corrections that are asked for and have not come.';
COMMENT ON COLUMN record_type_quality.records_failing IS
    'Facts and held records with at least one verdict no, repetitions and what has become stale among them. The first verdict of a rule '
    'stays: a record that was released since under a mended rule still counts.';
