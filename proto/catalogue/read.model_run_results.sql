-- name: read.model_run_results
-- purpose: Rows of model_run_results in the order of their key, for a sync or a pull.
-- parameter: after text = ''  -- Lower bound of model_execution_id, included; empty for all rows.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: model_execution_id, unique_id, invocation_id, query_id, name, generated_at, status, full_refresh
-- columns: execution_time, execute_started_at, execute_completed_at, compile_started_at
-- columns: compile_completed_at, thread_id, group_name, database_name, schema_name, materialization, tags
-- columns: package_name, path, original_path, owner, alias, model_invocation_reverse_index
-- columns: is_the_first_invocation_of_the_day, is_the_last_invocation_of_the_day
--
-- A next page begins at the last row of this one: `after` its model_execution_id. That row comes again, so that
-- nothing is lost where a key occurs twice; ask for more rows than share one value. A row without
-- model_execution_id is not returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.model_execution_id, t.unique_id, t.invocation_id, t.query_id, t.name, t.generated_at,
    t.status, t.full_refresh, t.message, t.execution_time, t.execute_started_at,
    t.execute_completed_at, t.compile_started_at, t.compile_completed_at, t.compiled_code,
    t.adapter_response, t.thread_id, t.group_name, t.database_name, t.schema_name,
    t.materialization, t.tags, t.package_name, t.path, t.original_path, t.owner, t.alias,
    t.model_invocation_reverse_index, t.is_the_first_invocation_of_the_day,
    t.is_the_last_invocation_of_the_day
FROM model_run_results AS t
WHERE t.model_execution_id >= :after
ORDER BY t.model_execution_id NULLS LAST
LIMIT :limit
