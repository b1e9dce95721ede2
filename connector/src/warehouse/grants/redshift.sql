-- Amazon Redshift: a user for the connector that may read the Elementary schema and nothing else.
-- Run in the database that holds the schema, as a superuser.

-- No password, so that none gets into a history: then ALTER USER … PASSWORD 'sha256|…', or temporary credentials of IAM.
-- RESTRICTED: the user sees its own lines of the system log only.
CREATE USER {role} PASSWORD DISABLE NOCREATEDB NOCREATEUSER SYSLOG ACCESS RESTRICTED CONNECTION LIMIT 8;

GRANT USAGE ON SCHEMA {schema} TO {role};
-- What is there now, views included.
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};
-- dbt drops and re-creates the package's views and the table `metadata`, and a grant goes with the object. Only default
-- privileges last, and only those of the user that creates: dbt's.
ALTER DEFAULT PRIVILEGES FOR USER {dbt_role} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role};

-- Every user has the following through PUBLIC. Where the database has no other use, take it away; elsewhere look first
-- who needs it.
-- REVOKE CREATE, USAGE ON SCHEMA public FROM PUBLIC;
-- REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;
