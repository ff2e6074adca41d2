-- Days are those of the firms that count. A firm that has ended had left the number of firms and had kept its days.

CREATE OR REPLACE VIEW record_type_coverage AS
SELECT s.record_type, r.division, s.writer, count(*) FILTER (WHERE coalesce(r.is_active, true)) AS subjects,
       min(s.first_day) FILTER (WHERE coalesce(r.is_active, true)) AS first_day,
       max(s.latest_day) FILTER (WHERE coalesce(r.is_active, true)) AS latest_day
  FROM (SELECT record_type, subject, writer, min(first_day) AS first_day, max(latest_day) AS latest_day
          FROM subject_record GROUP BY 1, 2, 3) s
  LEFT JOIN registered r USING (subject)
 GROUP BY 1, 2, 3;
COMMENT ON VIEW record_type_coverage IS
    'Firms in business that have something, by record type, county as registered (null: no registration known) and writer, with the first and last day that a record of theirs is about; no days where all of them have ended.';
