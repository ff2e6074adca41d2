-- A record that people let go against its rule is no longer held back either.
CREATE OR REPLACE VIEW quarantined_now AS
SELECT held.subject, held.record_id, held.record_type, held.writer, held.reason, held.at AS since
FROM governance_event_view AS held
WHERE held.kind = 'quarantined'
  AND NOT EXISTS (
      SELECT FROM governance_event_view AS later
      WHERE later.record_id = held.record_id AND later.kind IN ('released', 'refused', 'overridden') AND later.subject = held.subject)
  AND NOT EXISTS (
      SELECT FROM governance_event_view AS later
      WHERE later.record_id = held.record_id AND later.subject = held.subject AND later.kind = 'quarantined'
        AND (later.at, later.reason) > (held.at, held.reason));
COMMENT ON VIEW quarantined_now IS 'Records held back and not yet released, refused or overridden, each with the latest reason.';
