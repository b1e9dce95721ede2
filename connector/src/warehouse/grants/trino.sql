-- Trino: what the connector's user may do is decided by the access control that the cluster has.

-- With access control in SQL (the catalog's security is sql-standard, or the connector keeps grants):
GRANT SELECT ON SCHEMA {database}.{schema} TO USER {role};
-- Where grants are kept for each table, dbt's re-creating of the views takes them away; then use rules, which go by name.

-- With file-based access control, these rules first in their lists. What no rule names is denied to this user:
--   "catalogs": [{"user": {role:regex}, "catalog": {database:regex}, "allow": "read-only"},
--                {"user": {role:regex}, "allow": "none"}]
--   "schemas":  [{"user": {role:regex}, "owner": false}]
--   "tables":   [{"user": {role:regex}, "catalog": {database:regex}, "schema": {schema:regex}, "privileges": ["SELECT"]},
--                {"user": {role:regex}, "catalog": {database:regex}, "schema": "information_schema", "privileges": ["SELECT"]},
--                {"user": {role:regex}, "privileges": []}]
--   "functions": [{"user": {role:regex}, "catalog": "system", "schema": "builtin", "privileges": ["EXECUTE"]},
--                {"user": {role:regex}, "privileges": []}]

-- The user itself comes from the cluster's authentication. Table functions that pass a query through to what is behind a catalog
-- (`system.query`) would go round all of this: the last rule above denies them.
