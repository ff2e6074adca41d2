-- Loans under watch and the warnings about their borrowers. Written by risk monitoring alone.

CREATE TABLE watch (
    subject      text COLLATE "C" NOT NULL,
    institution  text COLLATE "C" NOT NULL,
    loan_id      text COLLATE "C" NOT NULL,
    balance_fen  int8 NOT NULL,
    overdue_days int8 NOT NULL CHECK (overdue_days >= 0),
    loan_class   text NOT NULL CHECK (loan_class IN ('normal', 'special-mention', 'substandard', 'doubtful', 'loss')),
    opened_at    timestamptz,
    closed_at    timestamptz,
    status       text NOT NULL CHECK (status IN ('open', 'closed')),
    PRIMARY KEY (subject, institution, loan_id)
);
COMMENT ON TABLE watch IS
    'One row for every loan whose payout is known, as it stands. Depends on the facts alone, not on the order in which they came.';
COMMENT ON COLUMN watch.loan_id IS 'The institution''s own number; two institutions may use the same.';
COMMENT ON COLUMN watch.balance_fen IS 'Balance of the latest status, in fen; the amount paid out before the first; zero once settled.';
COMMENT ON COLUMN watch.overdue_days IS 'Of the latest status; zero before the first.';
COMMENT ON COLUMN watch.loan_class IS 'Five-category class by days overdue alone.';
COMMENT ON COLUMN watch.opened_at IS 'Midnight in China of the day of payout; null when a correction took the payout back.';
COMMENT ON COLUMN watch.closed_at IS 'Midnight in China of the day of settlement.';
CREATE INDEX watch_open ON watch (loan_class, institution) WHERE status = 'open';

CREATE TABLE alert (
    subject      text COLLATE "C" NOT NULL,
    rule         text COLLATE "C" NOT NULL,
    rule_version int8 NOT NULL CHECK (rule_version > 0),
    level        text NOT NULL CHECK (level IN ('blue', 'yellow', 'orange', 'red')),
    status       text NOT NULL CHECK (status IN ('live', 'lowered')),
    raised_at    timestamptz NOT NULL,
    lowered_at   timestamptz,
    observed     text NOT NULL,
    lenders      jsonb NOT NULL,
    PRIMARY KEY (subject, rule),
    CHECK ((status = 'lowered') = (lowered_at IS NOT NULL))
);
COMMENT ON TABLE alert IS 'The latest alert of each rule and subject: one live at the most, however often its cause is seen.';
COMMENT ON COLUMN alert.level IS 'The colour it has, or had when it was lowered.';
COMMENT ON COLUMN alert.observed IS 'What the rule saw, such as loan.overdueDays=95; or why it was lowered: loan-settled, rule-withdrawn.';
COMMENT ON COLUMN alert.lenders IS 'Institutions with a live loan that were told.';
CREATE INDEX alert_live ON alert (level, rule) WHERE status = 'live';

CREATE TABLE alert_history (
    alert_id text COLLATE "C" NOT NULL,
    sequence int8 NOT NULL CHECK (sequence > 0),
    kind     text NOT NULL CHECK (kind IN ('raised', 'changed', 'lowered')),
    level    text NOT NULL CHECK (level IN ('blue', 'yellow', 'orange', 'red', 'none')),
    at       timestamptz NOT NULL,
    observed text NOT NULL,
    PRIMARY KEY (alert_id, sequence)
);
COMMENT ON TABLE alert_history IS 'Every raising, change of colour and lowering. Only ever added to.';
COMMENT ON COLUMN alert_history.alert_id IS 'Rule, slash, subject.';
COMMENT ON COLUMN alert_history.sequence IS 'Counts what was said about the subject; part of the release ids that exchange saw.';
CREATE INDEX alert_history_at ON alert_history USING brin (at);
