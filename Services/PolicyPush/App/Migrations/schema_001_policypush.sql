-- Which policy found which firm, and what was paid. Written by policy push alone.

CREATE TABLE push (
    policy_id       text COLLATE "C" NOT NULL,
    policy_version  int8 NOT NULL,
    subject         text COLLATE "C" NOT NULL,
    status          text NOT NULL CHECK (status IN ('pushed', 'withdrawn')),
    reason          text NOT NULL,
    first_pushed_at timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    conditions      jsonb NOT NULL,
    amount_fen      int8 NOT NULL CHECK (amount_fen >= 0),
    PRIMARY KEY (policy_id, policy_version, subject)
);
COMMENT ON TABLE push IS 'Policies pushed to firms, one row for each version of a policy and firm.';
COMMENT ON COLUMN push.reason IS
    'eligible, eligible-again, new-version; for withdrawn: conditions-no-longer-met, evidence-missing, policy-withdrawn, new-version.';
COMMENT ON COLUMN push.conditions IS 'Every condition as it was judged when the row was last changed.';
COMMENT ON COLUMN push.amount_fen IS 'What the firm could get when it was pushed, in fen; zero when the policy has no amount.';
CREATE INDEX push_subject ON push (subject);

CREATE TABLE grant_decision (
    policy_id      text COLLATE "C" NOT NULL,
    policy_version int8 NOT NULL,
    subject        text COLLATE "C" NOT NULL,
    amount_fen     int8 NOT NULL,
    status         text NOT NULL CHECK (status IN ('granted', 'refused')),
    reason         text NOT NULL CHECK (reason IN ('', 'budget-exhausted', 'already-granted', 'amount-missing', 'round-full')),
    at             timestamptz NOT NULL,
    PRIMARY KEY (policy_id, policy_version, subject)
);
COMMENT ON TABLE grant_decision IS 'Claims on policies that need no application, each decided once.';
CREATE INDEX grant_decision_subject ON grant_decision (subject);

CREATE TABLE policy_budget (
    policy_id      text COLLATE "C" NOT NULL,
    policy_version int8 NOT NULL,
    round          text NOT NULL,
    budget_fen     int8,
    spent_fen      int8 NOT NULL CHECK (spent_fen >= 0),
    grants         int8 NOT NULL CHECK (grants >= 0),
    PRIMARY KEY (policy_id, policy_version)
);
COMMENT ON TABLE policy_budget IS
    'What a policy has spent. Versions whose window begins on the same day are one round and share what was spent.';
COMMENT ON COLUMN policy_budget.round IS 'The first day of the window.';
COMMENT ON COLUMN policy_budget.budget_fen IS 'Null: no limit. A version that lowers the budget below what is spent grants nothing more.';

CREATE TABLE reminder (
    policy_id      text COLLATE "C" NOT NULL,
    policy_version int8 NOT NULL,
    subject        text COLLATE "C" NOT NULL,
    due_on         date NOT NULL,
    sent_at        timestamptz NOT NULL,
    PRIMARY KEY (policy_id, policy_version, subject, due_on)
);
COMMENT ON TABLE reminder IS 'Reminders sent before a window closes.';
