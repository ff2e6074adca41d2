-- A consent that was only asked for, and all that a consent says.

ALTER TABLE consent DROP CONSTRAINT consent_status_check;
ALTER TABLE consent ADD CONSTRAINT consent_status_check CHECK (status IN ('pending', 'active', 'paused', 'expired', 'revoked'));
COMMENT ON TABLE consent IS
    'Consents as they stand; pending ones were asked for and not given yet. Terms are those given, else those asked for; null while only a '
    'pause or the revocation is known, since all may come in any order. Both days are included.';

CREATE VIEW consent_artefact AS
SELECT consent.subject,
       consent.consent_id,
       consent.status,
       consent.receivers,
       consent.categories,
       consent.purposes,
       consent.valid_from,
       consent.valid_until,
       consent.revoked_at,
       fact.data ->> 'grantor' AS grantor,
       fact.data ->> 'applicationId' AS application_id,
       fact.data ->> 'productId' AS product_id,
       fact.data ->> 'mode' AS mode,
       fact.data ->> 'fetch' AS fetch,
       (fact.data ->> 'everyDays')::int8 AS every_days,
       (fact.data ->> 'keepDays')::int8 AS keep_days,
       fact.data ->> 'signature' AS signature,
       fact.data ->> 'channel' AS channel,
       fact.data ->> 'evidenceSha256' AS evidence_sha256,
       fact.fact_id,
       fact.sha256 AS message_sha256
FROM consent
LEFT JOIN fact ON fact.fact_id = consent.granted_by;
COMMENT ON VIEW consent_artefact IS
    'Every consent with all that the subject signed: who gave it, how often and in which manner it may be used, and how long what was had '
    'under it may be kept.';
