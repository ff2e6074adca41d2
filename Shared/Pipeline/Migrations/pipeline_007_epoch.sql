-- A database that was restored from a backup joins a broker that knows more than it does.

CREATE TABLE link_epoch (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch    int8 NOT NULL CHECK (epoch >= 0)
);
INSERT INTO link_epoch (epoch) VALUES (0);
COMMENT ON TABLE link_epoch IS 'How often this database was restored and rejoined its broker. The upper bits of every number that a link is given from then on.';

CREATE TABLE link_cut (
    source    text NOT NULL,
    topic     text NOT NULL,
    partition int4 NOT NULL,
    last_seq  int8 NOT NULL,
    PRIMARY KEY (source, topic, partition)
);
COMMENT ON TABLE link_cut IS 'The last number of each link that stands from before the present epoch; what the log has beyond it was decided by a database that is gone, and is passed over.';

ALTER TABLE operator_act DROP CONSTRAINT operator_act_act_check;
ALTER TABLE operator_act ADD CONSTRAINT operator_act_act_check CHECK (act IN ('truncated-accept', 'replay-link', 'lanes-resume', 'rejoin'));
