-- The two tables that only ever grow at one end become tables of time ranges, so that what is old goes by dropping a table instead of
-- deleting rows: nothing is left behind for vacuum, and the size stays what the time to keep says.

-- Outbox rows by day. The key ends with the last sequence, so that "what is not acknowledged yet" is a range of the index.
ALTER TABLE outbox RENAME TO outbox_before;
ALTER TABLE outbox_before RENAME CONSTRAINT outbox_pkey TO outbox_before_pkey;
CREATE TABLE outbox (
    lane       int4 NOT NULL,
    topic      text NOT NULL,
    partition  int4 NOT NULL,
    first_seq  int8 NOT NULL,
    last_seq   int8 NOT NULL,
    frames     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lane, topic, partition, last_seq, created_at)
) PARTITION BY RANGE (created_at);
ALTER TABLE outbox ALTER COLUMN frames SET STORAGE EXTENDED;
DO $$ BEGIN
    ALTER TABLE outbox ALTER COLUMN frames SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this PostgreSQL was built without lz4: outbox.frames stays with pglz';
END $$;
COMMENT ON TABLE outbox IS
    'One row per batch and link: the batch''s messages in order, framed. Kept after publishing so that a link can be sent again. By day (UTC).';

-- Ids of senders by periods of thirty days, named by their first day (UTC): a look-up for each message asks every range, so there
-- should be two with something in them, rarely three.
CREATE FUNCTION outside_period(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT date '2000-01-01' + ((at AT TIME ZONE 'UTC')::date - date '2000-01-01') / 30 * 30
$$;
ALTER TABLE outside_id RENAME TO outside_id_before;
ALTER TABLE outside_id_before RENAME CONSTRAINT outside_id_pkey TO outside_id_before_pkey;
CREATE TABLE outside_id (
    writer    text NOT NULL,
    id        text NOT NULL,
    digest    bytea NOT NULL,
    seen_at   timestamptz NOT NULL DEFAULT now(),
    seen_in   date NOT NULL DEFAULT outside_period(now()),
    PRIMARY KEY (writer, id, seen_in)
) PARTITION BY RANGE (seen_in);
COMMENT ON TABLE outside_id IS
    'Ids that senders gave their messages: the same again is dropped, the same with other bytes refused. By periods of thirty days.';

-- What finds no range waits here and moves over when its range is made. Without it, a worker that comes back after a long standstill
-- would have every row refused, and would take the messages for the culprits.
CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;
CREATE TABLE outside_id_rest PARTITION OF outside_id DEFAULT;

-- Makes one range unless it is there; rows of the range that wait in the rest move over. 1 when made, else 0.
CREATE FUNCTION partition_make(parent text, part text, key_column text, low text, high text) RETURNS int4
LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass(format('%I', part)) IS NOT NULL THEN
        RETURN 0;
    END IF;
    -- Made beside its parent and then attached: that does not wait for, nor hold up, those who write to the parent.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)', part, parent);
    EXECUTE format(
        'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
        parent || '_rest', key_column, low, key_column, high, part);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, low, high);
    RETURN 1;
END $$;

-- Makes the ranges that come and drops those that are over. The only right a service has on the shape of its tables: it may call this.
--   at            the caller's clock. Nothing is dropped that is not old by the database's clock too.
--   outbox_days   how long outbox rows are kept; a day goes only when the broker has acknowledged all of it
--   outside_days  how long senders' ids are known
--   made, dropped, held: ranges made; dropped; over, but not acknowledged or in use just now
CREATE FUNCTION partitions_keep(
    at timestamptz, outbox_days int4 DEFAULT 14, outside_days int4 DEFAULT 30, OUT made int4, OUT dropped int4, OUT held int4
)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    utc_today date := (at AT TIME ZONE 'UTC')::date;
    db_today  date := (now() AT TIME ZONE 'UTC')::date;
    old_today date := least(utc_today, db_today);
    day date;
    part record;
    is_open bool;
