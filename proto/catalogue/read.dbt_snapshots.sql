-- name: read.dbt_snapshots
-- purpose: Rows of dbt_snapshots in the order of their key, for a sync or a pull.
-- parameter: after text = ''  -- Lower bound of unique_id, included; empty for all rows.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
--
-- A next page begins at the last row of this one: `after` its unique_id. That row comes again, so that nothing
-- is lost where a key occurs twice; ask for more rows than share one value. A row without unique_id is not
-- returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.unique_id, t.alias, t.checksum, t.materialization, t.tags, t.meta, t.owner, t.database_name,
    t.schema_name, t.depends_on_macros, t.depends_on_nodes, t.description, t.name, t.package_name,
    t.original_path, t.path, t.patch_path, t.generated_at, t.metadata_hash, t.unique_key,
    t.incremental_strategy, t.group_name, t.access
FROM dbt_snapshots AS t
WHERE t.unique_id >= :after
ORDER BY t.unique_id NULLS LAST
LIMIT :limit
