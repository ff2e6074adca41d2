-- A message that ends the process leaves no refusal behind. So whoever comes after an unclean end writes down what it is about to try.

CREATE TABLE worker_session (
    owner      text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    -- Null while it runs, and after it ended without a word.
    ended_at   timestamptz
);
COMMENT ON TABLE worker_session IS 'Whether each worker''s last run ended in good order. A row without an end belongs to a run that lives, or that was cut off.';

CREATE TABLE attempt (
    topic      text NOT NULL,
    partition  int4 NOT NULL,
    "offset"   int8 NOT NULL,
    -- Which event of a packed message; 0 in the others.
    index      int4 NOT NULL DEFAULT 0,
    attempts   int4 NOT NULL,
    is_alone   bool NOT NULL,
    tried_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE attempt IS
    'After an unclean end only: where the batch begins that is about to be tried, how often it was, and whether as a single message.';
