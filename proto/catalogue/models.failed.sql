-- name: models.failed
-- purpose: Runs of models, seeds and snapshots that ended in an error, newest first.
-- parameter: since timestamp  -- Only runs written at or after this time (created_at): now less N days.
-- parameter: limit integer 1..100000 = 500  -- Runs at the most.
-- columns: created_at, unique_id, name, resource_type, status, execution_time, materialization, invocation_id,
-- columns: model_execution_id
--
-- The message is the database's own and quotes values: it is returned where a policy lets it.
SELECT
    r.created_at, r.unique_id, r.name, r.resource_type, r.status, r.execution_time, r.materialization, r.invocation_id,
    r.model_execution_id, r.message
FROM dbt_run_results AS r
WHERE r.resource_type IN ('model', 'seed', 'snapshot') AND r.status IN ('error', 'fail', 'runtime error')
    AND r.created_at >= :since
ORDER BY r.created_at DESC, r.model_execution_id
LIMIT :limit
