-- What fits whom, and where every application stands. Written by matchmaking alone.

CREATE TABLE application (
    application_id text COLLATE "C" PRIMARY KEY,
    subject        text COLLATE "C" NOT NULL,
    status         text NOT NULL CHECK (status IN
        ('dispatched', 'accepted', 'credited', 'disbursed', 'settled', 'declined', 'withdrawn', 'unmatched')),
    institution    text NOT NULL,
    product_id     text NOT NULL,
    amount_fen     int8 NOT NULL,
    credited_fen   int8,
    disbursed_fen  int8,
    annual_rate_bp int8,
    loan_id        text,
    score_id       text NOT NULL,
    skipped        text NOT NULL,
    requested_at   timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    accept_due     timestamptz,
    answer_due     timestamptz,
    is_provisional bool NOT NULL
);
COMMENT ON TABLE application IS
    'Applications for financing as they stand: the outcome of all reports in the order in which things happened, whichever came first.';
COMMENT ON COLUMN application.institution IS 'Where the application went; empty when nothing fitted (unmatched).';
COMMENT ON COLUMN application.amount_fen IS 'Requested, in fen; credited and disbursed are beside it.';
COMMENT ON COLUMN application.annual_rate_bp IS 'Basis points: as disbursed, else as credited.';
COMMENT ON COLUMN application.skipped IS 'Steps never reported though a later one was, with commas; empty when none.';
COMMENT ON COLUMN application.accept_due IS 'The end of the last working day on which the institution can keep its promise to accept.';
COMMENT ON COLUMN application.is_provisional IS 'A year on the way to a deadline has no announced working days yet.';
CREATE INDEX application_subject ON application (subject);
CREATE INDEX application_institution ON application (institution, status);

CREATE TABLE match (
    subject           text COLLATE "C" NOT NULL,
    application_id    text COLLATE "C" NOT NULL,
    product_id        text COLLATE "C" NOT NULL,
    rank              int8 NOT NULL,
    total             int8 NOT NULL CHECK (total BETWEEN 0 AND 10000),
    success           int8 NOT NULL CHECK (success BETWEEN 0 AND 10000),
    cost              int8 NOT NULL CHECK (cost BETWEEN 0 AND 10000),
    speed             int8 NOT NULL CHECK (speed BETWEEN 0 AND 10000),
    service           int8 NOT NULL CHECK (service BETWEEN 0 AND 10000),
    annual_rate_bp    int8 NOT NULL,
    limit_fen         int8 NOT NULL,
    conditions        jsonb NOT NULL,
    portrait_revision int8 NOT NULL,
    is_current        bool NOT NULL,
    PRIMARY KEY (subject, application_id, product_id)
);
COMMENT ON TABLE match IS 'Products that fit a subject, with the four objectives (0 to 10,000), their weighted sum, and every condition.';
COMMENT ON COLUMN match.application_id IS 'The application it answers; empty when the platform looked of its own accord.';
COMMENT ON COLUMN match.rank IS '1 is the best; 0 when it is no longer offered.';
COMMENT ON COLUMN match.is_current IS 'False when the product no longer fits or is no longer offered; the figures are then zero.';
-- Which firms a product found.
CREATE INDEX match_product ON match (product_id) WHERE is_current;

CREATE TABLE deadline (
    application_id text COLLATE "C" NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('accept', 'answer')),
    due_at         timestamptz NOT NULL,
    met            bool,
    overdue_at     timestamptz,
    PRIMARY KEY (application_id, kind)
);
COMMENT ON TABLE deadline IS 'What institutions promised in working days and whether they kept it.';
COMMENT ON COLUMN deadline.met IS 'Null while open, and when the firm withdrew in time. Judged by when things happened.';
COMMENT ON COLUMN deadline.overdue_at IS
    'Set when the clock ran out. Stays when a report that came late shows that the institution was in time; met is then true.';
CREATE INDEX deadline_missed ON deadline (due_at) WHERE met IS NOT TRUE;

CREATE TABLE application_refusal (
    application_id text COLLATE "C" NOT NULL,
    fact_id        text COLLATE "C" NOT NULL,
    step           text NOT NULL CHECK (step IN ('accepted', 'credited', 'disbursed', 'settled', 'declined', 'withdrawn')),
    writer         text NOT NULL,
    code           text NOT NULL,
    is_current     bool NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (application_id, fact_id)
);
COMMENT ON TABLE application_refusal IS
    'Reports that do not count: not-the-dispatched-institution, not-the-applicant, repeated, after-<status>.';
COMMENT ON COLUMN application_refusal.is_current IS 'False when a later correction made the report count after all.';
