-- The roles of the suite, brought to this state at every start. Run by the job `roles` as superuser; the passwords are psql
-- variables from a secret file. `xinqiao migrate` gives each role the rights in its own schema.
\set ON_ERROR_STOP on
-- A statement that fails is logged with its text, and these texts hold passwords.
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;

SELECT format('CREATE ROLE %I NOSUPERUSER NOBYPASSRLS', role)
  FROM unnest(ARRAY[
      'xinqiao_migrator', 'xinqiao_reader', 'xinqiao_ingestion', 'xinqiao_governance', 'xinqiao_scoring', 'xinqiao_matchmaking',
      'xinqiao_policypush', 'xinqiao_riskmonitoring', 'xinqiao_exchange', 'xinqiao_reporting']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

-- No CREATEROLE: before PostgreSQL 16 whoever has it can make himself a member of nearly every role. All roles are made here.
ALTER ROLE xinqiao_migrator       LOGIN NOCREATEROLE PASSWORD :'migrator_password';
ALTER ROLE xinqiao_reader         LOGIN;
ALTER ROLE xinqiao_ingestion      LOGIN CONNECTION LIMIT 40 PASSWORD :'ingestion_password';
ALTER ROLE xinqiao_governance     LOGIN CONNECTION LIMIT 40 PASSWORD :'governance_password';
ALTER ROLE xinqiao_scoring        LOGIN CONNECTION LIMIT 40 PASSWORD :'scoring_password';
ALTER ROLE xinqiao_matchmaking    LOGIN CONNECTION LIMIT 40 PASSWORD :'matchmaking_password';
ALTER ROLE xinqiao_policypush     LOGIN CONNECTION LIMIT 40 PASSWORD :'policypush_password';
ALTER ROLE xinqiao_riskmonitoring LOGIN CONNECTION LIMIT 40 PASSWORD :'riskmonitoring_password';
ALTER ROLE xinqiao_exchange       LOGIN CONNECTION LIMIT 40 PASSWORD :'exchange_password';
ALTER ROLE xinqiao_reporting      LOGIN CONNECTION LIMIT 40 PASSWORD :'reporting_password';

-- A service that hangs inside a transaction holds its lanes' rows.
SELECT format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''60s''', rolname)
  FROM pg_roles WHERE rolname LIKE 'xinqiao\_%' AND rolname <> 'xinqiao_migrator'
\gexec

ALTER DATABASE xinqiao OWNER TO xinqiao_migrator;
REVOKE ALL ON DATABASE xinqiao FROM PUBLIC;
-- TEMPORARY: bulk loads go through a temporary table.
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE xinqiao TO %I', rolname) FROM pg_roles WHERE rolname LIKE 'xinqiao\_%'
\gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;
