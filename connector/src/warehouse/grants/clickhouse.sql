-- ClickHouse: a user for the connector that may read the Elementary database and nothing else.
-- Run as a user with access management. (ClickHouse calls a schema a database.)

-- HOST NONE: nobody can log in as this user until you say from where and how:
--   ALTER USER … HOST IP '…' IDENTIFIED WITH sha256_hash BY '…'
-- readonly = 2 refuses everything but reads, and lets a driver set its time-outs.
CREATE USER IF NOT EXISTS {role} HOST NONE SETTINGS readonly = 2 CONST, allow_ddl = 0 CONST, allow_introspection_functions = 0 CONST;

-- On the database: it holds for tables and views that dbt re-creates, too.
GRANT SELECT ON {schema}.* TO {role};

-- No CREATE TABLE and no CREATE TEMPORARY TABLE is needed, and no source (FILE, URL, REMOTE, S3 …): without those grants the
-- table functions that read elsewhere are refused. The tables of `system` show a user what it may see anyway; where the server
-- is shared, switch on select_from_system_db_requires_grant.
