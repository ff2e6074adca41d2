-- The door hears of pauses, and of how often and how long what leaves may be had.

ALTER TABLE consent_seen DROP CONSTRAINT consent_seen_status_check;
ALTER TABLE consent_seen ADD CONSTRAINT consent_seen_status_check CHECK (status IN ('active', 'paused', 'expired', 'revoked'));
COMMENT ON COLUMN release.reason IS
    'Empty when released; else a code, such as consent-expired, consent-paused, consent-used-up, keeping-over, category-not-covered, '
    'no-release-rule.';
