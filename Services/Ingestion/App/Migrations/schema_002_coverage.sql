-- What came of what should have come: counted in the transaction that takes a batch in, so that no figure has to be asked of all records.

CREATE TABLE registered_subject (
    subject     text COLLATE "C" NOT NULL,
    record_id   text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    division    text NOT NULL,
    is_active   bool NOT NULL,
    PRIMARY KEY (subject, record_id)
);
COMMENT ON TABLE registered_subject IS
    'What each registration says of a firm: the county, and whether it is still in business. Written by the decider.';

CREATE TABLE subject_record (
    record_type text COLLATE "C" NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    writer      text COLLATE "C" NOT NULL,
    first_at    timestamptz NOT NULL,
    PRIMARY KEY (record_type, subject, writer)
);
COMMENT ON TABLE subject_record IS 'Which writer has sent something of a type about a firm, and when the first of it came in.';

CREATE TABLE source_day (
    writer      text COLLATE "C" NOT NULL,
    record_type text COLLATE "C" NOT NULL,
    day         date NOT NULL,
    lane        int4 NOT NULL,
    records     int8 NOT NULL,
    latest_at   timestamptz NOT NULL,
    PRIMARY KEY (writer, record_type, day, lane)
);
COMMENT ON TABLE source_day IS
    'Records of a type that a writer sent about a day (China time), by lane: one lane has one worker, so no two of them wait for a row.';
COMMENT ON COLUMN source_day.latest_at IS 'When the last of them came in.';

-- One statement for a batch. It adds, so it must run once for each row: it does, since accepted_record refuses a second.
CREATE FUNCTION count_accepted() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO source_day AS d (writer, record_type, day, lane, records, latest_at)
    SELECT writer, record_type, (occurred_at AT TIME ZONE 'Asia/Shanghai')::date, partition, count(*), max(received_at)
      FROM added GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (writer, record_type, day, lane)
        DO UPDATE SET records = d.records + excluded.records, latest_at = greatest(d.latest_at, excluded.latest_at);
    INSERT INTO subject_record (record_type, subject, writer, first_at)
    SELECT record_type, subject, writer, min(received_at) FROM added GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER count_accepted AFTER INSERT ON accepted_record
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_accepted();

-- What came before this table was made.
INSERT INTO source_day (writer, record_type, day, lane, records, latest_at)
SELECT writer, record_type, (occurred_at AT TIME ZONE 'Asia/Shanghai')::date, partition, count(*), max(received_at)
  FROM accepted_record GROUP BY 1, 2, 3, 4;
INSERT INTO subject_record (record_type, subject, writer, first_at)
SELECT record_type, subject, writer, min(received_at) FROM accepted_record GROUP BY 1, 2, 3;

CREATE VIEW registered AS
SELECT DISTINCT ON (subject) subject, division, is_active
  FROM registered_subject ORDER BY subject, occurred_at DESC, record_id DESC;
COMMENT ON VIEW registered IS 'Every firm that was ever registered, as its latest registration has it.';

CREATE VIEW registered_count AS
SELECT division, count(*) FILTER (WHERE is_active) AS active, count(*) AS ever FROM registered GROUP BY division;
COMMENT ON VIEW registered_count IS 'Firms by county: the denominators of coverage.';

CREATE VIEW record_type_coverage AS
WITH days AS (SELECT writer, record_type, min(day) AS first_day, max(day) AS latest_day FROM source_day GROUP BY 1, 2)
SELECT s.record_type, r.division, s.writer, count(*) FILTER (WHERE coalesce(r.is_active, true)) AS subjects,
       min(d.first_day) AS first_day, max(d.latest_day) AS latest_day
  FROM subject_record s
  JOIN days d USING (writer, record_type)
  LEFT JOIN registered r USING (subject)
 GROUP BY 1, 2, 3;
COMMENT ON VIEW record_type_coverage IS
    'Firms in business that have something, by record type, county (null: no registration known) and writer, with the first and last day it is about.';

CREATE VIEW source_freshness AS
SELECT writer, record_type, max(day) AS latest_day, max(latest_at) AS latest_at, sum(records)::int8 AS records,
       extract(epoch FROM now() - max(latest_at))::int8 AS silent_seconds
  FROM source_day GROUP BY writer, record_type;
COMMENT ON VIEW source_freshness IS 'How long a writer has been silent about a type, and the last day it has told of.';

CREATE FUNCTION source_periods(unit text, since date, until date)
RETURNS TABLE (writer text, record_type text, period date, records int8) LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT k.writer, k.record_type, p.period::date, coalesce(sum(d.records), 0)::int8
      FROM (SELECT DISTINCT s.writer, s.record_type FROM source_day s) k
     CROSS JOIN generate_series(date_trunc(unit, since::timestamp), until::timestamp, ('1 ' || unit)::interval) AS p (period)
      LEFT JOIN source_day d
        ON d.writer = k.writer AND d.record_type = k.record_type
       AND d.day >= p.period::date AND d.day < (p.period + ('1 ' || unit)::interval)::date
     GROUP BY 1, 2, 3
$$;
COMMENT ON FUNCTION source_periods IS 'Records by writer, type and period (day, week, month, year; a quarter is three months), empty periods included.';

CREATE VIEW source_completeness AS
SELECT writer, record_type, count(*) AS months, count(*) FILTER (WHERE arrived) AS arrived,
       array_agg(month ORDER BY month) FILTER (WHERE NOT arrived) AS missing
  FROM (SELECT b.writer, b.record_type, m.month::date AS month,
               EXISTS (SELECT FROM source_day d
                        WHERE d.writer = b.writer AND d.record_type = b.record_type
                          AND d.day >= m.month::date AND d.day < (m.month + interval '1 month')::date) AS arrived
          FROM (SELECT writer, record_type, min(day) AS first_day, max(day) AS latest_day FROM source_day GROUP BY 1, 2) b
         CROSS JOIN generate_series(date_trunc('month', b.first_day::timestamp), b.latest_day::timestamp, interval '1 month') AS m (month)) x
 GROUP BY writer, record_type;
COMMENT ON VIEW source_completeness IS
    'Months between the first and the last that a writer told of, and those of them with nothing. What was promised is in the catalogue: xinqiao coverage --sources.';
