-- Dead letters get a life: each is open until it is replayed or discarded, may be fixed before, and every step is written down.
-- What came is never changed.

-- A packed message holds many events; the place of each is offset and index.
ALTER TABLE dead_letter ADD COLUMN IF NOT EXISTS index int4 NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'fixed', 'replayed', 'discarded'));
CREATE INDEX dead_letter_open ON dead_letter (topic, reason, set_aside_at) WHERE status IN ('open', 'fixed');

CREATE TABLE dead_letter_fix (
    topic     text NOT NULL,
    partition int4 NOT NULL,
    "offset"  int8 NOT NULL,
    index     int4 NOT NULL,
    version   int4 NOT NULL,
    value     bytea,
    headers   bytea NOT NULL,
    fixed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset", index, version)
);
COMMENT ON TABLE dead_letter_fix IS 'What an operator wants to be tried in place of what came; the highest version counts.';

CREATE TABLE dead_letter_replay (
    id        int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic     text NOT NULL,
    partition int4 NOT NULL,
    "offset"  int8 NOT NULL,
    index     int4 NOT NULL,
    key       bytea,
    value     bytea,
    headers   bytea NOT NULL,
    asked_at  timestamptz NOT NULL DEFAULT now(),
    -- Noted before each try: a letter that ends the process is not tried for ever.
    attempts  int4 NOT NULL DEFAULT 0,
    is_done   bool NOT NULL DEFAULT false
);
CREATE INDEX dead_letter_replay_due ON dead_letter_replay (partition, id) WHERE NOT is_done;
CREATE UNIQUE INDEX dead_letter_replay_once ON dead_letter_replay (topic, partition, "offset", index) WHERE NOT is_done;
COMMENT ON TABLE dead_letter_replay IS 'Letters that the worker of their lane is to decide again: an input beside the topics. One open row a letter.';

CREATE TABLE dead_letter_outcome (
    replay    int8 PRIMARY KEY,
    outcome   text NOT NULL,
    reason    text NOT NULL,
    detail    text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE dead_letter_outcome IS
    'What became of a replay, written in the transaction of its effects: applied, duplicate, passed or refused. Its key makes a second time impossible.';

CREATE TABLE dead_letter_action (
    id        int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic     text NOT NULL,
    partition int4 NOT NULL,
    "offset"  int8 NOT NULL,
    index     int4 NOT NULL,
    action    text NOT NULL CHECK (action IN ('fix', 'replay', 'outcome', 'discard')),
    actor     text NOT NULL,
    session_role text NOT NULL DEFAULT session_user,
    acted_at  timestamptz NOT NULL DEFAULT now(),
    why       text NOT NULL CHECK (why <> ''),
    -- SHA-256 over value and headers, before and after.
    before_sha256 bytea NOT NULL,
    after_sha256  bytea NOT NULL
);
CREATE INDEX dead_letter_action_letter ON dead_letter_action (topic, partition, "offset", index);
COMMENT ON TABLE dead_letter_action IS 'Who did what to which letter, when and why. Only ever added to.';

CREATE FUNCTION letter_sha256(value bytea, headers bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    -- The length in between keeps a byte that moves from one to the other from going unseen.
    SELECT sha256(int8send(coalesce(length(value), -1)::int8) || coalesce(value, ''::bytea) || headers)
$$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'object_not_in_prerequisite_state';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON dead_letter_action FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON dead_letter_fix FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON dead_letter_outcome FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION keep_what_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.topic, NEW.partition, NEW."offset", NEW.index, NEW.reason, NEW.detail, NEW.set_aside_at) IS DISTINCT FROM
           (OLD.topic, OLD.partition, OLD."offset", OLD.index, OLD.reason, OLD.detail, OLD.set_aside_at)
       OR NEW.key IS DISTINCT FROM OLD.key OR NEW.value IS DISTINCT FROM OLD.value OR NEW.headers IS DISTINCT FROM OLD.headers THEN
        RAISE EXCEPTION 'a dead letter stays as it came; only its status changes' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_what_came BEFORE UPDATE ON dead_letter FOR EACH ROW EXECUTE FUNCTION keep_what_came();

-- The outcome of a replay closes its row, moves the letter's status, and is written down as the service's own act.
CREATE FUNCTION settle_replay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked dead_letter_replay;
    came  dead_letter;
BEGIN
    UPDATE dead_letter_replay SET is_done = true WHERE id = NEW.replay AND NOT is_done RETURNING * INTO asked;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'replay % is not open', NEW.replay USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    UPDATE dead_letter d
       SET status = CASE WHEN NEW.outcome = 'refused' THEN 'open' ELSE 'replayed' END
     WHERE d.topic = asked.topic AND d.partition = asked.partition AND d."offset" = asked."offset" AND d.index = asked.index
    RETURNING * INTO came;
    INSERT INTO dead_letter_action (topic, partition, "offset", index, action, actor, why, before_sha256, after_sha256)
    VALUES (asked.topic, asked.partition, asked."offset", asked.index, 'outcome', 'service',
            NEW.outcome || CASE WHEN NEW.reason = '' THEN '' ELSE ': ' || NEW.reason || ': ' || NEW.detail END,
            letter_sha256(came.value, came.headers), letter_sha256(asked.value, asked.headers));
    RETURN NULL;
END $$;
-- Whoever adds the outcome, the names are this schema's.
DO $$ BEGIN EXECUTE format('ALTER FUNCTION settle_replay() SET search_path = %I, pg_temp', current_schema()); END $$;
CREATE TRIGGER settle_replay AFTER INSERT ON dead_letter_outcome FOR EACH ROW EXECUTE FUNCTION settle_replay();
