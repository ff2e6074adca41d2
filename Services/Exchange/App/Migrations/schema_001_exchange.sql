-- What left the house, what was kept in and why, and what was called back. Written by exchange alone.

CREATE TABLE release (
    subject      text COLLATE "C" NOT NULL,
    release_id   text COLLATE "C" NOT NULL,
    receiver     text NOT NULL,
    message_type text NOT NULL,
    purpose      text NOT NULL,
    consent_id   text NOT NULL,
    status       text NOT NULL CHECK (status IN ('released', 'denied', 'recalled')),
    reason       text NOT NULL,
    fields       int8 NOT NULL CHECK (fields >= 0),
    decided_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (subject, release_id),
    CHECK ((status = 'released') = (reason = ''))
);
COMMENT ON TABLE release IS 'Every request to let something out, as it was answered. One answer per release id.';
COMMENT ON COLUMN release.receiver IS 'institution:<id>, or portal: the firm itself.';
COMMENT ON COLUMN release.consent_id IS 'The consent it rests on; when denied the one that was named; empty when none was needed or named.';
COMMENT ON COLUMN release.reason IS 'Empty when released; else a code, such as consent-expired, category-not-covered, no-release-rule.';
COMMENT ON COLUMN release.fields IS 'Values that left, masked ones included.';
CREATE INDEX release_by_id ON release (release_id);
CREATE INDEX release_consent ON release (consent_id) WHERE status = 'released';

CREATE TABLE consent_seen (
    subject     text COLLATE "C" NOT NULL,
    consent_id  text COLLATE "C" NOT NULL,
    status      text NOT NULL CHECK (status IN ('active', 'expired', 'revoked')),
    receivers   jsonb,
    categories  jsonb,
    purposes    jsonb,
    valid_from  date,
    valid_until date,
    revoked_at  timestamptz,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (subject, consent_id),
    CHECK ((status = 'revoked') = (revoked_at IS NOT NULL))
);
COMMENT ON TABLE consent_seen IS
    'Consents as the exit door knows them. Terms are null while only the revocation is known: the two may come in any order.';
COMMENT ON COLUMN consent_seen.valid_until IS 'The last day, included, in China.';

CREATE TABLE release_audit (
    subject    text COLLATE "C" NOT NULL,
    release_id text COLLATE "C" NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('waiting', 'released', 'denied', 'recalled', 'reused')),
    reason     text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (subject, release_id, kind, at)
);
COMMENT ON TABLE release_audit IS 'Every step of every request. Only ever added to.';
COMMENT ON COLUMN release_audit.kind IS
    'waiting: ahead of its consent; reused: another request under a used id, which was denied and changed nothing.';
CREATE INDEX release_audit_at ON release_audit USING brin (at);
