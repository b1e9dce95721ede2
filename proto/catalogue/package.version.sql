-- name: package.version
-- purpose: Which version of the Elementary package wrote the schema, which decides the columns that exist.
SELECT m.dbt_pkg_version
FROM metadata AS m
ORDER BY m.dbt_pkg_version
LIMIT 10
