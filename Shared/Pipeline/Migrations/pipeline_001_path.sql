-- The tables of the one path. Each service has its own set in its own schema; nobody else writes them.

CREATE TABLE consumer_offset (
    topic       text   NOT NULL,
    partition   int4   NOT NULL,
    next_offset int8   NOT NULL CHECK (next_offset >= 0),
    moved_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE consumer_offset IS
    'The fence: the first statement of every transaction moves these rows by compare-and-set. Topic "@lane" counts the lane''s transactions.';

CREATE TABLE lane_lease (
    lane        int4 PRIMARY KEY,
    owner       text NOT NULL,
    backend_pid int4 NOT NULL,
    expires_at  timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE lane_lease IS 'Who works on a lane. Only spares work: correctness rests on the fence, not on the lease.';

CREATE TABLE worker (
    owner   text PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE worker IS 'Workers alive, so that lanes can be shared fairly.';

CREATE TABLE link_in (
    source    text NOT NULL,
    topic     text NOT NULL,
    partition int4 NOT NULL,
    last_seq  int8 NOT NULL,
    PRIMARY KEY (source, topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE link_in IS 'Per link from upstream: the last sequence applied. Only last + 1 is ever applied.';

CREATE TABLE link_out (
    lane      int4 NOT NULL,
    topic     text NOT NULL,
    partition int4 NOT NULL,
    last_seq  int8 NOT NULL,
    acked_seq int8 NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE link_out IS 'Per link to downstream: the last sequence given out under the fence, and the last the broker acknowledged.';

CREATE TABLE outbox (
    lane       int4 NOT NULL,
    topic      text NOT NULL,
    partition  int4 NOT NULL,
    first_seq  int8 NOT NULL,
    last_seq   int8 NOT NULL,
    frames     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lane, topic, partition, first_seq)
);
ALTER TABLE outbox ALTER COLUMN frames SET STORAGE EXTENDED;
COMMENT ON TABLE outbox IS 'One row per batch and link: the batch''s messages in order, framed. Kept after publishing so that a link can be replayed.';
CREATE INDEX outbox_created ON outbox USING brin (created_at);

CREATE TABLE state (
    lane int4 NOT NULL,
    key  text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (lane, key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE state IS 'What the service knows per key, as JSON. Read it with convert_from(body, ''UTF8'')::jsonb.';

CREATE TABLE timer (
    lane   int4 NOT NULL,
    key    text COLLATE "C" NOT NULL,
    name   text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (lane, key, name)
);
CREATE INDEX timer_due ON timer (lane, due_at);
COMMENT ON TABLE timer IS 'Inputs that the clock will make.';

CREATE TABLE sweep (
    lane    int4 NOT NULL,
    kind    text NOT NULL,
    id      text NOT NULL,
    version int8 NOT NULL,
    -- The last key done; null once every key has been.
    cursor  text COLLATE "C",
    is_done bool NOT NULL DEFAULT false,
    PRIMARY KEY (lane, kind, id)
);
COMMENT ON TABLE sweep IS 'Catalogue changes walked over all keys of a lane, resumable.';

CREATE TABLE outside_id (
    writer  text NOT NULL,
    id      text NOT NULL,
    digest  bytea NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (writer, id)
);
COMMENT ON TABLE outside_id IS 'Ids that senders gave their messages: the same again is dropped, the same with other bytes refused.';

CREATE TABLE dead_letter (
    topic     text NOT NULL,
    partition int4 NOT NULL,
    "offset"  int8 NOT NULL,
    reason    text NOT NULL,
    detail    text NOT NULL,
    key       bytea,
    value     bytea,
    headers   bytea NOT NULL,
    set_aside_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
);
CREATE INDEX dead_letter_reason ON dead_letter (reason);
COMMENT ON TABLE dead_letter IS 'Messages nobody could use, with their original bytes, in the transaction that moved past them.';

CREATE TABLE message_count (
    lane    int4 NOT NULL,
    topic   text NOT NULL,
    outcome text NOT NULL,
    messages int8 NOT NULL,
    PRIMARY KEY (lane, topic, outcome)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE message_count IS 'How many messages came to which outcome (applied, duplicate, passed, refused): the ledger that reconciliation sums.';