BEGIN
    made := 0;
    dropped := 0;
    held := 0;
    IF outbox_days < 7 OR outside_days < 30 THEN
        RAISE EXCEPTION 'outbox rows are kept for 7 days or more, outside ids for 30 or more, not % and %', outbox_days, outside_days
              USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- One of a service's workers is enough.
    IF NOT pg_try_advisory_xact_lock(hashtextextended('partitions ' || current_schema(), 0)) THEN
        RETURN;
    END IF;

    BEGIN
        FOR day IN SELECT DISTINCT d + n FROM unnest(ARRAY[utc_today, db_today]) AS d, generate_series(0, 3) AS n LOOP
            made := made + partition_make(
                'outbox', 'outbox_d' || to_char(day, 'YYYYMMDD'), 'created_at', day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
        END LOOP;
        FOR day IN
            SELECT DISTINCT outside_period(moment + n * interval '1 day') FROM unnest(ARRAY[at, now()]) AS moment, generate_series(0, 3) AS n
        LOOP
            made := made + partition_make('outside_id', 'outside_id_p' || to_char(day, 'YYYYMMDD'), 'seen_in', day::text, (day + 30)::text);
        END LOOP;
    EXCEPTION WHEN lock_not_available OR check_violation THEN
        -- In use, or the rest got another row in this moment: the next minute will do.
        made := 0;
    END;

    FOR part IN
        SELECT c.relname AS name, to_date(right(c.relname, 8), 'YYYYMMDD') AS low, i.inhparent = 'outbox'::regclass AS is_outbox
          FROM pg_inherits i
          JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent IN ('outbox'::regclass, 'outside_id'::regclass) AND c.relname ~ '_[dp][0-9]{8}$'
         ORDER BY c.relname
    LOOP
        CONTINUE WHEN part.low + CASE WHEN part.is_outbox THEN 1 + outbox_days ELSE 30 + outside_days END > old_today;
        BEGIN
            IF part.is_outbox THEN
                EXECUTE format(
                    'SELECT EXISTS (SELECT FROM link_out l
                                     WHERE l.acked_seq < l.last_seq
                                       AND EXISTS (SELECT FROM %I o
                                                    WHERE o.lane = l.lane AND o.topic = l.topic AND o.partition = l.partition
                                                      AND o.last_seq > l.acked_seq))', part.name) INTO is_open;
                IF is_open THEN
                    held := held + 1;
                    CONTINUE;
                END IF;
            END IF;
            EXECUTE format('DROP TABLE %I', part.name);
            dropped := dropped + 1;
        EXCEPTION WHEN lock_not_available THEN
            held := held + 1;
        END;
    END LOOP;
END $$;

-- A definer's function must not look where its caller can put something; and it must not make the hot path wait behind it.
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION partitions_keep(timestamptz, int4, int4) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION partition_make(text, text, text, text, text) SET search_path = %I, pg_temp', current_schema());
    ALTER FUNCTION partitions_keep(timestamptz, int4, int4) SET lock_timeout = '300ms';
END $$;
REVOKE ALL ON FUNCTION partitions_keep(timestamptz, int4, int4) FROM PUBLIC;
REVOKE ALL ON FUNCTION partition_make(text, text, text, text, text) FROM PUBLIC;

-- What is there moves over, into ranges of its own time.
DO $$
DECLARE day date;
BEGIN
    FOR day IN SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date FROM outbox_before LOOP
        PERFORM partition_make(
            'outbox', 'outbox_d' || to_char(day, 'YYYYMMDD'), 'created_at', day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
    END LOOP;
    FOR day IN SELECT DISTINCT outside_period(seen_at) FROM outside_id_before LOOP
        PERFORM partition_make('outside_id', 'outside_id_p' || to_char(day, 'YYYYMMDD'), 'seen_in', day::text, (day + 30)::text);
    END LOOP;
    PERFORM partitions_keep(now());
END $$;
INSERT INTO outbox (lane, topic, partition, first_seq, last_seq, frames, created_at)
SELECT lane, topic, partition, first_seq, last_seq, frames, created_at FROM outbox_before;
INSERT INTO outside_id (writer, id, digest, seen_at, seen_in)
SELECT writer, id, digest, seen_at, outside_period(seen_at) FROM outside_id_before;
-- CASCADE: the operator's views over all services look at it; `xinqiao migrate` makes them anew.
DROP TABLE outbox_before CASCADE;
DROP TABLE outside_id_before CASCADE;
