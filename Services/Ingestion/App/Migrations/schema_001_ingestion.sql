-- What came through the front door. Written by ingestion alone.

CREATE TABLE accepted_record (
    record_id   text COLLATE "C" PRIMARY KEY,
    record_type text NOT NULL,
    writer      text NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    topic       text NOT NULL,
    partition   int8 NOT NULL,
    "offset"    int8 NOT NULL,
    sha256      text NOT NULL
);
COMMENT ON TABLE accepted_record IS
    'One row for every record let in, and where its bytes lie. Never changed. Refused messages are in dead_letter.';
COMMENT ON COLUMN accepted_record.record_id IS 'The writer''s name, a slash, and the writer''s own id.';
COMMENT ON COLUMN accepted_record.subject IS 'The unified social credit code in its normal form, or an alias that governance resolves.';
COMMENT ON COLUMN accepted_record.occurred_at IS 'When it happened, as the writer says (ce_time).';
COMMENT ON COLUMN accepted_record.received_at IS 'The time of the batch that took it in.';
COMMENT ON COLUMN accepted_record.sha256 IS 'SHA-256 of the message''s value as it came, in hexadecimal.';
-- Rows come in time's order, so a block range index costs next to nothing; it serves coverage and reconciliation by day.
CREATE INDEX accepted_record_received ON accepted_record USING brin (received_at);
