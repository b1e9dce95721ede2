-- name: read.dbt_run_results
-- purpose: Rows of dbt_run_results from a point of created_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of created_at, included.
-- parameter: after text = ''  -- Lower bound of model_execution_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: model_execution_id, unique_id, invocation_id, generated_at, created_at, name, status
-- columns: resource_type, execution_time, execute_started_at, execute_completed_at, compile_started_at
-- columns: compile_completed_at, rows_affected, full_refresh, failures, query_id, thread_id, materialization
-- columns: group_name
--
-- created_at has one value for each insert of many rows, in the time zone of the session that wrote it. A next
-- page begins at the last row of this one: `since` its created_at, `after` its model_execution_id. That row
-- comes again, so that nothing is lost where a key occurs twice; ask for more rows than share both values. A
-- row without created_at is not returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.model_execution_id, t.unique_id, t.invocation_id, t.generated_at, t.created_at, t.name,
    t.message, t.status, t.resource_type, t.execution_time, t.execute_started_at,
    t.execute_completed_at, t.compile_started_at, t.compile_completed_at, t.rows_affected,
    t.full_refresh, t.compiled_code, t.failures, t.query_id, t.thread_id, t.materialization,
    t.adapter_response, t.group_name
FROM dbt_run_results AS t
WHERE t.created_at >= :since AND (t.created_at > :since OR t.model_execution_id >= :after)
ORDER BY t.created_at NULLS LAST, t.model_execution_id NULLS LAST
LIMIT :limit
