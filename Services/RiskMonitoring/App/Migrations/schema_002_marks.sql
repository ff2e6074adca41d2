-- The mark of a dispute goes with an alert that rests on the contested statement.
ALTER TABLE alert
    ADD COLUMN is_disputed bool NOT NULL DEFAULT false;
ALTER TABLE alert_history
    ADD COLUMN is_disputed bool NOT NULL DEFAULT false;
COMMENT ON COLUMN alert.is_disputed IS 'A statement that the subject contests has a part in what the rule sees.';
COMMENT ON COLUMN alert_history.kind IS 'raised; changed: another colour, or the mark of a dispute came or went; lowered.';
COMMENT ON COLUMN alert_history.is_disputed IS 'As it was told.';
