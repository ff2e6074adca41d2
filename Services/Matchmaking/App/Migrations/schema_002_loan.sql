-- From a loan's number to its application: `xinqiao explain loan` and the view operator.lineage ask so.
CREATE INDEX application_loan ON application (loan_id) WHERE loan_id IS NOT NULL;
