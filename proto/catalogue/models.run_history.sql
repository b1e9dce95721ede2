-- name: models.run_history
-- purpose: Runs of one model, seed or snapshot, newest first.
-- parameter: unique_id text  -- The node, such as model.shop.orders.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Only runs written at or after this time (created_at).
-- parameter: limit integer 1..100000 = 200  -- Runs at the most.
-- columns: created_at, status, execution_time, rows_affected, full_refresh, materialization, invocation_id,
-- columns: execute_started_at, execute_completed_at, thread_id, query_id, model_execution_id
--
-- The message of a run and its SQL quote literals: they are returned where a policy lets them.
SELECT
    r.created_at, r.status, r.execution_time, r.rows_affected, r.full_refresh, r.materialization, r.invocation_id,
    r.execute_started_at, r.execute_completed_at, r.thread_id, r.query_id, r.model_execution_id, r.message, r.compiled_code
FROM dbt_run_results AS r
WHERE r.unique_id = :unique_id AND r.created_at >= :since
ORDER BY r.created_at DESC, r.model_execution_id
LIMIT :limit
