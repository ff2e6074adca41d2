-- A loan is named by its institution and that institution's own number: two banks may give two loans of one firm the same.
-- A loan whose row another bank's took before gets its own again with the next word about it.

ALTER TABLE watch_view DROP CONSTRAINT watch_view_pkey;
ALTER TABLE watch_view ALTER COLUMN institution TYPE text COLLATE "C";
ALTER TABLE watch_view ADD PRIMARY KEY (subject, institution, loan_id);
COMMENT ON TABLE watch_view IS 'One row per loan under watch: its institution and the number that the institution gave it.';
