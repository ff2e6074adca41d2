-- What goes with a score wherever it goes: the official grade that it was given beside, and what was under dispute.
ALTER TABLE score_history
    ADD COLUMN public_grade        text,
    ADD COLUMN public_grade_on     date,
    ADD COLUMN public_grade_source text,
    ADD COLUMN public_grade_stale  bool,
    ADD COLUMN disputes            jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT score_history_public_grade CHECK (num_nulls(public_grade, public_grade_on, public_grade_source, public_grade_stale) IN (0, 4));
COMMENT ON COLUMN score_history.public_grade IS
    'Official public credit grade as imported, A to D; null where there was none. Which grade caps ours is in the model''s entry.';
COMMENT ON COLUMN score_history.public_grade_on IS 'The day of the official evaluation.';
COMMENT ON COLUMN score_history.public_grade_source IS 'Who told us of it.';
COMMENT ON COLUMN score_history.public_grade_stale IS 'It was older than the model''s entry lets it be.';
COMMENT ON COLUMN score_history.disputes IS 'Statements that were under dispute, with the indicators and features that rested on them.';
ALTER TABLE score_history ALTER COLUMN disputes SET STATISTICS 0;
