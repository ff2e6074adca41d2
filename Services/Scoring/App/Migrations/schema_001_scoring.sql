-- What the facts about a subject come to. Written by scoring alone.

CREATE TABLE portrait (
    subject        text COLLATE "C" PRIMARY KEY,
    revision       int8 NOT NULL,
    as_of          timestamptz NOT NULL,
    points         int8,
    grade          text,
    low            int8,
    high           int8,
    probability_bp int8,
    model          text,
    model_version  int8,
    public_grade   text NOT NULL,
    region         text NOT NULL,
    industry       text NOT NULL,
    subject_kind   text NOT NULL,
    body           jsonb NOT NULL,
    computed_at    timestamptz NOT NULL
);
COMMENT ON TABLE portrait IS 'The latest portrait of each subject, as it was sent.';
COMMENT ON COLUMN portrait.revision IS 'Counts the portraits of a subject; only one that says something new has a number.';
COMMENT ON COLUMN portrait.as_of IS 'The latest moment at which any fact in it became known.';
COMMENT ON COLUMN portrait.points IS 'Null while no model applies, like everything of the score.';
COMMENT ON COLUMN portrait.low IS 'Lower end of the interval in points; what is not known widens it.';
COMMENT ON COLUMN portrait.probability_bp IS 'Probability of default in twelve months, basis points.';
COMMENT ON COLUMN portrait.public_grade IS 'Official public credit grade as imported, A to D; empty when there is none. Never issued here.';
COMMENT ON COLUMN portrait.region IS 'Administrative division code as issued; empty when unknown.';
COMMENT ON COLUMN portrait.industry IS 'GB/T 4754 code; empty when unknown.';
COMMENT ON COLUMN portrait.body IS 'The message scoring.portrait.v1 in full.';
-- Indices of regions and industries are read from here.
CREATE INDEX portrait_region_industry ON portrait (region, industry);

CREATE TABLE score_history (
    score_id        text COLLATE "C" PRIMARY KEY,
    subject         text COLLATE "C" NOT NULL,
    points          int8 NOT NULL,
    grade           text NOT NULL,
    model           text NOT NULL,
    model_version   int8 NOT NULL,
    as_of           timestamptz NOT NULL,
    reasons         jsonb NOT NULL,
    indicators      jsonb NOT NULL,
    catalog_version int8 NOT NULL,
    computed_at     timestamptz NOT NULL
);
COMMENT ON TABLE score_history IS 'Every score ever sent, with what it rests on. Only added to.';
COMMENT ON COLUMN score_history.score_id IS 'The subject, #, and the portrait''s revision.';
COMMENT ON COLUMN score_history.reasons IS 'What cost points, the most first, with codes and both languages.';
COMMENT ON COLUMN score_history.indicators IS 'All indicators that were known. An absent one was not known; it was not zero.';
COMMENT ON COLUMN score_history.catalog_version IS 'Next offset of the catalogue topic when it was computed.';
CREATE INDEX score_history_subject ON score_history (subject, computed_at);

CREATE TABLE whitelist_member (
    list      text NOT NULL,
    subject   text COLLATE "C" NOT NULL,
    is_member bool NOT NULL,
    since     timestamptz NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (list, subject)
);
COMMENT ON TABLE whitelist_member IS 'Who is on a white list, and who was and is no longer.';
COMMENT ON COLUMN whitelist_member.is_member IS 'False since the subject left the list.';
COMMENT ON COLUMN whitelist_member.since IS 'When it entered, or left.';

CREATE TABLE report (
    report_id      text COLLATE "C" PRIMARY KEY,
    subject        text COLLATE "C" NOT NULL,
    application_id text NOT NULL,
    score_id       text COLLATE "C" NOT NULL,
    issued_at      timestamptz NOT NULL,
    text_en        text NOT NULL,
    text_zh        text NOT NULL
);
COMMENT ON TABLE report IS 'Comprehensive credit reports as issued, in Markdown. Never changed.';
COMMENT ON COLUMN report.report_id IS 'The subject, # the portrait''s revision, @ the application.';
COMMENT ON COLUMN report.score_id IS 'Empty when no model applied.';
CREATE INDEX report_subject ON report (subject, issued_at);
