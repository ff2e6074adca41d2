-- What goes with a score: the official grade's day, source and age, and what is under dispute. Of rows from before it is known with the next
-- portrait.
ALTER TABLE subject_view
    ADD COLUMN public_grade_on date,
    ADD COLUMN public_grade_source text NOT NULL DEFAULT '',
    ADD COLUMN public_grade_stale bool NOT NULL DEFAULT false,
    ADD COLUMN public_grade_disputed bool NOT NULL DEFAULT false,
    ADD COLUMN disputes jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN subject_view.public_grade_on IS 'The day of the official evaluation; null where there is none.';
COMMENT ON COLUMN subject_view.public_grade_stale IS 'The evaluation is older than the model''s entry lets it be.';
COMMENT ON COLUMN subject_view.disputes IS 'Statements that the subject contests, with their days and the indicators that rest on them.';
