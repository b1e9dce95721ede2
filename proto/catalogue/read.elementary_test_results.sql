-- name: read.elementary_test_results
-- purpose: Rows of elementary_test_results from a point of created_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of created_at, included.
-- parameter: after text = ''  -- Lower bound of id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: id, data_issue_id, test_execution_id, test_unique_id, model_unique_id, invocation_id, detected_at
-- columns: created_at, database_name, schema_name, table_name, column_name, test_type, test_sub_type, owners
-- columns: tags, test_name, severity, status, failures, test_short_name, test_alias, failed_row_count
--
-- created_at has one value for each insert of many rows, in the time zone of the session that wrote it. A next
-- page begins at the last row of this one: `since` its created_at, `after` its id. That row comes again, so
-- that nothing is lost where a key occurs twice; ask for more rows than share both values. A row without
-- created_at is not returned.
SELECT
    t.id, t.data_issue_id, t.test_execution_id, t.test_unique_id, t.model_unique_id,
    t.invocation_id, t.detected_at, t.created_at, t.database_name, t.schema_name, t.table_name,
    t.column_name, t.test_type, t.test_sub_type, t.test_results_description, t.owners, t.tags,
    t.test_results_query, t.other, t.test_name, t.test_params, t.severity, t.status, t.failures,
    t.test_short_name, t.test_alias, t.result_rows, t.failed_row_count
FROM elementary_test_results AS t
WHERE t.created_at >= :since AND (t.created_at > :since OR t.id >= :after)
ORDER BY t.created_at NULLS LAST, t.id NULLS LAST
LIMIT :limit
