-- Snowflake: a role and a service user for the connector that may read the Elementary schema and nothing else.
-- Names are quoted, so write them as Snowflake stores them: in upper case, unless they were made with quotes.
-- Run as SECURITYADMIN (USERADMIN for the first two statements).

CREATE ROLE IF NOT EXISTS {role};
-- TYPE = SERVICE cannot log in with a password: give it a key (ALTER USER … SET RSA_PUBLIC_KEY = '…') and a network policy
-- with the connector's address. No secondary roles: what else the user is ever granted is not added to the session.
CREATE USER IF NOT EXISTS {role} TYPE = SERVICE DEFAULT_ROLE = {role} DEFAULT_SECONDARY_ROLES = ();
GRANT ROLE {role} TO USER {role};

-- To compute: USAGE runs queries on the warehouse and cannot change it. A small one with AUTO_SUSPEND of its own is best.
GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role};

GRANT USAGE ON DATABASE {database} TO ROLE {role};
GRANT USAGE ON SCHEMA {database}.{schema} TO ROLE {role};
-- What is there now.
GRANT SELECT ON ALL TABLES IN SCHEMA {database}.{schema} TO ROLE {role};
GRANT SELECT ON ALL VIEWS IN SCHEMA {database}.{schema} TO ROLE {role};
-- dbt drops and re-creates the package's views and the table `metadata`, and a grant goes with the object. These two hold
-- for whatever is created here, by whichever role. They also switch off future grants of the whole database for this schema:
-- if other roles read it by such, grant them here as well.
GRANT SELECT ON FUTURE TABLES IN SCHEMA {database}.{schema} TO ROLE {role};
GRANT SELECT ON FUTURE VIEWS IN SCHEMA {database}.{schema} TO ROLE {role};

-- No database role of SNOWFLAKE (ACCOUNT_USAGE and kin) and no IMPORTED PRIVILEGES are needed. Every role also has what was
-- granted to PUBLIC: look with SHOW GRANTS TO ROLE PUBLIC; and take away what is not for everybody.
