-- name: read.dbt_tests
-- purpose: Rows of dbt_tests in the order of their key, for a sync or a pull.
-- parameter: after text = ''  -- Lower bound of unique_id, included; empty for all rows.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: unique_id, database_name, schema_name, name, short_name, alias, test_column_name, severity
-- columns: warn_if, error_if, test_namespace, test_original_name, tags, model_tags, model_owners, meta
-- columns: depends_on_macros, depends_on_nodes, parent_model_unique_id, description, package_name, type
-- columns: original_path, path, generated_at, metadata_hash, quality_dimension, group_name
--
-- A next page begins at the last row of this one: `after` its unique_id. That row comes again, so that nothing
-- is lost where a key occurs twice; ask for more rows than share one value. A row without unique_id is not
-- returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.unique_id, t.database_name, t.schema_name, t.name, t.short_name, t.alias, t.test_column_name,
    t.severity, t.warn_if, t.error_if, t.test_params, t.test_namespace, t.test_original_name,
    t.tags, t.model_tags, t.model_owners, t.meta, t.depends_on_macros, t.depends_on_nodes,
    t.parent_model_unique_id, t.description, t.package_name, t.type, t.original_path, t.path,
    t.generated_at, t.metadata_hash, t.quality_dimension, t.group_name
FROM dbt_tests AS t
WHERE t.unique_id >= :after
ORDER BY t.unique_id NULLS LAST
LIMIT :limit
