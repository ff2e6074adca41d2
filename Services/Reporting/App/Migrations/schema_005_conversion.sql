-- How many of the firms that a policy found took it up. A grant without application (免申即享) is claimed by the platform for the firm, so that
-- a claim stands before every grant. Of rows from before it is taken from what they say.
ALTER TABLE push_view
    ADD COLUMN claimed_at timestamptz NULL;
COMMENT ON COLUMN push_view.claimed_at IS 'When the firm''s share of the budget was claimed last; null where it never was.';
UPDATE push_view SET claimed_at = coalesce(granted_at, changed_at)
WHERE granted_at IS NOT NULL OR status IN ('claimed', 'grant-refused');

CREATE OR REPLACE VIEW push_by_policy AS
SELECT policy_id, count(*) AS firms, count(*) FILTER (WHERE status IN ('pushed', 'reminded')) AS open,
       count(*) FILTER (WHERE status = 'claimed') AS claimed, count(granted_at) AS granted,
       count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn, coalesce(sum(granted_fen), 0) AS granted_fen,
       count(pushed_at) AS pushes, count(claimed_at) AS claims, count(claimed_at) * 10000 / nullif(count(pushed_at), 0) AS conversion_bp
FROM push_view
GROUP BY policy_id;
COMMENT ON VIEW push_by_policy IS 'Conversion is claims over pushes, each counted once a firm, in basis points; null before the first push.';
