-- The mark of a dispute goes with an alert. Of alerts from before it is known with their next word.
ALTER TABLE alert_view
    ADD COLUMN is_disputed bool NOT NULL DEFAULT false;
COMMENT ON COLUMN alert_view.is_disputed IS 'A statement that the subject contests has a part in what was seen.';
