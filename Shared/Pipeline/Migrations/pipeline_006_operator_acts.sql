-- What stops a lane on purpose, and what an operator does to positions: both written down.

CREATE TABLE lane_pause (
    topic     text NOT NULL,
    partition int4 NOT NULL,
    "offset"  int8 NOT NULL,
    reason    text NOT NULL,
    detail    text NOT NULL,
    -- The catalogue under which it was paused: with a newer one it is tried again.
    catalog_version int8 NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE lane_pause IS 'Partitions that stand still because too much of them was refused. The row gone, the partition goes on where it stopped.';

CREATE TABLE operator_act (
    id        int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    act       text NOT NULL CHECK (act IN ('truncated-accept', 'replay-link', 'lanes-resume')),
    topic     text NOT NULL,
    partition int4 NOT NULL,
    -- Offsets or sequences before and after, as the act has them.
    before    int8 NOT NULL,
    after     int8 NOT NULL,
    actor     text NOT NULL,
    session_role text NOT NULL DEFAULT session_user,
    acted_at  timestamptz NOT NULL DEFAULT now(),
    why       text NOT NULL CHECK (why <> '')
);
COMMENT ON TABLE operator_act IS 'Who moved a position, let a lane go on, or had a link sent again; when and why. Only ever added to.';
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_act FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
