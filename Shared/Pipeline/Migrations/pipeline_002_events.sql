-- Messages between services are packed: one Kafka message holds many events, so an offset alone does not name a dead letter.

ALTER TABLE dead_letter ADD COLUMN index int4 NOT NULL DEFAULT 0;
ALTER TABLE dead_letter DROP CONSTRAINT dead_letter_pkey;
ALTER TABLE dead_letter ADD PRIMARY KEY (topic, partition, "offset", index);
COMMENT ON COLUMN dead_letter.index IS 'Which event of a packed message; 0 in the others.';

ALTER TABLE outbox ALTER COLUMN frames SET COMPRESSION lz4;
