-- Coverage by zone has days of its own: what a writer sent about the firms of one county says nothing of another's.

-- Nobody takes a batch in while the counters are made anew.
LOCK TABLE accepted_record IN SHARE ROW EXCLUSIVE MODE;
DROP VIEW record_type_coverage;
DROP TABLE subject_record;

-- A writer's later records change the days in place, so a page keeps room for it.
CREATE TABLE subject_record (
    record_type text COLLATE "C" NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    writer      text COLLATE "C" NOT NULL,
    lane        int4 NOT NULL,
    first_at    timestamptz NOT NULL,
    first_day   date NOT NULL,
    latest_day  date NOT NULL,
    PRIMARY KEY (record_type, subject, writer, lane)
) WITH (fillfactor = 85);
COMMENT ON TABLE subject_record IS
    'Which writer has sent something of a type about a firm, and what days it is about (China time). By lane: one lane has one worker, so no two of them wait for a row.';
COMMENT ON COLUMN subject_record.first_at IS 'When the first of it came in.';

CREATE OR REPLACE FUNCTION count_accepted() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO source_day AS d (writer, record_type, day, lane, records, latest_at)
    SELECT writer, record_type, (occurred_at AT TIME ZONE 'Asia/Shanghai')::date, partition, count(*), max(received_at)
      FROM added GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (writer, record_type, day, lane)
        DO UPDATE SET records = d.records + excluded.records, latest_at = greatest(d.latest_at, excluded.latest_at);
    -- Only what says something new: a row that conflicts is locked and written, also where its condition leaves it as it is.
    INSERT INTO subject_record AS s (record_type, subject, writer, lane, first_at, first_day, latest_day)
    SELECT a.*
      FROM (SELECT record_type, subject, writer, partition AS lane, min(received_at) AS first_at,
                   min((occurred_at AT TIME ZONE 'Asia/Shanghai')::date) AS first_day,
                   max((occurred_at AT TIME ZONE 'Asia/Shanghai')::date) AS latest_day
              FROM added GROUP BY 1, 2, 3, 4) a
     WHERE NOT EXISTS (
               SELECT FROM subject_record k
                WHERE k.record_type = a.record_type COLLATE "C" AND k.subject = a.subject COLLATE "C" AND k.writer = a.writer COLLATE "C"
                  AND k.lane = a.lane AND k.first_day <= a.first_day AND k.latest_day >= a.latest_day)
     ORDER BY 1, 2, 3, 4
        ON CONFLICT (record_type, subject, writer, lane)
        DO UPDATE SET first_day = least(s.first_day, excluded.first_day), latest_day = greatest(s.latest_day, excluded.latest_day)
         WHERE excluded.first_day < s.first_day OR excluded.latest_day > s.latest_day;
    RETURN NULL;
END $$;

INSERT INTO subject_record (record_type, subject, writer, lane, first_at, first_day, latest_day)
SELECT record_type, subject, writer, partition, min(received_at), min((occurred_at AT TIME ZONE 'Asia/Shanghai')::date),
       max((occurred_at AT TIME ZONE 'Asia/Shanghai')::date)
  FROM accepted_record GROUP BY 1, 2, 3, 4;

CREATE VIEW record_type_coverage AS
SELECT s.record_type, r.division, s.writer, count(*) FILTER (WHERE coalesce(r.is_active, true)) AS subjects,
       min(s.first_day) AS first_day, max(s.latest_day) AS latest_day
  FROM (SELECT record_type, subject, writer, min(first_day) AS first_day, max(latest_day) AS latest_day
          FROM subject_record GROUP BY 1, 2, 3) s
  LEFT JOIN registered r USING (subject)
 GROUP BY 1, 2, 3;
COMMENT ON VIEW record_type_coverage IS
    'Firms in business that have something, by record type, county as registered (null: no registration known) and writer, with the first and last day that a record of theirs is about.';
