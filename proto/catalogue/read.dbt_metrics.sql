-- name: read.dbt_metrics
-- purpose: Rows of dbt_metrics in the order of their key, for a sync or a pull.
-- parameter: after text = ''  -- Lower bound of unique_id, included; empty for all rows.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: unique_id, name, label, model, type, timestamp, time_grains, dimensions, depends_on_macros
-- columns: depends_on_nodes, description, tags, meta, package_name, original_path, path, generated_at
-- columns: metadata_hash, group_name
--
-- A next page begins at the last row of this one: `after` its unique_id. That row comes again, so that nothing
-- is lost where a key occurs twice; ask for more rows than share one value. A row without unique_id is not
-- returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.unique_id, t.name, t.label, t.model, t.type, t.sql, t.timestamp, t.filters, t.time_grains,
    t.dimensions, t.depends_on_macros, t.depends_on_nodes, t.description, t.tags, t.meta,
    t.package_name, t.original_path, t.path, t.generated_at, t.metadata_hash, t.group_name
FROM dbt_metrics AS t
WHERE t.unique_id >= :after
ORDER BY t.unique_id NULLS LAST
LIMIT :limit
