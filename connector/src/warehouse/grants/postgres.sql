-- PostgreSQL: a role for the connector that may read the Elementary schema and nothing else.
-- Run in the database that holds the schema, as a superuser or as the owner of the schema with CREATEROLE.

-- No password here, so that none gets into a history: set it with psql's \password, or from your vault.
CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT CONNECTION LIMIT 8;
-- A habit and no boundary (a session may switch it off). The connector reads in read-only transactions anyway.
ALTER ROLE {role} SET default_transaction_read_only = on;

GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA {schema} TO {role};
-- What is there now, views included.
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};
-- dbt drops and re-creates the package's views and the table `metadata`, and a grant goes with the object. Only default
-- privileges last, and only those of the role that creates: dbt's, not yours and not the schema's owner's.
ALTER DEFAULT PRIVILEGES FOR ROLE {dbt_role} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role};
-- Not sure which role that is? SELECT DISTINCT viewowner FROM pg_catalog.pg_views WHERE schemaname = {schema:string};

-- Every role has the following through PUBLIC. Where the database has no other use, take it away; elsewhere look first
-- who needs it. (The connector never does any of it: this is for whoever gets hold of the password.)
-- REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- REVOKE CONNECT, TEMPORARY ON DATABASE {database} FROM PUBLIC;
-- REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;
