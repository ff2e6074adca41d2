-- The tamper-evident log: an append-only Merkle tree for each lane, grown in the transactions of what its leaves are about.

CREATE TABLE ledger_head (
    lane          int4 PRIMARY KEY,
    size          int8 NOT NULL CHECK (size >= 0),
    subtrees      bytea NOT NULL,
    grown_at      timestamptz NOT NULL,
    signed_size   int8 NOT NULL CHECK (signed_size BETWEEN 0 AND size),
    waiting_since timestamptz NOT NULL
);
COMMENT ON TABLE ledger_head IS 'Where the log of each lane stands: all that is needed to append and to name the root.';
COMMENT ON COLUMN ledger_head.subtrees IS 'The roots of the full subtrees, 32 bytes each, largest first; as many as size has one bits.';
COMMENT ON COLUMN ledger_head.signed_size IS 'The size at the last checkpoint.';
COMMENT ON COLUMN ledger_head.waiting_since IS 'When the first leaf came that is under no checkpoint; without meaning when signed_size = size.';

CREATE TABLE ledger_block (
    lane        int4 NOT NULL,
    first_leaf  int8 NOT NULL,
    appended_at timestamptz NOT NULL,
    hashes      bytea NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0),
    refs        json NOT NULL,
    PRIMARY KEY (lane, first_leaf)
);
COMMENT ON TABLE ledger_block IS
    'The leaves that one transaction appended to the log of a lane: their hashes, 32 bytes each, and what each is about (fact/…, consent/…), '
    'in order. Only ever added to; `xinqiao verify log` computes all of it again.';
-- A fact leads to its leaf by the time at which it was known.
CREATE INDEX ledger_block_appended ON ledger_block (appended_at);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_block FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
