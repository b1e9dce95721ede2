-- name: read.metadata
-- purpose: The one row of metadata.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
SELECT
    t.dbt_pkg_version
FROM metadata AS t
LIMIT :limit
