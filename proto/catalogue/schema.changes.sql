-- name: schema.changes
-- purpose: Columns added, removed or changed in type, as the schema tests saw them, newest first.
-- parameter: since timestamp  -- Only changes at or after this time (detected_at): now less N days.
-- parameter: limit integer 1..100000 = 1000  -- Changes at the most.
-- columns: detected_at, table_name, column_name, test_sub_type, status, severity, schema_name, database_name,
-- columns: model_unique_id, test_unique_id, owners, tags, id
--
-- test_sub_type names the change. Its description is a sentence which names the column and may quote types: it is
-- returned where a policy lets it.
SELECT
    r.detected_at, r.table_name, r.column_name, r.test_sub_type, r.status, r.severity, r.schema_name, r.database_name,
    r.model_unique_id, r.test_unique_id, r.owners, r.tags, r.id, r.test_results_description
FROM elementary_test_results AS r
WHERE r.test_type = 'schema_change' AND r.status NOT IN ('pass', 'skipped') AND r.detected_at >= :since
ORDER BY r.detected_at DESC, r.id
LIMIT :limit
