-- Databricks (Unity Catalog): a service principal for the connector that may read the Elementary schema and nothing else.
-- The principal is named by its application id. Make it in the account console, give it CAN USE on one SQL warehouse, and
-- OAuth instead of a personal token. Run as the owner of the schema, or as one with MANAGE on it.

-- The way there; neither gives data.
GRANT USE CATALOG ON CATALOG {database} TO {role};
GRANT USE SCHEMA ON SCHEMA {database}.{schema} TO {role};
-- On the schema: tables and views that dbt re-creates inherit it. A grant on each of them would go with the object.
GRANT SELECT ON SCHEMA {database}.{schema} TO {role};

-- No right on the catalog `system` (query history, billing) is needed. Everybody also has what was granted to `account users`:
-- SHOW GRANTS `account users` ON CATALOG {database};
-- REVOKE ALL PRIVILEGES ON CATALOG {database} FROM `account users`;
