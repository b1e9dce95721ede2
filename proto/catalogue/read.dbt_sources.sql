-- name: read.dbt_sources
-- purpose: Rows of dbt_sources in the order of their key, for a sync or a pull.
-- parameter: after text = ''  -- Lower bound of unique_id, included; empty for all rows.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: unique_id, database_name, schema_name, source_name, name, identifier, loaded_at_field
-- columns: freshness_warn_after, freshness_error_after, freshness_description, relation_name, tags, meta
-- columns: owner, package_name, original_path, path, source_description, description, generated_at
-- columns: metadata_hash
--
-- A next page begins at the last row of this one: `after` its unique_id. That row comes again, so that nothing
-- is lost where a key occurs twice; ask for more rows than share one value. A row without unique_id is not
-- returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.unique_id, t.database_name, t.schema_name, t.source_name, t.name, t.identifier,
    t.loaded_at_field, t.freshness_warn_after, t.freshness_error_after, t.freshness_filter,
    t.freshness_description, t.relation_name, t.tags, t.meta, t.owner, t.package_name,
    t.original_path, t.path, t.source_description, t.description, t.generated_at, t.metadata_hash
FROM dbt_sources AS t
WHERE t.unique_id >= :after
ORDER BY t.unique_id NULLS LAST
LIMIT :limit
