-- What governance signed: the same that went to governance.checkpoints.v1.

CREATE TABLE checkpoint (
    origin   text NOT NULL,
    size     int8 NOT NULL,
    lane     int8 NOT NULL,
    grown_at timestamptz NOT NULL,
    note     text NOT NULL,
    PRIMARY KEY (origin, size)
);
COMMENT ON TABLE checkpoint IS
    'Every signed checkpoint of the log, for convenience: what counts are the copies that others keep. note is a C2SP tlog-checkpoint.';
COMMENT ON COLUMN checkpoint.grown_at IS 'When the newest leaf under it was appended.';
CREATE INDEX checkpoint_lane ON checkpoint (lane, size);
