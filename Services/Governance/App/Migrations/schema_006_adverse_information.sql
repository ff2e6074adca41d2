-- Repair of statements of any type that the catalogue calls adverse, named by type and business key.

ALTER TABLE repair_refused RENAME COLUMN decision_no TO business_key;
ALTER TABLE repair_refused ADD COLUMN record_type text NOT NULL DEFAULT 'penalty';
ALTER TABLE repair_refused ALTER COLUMN record_type DROP DEFAULT;
ALTER TABLE repair_refused ALTER COLUMN earliest_on DROP NOT NULL;
COMMENT ON TABLE repair_refused IS
    'Repairs said before the minimum period of publication was over, with the first day on which they count; null where the law knows no '
    'repair of the matter.';

ALTER TABLE repair_application RENAME COLUMN decision_no TO business_key;
ALTER TABLE repair_application ADD COLUMN record_type text NOT NULL DEFAULT 'penalty';
ALTER TABLE repair_application ALTER COLUMN record_type DROP DEFAULT;
COMMENT ON TABLE repair_application IS
    'Applications for credit repair: admitted for decision, or refused with all obstacles and the first day on which one may be made; null '
    'while the duties are not fulfilled, and where the law knows no repair of the matter.';

COMMENT ON TABLE fact_retracted IS
    'Facts taken back by repair, by the end of publication, after five years, or by an objection: they stay, and are no longer shared.';

COMMENT ON TABLE quarantine IS
    'Records that did not become facts at once. identity-unresolved and consent-missing are released by themselves, or refused when no '
    'consent comes in time (consent-not-given) or it was revoked (consent-revoked); a record held by a '
    'quality rule (reason = its id) or as beyond-memory stays, and a corrected record with an id of its own takes its place.';
COMMENT ON COLUMN quarantine.record IS 'The accepted record with its data; without them when it was refused for want of a consent.';
